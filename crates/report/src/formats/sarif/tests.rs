#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and JSON values index to null"
)]

use super::*;
use crate::sample;
use std::collections::BTreeMap;

fn rendered(run: &RunRecord) -> Value {
    let bytes = Sarif.render(run, &Options::default()).unwrap();
    serde_json::from_slice::<Value>(&bytes).unwrap()["runs"][0].clone()
}

fn array<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).unwrap().as_str().unwrap()
}

#[test]
fn every_result_names_a_rule_that_stands_at_its_index() {
    for (name, run) in sample::all() {
        let log = rendered(&run);
        let rules = array(&log["tool"]["driver"], "rules");
        let ids: BTreeSet<_> = rules.iter().map(|rule| text(rule, "/id")).collect();
        assert_eq!(ids.len(), rules.len(), "{name}");
        for result in array(&log, "results") {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"], "{name}");
        }
    }
}

#[test]
fn levels_follow_verdict_and_severity() {
    let log = rendered(&sample::faulty());
    let levels: BTreeMap<_, _> = array(&log, "results")
        .iter()
        .map(|result| (text(result, "/ruleId"), text(result, "/level")))
        .collect();
    for (rule, level) in [
        ("DEMO-2026-0001", "error"),
        ("DEMO-2026-0002", "warning"),
        ("no-source-covers", "warning"),
        ("os-release", "note"),
        ("partly-examined", "warning"),
        ("no-evidence", "warning"),
    ] {
        assert_eq!(levels.get(rule), Some(&level), "{rule}");
    }
}

#[test]
fn a_decision_suppresses_a_result_and_does_not_make_it_a_note() {
    let log = rendered(&sample::waived());
    let result = &array(&log, "results")[0];
    assert_eq!(text(result, "/level"), "error");
    assert_eq!(text(result, "/properties/severity"), "critical");
    let suppression = &array(result, "suppressions")[0];
    assert_eq!(text(suppression, "/kind"), "external");
    assert_eq!(text(suppression, "/status"), "accepted");
    assert_eq!(text(suppression, "/justification"), "the parser never sees input");
    assert_eq!(text(suppression, "/properties/by"), "security@shop.example");
    let notifications = &log["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notifications[0]["descriptor"]["id"], "left-out");
    assert_eq!(notifications[0]["level"], "note");
}

#[test]
fn a_check_that_could_not_look_is_a_result_and_a_notification() {
    for run in [sample::unknown(), sample::interrupted(), sample::empty()] {
        let log = rendered(&run);
        let invocation = &log["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], json!(false));
        assert_eq!(array(invocation, "toolExecutionNotifications")[0]["level"], json!("error"));
        assert!(array(&log, "results").iter().any(|result| result["level"] == json!("warning")));
    }
}

#[test]
fn a_healthy_run_has_neither_warnings_nor_notifications() {
    let log = rendered(&sample::healthy());
    assert_eq!(log["invocations"][0]["executionSuccessful"], json!(true));
    assert!(array(&log["invocations"][0], "toolExecutionNotifications").is_empty());
    assert!(array(&log, "results").iter().all(|result| result["level"] == json!("note")));
}

#[test]
fn fingerprints_differ_within_a_run_and_stay_when_lines_and_words_change() {
    let prints = |run: &RunRecord| -> Vec<String> {
        let log = rendered(run);
        let of = |result: &Value| text(result, "/partialFingerprints/belegFinding~1v1").to_owned();
        array(&log, "results").iter().map(of).collect()
    };
    let before = sample::many_findings();
    let all = prints(&before);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 400);
    let mut after = before;
    for finding in &mut after.checks[0].evidence.outcome.findings {
        finding.line_and_words_change();
    }
    assert_eq!(all, prints(&after));
}

trait Change {
    fn line_and_words_change(&mut self);
}

impl Change for beleg_model::Finding {
    fn line_and_words_change(&mut self) {
        self.location.line = Some(7);
        self.message.push_str(" It is 3 days old.");
    }
}

#[test]
fn a_hostile_location_becomes_a_harmless_uri_and_line_zero_no_region() {
    let log = rendered(&sample::hostile());
    let result = &array(&log, "results")[0];
    let uri = text(result, "/locations/0/physicalLocation/artifactLocation/uri");
    assert!(uri.starts_with("..%2F..%2Fetc%2F%3Cscript%3E"), "{uri}");
    assert!(result.pointer("/locations/0/physicalLocation/region").is_none());
}

#[test]
fn braces_are_doubled_and_embedded_links_broken_up() {
    assert_eq!(message("{0} [x](https://evil.example)"), "{{0}} [x] (https://evil.example)");
}

#[test]
fn a_reference_that_is_a_web_address_becomes_the_help_address() {
    let log = rendered(&sample::faulty());
    let rules = array(&log["tool"]["driver"], "rules");
    let rule = rules.iter().find(|rule| rule["id"] == json!("DEMO-2026-0007")).unwrap();
    assert_eq!(text(rule, "/helpUri"), "https://osv.dev/vulnerability/DEMO-2026-0007");
    assert_eq!(text(rule, "/properties/security-severity"), "8.0");
    let hostile = rendered(&sample::hostile());
    for rule in array(&hostile["tool"]["driver"], "rules") {
        assert!(rule.get("helpUri").is_none(), "{rule}");
    }
}
