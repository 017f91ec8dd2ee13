#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and JSON values index to null"
)]

use super::*;
use crate::sample;
use beleg_model::Location;
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
fn a_fault_is_an_error_a_doubt_a_warning_and_a_remark_a_note() {
    let log = rendered(&sample::faulty());
    let levels: BTreeMap<_, _> = array(&log, "results")
        .iter()
        .map(|result| (text(result, "/ruleId"), text(result, "/level")))
        .collect();
    for (rule, level) in [
        ("DEMO-2026-0001", "error"),
        ("DEMO-2026-0002", "error"),
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
    assert!(uri.starts_with("jobs") && !uri.contains(['<', ':']), "{uri}");
    let names = array(&result["locations"][0], "logicalLocations");
    let named = |name: &Value| text(name, "/fullyQualifiedName").contains("/etc/<script>");
    assert!(names.iter().any(named), "{names:?}");
    assert!(result.pointer("/locations/0/physicalLocation/region").is_none());
}

/// Hosts show a result at a file; what is no file stands at the job that asks for it.
#[test]
fn only_a_file_is_a_physical_location() {
    let mut run = sample::faulty();
    let places = [
        ("Cargo.lock", None, "Cargo.lock"),
        ("lib/x.dist-info/METADATA", Some(3), "lib/x.dist-info/METADATA"),
        ("e4e89b83d88b Tidy up.", None, "jobs/"),
        ("region eu-central", None, "jobs/"),
        ("osv/PyPI", None, "jobs/"),
        ("refs/tags/v1.0", None, "jobs/"),
        ("allowed-signers file", Some(2), "jobs/"),
    ];
    for (path, line, uri) in places {
        let finding = &mut run.checks[0].evidence.outcome.findings[0];
        finding.location = Location { line, ..Location::from(path) };
        let log = rendered(&run);
        let of_rule = |result: &&Value| result.to_string().contains(path);
        let result = array(&log, "results").iter().find(of_rule).unwrap();
        let place = &result["locations"][0];
        assert!(text(place, "/physicalLocation/artifactLocation/uri").starts_with(uri), "{place}");
        let is_file = uri == path;
        assert_eq!(place.pointer("/physicalLocation/region").is_some(), is_file && line.is_some());
        assert_eq!(place["logicalLocations"].to_string().contains(path), !is_file, "{place}");
    }
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
