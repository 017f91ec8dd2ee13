mod exclude;
mod late;
mod pack;
mod squeeze;
mod walk;

use crate::formats::Compression;
use crate::keys::Recipient;
use crate::manifest::{self, EntryWriter, Head, Omissions, Unwritten};
use crate::measure::TallyWriter;
use crate::{BackupName, Facts, MAX_ENTRIES, MAX_RECIPIENTS, NameError, Watch};
use beleg_dsse::{CanonicalError, Signer};
use beleg_model::Tool;
use jiff::Timestamp;
use pack::Packer;
use squeeze::Squeeze;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use walk::Walk;

pub use exclude::{Exclusion, PatternError};

/// The greatest level of compression. Higher ones ask restorers for windows above 8 MiB.
pub const MAX_LEVEL: i32 = 19;

/// A user or a group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// A user.
    User(u32),
    /// A group.
    Group(u32),
}

/// What to back up, and how.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The folder whose content is backed up.
    pub folder: &'a Path,
    /// The backup's name, as [`BackupName::new`] takes it.
    pub name: &'a str,
    /// The instant that counts as the backup's age: when it begins.
    pub now: Timestamp,
    /// Who can open it.
    pub recipients: &'a [Recipient],
    /// The zstd level from 1 to [`MAX_LEVEL`], or `None` to leave the archive as it is.
    pub compression: Option<i32>,
    /// What to leave out.
    pub exclude: &'a [Exclusion],
    /// Whether to leave out what lies on other file systems than the folder itself.
    pub one_file_system: bool,
    /// Whether a folder without any file or link is meant. An unmounted disk looks like that.
    pub allow_empty: bool,
    /// Tells the name of a user or group of the machine, where it has one.
    pub account_name: &'a dyn Fn(Account) -> Option<String>,
}

/// A finished backup. The encrypted bytes and the entries have gone to their writers.
#[derive(Clone, Debug)]
pub struct Created {
    /// The names that the backup's and the manifest's objects must get.
    pub name: BackupName,
    /// The beginning of the manifest's object, a signed envelope in a line. The entries, as they
    /// were written, are the rest.
    pub manifest: Vec<u8>,
    /// What is in the backup.
    pub summary: Summary,
}

/// What is in a backup, and what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What the manifest says as a whole.
    pub facts: Facts,
    /// What was in the source and is not in the backup, or not as it was.
    pub omissions: Omissions,
    /// Patterns of exclusion that matched nothing.
    pub unused_exclusions: Vec<String>,
}

/// Says why no backup was made. What was written until then is no backup.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The name cannot name a backup.
    #[error("the backup's name is refused")]
    Name(#[from] NameError),
    /// Nobody could open the backup, or too many could.
    #[error("a backup needs 1 to {MAX_RECIPIENTS} recipients, not {0}")]
    Recipients(usize),
    /// The level is none of zstd's.
    #[error("the compression level {0} is not between 1 and {MAX_LEVEL}")]
    Level(i32),
    /// The source folder cannot be opened.
    #[error("the source folder `{path}` cannot be opened")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no file and no link in the source folder, and nobody said that this is meant.
    #[error("there is nothing to back up in `{path}`")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// There are too many entries for one manifest.
    #[error("there are more than {MAX_ENTRIES} entries, the limit of one backup")]
    TooMany,
    /// Encryption could not begin.
    #[error("encryption cannot begin")]
    Encrypt(#[source] age::EncryptError),
    /// The encrypted bytes could not be written.
    #[error("the backup cannot be written")]
    Write(#[source] io::Error),
    /// The manifest has no canonical form.
    #[error("the manifest cannot be written")]
    Manifest(#[from] CanonicalError),
    /// The caller wished to stop.
    #[error("the backup was cancelled")]
    Cancelled,
}

/// Makes an encrypted backup of a folder: tar, zstd, age, in one pass. The archive goes to `out`,
/// the manifest's entries to `entries`, so that memory depends on neither the size nor the number
/// of files, but for the names of the folders, eight bytes for each name in them, and the first name
/// of each file that has several. Entries are read in the order of their names; links are stored, never followed;
/// nothing outside the folder is read.
///
/// FIFOs, sockets and devices hold no data: they are left out and named in the manifest. So are
/// files that cannot be read or vanish, and what was moved into a folder after that had been listed,
/// so that it is nowhere in the backup. A file that somebody wrote to while it was read is stored
/// with its first size, zeros for what was cut off, and named. The progress counts bytes of files
/// read.
///
/// # Errors
/// When the folder itself cannot be read, holds nothing, or the backup cannot be written. What the
/// writers have taken until then must be thrown away.
pub fn backup(
    source: &Source<'_>,
    signer: &Signer,
    out: impl Write,
    entries: impl Write,
    watch: &Watch<'_>,
) -> Result<Created, CreateError> {
    let compression = match source.compression {
        None => Compression::None,
        Some(1..=MAX_LEVEL) => Compression::Zstd,
        Some(level) => return Err(CreateError::Level(level)),
    };
    let name = BackupName::new(source.name, source.now, compression)?;
    if source.recipients.is_empty() || source.recipients.len() > MAX_RECIPIENTS {
        return Err(CreateError::Recipients(source.recipients.len()));
    }
    let mut walk = Walk::begin(source)?;
    let recipients = source.recipients.iter().map(Recipient::as_age);
    let ciphertext = TallyWriter::new(out);
    let encrypted = age::Encryptor::with_recipients(recipients)
        .map_err(CreateError::Encrypt)?
        .wrap_output(ciphertext)
        .map_err(CreateError::Write)?;
    let squeezed = Squeeze::new(encrypted, source.compression).map_err(CreateError::Write)?;

    let mut packer = Packer::new(TallyWriter::new(squeezed), watch);
    let mut entries = EntryWriter::new(entries);
    walk.pack(&mut packer, &mut entries)?;
    if !walk.has_content && !source.allow_empty {
        return Err(CreateError::Empty { path: source.folder.to_owned() });
    }
    let (squeezed, archive) = packer.finish()?.into_parts();
    let (mut out, ciphertext) = squeezed
        .finish()
        .and_then(age::stream::StreamWriter::finish)
        .map_err(CreateError::Write)?
        .into_parts();
    out.flush().map_err(CreateError::Write)?;

    let written = entries.finish().map_err(CreateError::Write)?;
    let facts = Facts {
        name: name.clone(),
        recipients: source.recipients.iter().map(Recipient::fingerprint).collect(),
        ciphertext,
        archive,
        entries: written.count,
        content: written.content,
        root: written.lines.digest.clone(),
        tool: Tool { name: "beleg".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        signer: signer.verifier().name().to_owned(),
    };
    let omissions = walk.gathered.finish();
    let summary = Summary {
        facts: facts.clone(),
        omissions: omissions.clone(),
        unused_exclusions: walk.exclusions.unused(),
    };
    let manifest = manifest::sign(Head { facts, lines: written.lines, omissions }, signer)?;
    Ok(Created { name, manifest, summary })
}

impl From<Unwritten> for CreateError {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::TooMany => Self::TooMany,
            Unwritten::Canonical(error) => Self::Manifest(error),
            Unwritten::Io(error) => Self::Write(error),
        }
    }
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
