use super::{NOW, artifact, statement};
use crate::provenance::{
    Resource, SummaryPolicy, VERIFICATION_SUMMARY_V0_2, VERIFICATION_SUMMARY_V1,
    VerificationSummary,
};
use beleg_dsse::{Envelope, PAYLOAD_TYPE, ResourceDescriptor, Signer};
use beleg_trust::Reason;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const POLICY: &str = r#"
verifiers = ["https://verify.example.org/*"]
resource = "pkg:generic/app@1.0"
levels = ["SLSA_BUILD_LEVEL_2"]
policy = "https://example.org/policy"
max-age = "7d"
"#;

fn predicate() -> Value {
    json!({
        "verifier": {"id": "https://verify.example.org/v1", "version": {"beleg": "1"}},
        "timeVerified": "2026-05-31T00:00:00Z",
        "resourceUri": "pkg:generic/app@1.0",
        "policy": {"uri": "https://example.org/policy", "digest": {"sha256": "0".repeat(64)}},
        "inputAttestations": [{"uri": "a.json", "digest": {"sha256": "1".repeat(64)}}],
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
        "dependencyLevels": {"SLSA_BUILD_LEVEL_1": 5, "SLSA_BUILD_LEVEL_2": "7"},
        "slsaVersion": "1.0",
    })
}

fn judge(text: &str, predicate_type: &str, predicate: &Value) -> Reason {
    let policy: SummaryPolicy = toml::from_str(text).unwrap();
    policy.judge(&statement(predicate_type, predicate), &artifact(), NOW.parse().unwrap()).reason
}

#[test]
fn a_summary_that_meets_the_policy_is_trusted_in_both_versions() {
    assert_eq!(judge(POLICY, VERIFICATION_SUMMARY_V1, &predicate()), Reason::Trusted);
    assert_eq!(judge(POLICY, VERIFICATION_SUMMARY_V0_2, &predicate()), Reason::Trusted);
    let snake = json!({
        "verifier": {"id": "https://verify.example.org/v1"},
        "time_verified": "2026-05-31T00:00:00Z",
        "resource_uri": "pkg:generic/app@1.0",
        "policy": {"uri": "https://example.org/policy"},
        "verification_result": "PASSED",
        "policy_level": "SLSA_BUILD_LEVEL_2",
    });
    assert_eq!(judge(POLICY, VERIFICATION_SUMMARY_V0_2, &snake), Reason::Trusted);
    assert_eq!(judge(POLICY, VERIFICATION_SUMMARY_V1, &snake), Reason::MalformedStatement);
}

#[test]
fn each_mismatch_has_its_own_reason() {
    for (pointer, value, reason) in [
        ("/verificationResult", json!("FAILED"), Reason::SummaryFailed),
        ("/verificationResult", json!("passed"), Reason::MalformedStatement),
        ("/verificationResult", json!(true), Reason::MalformedStatement),
        ("/verifiedLevels", json!(["SLSA_BUILD_LEVEL_3", "FAILED"]), Reason::SummaryFailed),
        ("/verifiedLevels", json!(["SLSA_BUILD_LEVEL_1"]), Reason::BuildLevelTooLow),
        (
            "/verifiedLevels",
            json!(["SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_1"]),
            Reason::BuildLevelTooLow,
        ),
        ("/verifiedLevels", json!(["SLSA_SOURCE_LEVEL_3"]), Reason::BuildLevelTooLow),
        ("/verifiedLevels", json!(["SLSA_BUILD_LEVEL_UNEVALUATED"]), Reason::BuildLevelTooLow),
        ("/verifiedLevels", json!([]), Reason::BuildLevelTooLow),
        ("/verifier/id", json!("https://evil.example/v1"), Reason::VerifierNotAllowed),
        ("/resourceUri", json!("pkg:generic/app@1.0.1"), Reason::ResourceMismatch),
        ("/timeVerified", json!("2026-05-01T00:00:00Z"), Reason::SummaryStale),
        ("/timeVerified", json!("2026-07-01T00:00:00Z"), Reason::SummaryStale),
        ("/timeVerified", json!(null), Reason::SummaryStale),
        ("/timeVerified", json!("soon"), Reason::MalformedStatement),
        ("/policy/uri", json!("https://example.org/lenient"), Reason::SummaryStale),
        ("/policy", json!(null), Reason::MalformedStatement),
    ] {
        let mut predicate = predicate();
        *predicate.pointer_mut(pointer).unwrap() = value;
        assert_eq!(judge(POLICY, VERIFICATION_SUMMARY_V1, &predicate), reason, "{pointer}");
    }
    assert_eq!(
        judge(POLICY, "https://slsa.dev/verification_summary/v2", &predicate()),
        Reason::UnexpectedPredicate
    );
    let text = format!("{POLICY}policy-digest = \"sha256:{}\"", "2".repeat(64));
    assert_eq!(judge(&text, VERIFICATION_SUMMARY_V1, &predicate()), Reason::SummaryStale);
}

#[test]
fn two_spellings_of_one_field_could_be_read_in_two_ways() {
    let mut predicate = predicate();
    predicate.as_object_mut().unwrap().insert("verification_result".to_owned(), json!("FAILED"));
    assert_eq!(judge(POLICY, VERIFICATION_SUMMARY_V0_2, &predicate), Reason::MalformedStatement);
}

#[test]
fn a_policy_that_lets_anyone_speak_is_refused() {
    for text in [
        "",
        "verifiers = [\"v\"]",
        "resource = \"r\"",
        "verifiers = [\"v\"]\nresource = \"r\"\nlevels = [\"FAILED\"]",
    ] {
        assert!(toml::from_str::<SummaryPolicy>(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_written_is_signed_and_read_back() {
    let summary = VerificationSummary {
        verifier: "https://verify.example.org/beleg".to_owned(),
        verifier_versions: BTreeMap::from([("beleg".to_owned(), "0.1.0".to_owned())]),
        time_verified: Some("2026-05-31T00:00:00Z".parse().unwrap()),
        resource: "pkg:generic/app@1.0".to_owned(),
        policy: Resource {
            uri: Some("https://example.org/policy".to_owned()),
            name: None,
            digests: BTreeMap::from([("sha256".to_owned(), "0".repeat(64))]),
        },
        inputs: vec![Resource {
            uri: Some("a.json".to_owned()),
            name: None,
            digests: BTreeMap::new(),
        }],
        passed: true,
        levels: vec!["SLSA_BUILD_LEVEL_2".to_owned()],
        dependency_levels: BTreeMap::from([("SLSA_BUILD_LEVEL_1".to_owned(), 3)]),
        slsa_version: Some("1.0".to_owned()),
    };
    let subject = ResourceDescriptor {
        name: "app.tar.gz".to_owned(),
        digest: BTreeMap::from([("sha256".to_owned(), super::SHA256.to_owned())]),
    };
    let written =
        beleg_dsse::Statement::about(subject, VERIFICATION_SUMMARY_V1, summary.predicate());
    let signer = Signer::from_seed("test", [7; 32]).unwrap();
    let payload = beleg_dsse::canonical_json(&written).unwrap();
    let envelope = Envelope::sign(PAYLOAD_TYPE, &payload, &signer);
    let payload = envelope.verify(PAYLOAD_TYPE, signer.verifier()).unwrap();
    let read = crate::provenance::Statement::parse(&payload).unwrap();
    assert_eq!(VerificationSummary::read(&read).unwrap(), summary);
    let policy: SummaryPolicy = toml::from_str(POLICY).unwrap();
    assert_eq!(policy.judge(&read, &artifact(), NOW.parse().unwrap()).reason, Reason::Trusted);
    let failed = VerificationSummary { passed: false, ..summary };
    assert_eq!(failed.predicate().get("verifiedLevels"), Some(&json!(["FAILED"])));
    assert_eq!(failed.predicate().get("verificationResult"), Some(&json!("FAILED")));
    assert!(failed.canonical_predicate().unwrap().starts_with(b"{\"dependencyLevels\""));
}
