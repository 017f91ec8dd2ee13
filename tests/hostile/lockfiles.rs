use super::{doubled, half, refused};
use crate::company::Company;
use std::fs::File;
use std::os::unix::fs::symlink;
use std::process::Command;

const LOCK: &str = "service/Cargo.lock";

/// Expects that a lockfile of these bytes is refused, and that the other subject still passes.
#[track_caller]
fn lock_refused(bytes: &[u8], rule: &str) {
    let company = Company::healthy();
    company.write(LOCK, bytes);
    let report = refused(&company, "dependencies", 3, rule);
    assert_eq!(report.0["run"]["counts"]["pass"], 1);
}

#[test]
fn a_truncated_lockfile_is_unknown() {
    let whole = Company::healthy().read(LOCK);
    lock_refused(half(&whole), "lockfile-unreadable");
}

#[test]
fn a_doubled_lockfile_is_unknown() {
    let whole = Company::healthy().read(LOCK);
    lock_refused(&doubled(&whole), "lockfile-unreadable");
}

#[test]
fn a_lockfile_that_is_no_text_is_unknown() {
    lock_refused(b"version = 4\n\n[[package]]\nname = \"\xff\xfe\"\n", "lockfile-unreadable");
}

#[test]
fn an_empty_lockfile_is_unknown_and_lists_nothing() {
    let company = Company::healthy();
    company.write(LOCK, "");
    let report = company.run("dependencies", 3);
    assert_eq!(report.0["run"]["counts"]["unknown"], 1, "{:#}", report.0);
}

#[test]
fn a_gigantic_lockfile_is_unknown_and_not_read() {
    let company = Company::healthy();
    File::create(company.path(LOCK)).unwrap().set_len(50 << 20).unwrap();
    refused(&company, "dependencies", 3, "subject-unreadable");
}

#[test]
fn a_deeply_nested_lockfile_is_unknown_and_does_not_overflow() {
    let deep = format!("version = 4\nx = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    lock_refused(deep.as_bytes(), "lockfile-unreadable");
}

#[test]
fn a_lockfile_of_control_characters_does_not_reach_the_terminal() {
    let company = Company::healthy();
    company.write(
        LOCK,
        "version = 4\n[[package]]\nname = \"a\\u001b[2J\\u0007\"\nversion = \"1.0.0\"\n\
         source = \"git+https://evil.invalid/\\u001b]0;title\\u0007\"\n",
    );
    for format in ["text", "sarif", "json", "html"] {
        let output = company.beleg("run dependencies --format").arg(format).run().expect(3);
        for said in [&output.stdout, &output.stderr] {
            assert!(!said.contains(['\u{1b}', '\u{7}']), "{format}: {said:?}");
        }
    }
}

#[test]
fn an_absent_lockfile_is_unknown() {
    let company = Company::healthy();
    company.remove(LOCK);
    refused(&company, "dependencies", 3, "subject-unreadable");
    refused(&company, "sbom", 3, "lockfile-unreadable");
}

#[test]
fn a_pipe_or_folder_in_the_place_of_a_lockfile_is_unknown_without_waiting() {
    let company = Company::healthy();
    company.remove(LOCK);
    assert!(Command::new("mkfifo").arg(company.path(LOCK)).status().unwrap().success());
    refused(&company, "dependencies", 3, "subject-unreadable");
    company.remove(LOCK);
    std::fs::create_dir(company.path(LOCK)).unwrap();
    refused(&company, "dependencies", 3, "no-packages-found");
    refused(&company, "sbom", 3, "lockfile-unreadable");
}

#[test]
fn a_device_that_never_ends_is_unknown() {
    let company = Company::healthy();
    company.remove(LOCK);
    symlink("/dev/zero", company.path(LOCK)).unwrap();
    refused(&company, "dependencies", 3, "subject-unreadable");
}

#[test]
fn a_subject_of_no_known_format_is_unknown() {
    let company = Company::healthy();
    company.replace("jobs/dependencies.toml", LOCK, "service/README.md");
    refused(&company, "dependencies", 3, "format-not-known");
}

#[test]
fn a_folder_is_searched_and_links_out_of_it_are_said_and_not_followed() {
    let company = Company::healthy();
    company.replace(
        "jobs/dependencies.toml",
        "\"service/Cargo.lock\", \"service/requirements.txt\"",
        "\"apps\"",
    );
    let faulty = Company::faulty();
    std::fs::create_dir(company.path("apps")).unwrap();
    symlink(faulty.path("service"), company.path("apps/link")).unwrap();
    symlink(".", company.path("apps/loop")).unwrap();
    refused(&company, "dependencies", 3, "link-not-followed");
    company.write("apps/one/Cargo.lock", company.read(LOCK));
    refused(&company, "dependencies", 3, "link-not-followed");
    company.remove("apps/link");
    company.run("dependencies", 0);
    company.write("apps/two/Cargo.lock", faulty.read(LOCK));
    refused(&company, "dependencies", 1, "DEMO-2026-0001");
}

#[test]
fn a_requirement_without_an_exact_version_is_unknown() {
    let company = Company::healthy();
    company.write("service/requirements.txt", "demo-orm==5.0.1\ndemo-web>=3\n-r /etc/passwd\n");
    let report = refused(&company, "dependencies", 3, "entry-not-read");
    assert!(!format!("{:#}", report.0).contains("root:"), "nothing else is read");
}
