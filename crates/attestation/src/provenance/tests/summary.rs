use super::slsa::{generator, github};
use super::statement;
use crate::provenance::{PROVENANCE_V0_2, PROVENANCE_V1, Summary, SummaryKind, summarise};
use beleg_model::Verdict;
use beleg_trust::Reason;
use proptest::prelude::*;
use serde_json::{Value, json};

const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

fn summary(predicate_type: &str, predicate: &Value) -> Summary {
    summarise(&statement(predicate_type, predicate)).unwrap()
}

fn line<'a>(summary: &'a Summary, label: &str) -> Option<&'a str> {
    summary.lines.iter().find(|(name, _)| name == label).map(|(_, value)| value.as_str())
}

#[test]
fn a_failed_test_is_visible_whatever_the_result_claims() {
    for (predicate, verdict) in [
        (json!({"result": "PASSED", "configuration": [], "passedTests": ["a"]}), Verdict::Pass),
        (json!({"result": "FAILED", "failedTests": ["b"]}), Verdict::Fail),
        (json!({"result": "FAILED"}), Verdict::Fail),
        (json!({"result": "PASSED", "failedTests": ["b"]}), Verdict::Fail),
        (json!({"result": "WARNED", "failedTests": ["b"]}), Verdict::Fail),
        (json!({"result": "WARNED", "warnedTests": ["b"]}), Verdict::Unknown),
        (json!({"result": "PASSED", "warnedTests": ["b"]}), Verdict::Unknown),
    ] {
        assert_eq!(summary(TEST_RESULT, &predicate).verdict, Some(verdict), "{predicate}");
    }
    let failed = summary(TEST_RESULT, &json!({"result": "FAILED", "failedTests": ["b\u{1b}[2J"]}));
    assert_eq!(line(&failed, "failed tests"), Some("b\u{fffd}[2J"));
    for predicate in [
        json!({}),
        json!({"result": "OK"}),
        json!({"result": "PASSED", "failedTests": 1}),
        json!(null),
    ] {
        let error = summarise(&statement(TEST_RESULT, &predicate)).unwrap_err();
        assert_eq!(error.reason(), Reason::MalformedStatement);
    }
}

#[test]
fn each_known_predicate_is_summarised() {
    let scanner = json!({"scanner": {
        "uri": "pkg:x", "version": "1", "db": {"lastUpdate": "2026-01-01T00:00:00Z"},
        "result": [{"id": "CVE-1", "severity": []}],
    }, "metadata": {"scanFinishedOn": "2026-01-01T00:00:00Z"}});
    for (predicate_type, predicate, kind, label, value) in [
        (PROVENANCE_V1, github(), SummaryKind::Provenance, "ref", "refs/tags/v1.0.0"),
        (PROVENANCE_V0_2, generator(), SummaryKind::Provenance, "run", "1-1"),
        (
            "https://in-toto.io/attestation/svr/v0.1",
            json!({"verifier": {"id": "v"}, "timeCreated": "2026-01-01T00:00:00Z", "properties": ["P"]}),
            SummaryKind::VerificationResult,
            "properties",
            "P",
        ),
        (
            "https://in-toto.io/attestation/scai/v0.3",
            json!({"attributes": [{"attribute": "HARDENED"}], "producer": {"uri": "p"}}),
            SummaryKind::Attributes,
            "attributes",
            "HARDENED (no evidence)",
        ),
        (
            "https://in-toto.io/attestation/release/v0.1",
            json!({"purl": "pkg:npm/a@1"}),
            SummaryKind::Release,
            "package",
            "pkg:npm/a@1",
        ),
        (
            "https://in-toto.io/attestation/vulns/v0.2",
            scanner,
            SummaryKind::Vulnerabilities,
            "found",
            "CVE-1",
        ),
        (
            "https://spdx.dev/Document/v2.3",
            json!({"spdxVersion": "SPDX-2.3", "packages": [{}]}),
            SummaryKind::Spdx,
            "packages",
            "1",
        ),
        (
            "https://cyclonedx.org/bom",
            json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}, {}]}),
            SummaryKind::Cyclonedx,
            "components",
            "2",
        ),
        (
            "https://in-toto.io/attestation/link/v0.3",
            json!({"name": "build", "command": ["make", "all"], "materials": []}),
            SummaryKind::Link,
            "command",
            "make all",
        ),
    ] {
        let summary = summary(predicate_type, &predicate);
        assert_eq!(summary.kind, kind);
        assert_eq!(line(&summary, label), Some(value), "{summary:?}");
        assert_eq!(summary.verdict, None);
    }
    let publish = summary("https://docs.pypi.org/attestations/publish/v1", &json!(null));
    assert_eq!(publish.kind, SummaryKind::Publish);
}

#[test]
fn an_unknown_predicate_is_shown_as_such() {
    for predicate_type in
        ["https://example.org/x", "https://spdx.dev/Documents", "https://cyclonedx.org/bom-evil"]
    {
        let summary = summary(predicate_type, &json!({"result": "PASSED"}));
        assert_eq!(summary.kind, SummaryKind::Unrecognised);
        assert_eq!(summary.verdict, None);
        assert!(line(&summary, "note").unwrap().contains("not known"));
    }
}

#[test]
fn long_lists_are_cut_and_counted() {
    let tests: Vec<String> = (0..5_000).map(|number| number.to_string()).collect();
    let summary = summary(TEST_RESULT, &json!({"result": "FAILED", "failedTests": tests}));
    assert!(summary.lines.len() < 20);
    assert_eq!(summary.lines.last().unwrap().1, "4990 more");
}

proptest! {
    #[test]
    fn values_of_the_wrong_kind_never_panic(
        which in 0_usize..4,
        at in prop::sample::select(vec![
            "/result", "/failedTests", "/scanner", "/attributes", "/builder", "/buildDefinition",
            "/runDetails", "/invocation", "/materials", "/buildDefinition/externalParameters/workflow",
        ]),
        value in prop::sample::select(vec![
            json!(null), json!(1), json!("x"), json!([]), json!([1]), json!({}), json!({"id": 1}),
        ]),
    ) {
        let (predicate_type, mut predicate) = [
            (TEST_RESULT, json!({"result": "PASSED", "failedTests": []})),
            ("https://in-toto.io/attestation/vulns/v0.2", json!({"scanner": {"uri": "x"}})),
            (PROVENANCE_V1, github()),
            (PROVENANCE_V0_2, generator()),
        ].into_iter().nth(which).unwrap();
        if let Some(place) = predicate.pointer_mut(at) {
            *place = value;
        }
        let _ = summarise(&statement(predicate_type, &predicate));
    }
}
