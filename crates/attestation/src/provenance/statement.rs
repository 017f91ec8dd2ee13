use super::json::{self, JsonError, Object, ShapeError};
use beleg_model::Digest;
use beleg_model::text::shown;
use beleg_trust::Reason;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most subjects in one statement.
pub const MAX_SUBJECTS: usize = 10_000;
/// The most digests of one subject.
const MAX_DIGESTS: usize = 64;

/// An in-toto Statement of anyone's making, v0.1 or v1 (in-toto attestation framework,
/// "Statement"): says a predicate about subjects. Nothing here says who signed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    version: StatementVersion,
    subjects: Vec<Subject>,
    predicate_type: String,
    predicate: Value,
}

/// The version of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementVersion {
    /// `https://in-toto.io/Statement/v0.1`.
    V0_1,
    /// `https://in-toto.io/Statement/v1`.
    V1,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The name; it identifies nothing.
    pub name: Option<String>,
    /// The URI; it identifies nothing.
    pub uri: Option<String>,
    /// Digests by algorithm, as they stand there; those of known algorithms are lower-case hex
    /// of the right length.
    pub digests: BTreeMap<String, String>,
}

/// Says why bytes are no statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// No JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A field is absent or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A version that is not known.
    #[error("`{0}` is no known type of statement")]
    UnknownType(String),
    /// No subject at all.
    #[error("the statement has no subject")]
    NoSubject,
    /// More than [`MAX_SUBJECTS`], or more than 64 digests of one.
    #[error("the statement has more than {MAX_SUBJECTS} subjects or {MAX_DIGESTS} digests of one")]
    TooMany,
    /// A digest is not lower-case hex of the length that its algorithm has.
    #[error("`{0}` is not a digest in lower-case hex of its algorithm's length")]
    Digest(String),
}

impl StatementError {
    /// Returns the reason that a judgement carries for it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::UnknownType(_) => Reason::UnsupportedFormat,
            _ => Reason::MalformedStatement,
        }
    }
}

impl Statement {
    /// Reads the payload of an envelope whose signature somebody else has verified.
    ///
    /// # Errors
    /// [`StatementError`] for whatever could be read in two ways or names nothing.
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        let value = json::read(payload)?;
        let statement = Object::of(&value, "statement")?;
        let version = match statement.required_text("_type")? {
            "https://in-toto.io/Statement/v0.1" => StatementVersion::V0_1,
            "https://in-toto.io/Statement/v1" => StatementVersion::V1,
            other => return Err(StatementError::UnknownType(shown(other.as_bytes()))),
        };
        let list = statement.list("subject")?;
        if list.is_empty() {
            return Err(StatementError::NoSubject);
        }
        if list.len() > MAX_SUBJECTS {
            return Err(StatementError::TooMany);
        }
        let subjects =
            list.iter().map(|subject| Subject::read(subject, version)).collect::<Result<_, _>>()?;
        let predicate_type = statement.required_text("predicateType")?.to_owned();
        let predicate = statement.get("predicate").cloned().unwrap_or(Value::Null);
        Ok(Self { version, subjects, predicate_type, predicate })
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> StatementVersion {
        self.version
    }

    /// Returns the subjects, at least one.
    #[must_use]
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Returns the type of the predicate, a URI.
    #[must_use]
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// Returns the predicate; `null` when there is none.
    #[must_use]
    pub fn predicate(&self) -> &Value {
        &self.predicate
    }

    /// Says whether the statement is about the artifact with these digests; see
    /// [`Statement::subject_of`].
    #[must_use]
    pub fn covers(&self, artifact: &[Digest]) -> bool {
        self.subject_of(artifact).is_ok()
    }

    /// Returns the subject that is the artifact with these digests (or the commit, when a
    /// `gitCommit` is among them). Only digests count, and only SHA-256, SHA-512 and git's
    /// object ids: all algorithms that both sides name have to agree, and there has to be one.
    ///
    /// # Errors
    /// [`Reason::SubjectNotCovered`]; [`Reason::ContentNeeded`] when a subject is named by a
    /// digest that is not among `artifact`, so that it cannot be told.
    pub fn subject_of(&self, artifact: &[Digest]) -> Result<&Subject, Reason> {
        let mut incomparable = false;
        for subject in &self.subjects {
            match coverage(&subject.digests, artifact) {
                Some(true) => return Ok(subject),
                Some(false) => {}
                None => incomparable = true,
            }
        }
        Err(if incomparable { Reason::ContentNeeded } else { Reason::SubjectNotCovered })
    }

    /// Returns what people should know about the subjects: names with characters that look like
    /// others, and subjects that no strong digest names.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let beyond_ascii = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.is_ascii());
        let named = |subject: &&Subject| beyond_ascii(&subject.name) || beyond_ascii(&subject.uri);
        if let Some(subject) = self.subjects.iter().find(named) {
            notes.push(format!(
                "the name of the subject `{}` has characters beyond ASCII, which may look like \
                 others",
                shown(subject.name.as_deref().unwrap_or_default().as_bytes())
            ));
        }
        let weak = self.subjects.iter().filter(|subject| !is_strong(&subject.digests)).count();
        if weak > 0 {
            notes.push(format!("{weak} of the subjects are named by no SHA-256 or SHA-512"));
        }
        notes
    }
}

impl Subject {
    fn read(value: &Value, version: StatementVersion) -> Result<Self, StatementError> {
        let subject = Object::of(value, "subject")?;
        let name = match version {
            StatementVersion::V0_1 => Some(subject.required_text("name")?),
            StatementVersion::V1 => subject.text("name")?,
        };
        let digests = read_digests(subject.required_object("digest")?)?;
        for (algorithm, digest) in &digests {
            if !is_well_formed_digest(algorithm, digest) {
                let text = format!("{algorithm}:{digest}");
                return Err(StatementError::Digest(shown(text.as_bytes())));
            }
        }
        if digests.is_empty() {
            return Err(subject.wrong("digest", "a set of at least one digest").into());
        }
        let uri = subject.text("uri")?.map(str::to_owned);
        Ok(Self { name: name.map(str::to_owned), uri, digests })
    }
}

/// Says whether stated digests are those of the artifact: all algorithms that both sides name have
/// to agree. `None` when they have none in common, but a strong one is stated.
pub(crate) fn coverage(stated: &BTreeMap<String, String>, artifact: &[Digest]) -> Option<bool> {
    let mut common = artifact
        .iter()
        .filter_map(|digest| stated.get(digest.algorithm()).map(|stated| stated == digest.hex()));
    match common.next() {
        Some(first) => Some(first && common.all(|equal| equal)),
        None if is_strong(stated) => None,
        None => Some(false),
    }
}

fn is_strong(digests: &BTreeMap<String, String>) -> bool {
    digests.contains_key("sha256") || digests.contains_key("sha512")
}

/// Reads a set of digests as it stands there.
pub(super) fn read_digests(set: Object<'_>) -> Result<BTreeMap<String, String>, StatementError> {
    if set.map().len() > MAX_DIGESTS {
        return Err(StatementError::TooMany);
    }
    let mut digests = BTreeMap::new();
    for (algorithm, digest) in set.map() {
        let digest = digest.as_str().ok_or_else(|| set.wrong(algorithm, "a text"))?;
        digests.insert(algorithm.clone(), digest.to_owned());
    }
    Ok(digests)
}

/// Says whether the digest is lower-case hex of the length that the algorithm has (in-toto
/// attestation framework, "DigestSet"). Nothing is known about other algorithms.
pub(crate) fn is_well_formed_digest(algorithm: &str, digest: &str) -> bool {
    let lengths: &[usize] = match algorithm {
        "sha256" => &[64],
        "sha512" => &[128],
        "sha384" => &[96],
        "sha224" => &[56],
        "sha1" => &[40],
        "md5" => &[32],
        "gitCommit" | "gitTree" | "gitBlob" | "gitTag" => &[40, 64],
        _ => return true,
    };
    lengths.contains(&digest.len())
        && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
