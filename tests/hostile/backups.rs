use super::{doubled, flipped, half, refused};
use crate::company::{Company, text};
use beleg_dsse::Signer;
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

const EAST: &str = "backups/eu-central";
const WEST: &str = "backups/eu-west";

/// Returns the newest backup in a region, below the company's folder, and its manifest.
fn newest(company: &Company, region: &str) -> (String, String) {
    let entries = std::fs::read_dir(company.path(region)).unwrap();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let backups = paths.iter().filter_map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".age").then(|| name.to_owned())
    });
    let name = backups.max().unwrap();
    (format!("{region}/{name}"), format!("{region}/{name}.manifest.json"))
}

/// Expects that the newest backup of one region, damaged, fails by `rule`.
#[track_caller]
fn damaged(damage: impl Fn(&[u8]) -> Vec<u8>, rule: &str) {
    let company = Company::healthy();
    let (backup, _) = newest(&company, WEST);
    company.write(&backup, damage(&company.read(&backup)));
    let report = refused(&company, "restore", 1, rule);
    let location = text(&report.finding(rule)["location"]);
    assert!(location.contains("eu-west"), "{location}");
}

#[test]
fn a_truncated_backup_fails() {
    damaged(|bytes| half(bytes).to_vec(), "backup-truncated");
    damaged(|bytes| bytes[..bytes.len() - 1].to_vec(), "backup-truncated");
}

#[test]
fn an_empty_backup_fails() {
    let company = Company::healthy();
    let (backup, _) = newest(&company, WEST);
    company.write(&backup, "");
    let report = company.run("restore", 1);
    assert!(!report.found().is_empty());
}

#[test]
fn a_backup_with_a_flipped_bit_fails() {
    damaged(flipped, "backup-tampered");
}

#[test]
fn a_flipped_bit_anywhere_in_a_backup_fails() {
    let company = Company::healthy();
    let (backup, _) = newest(&company, WEST);
    let whole = company.read(&backup);
    for number in 0..24 {
        let mut changed = whole.clone();
        let place = number * (whole.len() - 1) / 23;
        changed[place] ^= 1;
        company.write(&backup, changed);
        let output = company.beleg("run restore").run();
        assert_eq!(output.status.code(), Some(1), "byte {place}: {output:?}");
    }
    company.write(&backup, whole);
    company.run("restore", 0);
}

#[test]
fn a_doubled_or_extended_backup_fails() {
    for extended in [|b: &[u8]| doubled(b), |b: &[u8]| [b, b"\0"].concat()] {
        let company = Company::healthy();
        let (backup, _) = newest(&company, WEST);
        company.write(&backup, extended(&company.read(&backup)));
        let report = company.run("restore", 1);
        assert!(!report.found().is_empty());
    }
}

#[test]
fn a_missing_manifest_fails() {
    let company = Company::healthy();
    company.remove(&newest(&company, WEST).1);
    refused(&company, "restore", 1, "manifest-missing");
}

#[test]
fn a_damaged_manifest_is_no_pass() {
    let whole = |company: &Company| company.read(&newest(company, WEST).1);
    for damage in [|b: &[u8]| half(b).to_vec(), flipped, doubled, |_: &[u8]| b"{}".to_vec()] {
        let company = Company::healthy();
        let manifest = newest(&company, WEST).1;
        company.write(&manifest, damage(&whole(&company)));
        let output = company.beleg("run restore").run();
        assert!([1, 3].contains(&output.status.code().unwrap()), "{output:?}");
    }
}

#[test]
fn a_manifest_signed_by_another_key_fails() {
    let company = Company::healthy();
    let stranger = Signer::generate("demo-backup").unwrap();
    company.write("keys/backup.pub", stranger.verifier().to_string());
    refused(&company, "restore", 1, "manifest-signature-invalid");
}

#[test]
fn a_backup_that_a_stranger_made_and_signed_fails() {
    let (ours, theirs) = (Company::healthy(), Company::healthy());
    for region in [EAST, WEST] {
        let (backup, manifest) = newest(&theirs, region);
        let (our_backup, our_manifest) = newest(&ours, region);
        ours.write(&our_backup, theirs.read(&backup));
        ours.write(&our_manifest, theirs.read(&manifest));
    }
    refused(&ours, "restore", 1, "manifest-signature-invalid");
}

#[test]
fn an_old_backup_under_the_newest_name_fails() {
    let company = Company::healthy();
    let (backup, _) = newest(&company, WEST);
    let mut names: Vec<String> = std::fs::read_dir(company.path(WEST))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".age"))
        .collect();
    names.sort();
    let oldest = format!("{WEST}/{}", names[0]);
    company.write(&backup, company.read(&oldest));
    company.run("restore", 1);
    company.write(
        &format!("{backup}.manifest.json"),
        company.read(&format!("{oldest}.manifest.json")),
    );
    company.run("restore", 1);
}

#[test]
fn a_missing_region_is_unknown_and_an_empty_one_fails() {
    let company = Company::healthy();
    company.remove(WEST);
    refused(&company, "restore", 1, "region-absent");
    std::fs::create_dir(company.path(WEST)).unwrap();
    refused(&company, "restore", 1, "region-missing-backup");
    company.remove(WEST).write(WEST, "a file");
    refused(&company, "restore", 3, "region-unreadable");
}

#[test]
fn no_backup_in_any_region_is_no_pass() {
    let company = Company::healthy();
    company.replace("jobs/restore.toml", "name = \"customers\"", "name = \"orders\"");
    let output = company.beleg("run restore").run();
    assert!([1, 3].contains(&output.status.code().unwrap()), "{output:?}");
}

#[test]
fn backups_that_are_too_old_fail() {
    let company = Company::healthy_days_ago(3);
    refused(&company, "restore", 1, "rpo-exceeded");
    company.replace("jobs/restore.toml", "max-age = \"30d\"", "max-age = \"4d\"");
    refused(&company, "restore", 1, "retention-exceeded");
}

#[test]
fn a_backup_from_the_future_is_no_pass() {
    let company = Company::healthy_days_ago(-2);
    refused(&company, "restore", 3, "backup-from-future");
}

#[test]
fn a_wrong_identity_is_no_pass() {
    let company = Company::healthy();
    company.remove("keys/restore.key");
    company.beleg("backup keygen --output").arg(company.path("keys/restore.key")).run().expect(0);
    refused(&company, "restore", 1, "backup-not-decryptable");
}

#[test]
fn an_identity_that_is_missing_or_none_is_unknown() {
    let company = Company::healthy();
    company.remove("keys/restore.key");
    refused(&company, "restore", 3, "identity-unusable");
    company.write("keys/restore.key", "no identity");
    refused(&company, "restore", 3, "identity-unusable");
    company.write("keys/restore.key", b"\xff\xfe");
    refused(&company, "restore", 3, "identity-unusable");
    company.replace("jobs/restore.toml", "keys/restore.key", "env:BELEG_TEST_IDENTITY");
    refused(&company, "restore", 3, "identity-unusable");
}

#[test]
fn an_identity_can_come_from_the_environment_and_is_never_shown() {
    let company = Company::healthy();
    let identity = String::from_utf8(company.read("keys/restore.key")).unwrap();
    company.remove("keys/restore.key");
    company.replace("jobs/restore.toml", "keys/restore.key", "env:BELEG_TEST_IDENTITY");
    for format in ["text", "json", "sarif", "html"] {
        let run = company.beleg("run restore --format").arg(format);
        let output = run.env("BELEG_TEST_IDENTITY", identity.trim()).run().expect(0);
        let said = output.stdout + &output.stderr;
        assert!(!said.contains("AGE-SECRET-KEY"), "{format}");
    }
    for file in crate::listing::files(&company.path(".beleg")) {
        let bytes = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!bytes.contains("AGE-SECRET-KEY"), "{}", file.display());
    }
}

#[test]
fn a_trusted_key_that_is_missing_or_none_is_unknown() {
    let company = Company::healthy();
    company.remove("keys/backup.pub");
    refused(&company, "restore", 3, "trusted-key-unusable");
    company.write("keys/backup.pub", "no key");
    refused(&company, "restore", 3, "trusted-key-unusable");
}

#[test]
fn a_restore_that_takes_longer_than_allowed_fails() {
    let company = Company::healthy();
    company.replace("jobs/restore.toml", "rto = \"4h\"", "rto = \"1ns\"");
    refused(&company, "restore", 1, "rto-exceeded");
}

#[test]
fn a_backup_that_is_a_pipe_or_a_gigantic_manifest_is_no_pass_and_is_not_waited_for() {
    let company = Company::healthy();
    let (backup, _) = newest(&company, WEST);
    company.remove(&backup);
    assert!(Command::new("mkfifo").arg(company.path(&backup)).status().unwrap().success());
    company.replace("jobs/restore.toml", "timeout = \"1h\"", "timeout = \"5s\"");
    let output = company.beleg("run restore").run();
    assert!([1, 3].contains(&output.status.code().unwrap()), "{output:?}");

    let company = Company::healthy();
    let manifest = newest(&company, WEST).1;
    File::create(company.path(&manifest)).unwrap().set_len(8 << 30).unwrap();
    let output = company.beleg("run restore").run();
    assert!([1, 3].contains(&output.status.code().unwrap()), "{output:?}");
}
