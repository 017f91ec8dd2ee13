use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Holds a project's run lock until dropped. The system releases it when the process dies,
/// however it dies.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// Says why the lock was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another run holds it.
    #[error("another run of this project is under way (it holds `{0}`, which names its process)")]
    Held(PathBuf),
    /// The lock file cannot be made.
    #[error("the lock file `{path}` cannot be used")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

impl RunLock {
    /// Takes the lock file at `path`, creating it and its folder, without waiting.
    ///
    /// # Errors
    /// When another process holds the lock, or the file cannot be made.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(unusable)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // The process id is for the person who wonders; nothing reads it.
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_does_not_get_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/lock");
        let first = RunLock::take(&path).unwrap();
        assert!(matches!(RunLock::take(&path), Err(LockError::Held(_))));
        drop(first);
        RunLock::take(&path).unwrap();
    }
}
