//! What a file says that it is built of, whatever its name: Go writes its modules into every program
//! (Go, `debug/buildinfo`), cargo-auditable its crates (section `.dep-v0`), and archives of Java hold
//! what Maven left in them. Formats that read a section of a program say which.

mod sections;

use crate::formats::{FORMATS, Format, begins_archive, format_by_id, found_in, is_java_archive};
use std::io::{self, Read, Seek, SeekFrom};

pub(crate) use sections::{AUDITABLE, GO};

/// The fewest bytes of a program that may have such a record: 64 KiB. Those of Go have a megabyte
/// and more, those of Rust hundreds of kilobytes. Archives have no least size.
const LEAST_PROGRAM: u64 = 64 << 10;

/// The most bytes of a file that is held in memory to be looked into: 256 MiB.
pub const MOST_LOOKED_INTO: u64 = 256 << 20;

/// What a program says that it is built of, and the format that reads it.
pub struct Record {
    /// The format.
    pub format: &'static dyn Format,
    /// What stands in the section; of one that is too large, as much as the format refuses.
    pub bytes: Vec<u8>,
}

/// Says whether a file of a size that begins so may have such a record.
#[must_use]
pub fn may_have_records(head: &[u8], size: u64) -> bool {
    begins_archive(head) || (size >= LEAST_PROGRAM && sections::begins(head))
}

/// Says whether a file of a path and a size may have such a record; its first bytes say more.
#[must_use]
pub fn is_worth_a_look(path: &str, size: u64) -> bool {
    size >= LEAST_PROGRAM || is_java_archive(path)
}

/// Finds the records of the file at `path`. A program that was packed or stripped of its section
/// headers has none.
///
/// # Errors
/// When the file cannot be read.
pub fn records_in(path: &str, file: &mut (impl Read + Seek)) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut head = Vec::new();
    file.by_ref().take(4).read_to_end(&mut head)?;
    file.rewind()?;
    if begins_archive(&head) || is_java_archive(path) {
        let found = found_in(path, file).and_then(|found| serde_json::to_vec(&found).ok());
        let format = format_by_id("java-archive").zip(found);
        records.extend(format.map(|(format, bytes)| Record { format, bytes }));
        return Ok(records);
    }
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
    let format = format_by_id(std::str::from_utf8(id).ok()?)?;
    Some((Record { format, bytes: bytes.to_vec() }, rest))
}
