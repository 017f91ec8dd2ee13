#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::sample;
use proptest::prelude::*;

fn rendered(run: &RunRecord, width: usize, colour: bool) -> String {
    String::from_utf8(Text.render(run, &Options { colour, width, ..Options::default() }).unwrap())
        .unwrap()
}

#[test]
fn the_verdict_stands_in_the_first_line() {
    for (run, first) in [
        (sample::faulty(), "FAIL  nightly: 3 of 6 checks failed, 2 unknown"),
        (sample::healthy(), "PASS  nightly: all 5 checks passed"),
        (sample::unknown(), "UNKNOWN  nightly: the only check is unknown"),
    ] {
        assert_eq!(rendered(&run, 100, false).lines().next(), Some(first));
    }
}

#[test]
fn the_columns_are_aligned() {
    let report = rendered(&sample::faulty(), 200, false);
    let rows: Vec<_> = report.lines().skip(2).take(6).collect();
    let head = rows.first().unwrap();
    let column = head.find("SUBJECT").unwrap();
    for row in &rows {
        assert_eq!(row.get(column.saturating_sub(2)..column), Some("  "), "{report}");
    }
}

#[test]
fn a_check_without_evidence_has_a_row_that_says_unknown() {
    let report = rendered(&sample::interrupted(), 120, false);
    assert!(
        report.lines().any(|line| line.starts_with("UNKNOWN  2 planned checks")
            && line.contains("no evidence recorded")),
        "{report}"
    );
}

#[test]
fn a_healthy_run_has_nothing_to_do_and_shows_the_operating_system() {
    let report = rendered(&sample::healthy(), 100, false);
    assert!(report.contains("What to do\n\nNothing.\n"), "{report}");
    assert!(report.contains("supported until 2028-06-30"), "{report}");
}

#[test]
fn what_weakens_checks_is_shown_once_a_job() {
    let weak = "vulnerabilities below high do not fail (`fail-from`)";
    let mut run = sample::faulty();
    assert!(!rendered(&run, 100, false).contains("Weakened"));
    for check in run.checks.iter_mut().take(2) {
        check.evidence.job = "dependencies".to_owned();
        check.evidence.settings.insert(WEAKENED.to_owned(), weak.to_owned());
    }
    let report = rendered(&run, 200, false);
    let said = format!("Weakened by settings\n  dependencies, 2 checks: {weak}\n");
    assert!(report.contains(&said), "{report}");
}

#[test]
fn what_somebody_decided_to_live_with_keeps_its_severity_and_names_who_decided() {
    let report = rendered(&sample::waived(), 100, false);
    let first = "PASS  nightly: the only check passed, 1 finding ignored by decision";
    assert_eq!(report.lines().next(), Some(first));
    for said in [
        "Nothing before the decisions below end.",
        "critical  DEMO-2026-0001 at Cargo.lock:12",
        "ignored until 2027-03-31 by security@shop.example: the parser never sees input",
        "passed without:",
        "left out  2 files of package-lock.json: beleg does not read this format",
    ] {
        assert!(report.contains(said), "{said}: {report}");
    }
}

#[test]
fn findings_beyond_the_tenth_are_counted() {
    let report = rendered(&sample::many_findings(), 100, false);
    assert_eq!(report.matches("critical  unsigned").count(), FINDINGS_SHOWN);
    assert!(report.contains("… and 390 more: beleg report --format html|json"), "{report}");
}

#[test]
fn the_words_are_the_same_without_colour() {
    for (name, run) in sample::all() {
        let mut painted = rendered(&run, 90, true);
        for code in ["1;31", "1;32", "1;33", "1", "2", "0"] {
            painted = painted.replace(&format!("\u{1b}[{code}m"), "");
        }
        let plain = rendered(&run, 90, false);
        let trimmed: Vec<_> = painted.lines().map(str::trim_end).collect();
        assert_eq!(trimmed, plain.lines().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn what_was_left_out_is_said_with_its_reason() {
    let report = rendered(&sample::faulty(), 100, false);
    assert!(report.contains("left out  187 Debian 12 packages: No configured source"), "{report}");
    assert!(report.contains("Only 57 of 60 components"), "{report}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_line_is_wider_than_the_terminal(run in sample::any_run(), width in 40_usize..160) {
        for line in rendered(&run, width, false).lines() {
            prop_assert!(columns(line) <= width, "{line}");
        }
    }
}
