//! `beleg demo`: everything from scratch, and exactly the planted faults found.

use crate::command::Beleg;
use crate::company::{Company, Report, empty_folder};
use crate::listing::listing;
use std::path::Path;

const PLANTED: [(&str, &str); 11] = [
    ("commits", "bad-signature"),
    ("commits", "unknown-key"),
    ("commits", "unsigned"),
    ("dependencies", "DEMO-2026-0001"),
    ("dependencies", "DEMO-2026-0002"),
    ("image", "DEMO-2026-0002"),
    ("image", "DEMO-2026-0003"),
    ("restore", "backup-tampered"),
    ("sbom", "sbom-different-version"),
    ("sbom", "sbom-extra-component"),
    ("sbom", "sbom-missing-component"),
];

fn demo(folder: &Path) -> Beleg {
    Beleg::anywhere().arg("demo").arg(folder)
}

fn report(folder: &Path) -> Report {
    Report::of(&Beleg::in_folder(folder).args("report --format json").run())
}

fn sorted_planted() -> Vec<(String, String)> {
    PLANTED.iter().map(|(job, rule)| ((*job).to_owned(), (*rule).to_owned())).collect()
}

#[test]
fn the_faulty_demo_finds_exactly_what_was_planted() {
    let outside = empty_folder();
    let folder = outside.path().join("company");
    let output = demo(&folder).run().expect(1);
    assert!(output.stdout.contains("Planted faults: 11. Found: 11. Found besides: 0."));
    for (_, rule) in PLANTED {
        assert!(output.stdout.contains(rule), "{rule} is not listed");
    }
    let report = report(&folder);
    assert_eq!(report.0["verdict"], "fail");
    assert_eq!(report.found(), sorted_planted());
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1, "nothing lies beside it");
}

#[test]
fn what_the_demo_says_it_planted_is_what_these_tests_know() {
    let company = Company::faulty();
    let mut planted: Vec<(String, String)> =
        company.demo.planted.iter().map(|p| (p.job.to_owned(), p.rule.clone())).collect();
    planted.sort();
    assert_eq!(planted, sorted_planted());
    assert_eq!(company.run("nightly", 1).found(), planted);
}

#[test]
fn the_healthy_demo_passes_in_every_check() {
    let outside = empty_folder();
    let folder = outside.path().join("company");
    let output = demo(&folder).arg("--healthy").run().expect(0);
    assert!(output.stdout.contains("Planted faults: 0. Found: 0. Found besides: 0."));
    let report = report(&folder);
    assert_eq!(report.0["verdict"], "pass");
    let checks = report.0["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 6);
    for check in checks {
        assert_eq!((&check["verdict"], &check["reason"]), (&"pass".into(), &"all-examined".into()));
    }
}

#[test]
fn every_job_kind_takes_part_in_the_demo() {
    let report = Company::healthy().run("nightly", 0);
    let checks = report.0["checks"].as_array().unwrap();
    for kind in ["advisory-scan", "image-scan", "restore-test", "sbom-verify", "signed-commits"] {
        assert!(checks.iter().any(|check| check["kind"] == kind), "{kind}");
    }
}

#[test]
fn the_demo_leaves_a_foreign_folder_alone() {
    let folder = empty_folder();
    std::fs::create_dir(folder.path().join("photographs")).unwrap();
    std::fs::write(folder.path().join("photographs/holiday.jpg"), "dear to somebody").unwrap();
    let before = listing(folder.path(), &[]);
    let output = demo(folder.path()).run().expect(2);
    assert!(output.stderr.contains("was not made by `beleg demo`"), "{}", output.stderr);
    assert!(before == listing(folder.path(), &[]));
}

#[test]
fn the_demo_leaves_a_file_of_its_name_alone() {
    let folder = empty_folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "dear to somebody").unwrap();
    demo(&file).run().expect(2);
    assert_eq!(std::fs::read(&file).unwrap(), b"dear to somebody");
}

#[test]
fn the_demo_does_not_empty_the_folder_that_it_runs_in() {
    let outside = empty_folder();
    let folder = outside.path().join("company");
    demo(&folder).arg("--healthy").run().expect(0);
    let before = listing(&folder, &[]);
    for (here, named) in [("", "."), ("", "../company"), ("jobs", "..")] {
        let output = Beleg::in_folder(&folder).args("demo").arg(named);
        let output = output.current_dir(&folder.join(here)).run().expect(2);
        assert!(output.stderr.contains("name another one"), "{named}: {output:?}");
    }
    assert!(before == listing(&folder, &[]));
}

#[test]
fn the_demo_replaces_an_earlier_one() {
    let outside = empty_folder();
    let folder = outside.path().join("company");
    demo(&folder).run().expect(1);
    std::fs::write(folder.join("left-over"), "").unwrap();
    demo(&folder).arg("--healthy").run().expect(0);
    assert!(!folder.join("left-over").exists());
    demo(&folder).run().expect(1);
    Beleg::in_folder(&folder).args("ledger verify").run().expect(0);
}

#[test]
fn the_demo_needs_no_other_program() {
    let outside = empty_folder();
    let made = |name: &str| demo(&outside.path().join(name)).env("PATH", "");
    made("faulty").run().expect(1);
    made("healthy").arg("--healthy").run().expect(0);
}

#[test]
fn the_demo_is_not_led_by_the_advisories_of_the_environment() {
    let outside = empty_folder();
    let folder = outside.path().join("company");
    demo(&folder).env("BELEG_ADVISORIES", "/nowhere").run().expect(1);
    assert_eq!(report(&folder).found(), sorted_planted());
}

#[test]
fn the_commands_that_the_demo_proposes_work() {
    let outside = empty_folder();
    let output = demo(Path::new("company")).current_dir(outside.path()).run().expect(1);
    let (_, proposed) = output.stderr.split_once("Next:\n").unwrap();
    let lines: Vec<&str> = proposed.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let page = lines[0].strip_prefix("open ").unwrap();
    assert!(outside.path().join(page).is_file(), "{page}");
    assert_eq!(lines.len(), 4);
    for line in &lines[1..] {
        let words = line.strip_prefix("beleg ").unwrap();
        let output = Beleg::anywhere().args(words).current_dir(outside.path()).run();
        // The pack is sound, and its checks found what was planted.
        output.expect(if words.contains("pack verify") { 1 } else { 0 });
    }
}
