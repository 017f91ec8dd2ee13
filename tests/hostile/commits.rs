use super::{half, refused};
use crate::company::{Company, Report};
use crate::listing::files;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn a_missing_repository_is_unknown() {
    let company = Company::healthy();
    company.remove("service/.git");
    refused(&company, "commits", 3, "repository-unreadable");
    company.remove("service");
    refused(&company, "commits", 3, "repository-unreadable");
}

#[test]
fn a_range_that_names_nothing_is_unknown() {
    for range in ["absent", "main..absent", "-x", "main...main", "main..main", ""] {
        let company = Company::healthy();
        company.replace("jobs/commits.toml", "\"main\"", &format!("\"{range}\""));
        let report = company.run("commits", 3);
        assert_eq!(report.0["verdict"], "unknown", "{range}");
    }
}

/// Expects that the commits' check, on a repository damaged in this way, neither passes nor hangs.
#[track_caller]
fn no_pass(company: &Company, how: &str) {
    let output = company.beleg("run commits --format json").run();
    let report = Report::of(&output);
    assert!([1, 3].contains(&output.status.code().unwrap()), "{how}: {output:?}");
    let found = report.found();
    assert!(found.iter().all(|(_, rule)| rule != "timed-out"), "{how}: the check hangs");
}

/// Makes a healthy company whose commits' check may not take long.
fn impatient() -> Company {
    let company = Company::healthy();
    company.replace("jobs/commits.toml", "kind =", "timeout = \"5s\"\nkind =");
    company
}

/// libgit2 did not return from some damaged loose objects: what is loose is read by beleg. The damage
/// here is harmless to it.
#[test]
fn an_extended_replaced_or_empty_commit_is_no_pass() {
    let company = impatient();
    let commits: Vec<PathBuf> = files(&company.path("service/.git/objects"))
        .into_iter()
        .filter(|object| is_commit(&fs::read(object).unwrap()))
        .collect();
    assert_eq!(commits.len(), 3);
    for object in commits {
        let whole = fs::read(&object).unwrap();
        fs::set_permissions(&object, fs::Permissions::from_mode(0o644)).unwrap();
        let extended = [whole.as_slice(), b"x"].concat();
        for damaged in [extended.as_slice(), b"no object", &[]] {
            fs::write(&object, damaged).unwrap();
            no_pass(&company, &format!("{} of {} bytes", damaged.len(), whole.len()));
        }
        fs::write(&object, whole).unwrap();
    }
    company.run("commits", 0);
}

/// Says whether a loose object holds a commit: trees and files are not what signatures cover.
fn is_commit(deflated: &[u8]) -> bool {
    let mut inflated = Vec::new();
    flate2::read::ZlibDecoder::new(deflated).read_to_end(&mut inflated).unwrap();
    inflated.starts_with(b"commit ")
}

#[test]
fn damaged_packs_are_no_pass() {
    let company = impatient();
    let packed = Command::new("git")
        .args(["-c", "safe.directory=*", "-C", company.path("service").to_str().unwrap()])
        .args(["repack", "-adq"])
        .status();
    assert!(packed.unwrap().success());
    company.run("commits", 0);
    for extension in ["pack", "idx"] {
        let is_pack = extension == "pack";
        let file = files(&company.path("service/.git/objects/pack"))
            .into_iter()
            .find(|path| path.extension().is_some_and(|found| found == extension))
            .unwrap();
        let whole = fs::read(&file).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        // The newest commit is the pack's first object, behind 12 bytes of header. What an index
        // says is believed only if the object it leads to has the right hash.
        let gap = [whole[..20].to_vec(), vec![0; 200], whole[220..].to_vec()].concat();
        let gap = is_pack.then_some(gap.as_slice());
        for damaged in [half(&whole), &whole[..16], &[]].into_iter().chain(gap) {
            fs::write(&file, damaged).unwrap();
            no_pass(&company, &format!("{extension}: {} bytes", damaged.len()));
        }
        fs::write(&file, whole).unwrap();
    }
    company.run("commits", 0);
}

#[test]
fn missing_trust_material_is_unknown() {
    for file in ["keys/allowed_signers", "keys/keyring.asc"] {
        let company = Company::healthy();
        company.remove(file);
        refused(&company, "commits", 3, "trust-material-unreadable");
    }
}

#[test]
fn trust_material_that_is_garbage_trusts_nobody() {
    for file in ["keys/allowed_signers", "keys/keyring.asc"] {
        for garbage in [&b"\0\x01\x02 garbage \xff\xfe"[..], b"", b"developer@demo.invalid\n"] {
            let company = Company::healthy();
            company.write(file, garbage);
            let before = company.surroundings();
            let output = company.beleg("run commits").run();
            let code = output.status.code().unwrap();
            assert!(code == 1 || code == 3, "{file}: {output:?}");
            assert!(before == company.surroundings());
        }
    }
}

#[test]
fn gigantic_trust_material_is_unknown_and_not_read() {
    let company = Company::healthy();
    let file = std::fs::File::create(company.path("keys/allowed_signers")).unwrap();
    file.set_len(8 << 30).unwrap();
    refused(&company, "commits", 3, "trust-material-unreadable");
}

#[test]
fn another_companys_signers_are_not_trusted() {
    let (ours, theirs) = (Company::healthy(), Company::healthy());
    ours.write("keys/allowed_signers", theirs.read("keys/allowed_signers"));
    ours.write("keys/keyring.asc", theirs.read("keys/keyring.asc"));
    let report = refused(&ours, "commits", 1, "unknown-key");
    assert_eq!(report.found().len(), 3, "{:?}", report.found());
}

#[test]
fn hooks_and_configuration_of_the_repository_are_not_run() {
    let company = Company::healthy();
    company.replace(
        "service/.git/config",
        "[core]",
        "[core]\n\tfsmonitor = touch ../../ran\n\tsshCommand = touch ../../ran\n[gpg]\n\tprogram = touch ../../ran\n[include]\n\tpath = /dev/zero\n[core]",
    );
    company.write("service/.git/hooks/post-checkout", "#!/bin/sh\ntouch ../../ran\n");
    let before = company.surroundings();
    let output = company.beleg("run commits").run();
    assert!([0, 3].contains(&output.status.code().unwrap()), "{output:?}");
    assert!(before == company.surroundings());
}
