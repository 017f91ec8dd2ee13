use super::{osv_record, osv_source, rustsec_record, rustsec_source};
use crate::{Source, freshness, unreadable};
use beleg_model::Verdict;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

fn source_of(modified: &str) -> Source {
    let mut record = osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0")]);
    record["modified"] = json!(modified);
    osv_source("pypi", "PyPI", &[record])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn fresh_data_is_no_finding() {
    let source = source_of("2026-01-02T00:00:00Z");
    assert_eq!(freshness(&source, at("2026-01-09T00:00:00Z"), WEEK), None);
    assert_eq!(
        freshness(&source, at("2026-01-01T00:00:00Z"), WEEK),
        None,
        "a day ahead is tolerated"
    );
}

#[test]
fn stale_data_is_unknown_and_says_how_old_it_is() {
    let finding =
        freshness(&source_of("2026-01-02T00:00:00Z"), at("2026-01-12T01:00:00Z"), WEEK).unwrap();
    assert_eq!((finding.rule.as_str(), finding.verdict), ("advisory-data-stale", Verdict::Unknown));
    assert!(finding.message.contains("is 10 days old"), "{}", finding.message);
    assert!(finding.message.contains("7 days are allowed"), "{}", finding.message);
}

#[test]
fn data_without_a_date_or_from_the_future_is_unknown() {
    let dateless =
        freshness(&source_of("1-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), WEEK).unwrap();
    assert!(dateless.message.contains("states a date"), "{}", dateless.message);
    let future =
        freshness(&source_of("2026-01-03T00:00:00Z"), at("2026-01-01T00:00:00Z"), WEEK).unwrap();
    assert!(future.message.contains("from the future"), "{}", future.message);
}

#[test]
fn the_newest_date_of_rustsec_counts_a_withdrawal() {
    let text =
        rustsec_record("demo", "DEMO-2026-0001", "withdrawn = \"2026-03-04\"", "patched = []");
    let source = rustsec_source(&[("demo", "DEMO-2026-0001", &text)]);
    assert_eq!(source.newest, Some(at("2026-03-04T00:00:00Z")));
}

#[test]
fn unreadable_records_are_a_finding_that_names_the_first() {
    assert_eq!(unreadable(&source_of("2026-01-02T00:00:00Z")), None);
    let good = rustsec_record("demo", "DEMO-2026-0001", "", "patched = []");
    let source = rustsec_source(&[
        ("demo", "DEMO-2026-0001", &good),
        ("demo", "DEMO-2026-0002", "no record"),
    ]);
    let finding = unreadable(&source).unwrap();
    assert_eq!(
        (finding.rule.as_str(), finding.verdict),
        ("advisory-records-unreadable", Verdict::Unknown)
    );
    assert!(finding.message.starts_with("1 record of"), "{}", finding.message);
    assert!(finding.message.contains("crates/demo/DEMO-2026-0002.md"), "{}", finding.message);
}
