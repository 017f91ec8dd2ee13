#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::testing::{Kit, run, small_folder};
use crate::{Entry, EntryKind, Measure, Owner, WhyLeftOut};
use beleg_model::ByteCount;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::time::{Duration, SystemTime};

fn attempt(folder: &Path, watch: &Watch<'_>) -> Result<Created, CreateError> {
    let kit = Kit::new();
    backup(&kit.source(folder, None), &kit.signer, io::sink(), io::sink(), watch)
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
    let entries: Vec<Entry> = manifest.entries.iter().collect::<Result<_, _>>().unwrap();
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["a", "a/one", "link", "two"]);
    let two = entries.last().unwrap();
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
    let plain = archive(&kit, &ciphertext);
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
        created.summary.omissions.left_out.iter().map(|l| (l.path.as_str(), l.why)).collect();
    assert_eq!(left_out, [("pipe", WhyLeftOut::Fifo), ("socket", WhyLeftOut::Socket)]);
    assert_eq!(created.summary.facts.entries, 3);
    let null = fs::metadata("/dev/null").unwrap().file_type();
    assert!(null.is_char_device());
}

/// Decrypts a backup without compression.
fn archive(kit: &Kit, ciphertext: &[u8]) -> Vec<u8> {
    let identity = kit.identities.first().unwrap().as_age();
    let mut plain = Vec::new();
    let decryptor = age::Decryptor::new(ciphertext).unwrap();
    io::copy(&mut decryptor.decrypt([identity].into_iter()).unwrap(), &mut plain).unwrap();
    plain
}

#[test]
fn names_that_are_not_utf8_are_kept_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let odd = tree.join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(&odd).unwrap();
    fs::write(odd.join(OsStr::from_bytes(&[0xfe; 200])), b"long").unwrap();
    symlink(OsStr::from_bytes(b"\xff"), tree.join("l")).unwrap();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(&tree, None);
    assert!(!created.summary.omissions.is_loss());
    fs::write(folder.path().join("a.tar"), archive(&kit, &ciphertext)).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    run("tar", &["-xf", "../a.tar"], &folder.path().join("out"));
    run("diff", &["-r", "--no-dereference", "tree", "out"], folder.path());
    let trial = kit.restore(&ciphertext, &kit.open(&created));
    assert_eq!(trial.result.as_ref().unwrap().differences, []);
    let restored = trial.scratch.folder().join(OsStr::from_bytes(b"caf\xe9"));
    assert!(restored.join(OsStr::from_bytes(&[0xfe; 200])).exists());
}

/// A file with two names is stored once, and GNU tar makes one file of it again.
#[test]
fn owners_and_hard_links_are_kept_as_gnu_tar_lists_them() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir_all(tree.join("sub")).unwrap();
    fs::write(tree.join("a"), b"one file").unwrap();
    fs::hard_link(tree.join("a"), tree.join("sub/b")).unwrap();
    let kit = Kit::new();
    let long = "n".repeat(40);
    let names = |account| match account {
        crate::Account::User(_) => Some("alice".to_owned()),
        crate::Account::Group(_) => Some(long.clone()),
    };
    let mut ciphertext = Vec::new();
    let source = Source { account_name: &names, ..kit.source(&tree, None) };
    let created = kit.backup_of(&source, &mut ciphertext);
    fs::write(folder.path().join("a.tar"), archive(&kit, &ciphertext)).unwrap();
    let listed = String::from_utf8(run("tar", &["-tvf", "a.tar"], folder.path())).unwrap();
    assert_eq!(listed.lines().filter(|line| line.contains(&format!("alice/{long}"))).count(), 3);
    assert!(listed.contains("sub/b link to a"), "{listed}");
    let numeric = run("tar", &["-tv", "--numeric-owner", "-f", "a.tar"], folder.path());
    let found = fs::metadata(tree.join("a")).unwrap();
    let (uid, gid) = (found.uid(), found.gid());
    assert!(String::from_utf8(numeric).unwrap().contains(&format!("{uid}/{gid}")));
    let manifest = kit.open(&created);
    let last = manifest.entries.get(2).unwrap().unwrap();
    let owner = Owner { uid, gid, user: Some("alice".to_owned()), group: Some(long.clone()) };
    assert_eq!(last.owner, Some(owner));
    assert_eq!(last.kind, EntryKind::HardLink { target: "a".to_owned() });
    assert_eq!(manifest.facts.content, ByteCount(8));
    let trial = kit.restore(&ciphertext, &manifest);
    assert_eq!(trial.result.as_ref().unwrap().differences, []);
    let inode = |name: &str| fs::metadata(trial.scratch.folder().join(name)).unwrap().ino();
    assert_eq!(inode("a"), inode("sub/b"));
}

#[test]
fn numbers_above_a_headers_field_are_kept() {
    let folder = small_folder();
    // Only root can give files away.
    let (uid, gid) = (3_000_000_000, 2_097_152);
    if std::os::unix::fs::chown(folder.path().join("two"), Some(uid), Some(gid)).is_err() {
        writeln!(io::stderr(), "SKIPPED: only root gives files away").unwrap();
        return;
    }
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("a.tar"), archive(&kit, &ciphertext)).unwrap();
    let listed = run("tar", &["-tv", "--numeric-owner", "-f", "a.tar"], out.path());
    assert!(String::from_utf8(listed).unwrap().contains("3000000000/2097152"));
    let restored = kit.restore(&ciphertext, &kit.open(&created));
    assert_eq!(restored.result.unwrap().differences, []);
}

#[test]
fn nothing_but_folders_is_no_backup_unless_that_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lost+found")).unwrap();
    let error = attempt(folder.path(), &Watch::idle()).unwrap_err();
    assert!(matches!(error, CreateError::Empty { .. }), "{error}");
    let kit = Kit::new();
    let source = Source { allow_empty: true, ..kit.source(folder.path(), None) };
    assert_eq!(kit.backup_of(&source, &mut Vec::new()).summary.facts.entries, 1);
}

#[test]
fn what_is_excluded_is_named_and_a_pattern_without_use_too() {
    let folder = small_folder();
    fs::write(folder.path().join("a/two.tmp"), b"t").unwrap();
    fs::create_dir_all(folder.path().join("cache/deep")).unwrap();
    fs::write(folder.path().join("cache/deep/x"), b"x").unwrap();
    let exclude = ["**/*.tmp", "cache/", "cahce"].map(|pattern| Exclusion::new(pattern).unwrap());
    let kit = Kit::new();
    let source = Source { exclude: &exclude, ..kit.source(folder.path(), None) };
    let summary = kit.backup_of(&source, &mut Vec::new()).summary;
    let left_out: Vec<_> = summary.omissions.left_out.iter().map(|l| l.path.as_str()).collect();
    assert_eq!(left_out, ["a/two.tmp", "cache"]);
    assert_eq!((summary.unused_exclusions, summary.facts.entries), (vec!["cahce".to_owned()], 3));
    assert!(!summary.omissions.is_loss());
    for pattern in ["", "/", "/etc", "../x", "a//b", "[", "a***"] {
        assert!(Exclusion::new(pattern).is_err(), "{pattern}");
    }
}

/// Runs a test again as it is for everybody but root, who may read everything.
fn without_the_power_of_root(test: &str) {
    const AGAIN: &str = "BELEG_TEST_WITHOUT_POWER";
    assert!(std::env::var_os(AGAIN).is_none(), "setpriv must take the power away");
    let ended = std::process::Command::new("setpriv")
        .args(["--inh-caps=-all", "--bounding-set=-all"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(AGAIN, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{ended:?}");
}

#[test]
fn what_is_not_for_us_to_read_is_named_and_the_rest_is_stored() {
    let folder = small_folder();
    for name in ["a", "two"] {
        let none = fs::Permissions::from_mode(0o000);
        fs::set_permissions(folder.path().join(name), none).unwrap();
    }
    fs::write(folder.path().join("z"), b"read").unwrap();
    if fs::read(folder.path().join("two")).is_ok() {
        return without_the_power_of_root(
            "create::tests::what_is_not_for_us_to_read_is_named_and_the_rest_is_stored",
        );
    }
    let summary = attempt(folder.path(), &Watch::idle()).unwrap().summary;
    let left_out: Vec<_> =
        summary.omissions.left_out.iter().map(|l| (l.path.as_str(), l.why)).collect();
    assert_eq!(left_out, [("a", WhyLeftOut::Unreadable), ("two", WhyLeftOut::Unreadable)]);
    // So that the folder can be removed again.
    fs::set_permissions(folder.path().join("a"), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(summary.omissions.is_loss());
}

/// Paths above `PATH_MAX` exist, and no program can open them by one path.
#[test]
fn paths_that_are_too_long_are_named() {
    let folder = small_folder();
    let long = "d".repeat(250);
    let mut deepest = fs::File::open(folder.path()).unwrap();
    for _ in 0..18 {
        rustix::fs::mkdirat(&deepest, &long, rustix::fs::Mode::RWXU).unwrap();
        let flags = rustix::fs::OFlags::RDONLY;
        let next = rustix::fs::openat(&deepest, &long, flags, rustix::fs::Mode::empty()).unwrap();
        deepest = next.into();
    }
    let summary = attempt(folder.path(), &Watch::idle()).unwrap().summary;
    let [left_out] = summary.omissions.left_out.as_slice() else { panic!("{summary:?}") };
    assert_eq!(left_out.why, WhyLeftOut::TooLong);
    assert!(summary.omissions.is_loss());
    run("rm", &["-r", &long], folder.path());
}

#[test]
fn attributes_that_no_backup_keeps_are_counted() {
    let folder = small_folder();
    let path = folder.path().join("two");
    let file = fs::File::open(&path).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    if let Err(error) = rustix::fs::fsetxattr(&file, "user.beleg", b"x", flags) {
        writeln!(io::stderr(), "SKIPPED: no attributes on this file system: {error}").unwrap();
        return;
    }
    let summary = attempt(folder.path(), &Watch::idle()).unwrap().summary;
    assert_eq!((summary.omissions.attributes, summary.omissions.is_loss()), (1, false));
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
    assert_eq!(created.summary.omissions.changed, ["log"]);
    assert_eq!(created.summary.facts.content, ByteCount(200_000));
}

#[test]
fn a_file_that_shrinks_meanwhile_is_named_and_ends_in_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, vec![1; 200_000]).unwrap();
    fs::write(folder.path().join("other"), b"whole").unwrap();
    let shrink = |_: u64, _: Option<u64>| {
        OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
    };
    let created = attempt(folder.path(), &Watch { progress: &shrink, ..Watch::idle() }).unwrap();
    assert_eq!(created.summary.omissions.changed, ["log"]);
    assert!(created.summary.omissions.is_loss());
    assert_eq!(created.summary.facts.content, ByteCount(200_005));
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
    let left_out = created.summary.omissions.left_out.first().unwrap();
    assert_eq!((left_out.path.as_str(), left_out.why), ("z", WhyLeftOut::Vanished));
}

/// Moves `from` to `to` while the first file is read, and returns what the backup then lacks.
fn moved_meanwhile(from: &str, to: &str) -> Vec<(String, WhyLeftOut)> {
    let folder = tempfile::tempdir().unwrap();
    let path = |below: &str| folder.path().join(below);
    for (file, content) in [("a/big", vec![1; 200_000]), ("z/important", b"important".to_vec())] {
        fs::create_dir(path(file).parent().unwrap()).unwrap();
        fs::write(path(file), content).unwrap();
    }
    let kit = Kit::new();
    let progress = |_: u64, _: Option<u64>| {
        let _ = fs::rename(path(from), path(to));
    };
    let watch = Watch { progress: &progress, ..Watch::idle() };
    let source = Source { now: Timestamp::now(), ..kit.source(folder.path(), None) };
    let created = backup(&source, &kit.signer, io::sink(), io::sink(), &watch).unwrap();
    let left_out = created.summary.omissions.left_out;
    left_out.into_iter().map(|left_out| (left_out.path, left_out.why)).collect()
}

#[test]
fn what_moves_into_a_folder_that_was_listed_is_named() {
    let came = |path: &str| vec![(path.to_owned(), WhyLeftOut::CameLater)];
    // The folder is not walked to its end yet.
    assert_eq!(moved_meanwhile("z/important", "a/important"), came("a/important"));
    // It takes the place of what was read.
    assert_eq!(moved_meanwhile("z/important", "a/big"), came("a/big"));
    // All that is in a folder.
    assert_eq!(
        moved_meanwhile("z", "a/z"),
        [("z".to_owned(), WhyLeftOut::Vanished), ("a/z".to_owned(), WhyLeftOut::CameLater)]
    );
    // What is met where it went is in the backup.
    assert_eq!(moved_meanwhile("a/big", "z/big"), []);
}

#[test]
fn what_comes_to_be_after_the_backup_began_is_no_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("big"), vec![1; 200_000]).unwrap();
    let make = |_: u64, _: Option<u64>| {
        fs::write(folder.path().join("new.part"), b"new").unwrap();
        fs::rename(folder.path().join("new.part"), folder.path().join("new")).unwrap();
    };
    let kit = Kit::new();
    // The clock of file times lags behind by up to a tick; a file of that tick may be an older one.
    let now = Timestamp::now() - jiff::SignedDuration::from_millis(50);
    let source = Source { now, ..kit.source(folder.path(), None) };
    let watch = Watch { progress: &make, ..Watch::idle() };
    let created = backup(&source, &kit.signer, io::sink(), io::sink(), &watch).unwrap();
    assert_eq!(created.summary.omissions.left_out, []);
}

#[test]
fn bad_settings_are_refused_before_anything_is_read() {
    let folder = small_folder();
    let kit = Kit::new();
    let good = kit.source(folder.path(), Some(3));
    let attempt = |source: Source<'_>| {
        backup(&source, &kit.signer, io::sink(), io::sink(), &Watch::idle()).unwrap_err()
    };
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
    let result =
        backup(&kit.source(folder.path(), None), &kit.signer, full, io::sink(), &Watch::idle());
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
