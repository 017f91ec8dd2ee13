//! One upgrade clears many advisories, and the right one is named.

use super::{osv_record, osv_source, package, pypi};
use crate::Index;
use beleg_model::Upgrade;
use serde_json::{Value, json};

fn upgrade(records: &[Value], version: &str) -> Option<Upgrade> {
    let index = Index::build([osv_source("osv", "PyPI", records)]);
    let package = package(pypi(), "web", version);
    let matches = index.matches(&package);
    index.upgrade(&package, &matches)
}

fn record(id: &str, events: &[(&str, &str)]) -> Value {
    osv_record(id, "PyPI", "web", events)
}

#[test]
fn the_smallest_version_that_clears_everything_is_named() {
    let branches = |id: &str, old: &str, new: &str| {
        let mut record = record(id, &[("introduced", "0"), ("fixed", old)]);
        let range = json!({"type": "ECOSYSTEM", "events": [{"introduced": "4.0"}, {"fixed": new}]});
        record["affected"][0]["ranges"].as_array_mut().unwrap().push(range);
        record
    };
    let records = [branches("PYSEC-1", "3.2.5", "4.0.1"), branches("PYSEC-2", "3.2.13", "4.0.4")];
    let upgrade = upgrade(&records, "3.2").unwrap();
    assert_eq!(upgrade.version, "3.2.13");
    assert_eq!(upgrade.clears, ["PYSEC-1", "PYSEC-2"]);
    assert_eq!(upgrade.leaves, Vec::<String>::new());
}

#[test]
fn a_version_with_another_fault_is_no_help() {
    let records = [
        record(
            "PYSEC-1",
            &[("introduced", "0"), ("fixed", "2.0"), ("introduced", "2.1"), ("fixed", "2.2")],
        ),
        record("PYSEC-2", &[("introduced", "2.0"), ("fixed", "2.1")]),
        record(
            "PYSEC-3",
            &[("introduced", "1.0"), ("fixed", "2.0"), ("introduced", "2.0.1"), ("fixed", "2.3")],
        ),
    ];
    // In 2.0 there is PYSEC-2, in 2.1 and 2.2 are others; only 2.3 is clear.
    let upgrade = upgrade(&records, "1.5").unwrap();
    assert_eq!((upgrade.version.as_str(), upgrade.leaves.len()), ("2.3", 0));
}

#[test]
fn what_has_no_fix_is_said_to_stay() {
    let records = [
        record("PYSEC-1", &[("introduced", "0"), ("fixed", "2.0")]),
        record("PYSEC-2", &[("introduced", "0")]),
    ];
    let upgrade = upgrade(&records, "1.0").unwrap();
    assert_eq!(upgrade.version, "2.0");
    assert_eq!(
        (upgrade.clears, upgrade.leaves),
        (vec!["PYSEC-1".to_owned()], vec!["PYSEC-2".to_owned()])
    );
}

#[test]
fn no_version_is_named_where_none_helps() {
    assert_eq!(upgrade(&[record("PYSEC-1", &[("introduced", "0")])], "1.0"), None);
    let last = [record("PYSEC-1", &[("introduced", "0"), ("last_affected", "1.2")])];
    assert_eq!(upgrade(&last, "1.0"), None);
    assert_eq!(upgrade(&last, "1.3"), None);
}

#[test]
fn thousands_of_fixed_versions_are_answered_soon() {
    let record = |number: usize| {
        let fixed = format!("1.{number}");
        record(&format!("PYSEC-{number}"), &[("introduced", "0"), ("fixed", &fixed)])
    };
    let records: Vec<Value> = (1..2_000).map(record).collect();
    let upgrade = upgrade(&records, "1.0").unwrap();
    assert_eq!((upgrade.version.as_str(), upgrade.clears.len()), ("1.1999", 1_999));
}

/// Two records of one fault may disagree about where it ends.
#[test]
fn what_stays_under_another_name_is_not_called_cleared() {
    let mut other = record("GHSA-1", &[("introduced", "0"), ("fixed", "9.0")]);
    other["aliases"] = json!(["CVE-1"]);
    let mut first = record("PYSEC-1", &[("introduced", "0"), ("fixed", "2.0")]);
    first["aliases"] = json!(["CVE-1"]);
    // From 9.0 on something else is wrong, so that 2.0 is the best there is.
    let later = [("PYSEC-3", "9.0"), ("PYSEC-4", "9.0")]
        .map(|(id, from)| record(id, &[("introduced", from)]));
    let second = record("PYSEC-2", &[("introduced", "0"), ("fixed", "2.0")]);
    let records: Vec<Value> = [first, other, second].into_iter().chain(later).collect();
    let upgrade = upgrade(&records, "1.0").unwrap();
    assert_eq!(upgrade.version, "2.0");
    assert_eq!(
        (upgrade.clears, upgrade.leaves),
        (vec!["PYSEC-2".to_owned()], vec!["GHSA-1".to_owned()])
    );
}
