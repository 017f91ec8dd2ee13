//! OSV records (schema 1.x) in a zip archive, as in OSV's public bucket: `<ecosystem>/all.zip`.

mod record;
mod severity;
#[cfg(test)]
mod tests;

pub(crate) use severity::assess_vector;

use crate::scope::Scope;
use crate::sources::intake::{Intake, Record};
use crate::sources::{Limits, Source, SourceError};
use beleg_ecosystem::Registry;
use beleg_model::{ByteCount, Digest};
use sha2::{Digest as _, Sha256};
use std::io::{self, Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// How many unpacked bytes are parsed at a time. Unpacking and parsing by turns would leave a hole
/// the size of the unpacker's window before each record's lasting memory.
const BATCH: u64 = 4 << 20;
/// How many entries are parsed at a time at most.
const BATCH_ENTRIES: usize = 4096;

/// Reads the zip archive of one ecosystem: every entry is a JSON record.
///
/// `ecosystem` says what the archive is for, as its folder in the bucket does: `PyPI`, or `Debian`
/// for all of its releases; `known` says what that means. Only of that the source speaks, although
/// records may name other ecosystems in passing. The digest is that of `archive`.
///
/// # Errors
/// When the archive is damaged, doubled or beyond `limits`, or holds no readable record about
/// `ecosystem`, as none is about an ecosystem that is not known. Single records that cannot be read are in [`Source::left_out`].
pub fn read_zip(
    name: &str,
    ecosystem: &str,
    archive: &[u8],
    limits: &Limits,
    known: Registry,
) -> Result<Source, SourceError> {
    let scope = Scope::read(ecosystem, known).ok_or_else(|| SourceError::Empty {
        ecosystem: ecosystem.to_owned(),
        first: ", which is no ecosystem that is known here".to_owned(),
    })?;
    let about = scope.ecosystem;
    let size = u64::try_from(archive.len()).unwrap_or(u64::MAX);
    if size > limits.archive.0 {
        return Err(SourceError::TooLarge { what: "archive", limit: limits.archive });
    }
    // Opening the archive keeps several hundred bytes for each entry of its directory.
    if count_entries(archive) > limits.records {
        return Err(SourceError::TooMany { what: "records", limit: limits.records });
    }
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(damaged)?;
    if zip.has_duplicate_names() {
        return Err(SourceError::Doubled);
    }
    if zip.offset() != 0 || !ends_with_its_directory(archive, zip.comment()) {
        return Err(SourceError::SurplusData);
    }
    let read = |bytes: Vec<u8>| record::parse(&bytes, about, known);
    let mut intake = Intake::new(scope, *limits);
    let mut left = limits.total.0;
    let mut batch = Vec::new();
    let mut batched = 0_u64;
    for index in 0..zip.len() {
        let Some(entry) = read_entry(&mut zip, index, limits.record) else { continue };
        left = left
            .checked_sub(entry.unpacked)
            .ok_or(SourceError::TooLarge { what: "unpacked archive", limit: limits.total })?;
        batched = batched.saturating_add(entry.unpacked);
        batch.push(entry);
        if batched >= BATCH || batch.len() >= BATCH_ENTRIES {
            take_all(&mut batch, &mut intake, read)?;
            batched = 0;
        }
    }
    take_all(&mut batch, &mut intake, read)?;
    intake.finish(name, Digest::sha256(Sha256::digest(archive).into()))
}

/// An entry of the archive that may be a record.
struct Entry {
    path: String,
    /// How many bytes were unpacked, be they of use or not.
    unpacked: u64,
    /// The record, or why it cannot be read.
    bytes: Result<Vec<u8>, String>,
}

impl Entry {
    fn unread(path: String, why: String) -> Self {
        Self { path, unpacked: 0, bytes: Err(why) }
    }
}

/// Counts the entries by the signatures of the central directory, whatever its end claims.
fn count_entries(archive: &[u8]) -> u64 {
    let signatures = archive.windows(4).filter(|window| *window == b"PK\x01\x02");
    u64::try_from(signatures.count()).unwrap_or(u64::MAX)
}

/// Parses a batch of unpacked entries and leaves it empty.
fn take_all(
    batch: &mut Vec<Entry>,
    intake: &mut Intake,
    read: impl Fn(Vec<u8>) -> Result<Record, String>,
) -> Result<(), SourceError> {
    for Entry { path, bytes, .. } in batch.drain(..) {
        intake.take(&path, bytes.and_then(&read))?;
    }
    Ok(())
}

/// Says whether the end of the central directory with its comment is the end of the archive. Zip
/// readers look for the last directory they find, so that of two archives one after the other
/// one would be read and the other overlooked.
fn ends_with_its_directory(archive: &[u8], comment: &[u8]) -> bool {
    const END_OF_DIRECTORY: (&[u8], usize) = (b"PK\x05\x06", 22);
    let (signature, size) = END_OF_DIRECTORY;
    let start = archive.len().checked_sub(size.saturating_add(comment.len()));
    start.and_then(|start| archive.get(start..)).is_some_and(|end| end.starts_with(signature))
}

/// Reads an entry whole, or says why not; nothing for a folder. Sizes in headers are compared
/// with what is there, never relied upon.
fn read_entry(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    limit: ByteCount,
) -> Option<Entry> {
    let name = zip.name_for_index(index).and_then(Result::ok).map(|name| name.into_owned());
    let path = name.unwrap_or_else(|| format!("entry {index}"));
    let mut entry = match zip.by_index(index) {
        Ok(entry) => entry,
        Err(error) => {
            return Some(Entry::unread(path, format!("it cannot be opened: {error}")));
        }
    };
    if entry.is_dir() {
        return None;
    }
    if !path.ends_with(".json") {
        return Some(Entry::unread(path, "it is not a JSON file".to_owned()));
    }
    let claimed = entry.size();
    let mut bytes = Vec::new();
    let read = entry.by_ref().take(limit.0.saturating_add(1)).read_to_end(&mut bytes);
    let unpacked = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let bytes = match read {
        Err(error) => Err(format!("it cannot be unpacked: {error}")),
        Ok(_) if unpacked > limit.0 => Err(format!("it has more than the allowed {limit}")),
        Ok(_) if unpacked != claimed => {
            Err(format!("it claims {claimed} bytes and has {unpacked}"))
        }
        Ok(_) => Ok(bytes),
    };
    Some(Entry { path, unpacked, bytes })
}

fn damaged(error: ZipError) -> SourceError {
    SourceError::Damaged(match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    })
}
