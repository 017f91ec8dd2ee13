use super::content::{ContentError, Hash};
use super::{Artifact, json};
use beleg_trust::{Judgement, Reason};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Statement types of the in-toto attestation framework.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];
/// The digests that are compared.
const DIGESTS: [(Hash, &str); 3] =
    [(Hash::Sha256, "sha256"), (Hash::Sha384, "sha384"), (Hash::Sha512, "sha512")];

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
    let contradicts = |subject: &Subject| {
        subject.name == artifact.name()
            && DIGESTS.iter().any(|(_, name)| subject.digest.contains_key(*name))
    };
    if statement.subject.iter().any(contradicts) {
        return Some(Judgement::bad(Reason::DigestMismatch));
    }
    Some(Judgement::untrusted(Reason::SubjectNotCovered))
}

/// Says whether all digests of the subject that can be compared are the artifact's, and there is
/// one.
fn is_about(artifact: &Artifact, subject: &Subject) -> Result<bool, ContentError> {
    let mut compared = false;
    let mut undecided = None;
    for (hash, name) in DIGESTS {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_name_with_nothing_to_compare_is_no_contradiction() {
        let artifact = Artifact::read("app", Box::new(b"content".to_vec())).unwrap();
        let reason = |digest: &str| {
            let statement = format!(
                r#"{{"_type":"{}","subject":[{{"name":"app","digest":{digest}}}]}}"#,
                TYPES[0]
            );
            super::judge(&artifact, statement.as_bytes()).map(|judgement| judgement.reason)
        };
        let sha256 = format!(r#"{{"sha256":"{}"}}"#, artifact.sha256().unwrap().hex());
        assert_eq!(reason(&sha256), None);
        let other = format!(r#"{{"sha256":"{}"}}"#, "0".repeat(64));
        assert_eq!(reason(&other), Some(Reason::DigestMismatch));
        for digest in [r#"{"gitCommit":"0"}"#, "{}"] {
            assert_eq!(reason(digest), Some(Reason::SubjectNotCovered), "{digest}");
        }
    }
}
