//! Where a result is written: made sure of before the work begins, so that no verdict is lost to a
//! folder that is not there.

use crate::exit::UsageError;
use crate::output;
use anyhow::Context as _;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// A place for a result. A file that is made for it and not written goes again.
pub(crate) struct Destination(Option<Opened>);

struct Opened {
    path: PathBuf,
    file: File,
    is_new: bool,
    is_written: bool,
}

impl Destination {
    /// Opens `file` for writing, or standard output where there is none. What it holds stays until
    /// the result is written.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, UsageError> {
        let Some(path) = file else { return Ok(Self(None)) };
        let is_new = !path.exists();
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| {
            UsageError(format!("`{}` cannot be written: {error}", path.display()))
        })?;
        Ok(Self(Some(Opened { path: path.to_owned(), file, is_new, is_written: false })))
    }

    /// Empties the file, so that no earlier result is taken for the one to come, should that never
    /// come.
    pub(crate) fn emptied(self) -> Result<Self, UsageError> {
        match &self.0 {
            Some(opened) => {
                opened.empty().map(|()| self).map_err(|error| UsageError(error.to_string()))
            }
            None => Ok(self),
        }
    }

    /// Writes the result.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match &mut self.0 {
            None => output::result(bytes, None),
            Some(opened) => {
                let failed = format!("`{}` could not be written", opened.path.display());
                opened.write(bytes).context(failed)
            }
        }
    }

    /// Says whether it is a file.
    pub(crate) fn is_file(&self) -> bool {
        self.0.is_some()
    }
}

impl Opened {
    fn empty(&self) -> std::io::Result<()> {
        // A device or a pipe has nothing to empty.
        if self.file.metadata()?.is_file() { self.file.set_len(0) } else { Ok(()) }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
            self.file.rewind()?;
        }
        self.file.write_all(bytes)?;
        self.file.flush()?;
        self.is_written = true;
        Ok(())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.is_new && !self.is_written {
            // It stays empty where it cannot be removed.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
