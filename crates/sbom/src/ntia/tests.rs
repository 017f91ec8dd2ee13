#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::cyclonedx::{Limits, read};
use beleg_model::Verdict;
use serde_json::{Value, json};

fn whole() -> Value {
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {
            "timestamp": "2026-01-02T03:04:05+01:00",
            "authors": [{"name": "Release team"}],
            "component": {
                "type": "application", "bom-ref": "app", "name": "app", "version": "1",
                "supplier": {"name": "Example GmbH"}
            }
        },
        "components": [
            {"type": "library", "bom-ref": "a", "name": "a", "version": "1",
             "purl": "pkg:cargo/a@1", "publisher": "A"},
            {"type": "library", "bom-ref": "b", "name": "b", "version": "2",
             "cpe": "cpe:2.3:a:b:b:2:*:*:*:*:*:*:*", "author": "B"},
            {"type": "file", "name": "/etc/passwd"}
        ],
        "dependencies": [{"ref": "app", "dependsOn": ["a", "b"]}]
    })
}

fn check_with(change: impl Fn(&mut Value)) -> Vec<Finding> {
    let mut document = whole();
    change(&mut document);
    let bom = read(document.to_string().as_bytes(), &Limits::default()).unwrap();
    check(&bom, "sbom.json")
}

fn rules(change: impl Fn(&mut Value)) -> Vec<String> {
    check_with(change).into_iter().map(|finding| finding.rule).collect()
}

fn remove(pointer: &str, key: &str) -> impl Fn(&mut Value) {
    move |document| {
        let object = document.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap();
        object.remove(key).unwrap();
    }
}

#[test]
fn an_sbom_with_all_elements_is_without_findings() {
    assert_eq!(rules(|_| {}), [""; 0]);
}

#[test]
fn each_missing_element_is_one_fault() {
    for (pointer, key, rule) in [
        ("/metadata", "authors", "ntia-missing-author"),
        ("/metadata", "timestamp", "ntia-missing-timestamp"),
        ("/components/0", "name", "ntia-missing-component-name"),
        ("/components/1", "version", "ntia-missing-component-version"),
        ("/metadata/component", "version", "ntia-missing-component-version"),
        ("/components/0", "purl", "ntia-missing-identifier"),
        ("/components/1", "cpe", "ntia-missing-identifier"),
        ("", "dependencies", "ntia-missing-relationships"),
        ("/metadata", "component", "ntia-missing-relationships"),
        ("/components/0", "bom-ref", "ntia-missing-relationships"),
        ("/components/0", "publisher", "ntia-missing-supplier"),
        ("/metadata/component", "supplier", "ntia-missing-supplier"),
    ] {
        let findings = check_with(remove(pointer, key));
        assert_eq!(findings.len(), 1, "{pointer}/{key}: {findings:?}");
        assert!(findings.iter().all(|f| f.rule == rule && f.verdict == Verdict::Fail), "{key}");
        assert!(findings.iter().all(|f| f.location.path == "sbom.json" && !f.remedy.is_empty()));
    }
}

#[test]
fn blank_text_is_missing_text() {
    for (pointer, rule) in [
        ("/metadata/authors/0/name", "ntia-missing-author"),
        ("/components/0/name", "ntia-missing-component-name"),
        ("/components/0/version", "ntia-missing-component-version"),
        ("/components/0/publisher", "ntia-missing-supplier"),
    ] {
        assert_eq!(rules(|d| *d.pointer_mut(pointer).unwrap() = json!("  ")), [rule]);
    }
}

#[test]
fn a_timestamp_that_is_no_instant_is_a_fault() {
    for text in ["yesterday", "2026-01-02", "2026-01-02T03:04:05", ""] {
        assert_eq!(
            rules(|d| *d.pointer_mut("/metadata/timestamp").unwrap() = json!(text)),
            ["ntia-missing-timestamp"],
            "{text}"
        );
    }
}

#[test]
fn an_sbom_without_components_is_unknown_not_pass() {
    let findings = check_with(|document| *document.pointer_mut("/components").unwrap() = json!([]));
    let found: Vec<_> = findings.iter().map(|f| (f.rule.as_str(), f.verdict)).collect();
    assert_eq!(found, [("ntia-nothing-listed", Verdict::Unknown)]);
}

#[test]
fn many_components_make_one_finding() {
    let findings = check_with(|document| {
        let many: Vec<Value> = (0..500)
            .map(
                |n| json!({"type": "library", "bom-ref": format!("r{n}"), "name": format!("n{n}")}),
            )
            .collect();
        *document.pointer_mut("/components").unwrap() = json!(many);
    });
    let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "500 of 501 components have no version: `n0`, `n1`, `n2`, `n3`, `n4` and 495 more.",
            "500 of 500 components have no unique identifier: `n0`, `n1`, `n2`, `n3`, `n4` and 495 more.",
            "Nothing says that what the SBOM describes contains or depends on anything.",
            "500 of 501 components have no supplier: `n0`, `n1`, `n2`, `n3`, `n4` and 495 more.",
        ]
    );
}

#[test]
fn a_root_outside_its_graph_is_a_missing_relationship() {
    let findings = check_with(|document| {
        *document.pointer_mut("/dependencies").unwrap() = json!([{"ref": "a", "dependsOn": ["b"]}]);
    });
    assert_eq!(findings.len(), 1);
    assert!(findings.iter().all(|finding| finding.rule == "ntia-missing-relationships"
        && finding.verdict == Verdict::Fail
        && finding.message.contains("contains or depends on anything")));
}

#[test]
fn an_island_beside_the_graph_is_named() {
    let findings = check_with(|document| {
        *document.pointer_mut("/dependencies").unwrap() =
            json!([{"ref": "app", "dependsOn": ["a"]}, {"ref": "b", "dependsOn": ["b"]}]);
    });
    let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        ["1 of 2 components has no relationship to what the SBOM describes: `b 2`."]
    );
}

#[test]
fn parts_and_services_lead_on_to_others() {
    let mut document = whole();
    *document.pointer_mut("/dependencies").unwrap() = json!([
        {"ref": "app", "dependsOn": ["svc"]},
        {"ref": "svc", "dependsOn": ["a"]},
        {"ref": "part", "dependsOn": ["b"]}
    ]);
    document.pointer_mut("/components/0").and_then(Value::as_object_mut).unwrap().insert(
        "components".to_owned(),
        json!([{"type": "file", "bom-ref": "part", "name": "part"}]),
    );
    document.as_object_mut().unwrap().insert(
        "services".to_owned(),
        json!([{"bom-ref": "outer", "name": "o", "services": [{"bom-ref": "svc", "name": "s"}]}]),
    );
    let bom = read(document.to_string().as_bytes(), &Limits::default()).unwrap();
    assert_eq!(check(&bom, "sbom.json"), []);
    assert_eq!(bom.findings("sbom.json"), [], "a service's identifier is none that dangles");
}

#[test]
fn a_hostile_graph_is_walked_in_good_time() {
    let name = |at: usize| format!("c{at}");
    let components: Vec<Value> = (0..20_000)
        .map(|at| {
            json!({"type": "library", "bom-ref": name(at), "name": "a", "components": [
                {"type": "library", "bom-ref": format!("p{at}"), "name": "p"}
            ]})
        })
        .collect();
    let mut dependencies: Vec<Value> = (0..20_000)
        .map(|at| json!({"ref": format!("p{at}"), "dependsOn": [name(at + 1), "p1", name(at)]}))
        .collect();
    dependencies.push(json!({"ref": "app", "dependsOn": ["c0"]}));
    let mut document = whole();
    *document.pointer_mut("/components").unwrap() = json!(components);
    *document.pointer_mut("/dependencies").unwrap() = json!(dependencies);
    let bom = read(document.to_string().as_bytes(), &Limits::default()).unwrap();
    assert_eq!(bom.reached().len(), 40_000);
}
