//! The sections of programs in ELF, Mach-O and PE: their names and where they stand.

use std::io::{self, Read, Seek, SeekFrom};

/// The section in which Go's modules stand in ELF; the names in other formats are brought to it.
pub(crate) const GO: &str = ".go.buildinfo";
/// The section in which cargo-auditable's crates stand in every format.
pub(crate) const AUDITABLE: &str = ".dep-v0";

const GO_MACH: &str = "__go_buildinfo";
/// What begins Go's record, in a Windows program without a section of its own.
const GO_MAGIC: &[u8] = b"\xff Go buildinf:";
/// How much of a section or a table is read at most.
const MOST: u64 = 64 << 10;
const MOST_SECTIONS: u64 = 4096;
/// A file with more architectures than these is none for several, but of Java.
const MOST_ARCHITECTURES: u64 = 16;

/// A section of a program, by its name and where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) at: u64,
    pub(super) length: u64,
}

/// Says whether a file that begins so may be a program with sections.
pub(super) fn begins(head: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] = [
        b"\x7fELF",
        b"MZ",
        b"\xca\xfe\xba\xbe",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"\xfe\xed\xfa\xcf",
        b"\xfe\xed\xfa\xce",
    ];
    BEGINNINGS.iter().any(|beginning| head.starts_with(beginning))
}

/// Lists a program's sections; none of what is no program, or damaged.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn sections(file: &mut (impl Read + Seek)) -> io::Result<Vec<Section>> {
    let head = part(file, 0, 64)?;
    Ok(match head.as_slice() {
        [0x7f, b'E', b'L', b'F', class @ 1..=2, order @ 1..=2, ..] => {
            elf(file, &Bytes { bytes: &head, is_big: *order == 2 }, *class == 2)?
        }
        [b'M', b'Z', ..] => portable(file, &Bytes { bytes: &head, is_big: false })?,
        [0xca, 0xfe, 0xba, 0xbe, ..] => several(file)?,
        _ => mach(file, 0)?,
    }
    .unwrap_or_default())
}

/// Reads a part of the file, as far as it is there.
fn part(file: &mut (impl Read + Seek), at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if at <= i64::MAX.unsigned_abs() {
        file.seek(SeekFrom::Start(at))?;
        file.take(length.min(MOST)).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Numbers at places of some bytes.
struct Bytes<'a> {
    bytes: &'a [u8],
    is_big: bool,
}

impl Bytes<'_> {
    fn number(&self, at: usize, length: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.is_big {
            true => bytes.iter().fold(0, push),
            false => bytes.iter().rev().fold(0, push),
        })
    }
}

/// Executable and Linkable Format (System V ABI, chapter 4).
fn elf(
    file: &mut (impl Read + Seek),
    head: &Bytes<'_>,
    is_wide: bool,
) -> io::Result<Option<Vec<Section>>> {
    let word = if is_wide { 8 } else { 4 };
    let [table, size, count, names, offset, length] =
        if is_wide { [40, 58, 60, 62, 24, 32] } else { [32, 46, 48, 50, 16, 20] };
    let numbers = (|| {
        Some((
            head.number(table, word)?,
            head.number(size, 2)?,
            head.number(count, 2)?,
            head.number(names, 2)?,
        ))
    })();
    let Some((table, size @ 1.., count, names)) = numbers else { return Ok(None) };
    let headers = part(file, table, size.saturating_mul(count.min(MOST_SECTIONS)))?;
    let entries: Vec<Bytes<'_>> = headers
        .chunks_exact(usize::try_from(size).unwrap_or(usize::MAX))
        .map(|bytes| Bytes { bytes, is_big: head.is_big })
        .collect();
    let place = usize::try_from(names)
        .ok()
        .and_then(|at| entries.get(at))
        .and_then(|entry| Some((entry.number(offset, word)?, entry.number(length, word)?)));
    let Some((at, size)) = place else { return Ok(None) };
    let text = part(file, at, size)?;
    let section = |entry: &Bytes<'_>| {
        let start = usize::try_from(entry.number(0, 4)?).ok()?;
        let name = text_at(text.get(start..)?)?;
        Some(Section { name, at: entry.number(offset, word)?, length: entry.number(length, word)? })
    };
    Ok(Some(entries.iter().filter_map(section).collect()))
}

/// Portable Executable (Microsoft, "PE Format"). Go's record has a section of its own only in
/// newer ones; else it stands in one that can be written to.
fn portable(file: &mut (impl Read + Seek), head: &Bytes<'_>) -> io::Result<Option<Vec<Section>>> {
    const HEADER: u64 = 24;
    const SECTION: usize = 40;
    const WRITABLE: u64 = 0x8000_0000;
    let Some(start) = head.number(60, 4) else { return Ok(None) };
    let header = part(file, start, HEADER)?;
    let coff = Bytes { bytes: &header, is_big: false };
    let sizes = coff.number(6, 2).zip(coff.number(20, 2));
    let Some((count, optional)) = sizes.filter(|_| header.starts_with(b"PE\0\0")) else {
        return Ok(None);
    };
    let table = start.saturating_add(HEADER).saturating_add(optional);
    let headers = part(file, table, count.saturating_mul(SECTION as u64))?;
    let mut sections = Vec::new();
    for bytes in headers.chunks_exact(SECTION) {
        let entry = Bytes { bytes, is_big: false };
        let (Some(length), Some(at), Some(flags)) =
            (entry.number(16, 4), entry.number(20, 4), entry.number(36, 4))
        else {
            continue;
        };
        let name = bytes.get(..8).and_then(text_at);
        sections.extend(name.map(|name| Section { name, at, length }));
        if flags & WRITABLE == 0 {
            continue;
        }
        let data = part(file, at, MOST)?;
        if let Some(block) = data.chunks(16).position(|block| block.starts_with(GO_MAGIC)) {
            let before = u64::try_from(block).unwrap_or(u64::MAX).saturating_mul(16);
            let (at, length) = (at.saturating_add(before), length.saturating_sub(before));
            sections.push(Section { name: GO.to_owned(), at, length });
        }
    }
    Ok(Some(sections))
}

/// Mach-O for one architecture (Apple, `mach-o/loader.h`), which begins at a place of the file.
fn mach(file: &mut (impl Read + Seek), at: u64) -> io::Result<Option<Vec<Section>>> {
    let head = part(file, at, 32)?;
    let (is_big, is_wide) = match head.get(..4) {
        Some([0xcf, 0xfa, 0xed, 0xfe]) => (false, true),
        Some([0xce, 0xfa, 0xed, 0xfe]) => (false, false),
        Some([0xfe, 0xed, 0xfa, 0xcf]) => (true, true),
        Some([0xfe, 0xed, 0xfa, 0xce]) => (true, false),
        _ => return Ok(None),
    };
    let size = Bytes { bytes: &head, is_big }.number(20, 4).unwrap_or_default();
    let begin = if is_wide { 32 } else { 28 };
    let commands = part(file, at.saturating_add(begin), size)?;
    let (segment, count, header, section) =
        if is_wide { (0x19, 64, 72, 80) } else { (1, 48, 56, 68) };
    // Where in a section its size and its place stand.
    let (length_at, length_size, place_at) = if is_wide { (40, 8, 48) } else { (36, 4, 40) };
    let (mut found, mut rest) = (Vec::new(), commands.as_slice());
    loop {
        let command = Bytes { bytes: rest, is_big };
        let Some((kind, size)) = command.number(0, 4).zip(command.number(4, 4)) else { break };
        let length = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        let (bytes, next) = rest.split_at(length);
        if kind == segment {
            let sections = usize::try_from(command.number(count, 4).unwrap_or_default());
            let sections = bytes
                .get(header..)
                .unwrap_or_default()
                .chunks_exact(section)
                .take(sections.unwrap_or_default());
            let of = |section: &[u8]| {
                let name = text_at(section.get(..16)?)?;
                let name = if name == GO_MACH { GO.to_owned() } else { name };
                let section = Bytes { bytes: section, is_big };
                let length = section.number(length_at, length_size)?;
                let place = section.number(place_at, 4)?;
                Some(Section { name, at: at.saturating_add(place), length })
            };
            found.extend(sections.filter_map(of));
        }
        if length < 8 {
            break;
        }
        rest = next;
    }
    Ok(Some(found))
}

/// Mach-O for several architectures (Apple, `mach-o/fat.h`).
fn several(file: &mut (impl Read + Seek)) -> io::Result<Option<Vec<Section>>> {
    let head = part(file, 0, 8_u64.saturating_add(MOST_ARCHITECTURES.saturating_mul(20)))?;
    let head = Bytes { bytes: &head, is_big: true };
    let count = head.number(4, 4).filter(|count| *count <= MOST_ARCHITECTURES).unwrap_or_default();
    let mut names = Vec::new();
    for at in (0..count).filter_map(|at| usize::try_from(at).ok()) {
        if let Some(start) = head.number(at.saturating_mul(20).saturating_add(16), 4) {
            names.extend(mach(file, start)?.unwrap_or_default());
        }
    }
    Ok(Some(names))
}

fn text_at(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn names(bytes: &[u8]) -> Vec<String> {
        let sections = sections(&mut Cursor::new(bytes)).unwrap();
        sections.into_iter().map(|section| section.name).collect()
    }

    /// Makes bytes of parts, each at its place.
    fn bytes(parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (at, part) in parts {
            bytes.resize((*at).max(bytes.len()), 0);
            bytes.splice(*at.., part.iter().copied());
        }
        bytes
    }

    #[test]
    fn sections_of_mach_o_are_named() {
        let thin = bytes(&[
            (0, &[0xcf, 0xfa, 0xed, 0xfe]),
            (16, &[1, 0, 0, 0, 152, 0, 0, 0]),
            (32, &[0x19, 0, 0, 0, 152]),
            (32 + 64, &[1]),
            (32 + 72, b"__go_buildinfo"),
            (32 + 152, &[0]),
        ]);
        assert_eq!(names(&thin), [GO]);
        let fat = bytes(&[
            (0, &[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1]),
            (8 + 8, &[0, 0, 1, 0]),
            (256, &thin),
        ]);
        assert_eq!(names(&fat), [GO]);
        // A class of Java begins like it.
        assert_eq!(names(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0, 0]), [""; 0]);
    }

    #[test]
    fn sections_of_windows_programs_are_named() {
        let program = bytes(&[
            (0, b"MZ"),
            (60, &[64]),
            (64, b"PE\0\0"),
            (64 + 6, &[2]),
            (64 + 24, b".dep-v0"),
            (128, b".data"),
            (128 + 20, &[0, 1]),
            (128 + 36, &[0, 0, 0, 0x80]),
            (256 + 32, GO_MAGIC),
        ]);
        assert_eq!(names(&program), [AUDITABLE, ".data", GO]);
    }

    #[test]
    fn what_is_no_program_or_cut_off_has_no_sections() {
        for bytes in [&b""[..], b"MZ", b"\x7fELF", b"\x7fELF\x02\x01\x01", b"#!/bin/sh\n"] {
            assert_eq!(names(bytes), [""; 0]);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_programs_never_panic(
            head in proptest::sample::select(vec![
                &b"\x7fELF\x02\x01"[..], b"\x7fELF\x01\x02", b"MZ", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe",
            ]),
            rest in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let _ = names(&[head, &rest].concat());
        }
    }
}
