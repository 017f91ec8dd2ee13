//! Hostile, damaged and absent input through the command: a clear finding each time, never a
//! pass, a panic or a file where none should be ([`Company::run`] looks for those).

mod advisories;
mod backups;
mod commits;
mod images;
mod lockfiles;
mod machine;
mod sboms;

use crate::company::{Company, Report};

/// Expects that the job ends with `code` because of `rule`, with a remedy, and that no check that
/// gave this finding has passed.
#[track_caller]
fn refused(company: &Company, job: &str, code: i32, rule: &str) -> Report {
    let report = company.run(job, code);
    let finding = report.finding(rule);
    let expected = if code == 1 { "fail" } else { "unknown" };
    assert_eq!(finding["verdict"], expected, "{finding:#}");
    assert_eq!(report.0["verdict"], expected);
    assert!(finding["remedy"].as_str().is_some_and(|remedy| remedy.len() > 5), "{finding:#}");
    assert!(report.found().iter().all(|(_, rule)| rule != "check-broken"), "{:#}", report.0);
    report
}

/// Returns the first half of some bytes.
fn half(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() / 2]
}

/// Returns some bytes twice.
fn doubled(bytes: &[u8]) -> Vec<u8> {
    [bytes, bytes].concat()
}

/// Returns some bytes with one bit flipped in the middle.
fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}
