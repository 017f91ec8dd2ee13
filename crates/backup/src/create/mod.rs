mod pack;
mod squeeze;
mod walk;

use crate::formats::Compression;
use crate::keys::Recipient;
use crate::manifest::{self, Entry, LeftOut, MAX_MANIFEST};
use crate::measure::TallyWriter;
use crate::{BackupName, Facts, MAX_ENTRIES, MAX_RECIPIENTS, Manifest, NameError, Refusal, Watch};
use beleg_dsse::{CanonicalError, Envelope, PAYLOAD_TYPE, Signer, canonical_json};
use beleg_model::{ByteCount, Tool};
use jiff::Timestamp;
use pack::Packer;
use squeeze::Squeeze;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use walk::Walk;

/// The greatest level of compression. Higher ones ask restorers for windows above 8 MiB.
pub const MAX_LEVEL: i32 = 19;

/// What to back up, and how.
#[derive(Clone, Copy, Debug)]
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
}

/// A finished backup. The encrypted bytes have gone to the writer.
#[derive(Clone, Debug)]
pub struct Created {
    /// The names that the backup's and the manifest's objects must get.
    pub name: BackupName,
    /// The bytes of the manifest's object: a signed envelope.
    pub manifest: Vec<u8>,
    /// What is in the backup.
    pub summary: Summary,
}

/// What is in a backup, and what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What the manifest says as a whole.
    pub facts: Facts,
    /// What was in the source and is not in the backup, with the reason.
    pub left_out: Vec<LeftOut>,
    /// Files that changed while they were read: what was stored may never have existed.
    pub changed: Vec<String>,
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
    /// An entry cannot be read. A backup without it would pass for a whole one.
    #[error("`{path}` cannot be read")]
    Read {
        /// The path below the source folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// An entry's path or link target cannot be in a backup.
    #[error("`{path}` cannot be in a backup: {refusal}")]
    Path {
        /// The path below the source folder; what is not UTF-8 in it is shown as `�`.
        path: String,
        /// Why.
        refusal: Refusal,
    },
    /// A file became shorter while it was read: bytes would have to be invented.
    #[error("`{0}` became shorter while it was read")]
    Shrunk(String),
    /// There are too many entries for one manifest.
    #[error(
        "there are too many entries for one manifest of {MAX_ENTRIES} entries and {MAX_MANIFEST} bytes"
    )]
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

/// Makes an encrypted backup of a folder: tar, zstd, age, in one pass and with the same memory
/// for any size of file (the manifest's entries are held). Entries are read in the order of their
/// names; links are stored, never followed; nothing outside the folder is read.
///
/// FIFOs, sockets and devices are left out and named in the manifest. A file that grew or was
/// touched while it was read is stored with its first size and named in the manifest. The
/// progress counts bytes of files read.
///
/// # Errors
/// When anything in the folder cannot be read or stored: half a backup is none. The bytes that
/// `out` has taken until then must be thrown away.
pub fn backup(
    source: &Source<'_>,
    signer: &Signer,
    out: impl Write,
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
    let walk = Walk::begin(source.folder)?;
    let recipients = source.recipients.iter().map(Recipient::as_age);
    let ciphertext = TallyWriter::new(out);
    let encrypted = age::Encryptor::with_recipients(recipients)
        .map_err(CreateError::Encrypt)?
        .wrap_output(ciphertext)
        .map_err(CreateError::Write)?;
    let squeezed = Squeeze::new(encrypted, source.compression).map_err(CreateError::Write)?;

    let mut packer = Packer::new(TallyWriter::new(squeezed), watch);
    let (mut entries, left_out) = walk.pack(&mut packer)?;
    let (archive, changed) = packer.finish()?;
    let (squeezed, archive) = archive.into_parts();
    let (mut out, ciphertext) = squeezed
        .finish()
        .and_then(age::stream::StreamWriter::finish)
        .map_err(CreateError::Write)?
        .into_parts();
    out.flush().map_err(CreateError::Write)?;

    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let facts = Facts {
        name: name.clone(),
        recipients: source.recipients.iter().map(Recipient::fingerprint).collect(),
        ciphertext,
        archive,
        entries: entries.len() as u64,
        content: content(&entries),
        root: manifest::root(&entries)?,
        tool: Tool { name: "beleg".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        signer: signer.verifier().name().to_owned(),
    };
    let summary =
        Summary { facts: facts.clone(), left_out: left_out.clone(), changed: changed.clone() };
    let manifest = sign(Manifest { facts, entries, left_out, changed }, signer)?;
    Ok(Created { name, manifest, summary })
}

fn content(entries: &[Entry]) -> ByteCount {
    let sizes = entries.iter().map(|entry| match &entry.kind {
        manifest::EntryKind::File { size, .. } => size.0,
        _ => 0,
    });
    ByteCount(sizes.fold(0, u64::saturating_add))
}

fn sign(manifest: Manifest, signer: &Signer) -> Result<Vec<u8>, CreateError> {
    let payload = canonical_json(&manifest.into_statement())?;
    let bytes = canonical_json(&Envelope::sign(PAYLOAD_TYPE, &payload, signer))?;
    if bytes.len() > MAX_MANIFEST { Err(CreateError::TooMany) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests;
