use super::artifact::{Artifact, digest};
use super::distribution;
use super::refusal::Refusal;
use beleg_dsse::json;
use beleg_trust::Reason;
use serde::Deserialize;
use sigstore_verify::types::{ArtifactDigest, DsseEnvelope};
use std::collections::BTreeMap;

/// The only payload type of envelopes in bundles.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The statement's types, newest first (in-toto attestation framework).
const STATEMENT_TYPES: [&str; 2] =
    ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];
/// Subjects of one statement.
const MAX_SUBJECTS: usize = 10_000;

/// An in-toto statement, as far as it says what it is about.
#[derive(Deserialize)]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub(super) predicate_type: String,
}

/// One thing that a statement is about.
#[derive(Deserialize)]
pub(super) struct Subject {
    #[serde(default)]
    pub(super) name: String,
    digest: BTreeMap<String, String>,
}

/// What a registry's format demands of the subjects, beyond one that has the artifact's digest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SubjectDemand<'a> {
    /// The subject's name.
    pub(super) name: Option<&'a str>,
    /// That the name is compared as PyPI compares those of distributions.
    pub(super) of_python: bool,
    /// That there is no other subject.
    pub(super) only: bool,
}

impl SubjectDemand<'_> {
    fn names(&self, subject: &Subject) -> bool {
        self.name.is_none_or(|name| match self.of_python {
            true => distribution::is_same(&subject.name, name),
            false => subject.name == name,
        })
    }
}

impl Statement {
    /// Reads the statement in an envelope.
    pub(super) fn read(envelope: &DsseEnvelope) -> Result<Self, Refusal> {
        if envelope.payload_type != PAYLOAD_TYPE {
            let note = format!("the envelope's payload is of the type `{}`", envelope.payload_type);
            return Err(Refusal::new(Reason::UnsupportedFormat, note));
        }
        let malformed = |note: String| Refusal::new(Reason::MalformedStatement, note);
        let value = json::parse(envelope.payload.as_bytes(), &json::Limits::DOCUMENT)
            .map_err(|error| malformed(error.to_string()))?;
        let statement: Self =
            serde_json::from_value(value).map_err(|error| malformed(error.to_string()))?;
        if !STATEMENT_TYPES.contains(&statement.kind.as_str()) {
            let note = format!("the statement is of the type `{}`", statement.kind);
            return Err(Refusal::new(Reason::UnsupportedFormat, note));
        }
        if statement.subject.is_empty() || statement.subject.len() > MAX_SUBJECTS {
            let count = statement.subject.len();
            return Err(malformed(format!("the statement has {count} subjects")));
        }
        Ok(statement)
    }

    /// Finds the subject that is `artifact`, and the digest that shows it. Every digest that both
    /// state by the same algorithm must be the same: a subject with the right SHA-256 and a wrong
    /// SHA-512 is about two things.
    pub(super) fn covers(
        &self,
        artifact: &Artifact<'_>,
        demand: &SubjectDemand<'_>,
    ) -> Option<(&Subject, ArtifactDigest)> {
        if demand.only && self.subject.len() != 1 {
            return None;
        }
        let known: BTreeMap<&str, String> = ["sha256", "sha384", "sha512"]
            .into_iter()
            .filter(|algorithm| self.subject.iter().any(|one| one.digest.contains_key(*algorithm)))
            .filter_map(|algorithm| Some((algorithm, artifact.hex(algorithm)?)))
            .collect();
        self.subject
            .iter()
            .filter(|subject| demand.names(subject))
            .find_map(|subject| Some((subject, subject.matches(&known)?)))
    }

    /// Returns any digest that the library can compare, so that the signature can be judged apart
    /// from what it is about.
    pub(super) fn any_digest(&self) -> Option<ArtifactDigest> {
        self.subject.iter().find_map(|subject| {
            subject.digest.iter().find_map(|(algorithm, stated)| digest(algorithm, stated))
        })
    }
}

impl Subject {
    fn matches(&self, known: &BTreeMap<&str, String>) -> Option<ArtifactDigest> {
        let mut matched = None;
        for (algorithm, actual) in known {
            let Some(stated) = self.digest.get(*algorithm) else { continue };
            if !stated.eq_ignore_ascii_case(actual) {
                return None;
            }
            matched = matched.or_else(|| digest(algorithm, actual));
        }
        matched
    }
}
