#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and JSON values index to null"
)]

use super::*;
use crate::pretty::pretty;
use crate::sample;
use proptest::prelude::*;
use serde_json::{Value, json};

fn rendered(run: &RunRecord) -> Value {
    serde_json::from_slice(&Json.render(run, &Options::default()).unwrap()).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(include_str!("schema.json")).unwrap()
}

#[test]
fn every_sample_fits_the_schema() {
    for (name, run) in sample::all() {
        assert_eq!(fault(&schema(), &schema(), &rendered(&run), "$"), None, "{name}");
    }
}

#[test]
fn a_report_that_strays_from_the_schema_is_noticed() {
    let good = rendered(&sample::faulty());
    let stray = |pointer: &str, value: Value| {
        let mut report = good.clone();
        *report.pointer_mut(pointer).unwrap() = value;
        fault(&schema(), &schema(), &report, "$")
    };
    assert!(stray("/schema", json!(2)).is_some());
    assert!(stray("/verdict", json!("ok")).is_some());
    assert!(stray("/checks/0/population/examined", json!(-1)).is_some());
    assert!(stray("/checks/0/findings/0", json!({})).is_some());
    assert!(stray("/checks/0/metrics", json!({"rto": {"unit": "days", "value": 1}})).is_some());
    assert!(stray("/run", json!(null)).is_some());
    let mut extra = good.clone();
    extra["checks"][0]["colour"] = json!("red");
    assert!(fault(&schema(), &schema(), &extra, "$").is_some());
}

#[test]
fn a_check_that_did_not_pass_says_why_as_in_text() {
    let mut run = sample::healthy();
    let outcome = &mut run.checks[0].evidence.outcome;
    outcome.findings.clear();
    (outcome.population.examined, outcome.verdict) = (0, beleg_model::Verdict::Unknown);
    outcome.reason = "nothing-examined".to_owned();
    let check = &rendered(&run)["checks"][0];
    let findings = check["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["rule"], json!("nothing-examined"));
    assert_eq!(findings[0]["message"], json!("Nothing was examined."));
    assert_eq!(fault(&schema(), &schema(), &rendered(&run), "$"), None);
}

#[test]
fn the_report_says_what_other_programs_look_for() {
    let report = rendered(&sample::faulty());
    assert_eq!((&report["schema"], &report["verdict"]), (&json!(1), &json!("fail")));
    assert_eq!(report["run"]["checks_without_evidence"], json!(1));
    assert_eq!(report["run"]["counts"], json!({"fail": 3, "pass": 1, "unknown": 2}));
    assert_eq!(report["run"]["planned"], json!("2026-11-21T02:00:00Z"));
    let check = &report["checks"][0];
    assert_eq!(check["subject"], json!("requirements.txt"));
    assert_eq!(check["findings"][0]["location"], json!("requirements.txt:3"));
    assert_eq!(report["checks"][3]["metrics"]["restore-time"]["unit"], json!("milliseconds"));
}

#[test]
fn no_finding_is_left_away() {
    let report = rendered(&sample::many_findings());
    assert_eq!(report["checks"][0]["findings"].as_array().unwrap().len(), 400);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_members_of_any_run_are_in_the_order_of_their_keys(run in sample::any_run()) {
        let written = Json.render(&run, &Options::default()).unwrap();
        let sorted = pretty(&serde_json::from_slice(&written).unwrap()).unwrap();
        prop_assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(sorted).unwrap());
    }

    #[test]
    fn any_run_fits_the_schema_and_keeps_its_strings(run in sample::any_run()) {
        let report = rendered(&run);
        prop_assert_eq!(fault(&schema(), &schema(), &report, "$"), None);
        for (check, shown) in run.checks.iter().zip(report["checks"].as_array().unwrap()) {
            let evidence = &check.evidence;
            prop_assert_eq!(shown["subject"].as_str(), Some(evidence.subject.name.as_str()));
            for (finding, shown) in
                evidence.outcome.findings.iter().zip(shown["findings"].as_array().unwrap())
            {
                prop_assert_eq!(shown["message"].as_str(), Some(finding.message.as_str()));
            }
        }
    }
}

/// Returns the first place at which `value` does not fit `rule`, for the keywords that
/// `schema.json` uses; an unknown keyword is a fault too, so that none is left unchecked.
fn fault(schema: &Value, rule: &Value, value: &Value, place: &str) -> Option<String> {
    let rules = rule.as_object()?;
    rules.iter().find_map(|(keyword, wanted)| {
        let wrong = |fits: bool| (!fits).then(|| format!("{place}: {keyword}"));
        let members = || value.as_object().into_iter().flatten();
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" => None,
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                fault(schema, schema.pointer(pointer).unwrap(), value, place)
            }
            "const" => wrong(value == wanted),
            "enum" => wrong(wanted.as_array().unwrap().contains(value)),
            "minimum" => wrong(value.as_u64() >= wanted.as_u64()),
            "pattern" => wrong(value.as_str().is_none_or(|text| text.contains(':'))),
            "type" => {
                let types = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                wrong(types.iter().any(|name| has_type(value, name.as_str().unwrap())))
            }
            "required" => wrong(
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|key| value.get(key.as_str().unwrap()).is_some()),
            ),
            "properties" => members().find_map(|(key, value)| {
                fault(schema, wanted.get(key)?, value, &format!("{place}.{key}"))
            }),
            "additionalProperties" => members()
                .filter(|(key, _)| rule.get("properties").is_none_or(|own| own.get(key).is_none()))
                .find_map(|(key, value)| match wanted {
                    Value::Bool(allowed) => wrong(*allowed),
                    rule => fault(schema, rule, value, &format!("{place}.{key}")),
                }),
            "items" => value.as_array()?.iter().enumerate().find_map(|(position, value)| {
                fault(schema, wanted, value, &format!("{place}[{position}]"))
            }),
            unknown => Some(format!("{place}: the test does not know `{unknown}`")),
        }
    })
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        _ => false,
    }
}
