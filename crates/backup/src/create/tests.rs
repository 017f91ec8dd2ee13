#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::testing::{Kit, run, small_folder};
use crate::{EntryKind, Measure, WhyLeftOut};
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::time::{Duration, SystemTime};

fn attempt(folder: &Path, watch: &Watch<'_>) -> Result<Created, CreateError> {
    let kit = Kit::new();
    backup(&kit.source(folder, None), &kit.signer, io::sink(), watch)
}

#[test]
fn entries_are_sorted_and_say_what_they_are() {
    let folder = small_folder();
    symlink("../outside", folder.path().join("link")).unwrap();
    fs::set_permissions(folder.path().join("two"), fs::Permissions::from_mode(0o4755)).unwrap();
    let old = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
    OpenOptions::new()
        .write(true)
        .open(folder.path().join("two"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    let kit = Kit::new();
    let (_, created) = kit.backup(folder.path(), Some(3));
    let manifest = kit.open(&created);
    let paths: Vec<&str> = manifest.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["a", "a/one", "link", "two"]);
    let two = manifest.entries.last().unwrap();
    assert_eq!((two.mode, two.modified), (0o4755, -2));
    let Measure { size, digest } = Measure::of(b"two two");
    assert_eq!(two.kind, EntryKind::File { size, digest });
    assert_eq!(manifest.facts.content, ByteCount(10));
    assert_eq!(created.summary.facts, manifest.facts);
    assert_eq!(manifest.facts.recipients, [kit.recipients.first().unwrap().fingerprint()]);
}

/// The archive is not only for our own reader.
#[test]
fn gnu_tar_extracts_what_was_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let deep = tree.join(["d".repeat(100), "e".repeat(100), "f".repeat(110)].join("/"));
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir(tree.join("empty")).unwrap();
    fs::write(deep.join("ü ñ\n"), b"deep").unwrap();
    fs::write(tree.join("large"), vec![7; 300_000]).unwrap();
    symlink("./x//".repeat(30), tree.join("link")).unwrap();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(&tree, None);
    let identity = kit.identities.first().unwrap().as_age();
    let mut plain = Vec::new();
    let mut reader = age::Decryptor::new(ciphertext.as_slice())
        .unwrap()
        .decrypt([identity].into_iter())
        .unwrap();
    io::copy(&mut reader, &mut plain).unwrap();
    assert_eq!(Measure::of(&plain), created.summary.facts.archive);
    fs::write(folder.path().join("a.tar"), &plain).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    run("tar", &["-xf", "../a.tar"], &folder.path().join("out"));
    run("diff", &["-r", "--no-dereference", "tree", "out"], folder.path());
}

#[test]
fn special_files_are_left_out_and_named() {
    let folder = small_folder();
    run("mkfifo", &["pipe"], folder.path());
    let _listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let created = attempt(folder.path(), &Watch::idle()).unwrap();
    let left_out: Vec<(&str, WhyLeftOut)> =
        created.summary.left_out.iter().map(|l| (l.path.as_str(), l.why)).collect();
    assert_eq!(left_out, [("pipe", WhyLeftOut::Fifo), ("socket", WhyLeftOut::Socket)]);
    assert_eq!(created.summary.facts.entries, 3);
    let null = fs::metadata("/dev/null").unwrap().file_type();
    assert!(null.is_char_device());
}

#[test]
fn a_name_that_is_not_utf8_is_refused_by_name() {
    let folder = small_folder();
    fs::write(folder.path().join(OsStr::from_bytes(b"caf\xe9")), b"").unwrap();
    let error = attempt(folder.path(), &Watch::idle()).unwrap_err();
    let CreateError::Path { path, refusal } = error else { panic!("{error}") };
    assert_eq!((path.as_str(), refusal), ("caf\u{fffd}", Refusal::NotUtf8));

    let folder = small_folder();
    symlink(OsStr::from_bytes(b"\xff"), folder.path().join("l")).unwrap();
    let error = attempt(folder.path(), &Watch::idle()).unwrap_err();
    assert!(matches!(error, CreateError::Path { refusal: Refusal::NotUtf8, .. }));
}

#[test]
fn a_file_that_grows_meanwhile_is_named_and_stored_with_its_first_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, vec![1; 200_000]).unwrap();
    let grow = |_: u64, _: Option<u64>| {
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"more").unwrap();
    };
    let created = attempt(folder.path(), &Watch { progress: &grow, ..Watch::idle() }).unwrap();
    assert_eq!(created.summary.changed, ["log"]);
    assert_eq!(created.summary.facts.content, ByteCount(200_000));
}

#[test]
fn a_file_that_shrinks_meanwhile_ends_the_backup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, vec![1; 200_000]).unwrap();
    let shrink = |_: u64, _: Option<u64>| {
        OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
    };
    let error = attempt(folder.path(), &Watch { progress: &shrink, ..Watch::idle() }).unwrap_err();
    assert!(matches!(error, CreateError::Shrunk(path) if path == "log"));
}

#[test]
fn a_file_that_vanishes_meanwhile_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), b"first").unwrap();
    let last = folder.path().join("z");
    fs::write(&last, b"gone soon").unwrap();
    let remove = |_: u64, _: Option<u64>| {
        let _ = fs::remove_file(&last);
    };
    let created = attempt(folder.path(), &Watch { progress: &remove, ..Watch::idle() }).unwrap();
    let left_out = created.summary.left_out.first().unwrap();
    assert_eq!((left_out.path.as_str(), left_out.why), ("z", WhyLeftOut::Vanished));
}

#[test]
fn bad_settings_are_refused_before_anything_is_read() {
    let folder = small_folder();
    let kit = Kit::new();
    let good = kit.source(folder.path(), Some(3));
    let attempt =
        |source: Source<'_>| backup(&source, &kit.signer, io::sink(), &Watch::idle()).unwrap_err();
    assert!(matches!(attempt(Source { recipients: &[], ..good }), CreateError::Recipients(0)));
    for level in [0, 20, -1] {
        let source = Source { compression: Some(level), ..good };
        assert!(matches!(attempt(source), CreateError::Level(_)));
    }
    assert!(matches!(attempt(Source { name: "../x", ..good }), CreateError::Name(_)));
    let missing = folder.path().join("missing");
    assert!(matches!(attempt(Source { folder: &missing, ..good }), CreateError::Folder { .. }));
    let file = folder.path().join("two");
    assert!(matches!(attempt(Source { folder: &file, ..good }), CreateError::Folder { .. }));
}

#[test]
fn a_cancelled_backup_and_a_full_disk_are_errors() {
    let folder = small_folder();
    let cancelled = Watch { cancelled: &|| true, ..Watch::idle() };
    assert!(matches!(attempt(folder.path(), &cancelled), Err(CreateError::Cancelled)));
    let kit = Kit::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let result = backup(&kit.source(folder.path(), None), &kit.signer, full, &Watch::idle());
    assert!(matches!(result, Err(CreateError::Write(_))));
}

#[test]
fn two_backups_of_one_folder_have_one_root_and_two_ciphertexts() {
    let folder = small_folder();
    let kit = Kit::new();
    let (_, one) = kit.backup(folder.path(), None);
    let (_, other) = kit.backup(folder.path(), Some(19));
    assert_eq!(one.summary.facts.root, other.summary.facts.root);
    assert_ne!(one.summary.facts.ciphertext, other.summary.facts.ciphertext);
}
