use super::content::{ContentError, Hash};
use super::{Artifact, json};
use crate::{Judgement, Reason};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Statement types of the in-toto attestation framework.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// As much of a Statement as says what it is about.
#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    name: String,
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

/// Judges whether a signed statement is about the artifact; `None` means that it is.
pub(super) fn judge(artifact: &Artifact, statement: &[u8]) -> Option<Judgement> {
    let malformed = |note: String| Judgement::untrusted(Reason::MalformedStatement).noting(note);
    let statement = match json::parse(statement) {
        Ok(value) => serde_json::from_value::<Statement>(value).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let statement = match statement {
        Ok(statement) if TYPES.contains(&statement.kind.as_str()) => statement,
        Ok(_) => return Some(malformed("it is no in-toto Statement".to_owned())),
        Err(error) => return Some(malformed(error)),
    };
    let mut undecided = None;
    for subject in &statement.subject {
        match is_about(artifact, subject) {
            Ok(true) => return None,
            Ok(false) => {}
            Err(error) => undecided = Some(error.judge()),
        }
    }
    if let Some(judgement) = undecided {
        return Some(judgement);
    }
    if statement.subject.iter().any(|subject| subject.name == artifact.name()) {
        return Some(Judgement::bad(Reason::DigestMismatch));
    }
    Some(Judgement::untrusted(Reason::SubjectNotCovered))
}

/// Says whether all digests of the subject that can be compared are the artifact's, and there is
/// one.
fn is_about(artifact: &Artifact, subject: &Subject) -> Result<bool, ContentError> {
    let mut compared = false;
    let mut undecided = None;
    for (hash, name) in [(Hash::Sha256, "sha256"), (Hash::Sha512, "sha512")] {
        let Some(stated) = subject.digest.get(name) else { continue };
        match artifact.digest(hash) {
            Ok(digest) if hex::encode(&digest) == *stated => compared = true,
            Ok(_) => return Ok(false),
            Err(error) => undecided = Some(error),
        }
    }
    match undecided {
        Some(error) if !compared => Err(error),
        _ => Ok(compared),
    }
}
