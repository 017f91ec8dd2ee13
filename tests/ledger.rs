//! `beleg ledger`: sound after runs, and no object can be changed, lost or added unnoticed.

use crate::command::Output;
use crate::company::Company;
use crate::listing::files;
use std::path::{Path, PathBuf};

fn verify(company: &Company) -> Output {
    company.beleg("ledger verify").run()
}

/// Returns the ledger's objects by their paths in it.
fn objects(company: &Company) -> Vec<(String, PathBuf)> {
    let ledger = company.path(".beleg/ledger");
    let name = |path: &Path| path.strip_prefix(&ledger).unwrap().to_str().unwrap().to_owned();
    files(&ledger).into_iter().map(|path| (name(&path), path)).collect()
}

/// Expects that the ledger is not sound, and that what is wrong is named.
#[track_caller]
fn unsound(company: &Company, object: &str) {
    let output = verify(company).expect(1);
    assert!(output.stdout.starts_with("NOT SOUND"), "{}", output.stdout);
    let named = |line: &&str| line.starts_with("problem: ") && line.contains(object);
    assert!(output.stdout.lines().any(|line| named(&line)), "`{object}`: {}", output.stdout);
}

#[test]
fn a_ledger_is_sound_after_every_run() {
    let company = Company::faulty();
    for (runs, name) in ["nightly", "sbom", "image-scan", "nightly"].into_iter().enumerate() {
        company.beleg("run").arg(name).run().expect(1);
        let output = verify(&company).expect(0);
        assert!(output.stdout.starts_with("SOUND  demo.invalid/ledger: "), "{}", output.stdout);
        assert!(!output.stdout.contains("unfinished"), "{}", output.stdout);
        let list = company.beleg("ledger list").run().expect(0).stdout;
        assert_eq!(list.lines().count(), runs + 1);
    }
}

#[test]
fn without_a_ledger_there_is_nothing_to_verify_and_that_is_no_pass() {
    let company = Company::healthy();
    let output = verify(&company).expect(4);
    assert!(output.stderr.contains("there is no ledger yet"), "{}", output.stderr);
    company.beleg("ledger list").run().expect(4);
    assert!(!company.path(".beleg").exists());
}

#[test]
fn a_changed_byte_in_any_object_is_noticed_and_the_object_named() {
    let company = Company::faulty();
    company.run("nightly", 1);
    let objects = objects(&company);
    for kind in ["append/", "payload/", "tile/0/", "tile/entries/", "checkpoint", "key.pub"] {
        assert!(objects.iter().any(|(name, _)| name.starts_with(kind)), "no {kind}");
    }
    for (name, path) in objects {
        let whole = std::fs::read(&path).unwrap();
        for place in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&path, changed).unwrap();
            unsound(&company, &name);
        }
        std::fs::write(&path, whole).unwrap();
    }
    verify(&company).expect(0);
}

#[test]
fn a_truncated_doubled_or_emptied_object_is_noticed() {
    let company = Company::healthy();
    company.run("sbom", 0);
    for (name, path) in objects(&company) {
        let whole = std::fs::read(&path).unwrap();
        for changed in [&whole[..whole.len() - 1], &[], &[&whole[..], &whole[..]].concat()] {
            std::fs::write(&path, changed).unwrap();
            unsound(&company, &name);
        }
        std::fs::write(&path, whole).unwrap();
    }
    verify(&company).expect(0);
}

#[test]
fn a_lost_object_is_noticed() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let objects = objects(&company);
    for (name, path) in &objects {
        // A partial tile may go when a wider one is there (C2SP tlog-tiles, "Partial Tiles").
        if name.ends_with(".p/1") {
            continue;
        }
        let whole = std::fs::read(path).unwrap();
        std::fs::remove_file(path).unwrap();
        let output = verify(&company);
        // Without its checkpoint it looks like no ledger at all, which is no pass either.
        assert_ne!(output.status.code(), Some(0), "{name}: {output:?}");
        std::fs::write(path, whole).unwrap();
    }
    verify(&company).expect(0);
}

#[test]
fn a_payload_that_no_entry_names_is_remarked_and_proves_nothing() {
    // A run that was killed before its entry stood leaves such a payload.
    let company = Company::healthy();
    company.run("sbom", 0);
    company.write(".beleg/ledger/payload/0000", "foreign");
    let output = verify(&company).expect(0);
    assert!(output.stdout.contains("remark: payload/0000: "), "{output:?}");
}

#[test]
fn a_foreign_object_is_noticed() {
    let company = Company::healthy();
    company.run("sbom", 0);
    for name in ["tile/7/000", "tile/0/001", "append/00000000000000009999"] {
        let object = format!(".beleg/ledger/{name}");
        company.write(&object, "foreign");
        unsound(&company, name);
        company.remove(&object);
    }
    verify(&company).expect(0);
}

#[test]
fn a_ledger_cut_back_to_its_first_run_is_noticed_by_what_is_left_over() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let early = company.read(".beleg/ledger/checkpoint");
    company.run("image", 0);
    let latest = company.read(".beleg/ledger/checkpoint");
    company.write(".beleg/ledger/checkpoint", early);
    for (name, path) in objects(&company) {
        if name.starts_with("append/") && name.as_str() > "append/00000000000000000001" {
            std::fs::remove_file(path).unwrap();
        }
    }
    assert_eq!(verify(&company).status.code(), Some(1));
    company.write(".beleg/ledger/checkpoint", latest);
    assert_eq!(verify(&company).status.code(), Some(1), "the append records are still gone");
}

#[test]
fn a_ledger_is_verified_with_the_key_that_is_named() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let key = company.path(".beleg/ledger/key.pub");
    let with = |key: &str| company.beleg("ledger verify --key").arg(key).run();
    with(key.to_str().unwrap()).expect(0);
    with(std::fs::read_to_string(&key).unwrap().trim()).expect(0);
    let other = Company::healthy();
    other.run("sbom", 0);
    with(other.path(".beleg/ledger/key.pub").to_str().unwrap()).expect(1);
    with("/nowhere").expect(2);
    with("no+key+at+all").expect(2);
}

#[test]
fn a_run_on_a_tampered_ledger_does_not_pass() {
    for object in ["checkpoint", "append/00000000000000000001", "tile/0/000.p/2"] {
        let company = Company::healthy();
        company.run("sbom", 0);
        let path = format!(".beleg/ledger/{object}");
        let mut bytes = company.read(&path);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        company.write(&path, bytes);
        let output = company.beleg("run sbom").run();
        let refused = output.status.code() != Some(0);
        assert!(refused || verify(&company).status.code() == Some(1), "{object}: {output:?}");
    }
}
