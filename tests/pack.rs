//! `beleg pack`: a pack verifies with nothing but its file, and no byte of it can be changed.

use crate::command::{Beleg, Output};
use crate::company::{Company, empty_folder};
use beleg_dsse::{Signer, Verifier};
use beleg_ledger::pack::{self, Expectation};
use jiff::{Timestamp, ToSpan as _};
use std::io::Cursor;
use std::path::PathBuf;

/// A company that has run, with a pack of today.
struct Packed {
    company: Company,
    file: PathBuf,
    bytes: Vec<u8>,
    key: Verifier,
}

impl Packed {
    fn new() -> Self {
        Self::of("nightly")
    }

    /// Makes a pack of one run of `name`.
    fn of(name: &str) -> Self {
        let company = Company::faulty();
        company.run(name, 1);
        let file = company.path("pack.zip");
        create(&company, &file).expect(0);
        let bytes = std::fs::read(&file).unwrap();
        let key = String::from_utf8(company.read(".beleg/ledger/key.pub")).unwrap();
        let key = Verifier::parse(&key).unwrap();
        Self { company, file, bytes, key }
    }

    /// Says what the library thinks of other bytes in the pack's place.
    fn problems(&self, bytes: &[u8]) -> Vec<beleg_ledger::Problem> {
        let expected = Expectation { key: Some(&self.key), ..Expectation::default() };
        pack::verify(&mut Cursor::new(bytes), &expected).unwrap().problems
    }

    /// Verifies other bytes in the pack's place with the command.
    fn verify(&self, bytes: &[u8]) -> Output {
        std::fs::write(&self.file, bytes).unwrap();
        self.with_key().run()
    }

    /// Verifies the pack as an auditor does who has the key from elsewhere.
    fn with_key(&self) -> Beleg {
        Beleg::anywhere().args("pack verify").arg(&self.file).arg("--key").arg(self.key.to_string())
    }
}

fn create(company: &Company, file: &std::path::Path) -> Output {
    // Days are UTC; a day on either side makes midnight no matter.
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let (from, to) = (today - 1.day(), today + 1.day());
    let words = format!("pack create --from {from} --to {to} --output");
    company.beleg(&words).arg(file).run()
}

#[test]
fn a_pack_verifies_with_nothing_but_its_file() {
    let packed = Packed::new();
    let elsewhere = empty_folder();
    let file = elsewhere.path().join("received.zip");
    std::fs::copy(&packed.file, &file).unwrap();
    let output = Beleg::anywhere()
        .args("pack verify received.zip")
        .current_dir(elsewhere.path())
        .run()
        .expect(1);
    assert!(output.stdout.starts_with("SOUND  received.zip: 7 entries, 6 checks"), "{output:?}");
    assert!(output.stdout.contains("not compared: who made this pack is not proved"), "{output:?}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[test]
fn a_pack_is_compared_with_the_key_from_elsewhere() {
    let packed = Packed::new();
    let with = |key: &str| {
        Beleg::anywhere().args("pack verify").arg(&packed.file).arg("--key").arg(key).run()
    };
    let output = with(&packed.key.to_string()).expect(1);
    assert!(output.stdout.contains("(compared)"), "{output:?}");
    with(packed.company.path(".beleg/ledger/key.pub").to_str().unwrap()).expect(1);
    let stranger = Signer::generate("demo.invalid/ledger").unwrap();
    let output = with(&stranger.verifier().to_string()).expect(1);
    assert!(output.stdout.starts_with("NOT SOUND"), "{output:?}");
    with("/nowhere").expect(2);
}

#[test]
fn a_changed_byte_anywhere_is_noticed_and_named() {
    // A small one: every change has all of it hashed again.
    let packed = Packed::of("sbom");
    assert_eq!(packed.problems(&packed.bytes), []);
    let length = packed.bytes.len();
    let spread = (0..300).map(|number| number * length / 300);
    let places = (0..2048).chain(spread).chain(length - 2048..length);
    let mut changed = packed.bytes.clone();
    for (number, place) in places.enumerate() {
        changed[place] ^= 1 << (number % 8);
        let problems = packed.problems(&changed);
        assert!(!problems.is_empty(), "byte {place}");
        assert!(problems.iter().all(|problem| !problem.path.is_empty()), "byte {place}");
        changed[place] = packed.bytes[place];
    }
}

#[test]
fn the_command_names_what_is_wrong_with_a_changed_pack() {
    let packed = Packed::new();
    let length = packed.bytes.len();
    for place in [0, 40, length / 4, length / 2, length * 3 / 4, length - 1] {
        let mut changed = packed.bytes.clone();
        changed[place] ^= 1;
        let output = packed.verify(&changed).expect(1);
        assert!(output.stdout.starts_with("NOT SOUND"), "{output:?}");
        assert!(output.stdout.contains("problem: "), "{output:?}");
    }
    let whole = packed.verify(&packed.bytes).expect(1);
    assert!(whole.stdout.starts_with("SOUND"), "{whole:?}");
}

#[test]
fn a_truncated_doubled_extended_or_empty_pack_is_refused() {
    let packed = Packed::new();
    let whole = &packed.bytes;
    let doubled = [&whole[..], &whole[..]].concat();
    let extended = [&whole[..], b"\0"].concat();
    let behind = [b"#!/bin/sh\n", &whole[..]].concat();
    let half = &whole[..whole.len() / 2];
    let but_one = &whole[..whole.len() - 1];
    for bytes in [&doubled, &extended, &behind, half, but_one, &[], b"PK\x05\x06", b"no pack"] {
        assert!(!packed.problems(bytes).is_empty());
        packed.verify(bytes).expect(1);
    }
}

#[test]
fn what_is_no_file_is_no_pack() {
    let company = Company::healthy();
    let verify = |path: &str| Beleg::anywhere().args("pack verify").arg(company.path(path)).run();
    verify("absent.zip").expect(2);
    assert!([1, 2].contains(&verify("jobs").status.code().unwrap()));
    let pipe = company.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!([1, 2].contains(&verify("pipe").status.code().unwrap()));
}

#[test]
fn a_pack_of_days_without_runs_is_nothing_and_no_pass() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let file = company.path("pack.zip");
    let words = "pack create --from 2001-01-01 --to 2001-12-31 --output";
    company.beleg(words).arg(&file).run().expect(4);
    if file.exists() {
        let code = Beleg::anywhere().args("pack verify").arg(&file).run().status.code();
        assert_eq!(code, Some(4), "nothing in it is no pass");
    }
}

#[test]
fn a_damaged_payload_does_not_hinder_a_pack_and_is_named_in_it() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let payloads = crate::listing::files(&company.path(".beleg/ledger/payload"));
    let mut bytes = std::fs::read(&payloads[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&payloads[0], bytes).unwrap();
    let output = create(&company, &company.path("pack.zip")).expect(1);
    let name = payloads[0].file_name().unwrap().to_str().unwrap();
    let named = format!("problem: payload/{name}: ");
    assert!(output.stdout.contains(&named), "{output:?}");
    // The pack is there all the same, and says so to whoever receives it.
    let output = Beleg::anywhere().args("pack verify").arg(company.path("pack.zip")).run();
    let output = output.expect(1);
    assert!(output.stdout.contains(&named) && output.stdout.contains("had lost it"), "{output:?}");
}

#[test]
fn a_window_that_is_none_is_a_mistake() {
    let company = Company::healthy();
    company.run("sbom", 0);
    for window in ["--from 2026-13-01 --to 2026-12-31", "--from 2026-12-31 --to 2026-01-01"] {
        let words = format!("pack create {window} --output pack.zip");
        company.beleg(&words).run().expect(2);
    }
}

#[test]
fn the_reports_of_the_window_are_in_the_pack() {
    let packed = Packed::new();
    let text = String::from_utf8_lossy(&packed.bytes);
    for member in ["README.txt", "run-000000-report.html", "run-000000-report.json", "key.pub"] {
        assert!(text.contains(member), "{member}");
    }
    let key = packed.company.read(".beleg/keys/ledger.key");
    let key = String::from_utf8(key).unwrap();
    assert!(!text.contains(key.trim()), "the private key stays at home");
}

#[test]
fn what_the_checks_found_decides_how_the_check_of_a_pack_ends() {
    let packed = Packed::new();
    let output = packed.with_key().run().expect(1);
    assert!(output.stdout.contains("\nverdict: FAIL: "), "{output:?}");
    assert!(output.stdout.contains("\nFAIL  "), "{output:?}");
    assert!(output.stdout.contains("\nreports: "), "{output:?}");
    let json = packed.with_key().args("--format json").run().expect(1).json();
    assert_eq!((json["sound"].as_bool(), json["verdict"].as_str()), (Some(true), Some("fail")));
    assert_eq!(json["checks"].as_array().unwrap().len(), 6);
    let sum = |field: &str| -> u64 {
        json["jobs"].as_array().unwrap().iter().map(|job| job[field].as_u64().unwrap()).sum()
    };
    assert_eq!((sum("due"), sum("run"), sum("missing")), (6, 6, 0));
}

#[test]
fn a_pack_passes_only_with_its_key_compared_or_when_told() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let file = company.path("pack.zip");
    create(&company, &file).expect(0);
    let verify = |words: &str| Beleg::anywhere().args("pack verify").arg(&file).args(words).run();
    let output = verify("").expect(3);
    assert!(output.stdout.contains("verdict: PASS: 1 passed"), "{output:?}");
    verify("--packed-key-suffices-unsafe").expect(0);
    let key = format!("--key {}", company.path(".beleg/ledger/key.pub").display());
    verify(&key).expect(0);
}

#[test]
fn a_pack_of_a_run_that_was_killed_is_no_pass() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let company = Company::healthy();
    let url = format!("url = \"http://{}/backups\"", silent.local_addr().unwrap());
    company.replace("jobs/restore.toml", "url = \"backups/eu-west\"", &url);
    let run = company.beleg("run restore").start();
    let _connection = silent.accept().unwrap();
    run.kill();
    let file = company.path("pack.zip");
    create(&company, &file).expect(0);
    let key = company.path(".beleg/ledger/key.pub");
    let verify = Beleg::anywhere().args("pack verify").arg(&file).arg("--key").arg(key);
    let output = verify.run().expect(3);
    assert!(output.stdout.contains("job: restore: 1 due, 0 run"), "{output:?}");
    assert!(output.stdout.contains("1 missing"), "{output:?}");
}

#[test]
fn a_pack_shows_that_its_ledger_goes_on_from_an_earlier_one() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let (first, second) = (company.path("first.zip"), company.path("second.zip"));
    create(&company, &first).expect(0);
    company.run("sbom", 0);
    create(&company, &second).expect(0);
    let key = company.path(".beleg/ledger/key.pub");
    let since = |pack: &std::path::Path, earlier: &std::path::Path| {
        let verify = Beleg::anywhere().args("pack verify").arg(pack).arg("--key").arg(&key);
        verify.arg("--since").arg(earlier).run()
    };
    let output = since(&second, &first).expect(3);
    assert!(output.stdout.contains("not compared: the pack does not show"), "{output:?}");
    let output = since(&first, &second).expect(1);
    assert!(output.stdout.contains("put back"), "{output:?}");
    let words = "pack create --from 2001-01-01 --to 2999-01-01 --output";
    let third = company.path("third.zip");
    company.beleg(words).arg(&third).arg("--since").arg(&first).run().expect(0);
    let output = since(&third, &first).expect(0);
    assert!(output.stdout.contains("continues: the ledger begins with its first 2"), "{output:?}");
}

#[test]
fn a_pack_that_is_there_is_not_replaced() {
    let packed = Packed::of("sbom");
    let output = create(&packed.company, &packed.file).expect(2);
    assert!(output.stderr.contains("is not replaced"), "{output:?}");
    assert_eq!(std::fs::read(&packed.file).unwrap(), packed.bytes);
}

#[test]
fn a_pack_names_the_days_of_which_it_shows_nothing() {
    let company = Company::healthy();
    company.run("nightly", 0);
    let file = company.path("pack.zip");
    create(&company, &file).expect(0);
    let key = company.path(".beleg/ledger/key.pub");
    let verify = || Beleg::anywhere().args("pack verify").arg(&file).arg("--key").arg(&key);
    let output = verify().run().expect(0);
    for said in
        ["the ledger began only then", "the ledger had no later entry", "schedule: nightly: "]
    {
        assert!(output.stdout.contains(said), "{output:?}");
    }
    let json = verify().args("--format json").run().expect(0).json();
    assert_eq!(json["not_shown"].as_array().unwrap().len(), 2);
    assert_eq!(json["schedules"][0]["schedule"], "nightly");
}
