//! Files on this machine: a folder's, listed and hashed; one file as content.

use beleg_model::Digest;
use sha2::{Digest as _, Sha256, Sha512};
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The most files and folders that a folder may hold.
const MOST_ENTRIES: usize = 20_000;
const DEEPEST: usize = 16;
const BUFFER: usize = 256 << 10;

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct HashedFile {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Its SHA-256.
    pub(crate) sha256: Digest,
    /// Its SHA-512.
    pub(crate) sha512: Digest,
    /// The device and the inode that it was read from: two names of one file have the same.
    pub(crate) inode: (u64, u64),
}

/// Everything in a folder, by its name relative to it.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) files: BTreeMap<String, HashedFile>,
    /// What is no plain file: links, sockets, devices; by name, with what it is.
    pub(crate) others: BTreeMap<String, &'static str>,
}

/// Says why a folder could not be taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("`{0}` cannot be read")]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("the folder holds more than {MOST_ENTRIES} entries, or is deeper than {DEEPEST}")]
    TooMuch,
    #[error("`{0}` has a name that is no Unicode text")]
    Name(PathBuf),
    #[error("cancelled")]
    Cancelled,
}

impl Folder {
    /// Lists and hashes the files below `root`. Links are not followed: what they lead to is not
    /// what goes out.
    pub(crate) fn read(root: &Path, cancelled: &dyn Fn() -> bool) -> Result<Self, FolderError> {
        let mut folder = Self::default();
        folder.descend(root, "", 0, cancelled)?;
        Ok(folder)
    }

    fn descend(
        &mut self,
        folder: &Path,
        prefix: &str,
        depth: usize,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), FolderError> {
        if depth > DEEPEST {
            return Err(FolderError::TooMuch);
        }
        let unreadable = |error| FolderError::Unreadable(folder.to_owned(), error);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| FolderError::Name(path.clone()))?;
            let name = format!("{prefix}{name}");
            if self.files.len().saturating_add(self.others.len()) >= MOST_ENTRIES {
                return Err(FolderError::TooMuch);
            }
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                let below = format!("{name}/");
                self.descend(&path, &below, depth.saturating_add(1), cancelled)?;
            } else if kind.is_file() {
                let file = hash(&path, cancelled)?;
                self.files.insert(name, file);
            } else {
                let what = if kind.is_symlink() { "a symbolic link" } else { "no plain file" };
                self.others.insert(name, what);
            }
        }
        Ok(())
    }
}

/// Hashes one file of any size.
pub(crate) fn hash(path: &Path, cancelled: &dyn Fn() -> bool) -> Result<HashedFile, FolderError> {
    let unreadable = |error| FolderError::Unreadable(path.to_owned(), error);
    // Whoever opens a pipe waits for somebody to write to it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        let kind = io::ErrorKind::InvalidInput;
        return Err(unreadable(io::Error::new(kind, "it is no plain file")));
    }
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut buffer = vec![0; BUFFER];
    let mut size = 0u64;
    loop {
        if cancelled() {
            return Err(FolderError::Cancelled);
        }
        let read = file.read(&mut buffer).map_err(unreadable)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        sha256.update(bytes);
        sha512.update(bytes);
        size = size.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok(HashedFile {
        path: path.to_owned(),
        size,
        sha256: Digest::sha256(sha256.finalize().into()),
        sha512: Digest::sha512(sha512.finalize().into()),
        inode: (metadata.dev(), metadata.ino()),
    })
}
