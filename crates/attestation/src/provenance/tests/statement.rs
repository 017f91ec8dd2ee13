use super::{COMMIT, SHA256, artifact};
use crate::provenance::{Statement, StatementVersion};
use beleg_model::Digest;
use beleg_trust::Reason;
use proptest::prelude::*;

const V1: &str = "https://in-toto.io/Statement/v1";

fn with_subject(subject: &str) -> String {
    format!(r#"{{"_type":"{V1}","subject":[{subject}],"predicateType":"urn:x","predicate":{{}}}}"#)
}

fn parse(subject: &str) -> Statement {
    Statement::parse(with_subject(subject).as_bytes()).unwrap()
}

fn refusal(text: &str) -> Reason {
    Statement::parse(text.as_bytes()).unwrap_err().reason()
}

#[test]
fn both_versions_are_read_and_fields_of_later_versions_are_let_be() {
    let text = with_subject(&format!(
        r#"{{"uri":"pkg:x","digest":{{"sha256":"{SHA256}"}},"mediaType":"a/b","new":1}}"#
    ));
    let statement = Statement::parse(text.as_bytes()).unwrap();
    assert_eq!(statement.version(), StatementVersion::V1);
    assert_eq!(statement.subjects().first().unwrap().uri.as_deref(), Some("pkg:x"));
    assert!(statement.covers(&artifact()));
    let old = with_subject(&format!(r#"{{"name":"a","digest":{{"sha256":"{SHA256}"}}}}"#))
        .replace(V1, "https://in-toto.io/Statement/v0.1");
    assert_eq!(Statement::parse(old.as_bytes()).unwrap().version(), StatementVersion::V0_1);
}

#[test]
fn what_is_no_statement_is_refused() {
    let good = format!(r#"{{"name":"a","digest":{{"sha256":"{SHA256}"}}}}"#);
    let upper = SHA256.to_uppercase();
    for (text, reason) in [
        (with_subject(""), Reason::MalformedStatement),
        (with_subject("7"), Reason::MalformedStatement),
        (with_subject(r#"{"name":"a"}"#), Reason::MalformedStatement),
        (with_subject(r#"{"name":"a","digest":{}}"#), Reason::MalformedStatement),
        (with_subject(r#"{"name":"a","digest":{"sha256":7}}"#), Reason::MalformedStatement),
        (with_subject(r#"{"name":7,"digest":{"x":"y"}}"#), Reason::MalformedStatement),
        (with_subject(r#"{"name":"a","digest":{"sha256":"ab"}}"#), Reason::MalformedStatement),
        (
            with_subject(&format!(r#"{{"name":"a","digest":{{"sha256":"{upper}"}}}}"#)),
            Reason::MalformedStatement,
        ),
        (
            with_subject(&format!(
                r#"{{"name":"a","digest":{{"sha256":"{SHA256}","sha256":"{SHA256}"}}}}"#
            )),
            Reason::MalformedStatement,
        ),
        (with_subject(&good).replace("subject", "subjects"), Reason::MalformedStatement),
        (with_subject(&good).replace("predicateType", "type"), Reason::MalformedStatement),
        (with_subject(&good).replace("urn:x", ""), Reason::MalformedStatement),
        (with_subject(&good).replace("Statement/v1", "Statement/v2"), Reason::UnsupportedFormat),
        (
            with_subject(&good).replace("https://in-toto", "http://in-toto"),
            Reason::UnsupportedFormat,
        ),
        (format!("{}{{}}", with_subject(&good)), Reason::MalformedStatement),
        ("[]".to_owned(), Reason::MalformedStatement),
        (with_subject(&vec![good; 10_001].join(",")), Reason::MalformedStatement),
    ] {
        assert_eq!(refusal(&text), reason, "{}", text.chars().take(300).collect::<String>());
    }
    let nameless = with_subject(&format!(r#"{{"digest":{{"sha256":"{SHA256}"}}}}"#));
    assert!(Statement::parse(nameless.as_bytes()).is_ok());
    let nameless = nameless.replace(V1, "https://in-toto.io/Statement/v0.1");
    assert_eq!(refusal(&nameless), Reason::MalformedStatement);
}

#[test]
fn a_name_or_a_weak_digest_covers_nothing() {
    for subject in [
        r#"{"name":"app.tar.gz","digest":{"md5":"d41d8cd98f00b204e9800998ecf8427e"}}"#.to_owned(),
        format!(r#"{{"name":"app.tar.gz","digest":{{"sha1":"{COMMIT}"}}}}"#),
        format!(r#"{{"name":"app.tar.gz","digest":{{"SHA256":"{SHA256}"}}}}"#),
        format!(r#"{{"name":"app.tar.gz","digest":{{"sha256":"{}"}}}}"#, "0".repeat(64)),
    ] {
        let statement = parse(&subject);
        assert_eq!(statement.subject_of(&artifact()), Err(Reason::SubjectNotCovered), "{subject}");
    }
    let weak = parse(r#"{"name":"a","digest":{"md5":"d41d8cd98f00b204e9800998ecf8427e"}}"#);
    assert!(weak.notes().iter().any(|note| note.contains("named by no SHA-256")));
}

#[test]
fn digests_that_contradict_each_other_cover_nothing() {
    let wrong = "0".repeat(128);
    let statement =
        parse(&format!(r#"{{"name":"a","digest":{{"sha256":"{SHA256}","sha512":"{wrong}"}}}}"#));
    assert!(statement.covers(&artifact()));
    let mut both = artifact();
    both.push(format!("sha512:{}", "1".repeat(128)).parse().unwrap());
    assert_eq!(statement.subject_of(&both), Err(Reason::SubjectNotCovered));
}

#[test]
fn a_digest_that_is_not_at_hand_is_unknown_and_not_a_refusal() {
    let statement =
        parse(&format!(r#"{{"name":"a","digest":{{"sha512":"{}"}}}}"#, "1".repeat(128)));
    assert_eq!(statement.subject_of(&artifact()), Err(Reason::ContentNeeded));
    assert_eq!(statement.subject_of(&[]), Err(Reason::ContentNeeded));
}

#[test]
fn a_commit_is_covered_by_its_id_only_when_it_is_asked_for() {
    let statement = parse(&format!(r#"{{"name":"a","digest":{{"gitCommit":"{COMMIT}"}}}}"#));
    assert!(statement.covers(&[Digest::git_commit(COMMIT).unwrap()]));
    assert!(!statement.covers(&artifact()));
    let sha1 = parse(&format!(r#"{{"name":"a","digest":{{"sha1":"{COMMIT}"}}}}"#));
    assert!(!sha1.covers(&[Digest::git_commit(COMMIT).unwrap()]));
}

#[test]
fn a_name_beyond_ascii_is_noted() {
    let statement = parse(&format!(r#"{{"name":"\u0430pp","digest":{{"sha256":"{SHA256}"}}}}"#));
    assert!(statement.notes().iter().any(|note| note.contains("beyond ASCII")));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_cover_nothing(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(statement) = Statement::parse(&bytes) {
            prop_assert!(!statement.covers(&artifact()));
        }
    }

    #[test]
    fn a_changed_byte_never_covers_another_artifact(at in 0_usize..200, to in any::<u8>()) {
        let mut bytes = with_subject(&format!(r#"{{"name":"a","digest":{{"sha256":"{SHA256}"}}}}"#)).into_bytes();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = to;
        }
        let other: Digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
        if let Ok(statement) = Statement::parse(&bytes) {
            prop_assert!(!statement.covers(&[other]));
        }
    }
}
