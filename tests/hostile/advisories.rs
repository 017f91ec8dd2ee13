use super::{doubled, flipped, half, refused};
use crate::company::Company;
use jiff::{SignedDuration, Timestamp};
use std::process::Command;

const ZIP: &str = "advisories/osv/PyPI/all.zip";
const RECORD: &str = "advisories/rustsec/crates/demo-parser/DEMO-2026-0001.md";
/// A ZIP archive of no members: its end record alone.
const EMPTY_ZIP: [u8; 22] = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[track_caller]
fn zip_refused(bytes: &[u8]) {
    let company = Company::healthy();
    company.write(ZIP, bytes);
    let report = company.run("dependencies", 3);
    let found = report.found();
    assert!(!found.is_empty(), "{:#}", report.0);
    assert!(
        found
            .iter()
            .all(|(_, rule)| rule.starts_with("advisory-") || rule == "packages-not-covered"),
        "{found:?}"
    );
}

#[test]
fn a_truncated_changed_or_foreign_archive_is_unknown() {
    let whole = Company::healthy().read(ZIP);
    zip_refused(half(&whole));
    zip_refused(&whole[..whole.len() - 1]);
    zip_refused(&flipped(&whole));
    zip_refused(b"<html>404 Not Found</html>");
    zip_refused(b"");
}

#[test]
fn a_doubled_archive_is_not_read_as_less_than_it_holds() {
    let company = Company::faulty();
    let whole = company.read(ZIP);
    company.write(ZIP, doubled(&whole));
    let report = company.run("dependencies", 1);
    let found = report.found();
    let told = ["DEMO-2026-0002", "advisory-source-unreadable"];
    assert!(found.iter().any(|(_, rule)| told.contains(&rule.as_str())), "{found:?}");
}

#[test]
fn an_archive_of_no_records_is_unknown_and_covers_nothing() {
    zip_refused(&EMPTY_ZIP);
}

#[test]
fn an_archive_that_is_a_pipe_is_unknown_without_waiting() {
    let company = Company::healthy();
    company.remove(ZIP);
    assert!(Command::new("mkfifo").arg(company.path(ZIP)).status().unwrap().success());
    refused(&company, "dependencies", 3, "advisory-source-unreadable");
}

#[test]
fn a_bucket_without_the_registry_is_unknown() {
    let company = Company::healthy();
    company.remove(ZIP);
    refused(&company, "dependencies", 3, "advisory-source-missing");
    company.remove("advisories/osv/Debian/all.zip");
    refused(&company, "image", 3, "advisory-source-missing");
}

#[test]
fn an_empty_or_absent_rustsec_folder_is_unknown() {
    let company = Company::healthy();
    company.remove(RECORD);
    let report = company.run("dependencies", 3);
    assert!(report.found().iter().any(|(_, rule)| rule.starts_with("advisory-")));
    company.remove("advisories/rustsec");
    refused(&company, "dependencies", 3, "advisory-source-unreadable");
}

#[test]
fn a_record_that_cannot_be_read_is_said() {
    let company = Company::healthy();
    company.write("advisories/rustsec/crates/demo-codec/DEMO-2026-0009.md", "```toml\n[advis");
    refused(&company, "dependencies", 3, "advisory-records-unreadable");
    company.write("advisories/rustsec/crates/demo-codec/DEMO-2026-0009.md", b"\xff\xfe");
    refused(&company, "dependencies", 3, "advisory-records-unreadable");
}

#[test]
fn a_fault_is_found_even_when_another_record_cannot_be_read() {
    let company = Company::faulty();
    company.write("advisories/rustsec/crates/demo-codec/DEMO-2026-0009.md", "no record");
    let report = refused(&company, "dependencies", 1, "DEMO-2026-0001");
    assert_eq!(report.finding("advisory-records-unreadable")["verdict"], "unknown");
}

#[test]
fn an_ignore_needs_a_reason_and_an_end_and_expires() {
    let company = Company::faulty();
    let job = "kind = \"advisory-scan\"\nsubjects = [\"service/Cargo.lock\"]\n[[ignore]]\nadvisory = \"DEMO-2026-0001\"\n";
    company.write("jobs/dependencies.toml", job);
    let output = company.beleg("run dependencies").run().expect(2);
    assert!(output.stderr.contains("`ignore[0].reason` is missing"), "{}", output.stderr);
    assert!(output.stderr.contains("`ignore[0].until` is missing"), "{}", output.stderr);
    assert!(output.stderr.contains("`ignore[0].by` is missing"), "{}", output.stderr);
    let until = |day: &str| {
        format!(
            "{job}reason = \"the parser is not reachable\"\nby = \"security\"\nuntil = \"{day}\"\n"
        )
    };
    company.write("jobs/dependencies.toml", until("2030-12-31").replace("the parser is not", "x"));
    let output = company.beleg("run dependencies").run().expect(2);
    assert!(output.stderr.contains("says nothing that could be judged"), "{}", output.stderr);
    // As long as nobody will remember is no end.
    company.write("jobs/dependencies.toml", until("2099-12-31"));
    let report = refused(&company, "dependencies", 1, "ignore-too-long");
    let severity = report.finding("DEMO-2026-0001")["severity"].clone();
    assert_eq!(report.finding("DEMO-2026-0001")["verdict"], "fail");
    let soon = (Timestamp::now() + SignedDuration::from_hours(24 * 90)).strftime("%Y-%m-%d");
    company.write("jobs/dependencies.toml", until(&soon.to_string()));
    let report = company.run("dependencies", 0);
    let finding = report.finding("DEMO-2026-0001");
    assert_eq!(finding["verdict"], "pass");
    assert_eq!(finding["severity"], severity);
    assert_eq!(finding["waived"]["by"], "security");
    assert_eq!(finding["waived"]["verdict"], "fail");
    let text = company.beleg("report").run().expect(0).stdout;
    assert!(text.contains("1 finding ignored by decision"), "{text}");
    let sarif = company.beleg("report --format sarif").run().expect(0).json();
    assert_eq!(sarif["runs"][0]["results"][0]["suppressions"][0]["kind"], "external");
    let settings = &report.0["checks"][0]["settings"];
    assert!(settings["ignored"].to_string().contains("DEMO-2026-0001"), "{settings}");
    assert_eq!(settings["ignore-max-term"], "180 days");
    company.write("jobs/dependencies.toml", until("2001-01-01"));
    let report = refused(&company, "dependencies", 1, "ignore-expired");
    assert_eq!(report.finding("DEMO-2026-0001")["verdict"], "fail");
}
