//! What came into folders after they had been listed: moved there from where the walk had not been
//! yet, it is in neither list, and would be in no backup although it was there all the time.

use crate::beneath::Beneath;
use jiff::Timestamp;
use std::collections::hash_map::DefaultHasher;
use std::fs::Metadata;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::SystemTime;

/// How exact the times of a file system may be. A folder that changed as shortly before it was
/// listed may have changed again with the same time.
const GRAIN: i64 = 2;

/// The folders as they were when they were listed. For each name it holds eight bytes.
pub(super) struct Folders {
    /// When the backup began.
    begun: Timestamp,
    listed: Vec<Listed>,
}

struct Listed {
    path: String,
    state: State,
    /// Of each name with what it names, sorted.
    marks: Vec<u64>,
}

type State = (u64, u64, i64, i64, i64, i64);

impl Folders {
    pub(super) fn new(begun: Timestamp) -> Self {
        Self { begun, listed: Vec::new() }
    }

    /// Lists a folder, and keeps what it was.
    pub(super) fn list(&mut self, folder: &Beneath, path: &str) -> io::Result<Vec<String>> {
        let (before, names) = folder.listed(path)?;
        let mut marks: Vec<u64> = names.iter().map(mark).collect();
        marks.sort_unstable();
        self.listed.push(Listed { path: path.to_owned(), state: state(&before), marks });
        Ok(names.into_iter().map(|(name, _)| name).collect())
    }

    /// Returns the paths of what has come since, in folders that are still there. What came to be
    /// after the backup had begun is no part of it.
    pub(super) fn came_later(&self, folder: &Beneath) -> Vec<String> {
        let mut came = Vec::new();
        for listed in &self.listed {
            // One that is gone was read; wherever it went, it came.
            let Ok((now, names)) = folder.listed(&listed.path) else { continue };
            if state(&now) == listed.state && !self.may_have_changed_unseen(&now) {
                continue;
            }
            let is_known = |named: &(String, u64)| listed.marks.binary_search(&mark(named)).is_ok();
            let new = names.into_iter().filter(|named| !is_known(named));
            let paths = new.map(|(name, _)| super::walk::join(&listed.path, &name));
            came.extend(paths.filter(|path| self.was_there_before(folder, path)));
        }
        came.sort_unstable();
        came
    }

    fn may_have_changed_unseen(&self, found: &Metadata) -> bool {
        found.ctime().saturating_add(GRAIN) >= self.begun.as_second()
    }

    /// Says whether something that came may be older than the backup. A file that was both made and
    /// written since is not; of a folder, what is in it may be. A pipe, socket or device holds no
    /// data.
    fn was_there_before(&self, folder: &Beneath, path: &str) -> bool {
        let Ok(found) = folder.pin(path).and_then(|pinned| pinned.metadata()) else {
            return false;
        };
        let kind = found.file_type();
        if kind.is_dir() {
            return true;
        }
        let begun = SystemTime::from(self.begun);
        let is_new = |time: io::Result<SystemTime>| time.is_ok_and(|time| time > begun);
        (kind.is_file() || kind.is_symlink())
            && !(is_new(found.created()) && is_new(found.modified()))
    }
}

fn state(found: &Metadata) -> State {
    let times = (found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec());
    (found.dev(), found.ino(), times.0, times.1, times.2, times.3)
}

fn mark(named: &(String, u64)) -> u64 {
    let mut hasher = DefaultHasher::new();
    named.hash(&mut hasher);
    hasher.finish()
}
