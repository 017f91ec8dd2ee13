#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::*;
use beleg_model::{
    Ecosystem, FoundPackage, Location, Origin, Package, PackageAdvisory, Population, Severity,
    Upgrade,
};

fn advisory(id: &str, cve: &str, severity: Severity, verdict: Verdict) -> PackageAdvisory {
    let message = format!("`a` 1.0 is affected: {id}");
    let fault = Finding::fault(id, severity, Location::line("app/lock", 3), message, "Upgrade.");
    PackageAdvisory {
        id: id.to_owned(),
        aliases: vec![cve.to_owned()],
        summary: "Invented".to_owned(),
        unscored: false,
        score: Some(9.8),
        fixed: vec!["1.1".to_owned()],
        in_baseline: verdict == Verdict::Pass,
        finding: Finding { verdict, ..fault },
    }
}

fn package(name: &str, advisories: Vec<PackageAdvisory>, upgrade: Option<&str>) -> AffectedPackage {
    let clears = advisories.iter().map(|it| it.id.clone()).collect();
    let location = Location::line("app/lock", 3);
    AffectedPackage {
        ecosystem: Ecosystem::named("npm"),
        name: name.to_owned(),
        version: "1.0".to_owned(),
        packages: vec![FoundPackage {
            package: Package::new("npm", name, "1.0", Origin::Registry, location),
            purl: Some(format!("pkg:npm/{name}@1.0")),
        }],
        advisories,
        upgrade: upgrade.map(|it| Upgrade { version: it.to_owned(), clears, leaves: Vec::new() }),
    }
}

fn scan(affected: Vec<AffectedPackage>) -> ScanRecord {
    let population =
        Population { unit: "packages".to_owned(), expected: 3, examined: 2, left_out: Vec::new() };
    let of = |it: &AffectedPackage| it.advisories.iter().map(|it| it.finding.clone()).collect();
    let mut findings: Vec<Finding> =
        affected.iter().flat_map(|it| -> Vec<Finding> { of(it) }).collect();
    findings.push(Finding::unknown(
        "entry-not-read",
        "app/lock",
        "This names no version.",
        "Pin it.",
    ));
    let at: Timestamp = "2026-11-30T02:00:00Z".parse().unwrap();
    ScanRecord {
        target: "app".to_owned(),
        kind: "folder",
        started: at,
        ended: at,
        tool_version: "0.1.0",
        outcome: Outcome::judge(population, findings),
        affected,
    }
}

fn shown(scan: &ScanRecord, id: &str, options: ScanOptions) -> String {
    String::from_utf8(scan_format(id).unwrap().render(scan, &options).unwrap()).unwrap()
}

fn options() -> ScanOptions {
    ScanOptions { colour: false, width: 100, rows: None, details: false, explains: |_| None }
}

fn two_packages() -> ScanRecord {
    let critical = |id: &str, cve: &str| advisory(id, cve, Severity::Critical, Verdict::Fail);
    let one = package("one", vec![critical("GHSA-1", "CVE-1")], None);
    let many = [("GHSA-2", "CVE-2"), ("GHSA-3", "CVE-3")].map(|(id, cve)| critical(id, cve));
    let known = advisory("GHSA-4", "CVE-4", Severity::High, Verdict::Pass);
    let two = package("two", many.into_iter().chain([known]).collect(), Some("1.1"));
    scan(vec![one, two])
}

#[test]
fn the_upgrade_that_clears_most_is_told_first() {
    let text = shown(&two_packages(), "text", options());
    assert_eq!(
        text,
        "\
FAIL  app (folder): 2 packages are affected by 3 advisories (2 of 3 packages)

Start here: upgrade two (npm) from 1.0 to 1.1, which clears 2 of 3.

SEVERITY  PACKAGE    INSTALLED  UPGRADE TO  CLEARS  ADVISORIES
critical  one (npm)  1.0        none helps          CVE-1
critical  two (npm)  1.0        1.1         2 of 2  CVE-2, CVE-3

What else is wrong, or could not be judged
  unknown   entry-not-read at app/lock
            This names no version.
            → Pin it.

Found, and without effect on the verdict
  two (npm) 1.0, in the baseline: CVE-4
"
    );
}

#[test]
fn what_a_screen_does_not_hold_is_counted() {
    let text = shown(&two_packages(), "text", ScanOptions { rows: Some(1), ..options() });
    assert!(text.contains("… and 1 more packages: `--all` shows them"), "{text}");
    assert!(!text.contains("CVE-2"), "{text}");
}

#[test]
fn details_name_every_advisory_by_all_its_names_and_places() {
    let text = shown(&two_packages(), "text", ScanOptions { details: true, ..options() });
    for said in ["GHSA-4, CVE-4", "critical 9.8", "at app/lock:3", "does not count"] {
        assert!(text.contains(said), "{said} in {text}");
    }
}

#[test]
fn nothing_found_is_no_pass_where_not_everything_was_judged() {
    let text = shown(&scan(Vec::new()), "text", options());
    assert!(text.starts_with("UNKNOWN  app (folder): no package is known to be affected, and not everything could be judged"), "{text}");
}

#[test]
fn markdown_lets_no_name_become_markup() {
    let name = "<img src=x>|[a](https://evil.example)@team `x`\n# b";
    let hostile = advisory("GHSA-1", "CVE-1", Severity::High, Verdict::Fail);
    let text = shown(&scan(vec![package(name, vec![hostile], Some("1.1"))]), "markdown", options());
    let row = text.lines().find(|line| line.starts_with("| high")).unwrap();
    for raw in ["<img", "](", "@team", "https:", " `x`"] {
        assert!(!row.contains(raw), "{raw} in {row}");
    }
    let bars = row.replace("\\|", "").matches('|').count();
    assert_eq!(bars, 7, "{row}");
    assert!(!text.contains("\n# b"), "{text}");
}

#[test]
fn json_is_what_it_was_made_of() {
    let scan = two_packages();
    let value: serde_json::Value = serde_json::from_str(&shown(&scan, "json", options())).unwrap();
    assert_eq!(value["schema"], 1);
    let affected: Vec<AffectedPackage> = serde_json::from_value(value["affected"].clone()).unwrap();
    assert_eq!(affected, scan.affected);
}

#[test]
fn sarif_of_a_scan_names_no_ledger() {
    let value: serde_json::Value =
        serde_json::from_str(&shown(&two_packages(), "sarif", options())).unwrap();
    let run = &value["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 5);
    assert_eq!(run["properties"].get("ledgerOrigin"), None);
    assert_eq!(run["properties"]["verdict"], "fail");
}

#[test]
fn gitlab_gets_what_counts_and_what_could_not_be_judged() {
    let value: serde_json::Value =
        serde_json::from_str(&shown(&two_packages(), "gitlab", options())).unwrap();
    let all = value["vulnerabilities"].as_array().unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0]["severity"], "Critical");
    assert_eq!(all[0]["location"]["file"], "app/lock");
    assert_eq!(all[0]["identifiers"][1]["value"], "CVE-1");
    assert_eq!(value["scan"]["start_time"], "2026-11-30T02:00:00");
    let message = value["scan"]["messages"][0]["value"].as_str().unwrap();
    assert!(message.starts_with("entry-not-read at app/lock"), "{message}");
}

#[test]
fn cyclonedx_names_every_affected_package_once() {
    let value: serde_json::Value =
        serde_json::from_str(&shown(&two_packages(), "cyclonedx", options())).unwrap();
    let references: Vec<&str> = value["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["bom-ref"].as_str().unwrap())
        .collect();
    assert_eq!(references, ["pkg:npm/one@1.0", "pkg:npm/two@1.0"]);
    let all = value["vulnerabilities"].as_array().unwrap();
    assert_eq!(all.len(), 4);
    for one in all {
        let affected = one["affects"][0]["ref"].as_str().unwrap();
        assert!(references.contains(&affected), "{one}");
    }
}

#[test]
fn of_many_alike_the_first_are_told_and_the_places_of_the_rest() {
    let mut scan = scan(Vec::new());
    let more = (1..=20).map(|line| {
        let place = Location::line("app/lock", line);
        Finding::unknown("entry-not-read", place, "This names no version.", "Pin it.")
    });
    let findings = scan.outcome.findings.iter().cloned().chain(more).collect();
    scan.outcome = Outcome::judge(scan.outcome.population.clone(), findings);
    let text = shown(&scan, "text", ScanOptions { width: 300, ..options() });
    assert_eq!(text.matches("This names no version.").count(), 2, "{text}");
    assert!(text.contains("app/lock:11 and 9 more (`--details`)"), "{text}");
    let all = shown(&scan, "text", ScanOptions { details: true, ..options() });
    assert_eq!(all.matches("This names no version.").count(), 21, "{all}");
}
