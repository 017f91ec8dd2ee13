//! Which signatures fitted in earlier runs, in a file. Trust is never kept: keys expire and are
//! revoked, and policies change.

use beleg_trust::ResultCache;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const HEADER: &[u8] = b"beleg signature cache v1\n";
/// What the header of every version begins with.
const ANY_HEADER: &[u8] = b"beleg signature cache ";
/// A key and its entry.
const RECORD: usize = KEY + ENTRY;
const KEY: usize = 32;
const ENTRY: usize = 17;
/// The most signatures that are remembered: some 50 MB.
const MOST: usize = 1_000_000;

type Key = [u8; KEY];
type Entry = [u8; ENTRY];

/// The cache of one run. Whoever can write its file can make a forged signature fit: it must be
/// protected as well as the trust files.
#[derive(Debug)]
pub(crate) struct FileCache {
    path: PathBuf,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    known: BTreeMap<Key, Entry>,
    is_changed: bool,
}

impl FileCache {
    /// Reads the file. One that is absent is empty; one that is damaged, or of another version, is
    /// begun anew.
    ///
    /// # Errors
    /// When it is there and cannot be read, is no regular file, or is no cache at all.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let most = u64::try_from(HEADER.len().saturating_add(MOST.saturating_mul(RECORD)));
        match std::fs::metadata(path) {
            // A pipe would never end.
            Ok(metadata) if !metadata.is_file() => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no regular file"));
            }
            Ok(_) => {
                File::open(path)?.take(most.unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // It would be replaced at the end: somebody's keys, by a slip of the hand.
        if !bytes.is_empty() && !bytes.starts_with(ANY_HEADER) {
            let error = io::Error::new(io::ErrorKind::InvalidData, "it is no cache of beleg's");
            return Err(error);
        }
        let records = bytes.strip_prefix(HEADER).unwrap_or_default();
        let record = |record: &[u8]| {
            let (key, entry) = record.split_first_chunk::<KEY>()?;
            Some((*key, entry.try_into().ok()?))
        };
        let known = records.chunks_exact(RECORD).filter_map(record).collect();
        let entries = Mutex::new(Entries { known, is_changed: false });
        Ok(Self { path: path.to_owned(), entries })
    }

    /// Writes the file anew, if anything was added: whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn save(&self) -> io::Result<()> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.is_changed {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{}.new", std::process::id()));
        let new = PathBuf::from(name);
        let write = || {
            let mut file = io::BufWriter::new(File::create(&new)?);
            file.write_all(HEADER)?;
            for (key, entry) in &entries.known {
                file.write_all(key)?;
                file.write_all(entry)?;
            }
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            std::fs::rename(&new, &self.path)
        };
        write().inspect_err(|_| {
            // What is left of a failed write is of no use to anybody.
            let _ = std::fs::remove_file(&new);
        })
    }
}

impl ResultCache for FileCache {
    fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.known.get(key).map(|entry| entry.to_vec())
    }

    fn put(&self, key: &Key, entry: &[u8]) {
        let Ok(entry) = entry.try_into() else { return };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.known.len() < MOST {
            entries.known.insert(*key, entry);
            entries.is_changed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn what_was_put_is_there_in_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/cache");
        let cache = FileCache::open(&path).unwrap();
        cache.save().unwrap();
        assert!(!path.exists(), "nothing was added");
        cache.put(&[1; KEY], &[2; ENTRY]);
        cache.put(&[3; KEY], b"short");
        cache.save().unwrap();
        let again = FileCache::open(&path).unwrap();
        assert_eq!(again.get(&[1; KEY]).unwrap(), [2; ENTRY]);
        assert_eq!(again.get(&[3; KEY]), None);
        assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [&pipe, folder.path(), std::path::Path::new("/dev/null")] {
            assert!(FileCache::open(path).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn a_file_that_is_no_cache_is_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allowed_signers");
        std::fs::write(&path, "ann@example.org ssh-ed25519 AAAA\n").unwrap();
        assert!(FileCache::open(&path).is_err());
    }

    #[test]
    fn a_damaged_file_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        for bytes in [&b"beleg signature cache v9\nother"[..], b"", b"beleg signature cache v1\nxx"]
        {
            std::fs::write(&path, bytes).unwrap();
            let cache = FileCache::open(&path).unwrap();
            assert_eq!(cache.get(&[1; KEY]), None);
            cache.put(&[1; KEY], &[2; ENTRY]);
            cache.save().unwrap();
            assert!(FileCache::open(&path).unwrap().get(&[1; KEY]).is_some());
        }
    }
}
