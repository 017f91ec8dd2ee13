//! Archives whose entries are not those of the manifest, or not safe.

use super::*;
use crate::testing::run;
use crate::{Entries, Entry, EntryKind};
use std::sync::LazyLock;
use tar::{EntryType, Header};

/// A kit and the manifest of a small backup: `a/`, `a/one`, `two` and the link `l -> two`.
static SAMPLE: LazyLock<(Kit, Manifest)> = LazyLock::new(|| {
    let folder = small_folder();
    symlink("two", folder.path().join("l")).unwrap();
    let kit = Kit::new();
    let (_, created) = kit.backup(folder.path(), None);
    let mut manifest = kit.open(&created);
    manifest.entries = changed(&manifest, |entry| (entry.mode, entry.modified) = (0o644, 7));
    (kit, manifest)
});

/// Changes entries, and promises nothing about owners, which forged archives do not have.
fn changed(manifest: &Manifest, change: impl Fn(&mut Entry)) -> Entries {
    let entries = manifest.entries.iter().map(|entry| {
        let mut entry = Entry { owner: None, ..entry.unwrap() };
        change(&mut entry);
        entry
    });
    Entries::in_byte_order(entries.collect())
}

/// An archive in the making, with nothing that a well-behaved writer would refuse.
struct Forge(Vec<u8>);

impl Forge {
    /// The archive that the manifest promises.
    fn whole() -> Self {
        Self(Vec::new())
            .entry(EntryType::Directory, b"a/", b"", b"")
            .entry(EntryType::Regular, b"a/one", b"", b"one")
            .entry(EntryType::Symlink, b"l", b"two", b"")
            .entry(EntryType::Regular, b"two", b"", b"two two")
    }

    fn entry(self, kind: EntryType, path: &[u8], link: &[u8], content: &[u8]) -> Self {
        self.with(kind, path, link, content, |_| ())
    }

    fn with(
        mut self,
        kind: EntryType,
        path: &[u8],
        link: &[u8],
        content: &[u8],
        change: impl FnOnce(&mut Header),
    ) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_mtime(7);
        header.set_size(content.len() as u64);
        header.as_old_mut().name[..path.len()].copy_from_slice(path);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
        change(&mut header);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn restore(mut self) -> (Vec<Difference>, Vec<String>) {
        self.0.resize(self.0.len() + 1024, 0);
        let (kit, manifest) = &*SAMPLE;
        let (ciphertext, manifest) = kit.pose(&self.0, manifest);
        let trial = kit.restore(&ciphertext, &manifest);
        assert!(trial.is_contained());
        let listed = listing(trial.scratch.folder());
        (trial.result.unwrap().differences, listed)
    }

    fn differences(self) -> Vec<Difference> {
        self.restore().0
    }
}

fn refused(path: &str, refusal: Refusal) -> Difference {
    Difference::Refused { path: path.to_owned(), refusal }
}

#[test]
fn the_promised_archive_has_no_difference() {
    let (differences, listed) = Forge::whole().restore();
    assert_eq!(differences, []);
    assert_eq!(listed.len(), 4);
}

/// Each is the promised archive with one hostile entry more.
#[test]
fn every_hostile_entry_is_refused_for_its_reason_and_leaves_nothing() {
    use EntryType as T;
    let long = "n".repeat(256);
    let (_, expected) = Forge::whole().restore();
    for (kind, path, link, refusal) in [
        (T::Regular, "../evil", "", Refusal::ParentFolder),
        (T::Regular, "a/../../evil", "", Refusal::ParentFolder),
        (T::Directory, "..", "", Refusal::ParentFolder),
        (T::Regular, "/tmp/beleg-evil", "", Refusal::Absolute),
        (T::Symlink, "/tmp/beleg-evil", "two", Refusal::Absolute),
        (T::Regular, "./evil", "", Refusal::NotPlain),
        (T::Directory, "./", "", Refusal::NotPlain),
        (T::Regular, "a//evil", "", Refusal::NotPlain),
        (T::Regular, "", "", Refusal::NotPlain),
        (T::Symlink, "out", "/etc/passwd", Refusal::LinkLeavesFolder),
        (T::Symlink, "out", "../x", Refusal::LinkLeavesFolder),
        (T::Symlink, "a/out", "../../x", Refusal::LinkLeavesFolder),
        (T::Link, "hard", "two", Refusal::HardLink),
        (T::Link, "hard", "/etc/passwd", Refusal::HardLink),
        (T::Char, "null", "", Refusal::Device),
        (T::Block, "disk", "", Refusal::Device),
        (T::Fifo, "pipe", "", Refusal::Fifo),
        (T::GNUSparse, "sparse", "", Refusal::Sparse),
        (T::new(b'Q'), "strange", "", Refusal::UnknownType(b'Q')),
        (T::Regular, "TWO", "", Refusal::CaseClash),
        (T::Regular, "A/One", "", Refusal::CaseClash),
        (T::Regular, "two", "", Refusal::Duplicate),
        (T::Directory, "a", "", Refusal::Duplicate),
        (T::Symlink, "two", "a", Refusal::Duplicate),
    ] {
        let forge = Forge::whole().entry(kind, path.as_bytes(), link.as_bytes(), b"");
        let (differences, listed) = forge.restore();
        assert_eq!(differences, [refused(path, refusal)], "{path} -> {link}");
        assert_eq!(listed, expected, "{path} -> {link}");
    }
    let name = [long.as_bytes(), b"\0"].concat();
    let forge = Forge::whole().entry(EntryType::GNULongName, b"L", b"", &name).entry(
        EntryType::Regular,
        b"cut",
        b"",
        b"",
    );
    assert_eq!(forge.differences(), [refused(&long, Refusal::TooLong)]);
    let forge = Forge::whole().entry(EntryType::XHeader, b"x", b"", b"12 path=a\0b\n").entry(
        EntryType::Regular,
        b"cut",
        b"",
        b"",
    );
    assert_eq!(forge.differences(), [refused("a\0b", Refusal::Nul)]);
    let forge = Forge::whole().entry(EntryType::Regular, b"caf\xe9", b"", b"");
    assert_eq!(forge.differences(), [Difference::Extra { path: "caf\0e9".to_owned() }]);
    let forge = Forge::whole().entry(EntryType::Symlink, b"x", b"caf\xe9", b"");
    assert_eq!(forge.differences(), [Difference::Extra { path: "x".to_owned() }]);
}

/// A hostile path with content: the bytes go nowhere, and the next entry is whole.
#[test]
fn the_content_of_a_refused_entry_goes_nowhere() {
    let forge = Forge(Vec::new())
        .entry(EntryType::Directory, b"a/", b"", b"")
        .entry(EntryType::Regular, b"../evil", b"", &[1; 2000])
        .entry(EntryType::Regular, b"a/one", b"", b"one")
        .entry(EntryType::Symlink, b"l", b"two", b"")
        .entry(EntryType::Regular, b"two", b"", b"two two");
    assert_eq!(forge.differences(), [refused("../evil", Refusal::ParentFolder)]);
}

/// The classic: a link first, a file through it after. The manifest promises no such folder.
#[test]
fn a_file_through_a_link_is_not_written() {
    for target in [&b"/tmp"[..], b".", b"a"] {
        let forge = Forge(Vec::new())
            .entry(EntryType::Directory, b"a/", b"", b"")
            .entry(EntryType::Symlink, b"l", target, b"")
            .entry(EntryType::Regular, b"l/evil", b"", b"evil")
            .entry(EntryType::Symlink, b"a/one", b"/tmp", b"")
            .entry(EntryType::Regular, b"a/one/evil", b"", b"evil")
            .entry(EntryType::Regular, b"two", b"", b"two two");
        let (differences, listed) = forge.restore();
        for path in ["l/evil", "a/one/evil"] {
            assert!(differences.contains(&Difference::Extra { path: path.to_owned() }));
        }
        assert!(!listed.iter().any(|line| line.contains("evil")));
    }
    assert!(!Path::new("/tmp/evil").exists());
}

#[test]
fn missing_and_extra_entries_are_named() {
    let forge = Forge(Vec::new())
        .entry(EntryType::Directory, b"a/", b"", b"")
        .entry(EntryType::Symlink, b"l", b"two", b"")
        .entry(EntryType::Regular, b"two", b"", b"two two")
        .entry(EntryType::Regular, b"three", b"", b"3")
        .entry(EntryType::Directory, b"b/", b"", b"");
    let (differences, listed) = forge.restore();
    assert_eq!(
        differences,
        [
            Difference::Missing { path: "a/one".to_owned() },
            Difference::Extra { path: "b".to_owned() },
            Difference::Extra { path: "three".to_owned() },
        ]
    );
    assert_eq!(listed.len(), 3);
}

#[test]
fn an_archive_with_nothing_in_it_misses_everything() {
    let differences = Forge(Vec::new()).differences();
    assert_eq!(differences.len(), 4);
    assert!(differences.iter().all(|d| matches!(d, Difference::Missing { .. })));
}

#[test]
fn every_attribute_that_differs_is_named() {
    let forge = Forge(Vec::new())
        .with(EntryType::Directory, b"a/", b"", b"", |header| header.set_mode(0o755))
        .with(EntryType::Regular, b"a/one", b"", b"ONE", |header| header.set_mtime(8))
        .entry(EntryType::Symlink, b"l", b"a", b"")
        .entry(EntryType::Regular, b"two", b"", b"two two ");
    let (differences, listed) = forge.restore();
    assert_eq!(
        differences,
        [
            Difference::Size { path: "two".to_owned(), promised: 7, found: 8 },
            Difference::Digest {
                path: "a/one".to_owned(),
                promised: Measure::of(b"one").digest,
                found: Measure::of(b"ONE").digest,
            },
            Difference::Mode { path: "a".to_owned(), promised: 0o644, found: 0o755 },
            Difference::Modified { path: "a/one".to_owned(), promised: 7, found: 8 },
            Difference::Target {
                path: "l".to_owned(),
                promised: "two".to_owned(),
                found: "a".to_owned(),
            },
        ]
    );
    assert_eq!(listed.len(), 2);
}

#[test]
fn an_entry_of_another_kind_is_named_and_not_made() {
    let forge = Forge(Vec::new())
        .entry(EntryType::Regular, b"a", b"", b"")
        .entry(EntryType::Directory, b"a/one", b"", b"")
        .entry(EntryType::Fifo, b"l", b"", b"")
        .entry(EntryType::Symlink, b"two", b"a", b"");
    let (differences, listed) = forge.restore();
    let kind =
        |path: &str, promised, found| Difference::Kind { path: path.to_owned(), promised, found };
    assert_eq!(
        differences,
        [
            kind("a", "directory", "file"),
            kind("a/one", "file", "directory"),
            kind("two", "file", "symlink"),
            refused("l", Refusal::Fifo),
        ]
    );
    assert_eq!(listed, ["a/"]);
}

/// `tar` restores these files with wrong content and says nothing.
#[test]
fn a_sparse_file_of_gnu_tar_is_refused_and_not_restored_wrong() {
    let folder = small_folder();
    let path = folder.path().join("two");
    let sparse = fs::File::create(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"data", 1_000_000).unwrap();
    let kit = Kit::new();
    let (_, created) = kit.backup(folder.path(), None);
    let manifest = kit.open(&created);
    for format in ["--format=posix", "--format=gnu"] {
        let archive = run("tar", &["-cSf", "-", format, "a", "two"], folder.path());
        let (ciphertext, manifest) = kit.pose(&archive, &manifest);
        let trial = kit.restore(&ciphertext, &manifest);
        let found = trial.result.as_ref().unwrap();
        let refused: Vec<&Difference> = found
            .differences
            .iter()
            .filter(|d| matches!(d, Difference::Refused { refusal: Refusal::Sparse, .. }))
            .collect();
        assert_eq!(refused.len(), 1, "{format}: {:?}", found.differences);
        assert!(!trial.scratch.folder().join("two").exists());
    }
}

#[test]
fn an_archive_of_gnu_tar_with_the_promised_entries_is_equal() {
    let folder = small_folder();
    symlink("two", folder.path().join("l")).unwrap();
    let kit = Kit::new();
    let (_, created) = kit.backup(folder.path(), Some(3));
    let manifest = kit.open(&created);
    for format in ["--format=posix", "--format=gnu", "--format=ustar"] {
        let archive =
            run("tar", &["-cf", "-", "--numeric-owner", format, "a", "l", "two"], folder.path());
        let (ciphertext, manifest) = kit.pose(&archive, &manifest);
        let restored = kit.restore(&ciphertext, &manifest).result.unwrap();
        assert_eq!((restored.differences.as_slice(), restored.equal), (&[][..], 4), "{format}");
    }
}

/// A promise that the archive keeps in its header and breaks in its content.
#[test]
fn a_promised_size_above_what_comes_is_truncated() {
    let (kit, manifest) = &*SAMPLE;
    let mut manifest = manifest.clone();
    manifest.entries = changed(&manifest, |entry| {
        if let EntryKind::File { size, .. } = &mut entry.kind {
            *size = ByteCount(1 << 40);
        }
    });
    let forge = Forge(Vec::new()).with(EntryType::Regular, b"two", b"", b"two two", |header| {
        header.set_size(1 << 40);
    });
    let (ciphertext, manifest) = kit.pose(&forge.0, &manifest);
    let trial = kit.restore(&ciphertext, &manifest);
    let error = trial.result.as_ref().unwrap_err();
    assert!(matches!(error.cause, Cause::Archive(_)), "{}", error.cause);
    assert!(trial.read("two").len() < 2000);
}
