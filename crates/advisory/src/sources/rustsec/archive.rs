use super::{Place, SCOPE, record};
use crate::sources::gauge::{Gauge, Gauged, Tail};
use crate::sources::intake::Intake;
use crate::sources::{Limits, MAX_BETWEEN_RECORDS, Source, SourceError};
use beleg_model::Digest;
use sha2::{Digest as _, Sha256};
use std::cell::Cell;
use std::io::{self, BufReader, Cursor, Read};

const TAR_BLOCK: u64 = 512;

/// Reads a `.tar`, `.tar.gz` or `.tar.zst` of the repository, with or without one leading
/// folder. It is streamed and never unpacked to disk; the digest is that of its bytes.
///
/// # Errors
/// When the archive is truncated, damaged, doubled or beyond `limits`, or holds no readable
/// record about a crate. Single records that cannot be read are in [`Source::left_out`].
pub fn read_archive(
    name: &str,
    archive: impl Read,
    limits: &Limits,
) -> Result<Source, SourceError> {
    let size = Gauge::new(limits.archive);
    let mut hash = Sha256::new();
    let mut intake = Intake::new(SCOPE, *limits);
    let hashing = Hashing { inner: Gauged::new(archive, &size), hash: &mut hash };
    let result = read_compressed(BufReader::new(hashing), &mut intake, limits);
    if size.is_exceeded() {
        return Err(SourceError::TooLarge { what: "archive", limit: limits.archive });
    }
    result?;
    intake.finish(name, Digest::sha256(hash.finalize().into()))
}

fn read_compressed(
    mut bytes: impl io::BufRead,
    intake: &mut Intake,
    limits: &Limits,
) -> Result<(), SourceError> {
    let mut magic = Vec::with_capacity(4);
    bytes.by_ref().take(4).read_to_end(&mut magic).map_err(SourceError::Damaged)?;
    let start = magic.clone();
    let mut whole = BufReader::new(Cursor::new(start).chain(&mut bytes));
    match magic.as_slice() {
        [0x1f, 0x8b, ..] => {
            read_tar(flate2::bufread::MultiGzDecoder::new(&mut whole), intake, limits)?;
        }
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let decoder = zstd::Decoder::with_buffer(&mut whole).map_err(SourceError::Damaged)?;
            read_tar(decoder, intake, limits)?;
        }
        _ => read_tar(&mut whole, intake, limits)?,
    }
    // Whatever stands after the compressed stream belongs to the digest, and nothing may.
    match io::copy(&mut whole, &mut io::sink()).map_err(SourceError::Damaged)? {
        0 => Ok(()),
        _ => Err(SourceError::SurplusData),
    }
}

fn read_tar(tar: impl Read, intake: &mut Intake, limits: &Limits) -> Result<(), SourceError> {
    let total = Gauge::new(limits.total);
    let gap = Gauge::new(MAX_BETWEEN_RECORDS);
    let zeros = Cell::new(0);
    let reader = Gauged::new(Gauged::new(Tail::new(tar, &zeros), &total), &gap);
    let result = read_entries(reader, &gap, &zeros, intake, limits);
    if total.is_exceeded() {
        return Err(SourceError::TooLarge { what: "unpacked archive", limit: limits.total });
    }
    if gap.is_exceeded() {
        let limit = MAX_BETWEEN_RECORDS;
        return Err(SourceError::TooLarge { what: "space between two records", limit });
    }
    result
}

fn read_entries(
    reader: impl Read,
    gap: &Gauge,
    zeros: &Cell<u64>,
    intake: &mut Intake,
    limits: &Limits,
) -> Result<(), SourceError> {
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(SourceError::Damaged)? {
        let mut entry = entry.map_err(SourceError::Damaged)?;
        gap.refill(u64::MAX);
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if !kind.is_dir() && !kind.is_pax_global_extensions() {
            match Place::of(&path) {
                Place::Outside => {}
                Place::Misplaced(why) => intake.take(&path, Err(why.to_owned()))?,
                Place::Record { .. } if !kind.is_file() => {
                    intake.take(&path, Err("it is a link or a special file".to_owned()))?;
                }
                Place::Record { collection, package, id } => {
                    let record = read_limited(&mut entry, limits)?
                        .and_then(|bytes| record::parse(collection, package, id, &bytes));
                    intake.take(&path, record)?;
                }
            }
        }
        io::copy(&mut entry, &mut io::sink()).map_err(SourceError::Damaged)?;
        gap.refill(MAX_BETWEEN_RECORDS.0);
    }
    gap.refill(u64::MAX);
    drain_zeros(&mut archive.into_inner())?;
    // POSIX pax, section "ustar Interchange Format": two blocks of zeros end the archive.
    // Without them it may have been cut between two entries.
    if zeros.get() < TAR_BLOCK.saturating_mul(2) {
        return Err(SourceError::Truncated);
    }
    Ok(())
}

/// Reads an entry, or says that it is too large, without believing the size it claims.
fn read_limited(
    entry: &mut impl Read,
    limits: &Limits,
) -> Result<Result<Vec<u8>, String>, SourceError> {
    let mut bytes = Vec::new();
    let wanted = limits.record.0.saturating_add(1);
    entry.by_ref().take(wanted).read_to_end(&mut bytes).map_err(SourceError::Damaged)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.record.0 {
        return Ok(Err(format!("it has more than the allowed {}", limits.record)));
    }
    Ok(Ok(bytes))
}

fn drain_zeros(rest: &mut impl Read) -> Result<(), SourceError> {
    let mut buffer = [0_u8; 8192];
    loop {
        let read = rest.read(&mut buffer).map_err(SourceError::Damaged)?;
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Ok(());
        }
        if part.iter().any(|byte| *byte != 0) {
            return Err(SourceError::SurplusData);
        }
    }
}

/// A reader that hashes what passes through it.
struct Hashing<'a, R> {
    inner: R,
    hash: &'a mut Sha256,
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
