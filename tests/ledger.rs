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

/// Copies a ledger's folder.
fn copy(company: &Company, from: &str, to: &str) {
    let (from, to) = (company.path(from), company.path(to));
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

#[test]
fn a_ledger_that_was_put_back_as_a_whole_is_noticed_and_nothing_is_added_to_it() {
    let company = Company::healthy();
    company.run("sbom", 0);
    copy(&company, ".beleg/ledger", "earlier");
    company.run("sbom", 0);
    copy(&company, ".beleg/ledger/checkpoint", "kept");
    company.remove(".beleg/ledger");
    copy(&company, "earlier", ".beleg/ledger");
    let output = verify(&company).expect(1);
    assert!(output.stdout.contains("put back to an earlier state"), "{output:?}");
    let output = company.beleg("run sbom").run().expect(70);
    assert!(output.stderr.contains("rm '"), "{output:?}");
    // Whoever has kept a checkpoint needs nothing of what the project remembers.
    company.remove(".beleg/ledger.head").remove(".beleg/keys/ledger.head");
    verify(&company).expect(0);
    let output = company.beleg("ledger verify --since").arg(company.path("kept")).run();
    assert!(output.expect(1).stdout.contains("problem: "));
}

#[test]
fn a_ledger_that_is_gone_is_not_begun_anew_in_silence() {
    let company = Company::healthy();
    let first = company.beleg("run sbom").run().expect(0);
    assert!(first.stderr.contains("is new"), "{first:?}");
    assert!(verify(&company).expect(0).stdout.contains("the ledger is new"));
    let second = company.beleg("run sbom").run().expect(0);
    assert!(!second.stderr.contains("is new"), "{second:?}");
    assert!(!verify(&company).expect(0).stdout.contains("the ledger is new"));
    for gone in [".beleg/ledger", ".beleg/keys"] {
        company.remove(gone);
        let output = company.beleg("run sbom").run().expect(70);
        assert!(output.stderr.contains("where this project had one"), "{output:?}");
        assert!(!company.path(".beleg/ledger").exists());
    }
    assert!(!company.path(".beleg/keys").exists());
    company.remove(".beleg/ledger.head");
    company.run("sbom", 0);
}

#[test]
fn reading_needs_no_private_key() {
    let company = Company::healthy();
    company.run("sbom", 0);
    company.remove(".beleg/keys/ledger.key");
    company.beleg("ledger list").run().expect(0);
    company.beleg("report").run().expect(0);
    // The project knows whose ledger it is by the state that it has seen.
    verify(&company).expect(0);
    company.remove(".beleg/keys").remove(".beleg/ledger.head");
    let output = verify(&company).expect(3);
    assert!(output.stdout.contains("not compared"), "{output:?}");
    company.beleg("ledger list").run().expect(0);
}

#[test]
fn a_run_under_a_clock_that_is_not_the_stores_records_nothing() {
    let company = Company::healthy();
    company.run("sbom", 0);
    for shift in ["+400d", "-400d"] {
        let folder = company.folder();
        let output = crate::command::Beleg::under("faketime", &["-f", shift])
            .args("run sbom")
            .current_dir(&folder)
            .run()
            .expect(70);
        assert!(output.stderr.contains("clock"), "{output:?}");
    }
    assert_eq!(company.beleg("ledger list").run().expect(0).stdout.lines().count(), 1);
}

#[test]
fn the_private_key_is_kept_out_of_git() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let git = |words: &str| {
        let words = words.split_whitespace();
        let mut git = std::process::Command::new("git");
        let output = git.args(words).current_dir(company.folder()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    // The demonstration keeps all of itself out, and a project of one's own does not.
    company.remove(".gitignore");
    git("init -q");
    let added = git("add --all --dry-run");
    assert!(added.contains(".beleg/ledger/key.pub"), "{added}");
    assert!(!added.contains("ledger.key'"), "{added}");
}

#[test]
fn a_ledger_that_is_gone_is_not_sound_to_anybody_who_reads_it() {
    let company = Company::healthy();
    company.run("sbom", 0);
    let elsewhere = crate::company::empty_folder();
    std::fs::rename(company.path(".beleg/ledger"), elsewhere.path().join("ledger")).unwrap();
    let day = "--from 2001-01-01 --to 2999-01-01";
    let create = format!("pack create {day}");
    for words in ["ledger verify", "ledger list", "report", "schedule missed", &create] {
        let output = company.beleg(words).run().expect(1);
        assert!(output.stderr.contains("NOT SOUND"), "{words}: {output:?}");
        assert!(output.stderr.contains("where this project had one"), "{words}: {output:?}");
    }
    // What was there first has not been kept: whether it was put back is not known, and is said.
    std::fs::rename(elsewhere.path().join("ledger"), company.path(".beleg/ledger")).unwrap();
    company.remove(".beleg/ledger.head").remove(".beleg/keys/ledger.head");
    let output = company.beleg("run sbom").run().expect(0);
    assert!(output.stderr.contains("has kept no earlier state"), "{output:?}");
    let output = company.beleg("run sbom").run().expect(0);
    assert!(!output.stderr.contains("has kept no earlier state"), "{output:?}");
}

#[test]
fn reading_evidence_needs_neither_jobs_without_mistakes_nor_the_private_key() {
    let company = Company::healthy();
    company.run("sbom", 0);
    company.write("jobs/broken.toml", "kind = ");
    let private = company.path(".beleg/keys/ledger.key");
    for words in
        ["ledger verify", "ledger list", "report", "pack create --from 2001-01-01 --to 2999-01-01"]
    {
        company.beleg(words).run().expect(0);
    }
    company.beleg("plan").run().expect(2);
    // A folder in the key's place can be read by nobody, whoever runs this.
    std::fs::remove_file(&private).unwrap();
    std::fs::create_dir(&private).unwrap();
    verify(&company).expect(0);
}

#[test]
fn a_name_that_the_ledger_does_not_bear_is_said() {
    let company = Company::healthy();
    company.run("sbom", 0);
    company.replace("beleg.toml", "demo.invalid/ledger", "example.org/platform");
    for words in ["run sbom", "ledger verify", "ledger list"] {
        let output = company.beleg(words).run().expect(0);
        assert!(output.stderr.contains("is called `demo.invalid/ledger`"), "{words}: {output:?}");
    }
}

#[test]
fn a_key_that_others_may_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let company = Company::healthy();
    company.run("sbom", 0);
    let key = company.path(".beleg/keys/ledger.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = company.beleg("run sbom").run().expect(0);
    assert!(output.stderr.contains("chmod 600"), "{output:?}");
}

#[test]
fn a_lost_key_is_named_by_the_plan_and_a_lost_public_one_with_what_to_put_back() {
    let company = Company::healthy();
    let fresh = company.beleg("plan").run().expect(0);
    assert!(!fresh.stdout.contains("ledger.key"), "the first run makes it: {fresh:?}");
    company.run("sbom", 0);
    let public = String::from_utf8(company.read(".beleg/ledger/key.pub")).unwrap();
    company.remove(".beleg/ledger/key.pub");
    let output = company.beleg("run sbom").run().expect(70);
    assert!(output.stderr.contains(public.trim()), "{output:?}");
    company.write(".beleg/ledger/key.pub", &public);
    company.run("sbom", 0);
    company.remove(".beleg/keys/ledger.key");
    let output = company.beleg("plan").run().expect(0);
    assert!(output.stdout.contains("keys/ledger.key (put it back"), "{output:?}");
    let output = company.beleg("run sbom").run().expect(2);
    assert!(output.stderr.contains("put it back"), "{output:?}");
}
