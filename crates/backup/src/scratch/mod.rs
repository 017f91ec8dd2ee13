use crate::beneath::Beneath;
use rustix::fs::{FlockOperation, flock};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

const PREFIX: &str = "beleg-scratch-";
/// How often a folder is made anew that a sweep took away before it was marked.
const ATTEMPTS: u32 = 5;
const MARKER: &str = "beleg-scratch.marker";
const UNREADY_MARKER: &str = "beleg-scratch.marker.new";
const MARKER_TEXT: &str = "A restore test of beleg writes here. Its owner holds a lock on this \
                           file; without one, `beleg` wipes the folder at its next run.\n";
const DATA: &str = "data";
const PROBE: &str = "probe";
const PRIVATE: u32 = 0o700;

/// A folder for restored plaintext, private to the user, that is deleted when the restore test
/// ends, however it ends.
///
/// A process that is killed leaves it behind; [`Scratch::sweep`] finds it by its marker file. A
/// running process holds a lock (flock(2)) on the marker, which the kernel lets go with the
/// process.
///
/// Deleting is not erasing. On a solid-state disk, a copy-on-write or a journalling file system,
/// overwriting proves nothing, so none is done. Put scratch on a tmpfs without swap, or on a
/// disk whose key is destroyed afterwards, and record that.
#[derive(Debug)]
pub struct Scratch {
    root: PathBuf,
    data: PathBuf,
    medium: Disposal,
    /// Held for its lock; empty once wiped.
    marker: Option<File>,
}

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wiped {
    /// How many files and links.
    pub files: u64,
    /// The sum of the files' lengths.
    pub bytes: u64,
    /// What the deletion amounts to.
    pub how: Disposal,
}

/// What the deletion of scratch amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposal {
    /// Removed from a tmpfs: gone, unless it was swapped out.
    RemovedFromMemory,
    /// Removed from a disk and not overwritten, which would prove nothing. Gone when the disk's
    /// key is.
    RemovedFromDisk,
}

impl Disposal {
    /// Returns the word that evidence uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::RemovedFromMemory => "removed-from-memory",
            Self::RemovedFromDisk => "removed-from-disk",
        }
    }
}

/// What a sweep did about folders of killed runs.
#[derive(Debug, Default)]
pub struct Swept {
    /// Folders that were wiped.
    pub wiped: Vec<(PathBuf, Wiped)>,
    /// Folders whose owner is running.
    pub in_use: Vec<PathBuf>,
    /// Folders with a scratch folder's name, no marker and something in them: they are left alone.
    pub unmarked: Vec<PathBuf>,
    /// Folders that could not be wiped.
    pub failed: Vec<ScratchError>,
}

/// Says what went wrong with a scratch folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// It could not be made.
    #[error("no scratch folder can be made in `{path}`")]
    Create {
        /// The folder it should have been in.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It could not be deleted: plaintext may be left in it.
    #[error("the scratch folder `{path}` could not be wiped")]
    Wipe {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder with scratch folders could not be read.
    #[error("`{path}` could not be searched for scratch folders")]
    Sweep {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Scratch {
    /// Makes a new scratch folder with mode 0700 and a unique name inside `parent`, which must
    /// exist.
    ///
    /// # Errors
    /// When it cannot be made there, or the file system has no locks.
    pub fn create(parent: &Path) -> Result<Self, ScratchError> {
        let refuse = |source| ScratchError::Create { path: parent.to_owned(), source };
        let mut attempts = ATTEMPTS;
        let (made, marker) = loop {
            let made = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(fs::Permissions::from_mode(PRIVATE))
                .tempdir_in(parent)
                .map_err(refuse)?;
            match mark(made.path()) {
                Ok(marker) => break (made, marker),
                // A sweep took the folder, not marked yet, for one that was left behind.
                Err(error)
                    if attempts > 0
                        && [io::ErrorKind::NotFound, io::ErrorKind::WouldBlock]
                            .contains(&error.kind()) =>
                {
                    attempts = attempts.saturating_sub(1);
                }
                Err(error) => return Err(refuse(error)),
            }
        };
        let root = made.path().to_owned();
        let data = root.join(DATA);
        make_private(&data).map_err(refuse)?;
        let medium = medium(&marker);
        // From here on the marker answers for the folder.
        let _ = made.keep();
        Ok(Self { root, data, medium, marker: Some(marker) })
    }

    /// Returns the folder that restored files are below.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.data
    }

    /// Makes the folder in which a probe opens a file, apart from the files around it.
    pub(crate) fn probe_folder(&self) -> io::Result<PathBuf> {
        let folder = self.root.join(PROBE);
        remove(&folder)?;
        make_private(&folder)?;
        Ok(folder)
    }

    /// Deletes everything, follows no link doing so, and looks whether it is gone.
    ///
    /// # Errors
    /// When something is left; the marker then stays, so that a sweep can try again.
    pub fn wipe(mut self) -> Result<Wiped, ScratchError> {
        let wiped = wipe(&self.root, self.medium);
        if wiped.is_ok() {
            self.marker = None;
        }
        wiped
    }

    /// Wipes the scratch folders in `parent` whose process is gone. Folders of running processes
    /// stay, and so does everything that has no marker. A `parent` that does not exist has none.
    ///
    /// # Errors
    /// When `parent` cannot be read. What went wrong with one folder is in [`Swept::failed`].
    pub fn sweep(parent: &Path) -> Result<Swept, ScratchError> {
        let refuse = |source| ScratchError::Sweep { path: parent.to_owned(), source };
        let mut swept = Swept::default();
        let folders = match fs::read_dir(parent) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(swept),
            folders => folders.map_err(refuse)?,
        };
        let mut found = Vec::new();
        for folder in folders {
            let folder = folder.map_err(refuse)?;
            let named = folder.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
            if named && folder.file_type().map_err(refuse)?.is_dir() {
                found.push(folder.path());
            }
        }
        found.sort();
        for root in found {
            swept.one(root);
        }
        Ok(swept)
    }
}

impl Drop for Scratch {
    /// Plaintext must not outlive an error or a panic. What fails here is found by a sweep.
    fn drop(&mut self) {
        if self.marker.is_some() {
            let _ = wipe(&self.root, self.medium);
        }
    }
}

impl Swept {
    fn one(&mut self, root: PathBuf) {
        let marker = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(root.join(MARKER));
        let marker = match marker {
            Ok(marker) => marker,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Its process was killed before it had marked the folder, or marks it right now
                // and then makes another. Nothing is restored before; only such a one is removed.
                discard_unready_marker(&root);
                if fs::remove_dir(&root).is_err() {
                    self.unmarked.push(root);
                }
                return;
            }
            Err(source) => {
                self.failed.push(ScratchError::Wipe { path: root, source });
                return;
            }
        };
        match flock(&marker, FlockOperation::NonBlockingLockExclusive) {
            // Another sweep has wiped it meanwhile.
            Ok(()) if marker.metadata().is_ok_and(|metadata| metadata.nlink() == 0) => {}
            Ok(()) => match wipe(&root, medium(&marker)) {
                Ok(wiped) => self.wiped.push((root, wiped)),
                Err(error) => self.failed.push(error),
            },
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => self.in_use.push(root),
            Err(error) => {
                self.failed.push(ScratchError::Wipe { path: root, source: error.into() });
            }
        }
    }
}

/// Deletes a marker that has no name yet, unless its owner is at work on it.
fn discard_unready_marker(root: &Path) {
    let path = root.join(UNREADY_MARKER);
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(&path);
    let Ok(marker) = opened else { return };
    if flock(&marker, FlockOperation::NonBlockingLockExclusive).is_ok() {
        // What is left then keeps the folder, and that is said.
        let _ = fs::remove_file(path);
    }
}

/// Writes the marker and locks it before it gets its name: nobody ever sees an unlocked marker of
/// a running process.
fn mark(root: &Path) -> io::Result<File> {
    let unready = root.join(UNREADY_MARKER);
    let mut marker = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unready)?;
    flock(&marker, FlockOperation::NonBlockingLockExclusive)?;
    marker.write_all(MARKER_TEXT.as_bytes())?;
    fs::rename(unready, root.join(MARKER))?;
    Ok(marker)
}

fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(PRIVATE).create(folder)
}

/// Deletes the content first and the marker after it, so that a wipe that is killed can be
/// finished by a sweep.
fn wipe(root: &Path, how: Disposal) -> Result<Wiped, ScratchError> {
    let refuse = |source| ScratchError::Wipe { path: root.to_owned(), source };
    let mut wiped = Wiped { files: 0, bytes: 0, how };
    // What could not be counted is deleted all the same.
    let counted = count(&root.join(DATA), &mut wiped);
    for entry in fs::read_dir(root).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        if entry.file_name() != OsStr::new(MARKER) {
            remove(&entry.path()).map_err(refuse)?;
        }
    }
    remove(&root.join(MARKER)).map_err(refuse)?;
    fs::remove_dir(root).map_err(refuse)?;
    match fs::symlink_metadata(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (),
        Err(source) => return Err(refuse(source)),
        Ok(_) => return Err(refuse(io::Error::other("it is still there"))),
    }
    counted.map(|()| wiped).map_err(refuse)
}

/// Deletes a file, a link, or a folder with everything in it. The standard library's
/// `remove_dir_all` does not follow links, not even ones that appear meanwhile.
fn remove(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if found.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

fn count(folder: &Path, wiped: &mut Wiped) -> io::Result<()> {
    let folder = match Beneath::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folder => folder?,
    };
    let mut ahead = vec![String::new()];
    while let Some(path) = ahead.pop() {
        for name in folder.names(&path)? {
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            let found = folder.pin(&path)?.metadata()?;
            if found.is_dir() {
                ahead.push(path);
            } else {
                wiped.files = wiped.files.saturating_add(1);
                let length = if found.is_file() { found.size() } else { 0 };
                wiped.bytes = wiped.bytes.saturating_add(length);
            }
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn medium(marker: &File) -> Disposal {
    // The numbers are those of tmpfs and ramfs (statfs(2)).
    match rustix::fs::fstatfs(marker).map(|found| found.f_type) {
        Ok(0x0102_1994 | 0x8584_58f6) => Disposal::RemovedFromMemory,
        _ => Disposal::RemovedFromDisk,
    }
}

#[cfg(not(target_os = "linux"))]
fn medium(_marker: &File) -> Disposal {
    Disposal::RemovedFromDisk
}

#[cfg(test)]
mod tests;
