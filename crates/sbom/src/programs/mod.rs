//! Programs that list the packages they are built of: Go writes its modules into every program
//! (Go, `debug/buildinfo`), cargo-auditable its crates (section `.dep-v0`). Formats that read such a
//! record say in which section it stands.

mod sections;

use crate::formats::{FORMATS, Format};
use std::io::{self, Read, Seek, SeekFrom};

pub(crate) use sections::{AUDITABLE, GO};

/// The fewest bytes of a program that may have such a record: 64 KiB. Those of Go have a megabyte
/// and more, those of Rust hundreds of kilobytes.
pub const LEAST_PROGRAM: u64 = 64 << 10;

/// The most bytes of a program that is held in memory to be looked into: 256 MiB.
pub const MOST_PROGRAM: u64 = 256 << 20;

/// What a program says that it is built of, and the format that reads it.
pub struct Record {
    /// The format.
    pub format: &'static dyn Format,
    /// What stands in the section; of one that is too large, as much as the format refuses.
    pub bytes: Vec<u8>,
}

/// Says whether a file that begins so may be a program with such a record.
#[must_use]
pub fn begins_program(head: &[u8]) -> bool {
    sections::begins(head)
}

/// Finds the records of a program. What was packed or stripped of its section headers has none.
///
/// # Errors
/// When the file cannot be read.
pub fn records_in(file: &mut (impl Read + Seek)) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    for section in sections::sections(file)? {
        let reads = |format: &&&dyn Format| format.section() == Some(section.name.as_str());
        let Some(format) = FORMATS.iter().find(reads).copied() else { continue };
        let most = format.about().most_bytes.saturating_add(1);
        let mut bytes = Vec::new();
        if section.at <= i64::MAX.unsigned_abs() {
            file.seek(SeekFrom::Start(section.at))?;
            file.by_ref().take(section.length.min(most)).read_to_end(&mut bytes)?;
        }
        records.push(Record { format, bytes });
    }
    Ok(records)
}

/// Puts records into bytes, to be kept in a program's place; nothing of none.
#[must_use]
pub fn packed(records: &[Record]) -> Option<Vec<u8>> {
    let mut packed = Vec::new();
    for Record { format, bytes } in records {
        packed.extend_from_slice(format.about().id.as_bytes());
        packed.push(0);
        packed.extend_from_slice(&u64::try_from(bytes.len()).ok()?.to_le_bytes());
        packed.extend_from_slice(bytes);
    }
    (!packed.is_empty()).then_some(packed)
}

/// Takes records out of what [`packed`] returned.
#[must_use]
pub fn unpacked(mut packed: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((record, rest)) = first(packed) {
        records.push(record);
        packed = rest;
    }
    records
}

fn first(packed: &[u8]) -> Option<(Record, &[u8])> {
    let end = packed.iter().position(|byte| *byte == 0)?;
    let (id, rest) = packed.split_at_checked(end)?;
    let (length, rest) = rest.get(1..)?.split_first_chunk::<8>()?;
    let (bytes, rest) =
        rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let format = crate::formats::format_by_id(std::str::from_utf8(id).ok()?)?;
    Some((Record { format, bytes: bytes.to_vec() }, rest))
}
