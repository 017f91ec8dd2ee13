//! Payloads in a pack: lines of JSON, each with the commitment it belongs to, in files of a few
//! MiB. They are found by their place, so that never more than one must be held in memory.

use super::format::payload_file;
use super::zip::Writer;
use crate::Commitment;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// How long a file grows before the next one is begun.
const FILE: usize = 4 << 20;
const BEGIN: &[u8] = br#"{"commitment":""#;
const MIDDLE: &[u8] = br#"","payload":"#;
const END: &[u8] = b"}";
const DIGITS: usize = 64;

/// Where each payload stands in the pack: its offset and its length.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<Commitment, (u64, usize)>);

impl Places {
    /// Notes the payloads of a file whose bytes begin at `offset`. Returns the number of the first
    /// line that is none, or that comes twice.
    pub(crate) fn scan(&mut self, bytes: &[u8], offset: u64) -> Result<(), usize> {
        let mut at = offset;
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let (commitment, before, length) = parse(line).ok_or(number)?;
            let place = (at.saturating_add(before), length);
            if self.0.insert(commitment, place).is_some() {
                return Err(number);
            }
            at = at.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    pub(crate) fn commitments(&self) -> impl Iterator<Item = &Commitment> {
        self.0.keys()
    }

    /// Reads a payload.
    pub(crate) fn read<S: Read + Seek + ?Sized>(
        &self,
        source: &mut S,
        commitment: &Commitment,
    ) -> io::Result<Option<Vec<u8>>> {
        let Some((offset, length)) = self.0.get(commitment) else { return Ok(None) };
        source.seek(SeekFrom::Start(*offset))?;
        let mut bytes = vec![0; *length];
        source.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Gathers payloads into files.
#[derive(Debug, Default)]
pub(crate) struct Files {
    first: u64,
    bytes: Vec<u8>,
}

impl Files {
    /// Adds the payload of entry `index`; returns a file that is full.
    pub(crate) fn add(
        &mut self,
        index: u64,
        commitment: &Commitment,
        payload: &[u8],
    ) -> Option<(String, Vec<u8>)> {
        let full = (self.bytes.len() >= FILE).then(|| self.take()).flatten();
        if self.bytes.is_empty() {
            self.first = index;
        }
        for part in [BEGIN, commitment.to_string().as_bytes(), MIDDLE, payload, END, b"\n"] {
            self.bytes.extend_from_slice(part);
        }
        full
    }

    /// Returns the last file, if there is anything in it.
    pub(crate) fn take(&mut self) -> Option<(String, Vec<u8>)> {
        let bytes = std::mem::take(&mut self.bytes);
        (!bytes.is_empty()).then(|| (payload_file(self.first), bytes))
    }
}

/// Reads what was written before, and goes back to the end.
pub(crate) fn read_back<W: Read + Write + Seek>(
    writer: &mut Writer<W>,
    places: &Places,
    commitment: &Commitment,
) -> io::Result<Option<Vec<u8>>> {
    let end = writer.offset();
    let found = places.read(writer.inner(), commitment);
    writer.inner().seek(SeekFrom::Start(end))?;
    found
}

/// Returns the commitment of a line, where in it the payload begins, and how long that is.
fn parse(line: &[u8]) -> Option<(Commitment, u64, usize)> {
    let rest = line.strip_prefix(BEGIN)?;
    let (digits, rest) = rest.split_at_checked(DIGITS)?;
    let payload = rest.strip_prefix(MIDDLE)?.strip_suffix(b"\n")?.strip_suffix(END)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let commitment = Commitment::try_from(digits.to_owned()).ok()?;
    // There is one written form only.
    (commitment.to_string() == digits).then_some(())?;
    let before = BEGIN.len().saturating_add(DIGITS).saturating_add(MIDDLE.len());
    Some((commitment, u64::try_from(before).ok()?, payload.len()))
}
