#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod ciphertext;
mod entries;
mod layers;

use super::*;
use crate::Source;
use crate::testing::{Kit, now, small_folder};
use beleg_model::ByteCount;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// Lists a tree with kinds and contents, for comparing two.
fn listing(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut ahead = vec![folder.to_owned()];
    while let Some(next) = ahead.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let shown = path.strip_prefix(folder).unwrap().display().to_string();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                lines.push(format!("{shown}/"));
                ahead.push(path);
            } else if kind.is_symlink() {
                lines.push(format!("{shown} -> {}", fs::read_link(&path).unwrap().display()));
            } else {
                lines.push(format!("{shown} {}", Measure::of(&fs::read(&path).unwrap())));
            }
        }
    }
    lines.sort();
    lines
}

#[test]
fn a_backup_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let deep = ["d".repeat(120), "e".repeat(120), "ü".repeat(60)].join("/");
    fs::create_dir_all(folder.path().join(&deep)).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join(&deep).join("名前 ✓\n\"quoted\""), b"deep").unwrap();
    fs::write(folder.path().join("nothing"), b"").unwrap();
    let large: Vec<u8> = (0..1_000_003u32).map(|n| (n % 251) as u8).collect();
    fs::write(folder.path().join("large"), &large).unwrap();
    symlink("large", folder.path().join("link")).unwrap();
    symlink("../".repeat(2) + &"l".repeat(150), folder.path().join(&deep).join("up")).unwrap();
    for level in [None, Some(1), Some(19)] {
        let kit = Kit::new();
        let (ciphertext, created) = kit.backup(folder.path(), level);
        let trial = kit.restore(&ciphertext, &kit.open(&created));
        let restored = trial.result.as_ref().unwrap();
        assert_eq!(restored.differences, []);
        assert_eq!(restored.remarks, []);
        assert_eq!(restored.equal, created.summary.facts.entries);
        assert_eq!(restored.written, 1_000_007);
        assert_eq!(restored.ciphertext, created.summary.facts.ciphertext);
        assert_eq!(listing(trial.scratch.folder()), listing(folder.path()));
        assert!(trial.is_contained());
    }
}

#[test]
fn nothing_restored_is_readable_by_others_or_runs_as_another() {
    let folder = small_folder();
    fs::set_permissions(folder.path().join("two"), fs::Permissions::from_mode(0o6777)).unwrap();
    fs::set_permissions(folder.path().join("a"), fs::Permissions::from_mode(0o1777)).unwrap();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let trial = kit.restore(&ciphertext, &kit.open(&created));
    assert_eq!(trial.result.as_ref().unwrap().differences, []);
    let mode = |name: &str| {
        let path = trial.scratch.folder().join(name);
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    };
    assert_eq!((mode("two"), mode("a"), mode("a/one")), (0o600, 0o700, 0o600));
}

#[test]
fn a_promised_link_that_leads_out_is_compared_and_not_made() {
    let folder = small_folder();
    symlink("/etc/passwd", folder.path().join("out")).unwrap();
    symlink("../../x", folder.path().join("a/up")).unwrap();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let trial = kit.restore(&ciphertext, &kit.open(&created));
    let restored = trial.result.as_ref().unwrap();
    assert_eq!((restored.differences.len(), restored.equal), (0, restored.entries));
    assert_eq!(
        restored.remarks,
        [
            Remark::LinkLeaves { path: "a/up".to_owned(), target: "../../x".to_owned() },
            Remark::LinkLeaves { path: "out".to_owned(), target: "/etc/passwd".to_owned() },
        ]
    );
    assert!(fs::symlink_metadata(trial.scratch.folder().join("out")).is_err());
}

#[test]
fn promised_paths_that_differ_in_case_are_restored_and_remarked() {
    let folder = small_folder();
    fs::write(folder.path().join("TWO"), b"other").unwrap();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let trial = kit.restore(&ciphertext, &kit.open(&created));
    let restored = trial.result.as_ref().unwrap();
    assert_eq!((restored.differences.len(), restored.equal), (0, restored.entries));
    let clash = Remark::CaseClash { path: "TWO".to_owned(), other: "two".to_owned() };
    assert_eq!(restored.remarks, [clash]);
    assert_eq!((trial.read("TWO"), trial.read("two")), (b"other".to_vec(), b"two two".to_vec()));
}

#[test]
fn the_stages_are_timed_by_the_callers_clock() {
    let folder = small_folder();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let manifest = kit.open(&created);
    let time = std::cell::Cell::new(10);
    let clock = || {
        time.set(time.get() + 1);
        Duration::from_secs(time.get())
    };
    let seen = std::cell::Cell::new((0, None));
    let progress = |done, total| seen.set((done, total));
    let watch = Watch { clock: &clock, progress: &progress, ..Watch::idle() };
    let limits = Limits::promised_by(&manifest);
    let trial = kit.restore_from(ciphertext.as_slice(), &manifest, &limits, &watch);
    let timings = trial.result.unwrap().timings;
    assert_eq!(timings.first_byte, Duration::from_secs(1));
    assert_eq!(timings.restore, Duration::from_secs(2));
    let size = ciphertext.len() as u64;
    assert_eq!(seen.get(), (size, Some(size)));
}

#[test]
fn an_empty_backup_is_unknown_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let kit = Kit::new();
    let mut ciphertext = Vec::new();
    let source = Source { allow_empty: true, ..kit.source(folder.path(), Some(3)) };
    let created = kit.backup_of(&source, &mut ciphertext);
    let restored = kit.restore(&ciphertext, &kit.open(&created)).result.unwrap();
    let outcome = beleg_model::Outcome::judge(restored.population(), Vec::new());
    assert_eq!(outcome.verdict, beleg_model::Verdict::Unknown);
}

#[test]
fn a_backup_above_the_callers_limit_is_refused_before_it_is_read() {
    let folder = small_folder();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let manifest = kit.open(&created);
    let limits = Limits { bytes: ByteCount(9), ..Limits::promised_by(&manifest) };
    let trial = kit.restore_from(ciphertext.as_slice(), &manifest, &limits, &Watch::idle());
    assert!(matches!(trial.result.unwrap_err().cause, Cause::TooMuch { promised: 10, limit: 9 }));
}

#[test]
fn used_scratch_is_not_used_again() {
    let folder = small_folder();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let manifest = kit.open(&created);
    let trial = kit.restore(&ciphertext, &manifest);
    let limits = Limits::promised_by(&manifest);
    let again = restore(
        Box::new(ciphertext.as_slice()),
        &kit.identities,
        &manifest,
        &trial.scratch,
        &limits,
        &Watch::idle(),
    );
    assert!(matches!(again.unwrap_err().cause, Cause::Scratch(_)));
    assert_eq!(manifest.facts.name.created(), now());
}
