use super::{crates_io, osv_record, osv_source, package, pypi, rustsec_record, rustsec_source};
use crate::{Index, Match, Policy};
use beleg_model::Ecosystem;
use beleg_model::{Finding, Severity, Verdict};
use serde_json::{Value, json};

fn match_of(record: &Value, version: &str) -> Match {
    let name = record["affected"][0]["package"]["name"].as_str().unwrap();
    let index = Index::build([osv_source("osv", "PyPI", std::slice::from_ref(record))]);
    index.matches(&package(pypi(), name, version)).remove(0)
}

fn finding_of(record: &Value, policy: &Policy) -> Finding {
    match_of(record, "3.2.0").to_finding(&package(pypi(), "demo", "3.2.0"), policy)
}

fn scored(vector: &str) -> Value {
    let mut record = osv_record(
        "GHSA-aaaa-bbbb-cccc",
        "PyPI",
        "demo",
        &[("introduced", "0"), ("fixed", "3.2.1")],
    );
    record["severity"] = json!([{"type": "CVSS_V3", "score": vector}]);
    record["aliases"] = json!(["CVE-2026-1"]);
    record["references"] = json!([
        {"type": "WEB", "url": "https://example.org/web"},
        {"type": "ADVISORY", "url": "https://example.org/advisory"},
    ]);
    record
}

const HIGH: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";

#[test]
fn an_affected_package_fails_with_the_version_to_upgrade_to() {
    let finding = finding_of(&scored(HIGH), &Policy::default());
    assert_eq!(finding.rule, "GHSA-aaaa-bbbb-cccc");
    assert_eq!((finding.verdict, finding.severity), (Verdict::Fail, Severity::High));
    assert_eq!(finding.message, "`demo` 3.2.0 is affected: Invented fault of demo");
    assert_eq!(finding.remedy, "Upgrade `demo` to 3.2.1 or later.");
    assert_eq!(finding.location.to_string(), "lockfile:7");
    assert_eq!(
        finding.references,
        [
            "CVE-2026-1",
            "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
            "https://example.org/advisory",
            "https://example.org/web",
        ]
    );
}

#[test]
fn below_the_threshold_a_vulnerability_is_a_remark_unless_nobody_scored_it() {
    let policy = Policy { fail_from: Severity::Critical, ..Policy::default() };
    let finding = finding_of(&scored(HIGH), &policy);
    assert_eq!((finding.verdict, finding.severity), (Verdict::Pass, Severity::High));
    let finding = finding_of(&scored("not a vector"), &policy);
    assert_eq!((finding.verdict, finding.severity), (Verdict::Unknown, Severity::Medium));
    assert!(finding.message.ends_with("(unscored)"), "{}", finding.message);
    let finding = finding_of(&scored("not a vector"), &Policy::default());
    assert_eq!(finding.verdict, Verdict::Fail);
}

#[test]
fn an_undecided_match_is_unknown_not_pass() {
    let mut record = scored(HIGH);
    record["affected"][0]["ranges"][0]["events"] = json!([{"introduced": "0"}, {"fixed": "odd!"}]);
    let finding = finding_of(&record, &Policy::default());
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert!(finding.message.contains("may be affected"), "{}", finding.message);
    assert!(finding.remedy.starts_with("Find out by hand"), "{}", finding.remedy);
}

#[test]
fn a_malicious_package_fails_under_every_policy() {
    let record = osv_record("MAL-2026-1", "PyPI", "demo", &[("introduced", "0")]);
    let policy = Policy { fail_from: Severity::Critical, ..Policy::default() };
    let finding = finding_of(&record, &policy);
    assert_eq!((finding.verdict, finding.severity), (Verdict::Fail, Severity::Critical));
    assert!(finding.message.contains("is malicious"), "{}", finding.message);
    assert!(finding.remedy.starts_with("Remove"), "{}", finding.remedy);
}

#[test]
fn informational_records_are_remarks_unless_the_policy_says_otherwise() {
    let text = rustsec_record(
        "demo",
        "RUSTSEC-2026-0001",
        "informational = \"unmaintained\"",
        "patched = []",
    );
    let index = Index::build([rustsec_source(&[("demo", "RUSTSEC-2026-0001", &text)])]);
    let package = package(crates_io(), "demo", "1.0.0");
    let found = index.matches(&package).remove(0);
    let remark = found.to_finding(&package, &Policy::default());
    assert_eq!((remark.verdict, remark.severity), (Verdict::Pass, Severity::Info));
    assert_eq!(remark.message, "`demo` 1.0.0 is unmaintained: Invented fault of demo");
    assert!(
        remark
            .references
            .contains(&"https://rustsec.org/advisories/RUSTSEC-2026-0001.html".to_owned())
    );
    let strict = Policy { unmaintained: Verdict::Fail, ..Policy::default() };
    let fault = found.to_finding(&package, &strict);
    assert_eq!((fault.verdict, fault.severity), (Verdict::Fail, Severity::Medium));
}

#[test]
fn a_fix_without_a_name_and_no_fix_at_all_are_said_so() {
    let after = rustsec_record("a", "DEMO-2026-0001", "", "patched = [\"> 1.2.3\"]");
    let never = rustsec_record("b", "DEMO-2026-0002", "", "patched = []");
    let index = Index::build([rustsec_source(&[
        ("a", "DEMO-2026-0001", &after),
        ("b", "DEMO-2026-0002", &never),
    ])]);
    let remedy = |name| {
        let package = package(crates_io(), name, "1.2.3");
        index.matches(&package).remove(0).to_finding(&package, &Policy::default()).remedy
    };
    assert_eq!(remedy("a"), "Upgrade `a` to a version after 1.2.3.");
    assert!(remedy("b").starts_with("No fixed version of `b` is known"));
}

#[test]
fn a_debian_finding_names_the_source_package() {
    let record = osv_record(
        "DSA-1-1",
        "Debian:12",
        "openssl",
        &[("introduced", "0"), ("fixed", "3.0.13-1")],
    );
    let index = Index::build([osv_source("osv", "Debian", &[record])]);
    let mut package =
        package(Ecosystem::named("Debian").in_release(Some("12")), "libssl3", "3.0.11-1");
    package.source_name = Some("openssl".to_owned());
    let finding = index.matches(&package).remove(0).to_finding(&package, &Policy::default());
    assert!(finding.message.starts_with("`libssl3` 3.0.11-1, built from `openssl`, is affected"));
    assert_eq!(finding.remedy, "Upgrade `openssl` to 3.0.13-1 or later.");
}
