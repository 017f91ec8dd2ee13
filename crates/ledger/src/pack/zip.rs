//! ZIP archives in one written form: stored members sorted by name, a fixed time, no extra
//! fields, no comment (APPNOTE.TXT 6.3.10, sections 4.3 and 4.4). Every byte of such an archive
//! follows from its members' names and bytes, so the reader can ask for exactly that.

use super::MAX_PACK;

/// The most members an archive may have.
pub(crate) const MAX_MEMBERS: usize = 60_000;
const MAX_NAME: usize = 200;
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 1.0 of the format is needed: nothing is compressed or encrypted.
const NEEDED: u16 = 10;
/// Made on Unix, so that the file mode below counts.
const MADE_BY: u16 = 3 << 8 | 30;
/// A regular file that its owner may write and everybody read.
const MODE: u32 = 0o100_644 << 16;
/// 1980-01-01, the earliest date that the format knows.
const DATE: u16 = 0x0021;

/// A member as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) data: &'a [u8],
    /// Whether the bytes have the checksum that stands before them.
    pub(crate) intact: bool,
}

/// Says where an archive leaves the one written form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) offset: usize,
    pub(crate) what: &'static str,
}

/// Says whether a name may stand in an archive: one that is harmless wherever it is unpacked.
pub(crate) fn is_good_name(name: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    name.len() <= MAX_NAME && name.split('/').all(good)
}

/// Writes an archive. `members` are sorted and have good names; `None` when they are too many or
/// too large.
pub(crate) fn write<'a>(
    members: impl ExactSizeIterator<Item = (&'a str, &'a [u8])>,
) -> Option<Vec<u8>> {
    let count = members.len();
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let header = Header { name, crc: crc32(data), size: u32::try_from(data.len()).ok()? };
        directory.extend(header.central(u32::try_from(bytes.len()).ok()?));
        bytes.extend(header.local());
        bytes.extend_from_slice(data);
        if bytes.len() > MAX_PACK {
            return None;
        }
    }
    let end = end(count, directory.len(), bytes.len());
    bytes.extend(directory);
    bytes.extend(end);
    (count <= MAX_MEMBERS && bytes.len() <= MAX_PACK).then_some(bytes)
}

/// Reads an archive. Returns all members up to the place where it leaves the written form, and
/// that place.
pub(crate) fn read(bytes: &[u8]) -> (Vec<Member<'_>>, Option<Broken>) {
    let mut members: Vec<Member<'_>> = Vec::new();
    if bytes.len() > MAX_PACK {
        return (members, Some(Broken { offset: MAX_PACK, what: "the file is too large" }));
    }
    let mut directory = Vec::new();
    let mut at = 0;
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(&LOCAL.to_le_bytes())) {
        let refuse = |offset, what| Some(Broken { offset, what });
        if members.len() >= MAX_MEMBERS {
            return (members, refuse(at, "there are too many members"));
        }
        let Some((header, data)) = read_local(bytes, at) else {
            return (members, refuse(at, "the file ends within a member, or its name is refused"));
        };
        let local = header.local();
        let after = at.saturating_add(local.len());
        if let Some(offset) = difference(bytes.get(at..after).unwrap_or_default(), &local) {
            return (members, refuse(at.saturating_add(offset), "a member's header"));
        }
        if members.last().is_some_and(|before| before.name >= header.name) {
            return (members, refuse(at, "the members are doubled or not sorted by name"));
        }
        directory.extend(header.central(u32::try_from(at).unwrap_or(u32::MAX)));
        let intact = crc32(data) == header.crc;
        members.push(Member { name: header.name, data, intact });
        at = after.saturating_add(data.len());
    }
    let end = end(members.len(), directory.len(), at);
    directory.extend(end);
    let broken = difference(bytes.get(at..).unwrap_or_default(), &directory).map(|offset| Broken {
        offset: at.saturating_add(offset),
        what: "the directory at the end, or what stands before it, is not that of the members",
    });
    (members, broken)
}

struct Header<'a> {
    name: &'a str,
    crc: u32,
    size: u32,
}

impl Header<'_> {
    fn local(&self) -> Vec<u8> {
        let mut bytes = LOCAL.to_le_bytes().to_vec();
        bytes.extend(self.common());
        bytes.extend(self.name.as_bytes());
        bytes
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let mut bytes = CENTRAL.to_le_bytes().to_vec();
        bytes.extend(MADE_BY.to_le_bytes());
        bytes.extend(self.common());
        // No comment, the first disk, no internal attributes.
        bytes.extend([0; 6]);
        bytes.extend(MODE.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes.extend(self.name.as_bytes());
        bytes
    }

    /// The fields from "version needed to extract" to "extra field length".
    fn common(&self) -> Vec<u8> {
        let mut bytes = NEEDED.to_le_bytes().to_vec();
        // No flags, method "stored", midnight.
        bytes.extend([0; 6]);
        bytes.extend(DATE.to_le_bytes());
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        bytes.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend([0; 2]);
        bytes
    }
}

fn end(members: usize, directory: usize, offset: usize) -> Vec<u8> {
    let count = u16::try_from(members).unwrap_or(u16::MAX).to_le_bytes();
    let mut bytes = END.to_le_bytes().to_vec();
    bytes.extend([0; 4]);
    bytes.extend(count);
    bytes.extend(count);
    bytes.extend(u32::try_from(directory).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// Reads the fields that differ between members, and the member's bytes.
fn read_local(bytes: &[u8], at: usize) -> Option<(Header<'_>, &[u8])> {
    let rest = bytes.get(at..)?;
    let crc = u32::from_le_bytes(*rest.get(14..)?.first_chunk()?);
    let size = u32::from_le_bytes(*rest.get(18..)?.first_chunk()?);
    let length = usize::from(u16::from_le_bytes(*rest.get(26..)?.first_chunk()?));
    let (name, rest) = rest.get(30..)?.split_at_checked(length)?;
    let name = std::str::from_utf8(name).ok().filter(|name| is_good_name(name))?;
    Some((Header { name, crc, size }, rest.get(..usize::try_from(size).ok()?)?))
}

/// Returns the first place where two byte strings differ.
fn difference(one: &[u8], other: &[u8]) -> Option<usize> {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    (same < one.len() || same < other.len()).then_some(same)
}

/// CRC-32 as ZIP uses it (ISO 3309, reflected polynomial EDB88320).
fn crc32(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        let slot = TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0);
        crc.wrapping_shr(8) ^ slot
    });
    !crc
}

static TABLE: [u32; 256] = table();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "computed at compile time, where a fault is a compile error"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn sample() -> Vec<u8> {
        let members: [(&str, &[u8]); 3] = [("a.txt", b"first"), ("b/c", b""), ("d", &[0; 300])];
        write(members.into_iter()).unwrap()
    }

    /// The check value of the CRC catalogue.
    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn an_archive_reads_back_as_written() {
        let bytes = sample();
        let (members, broken) = read(&bytes);
        assert_eq!(broken, None);
        let names: Vec<_> = members.iter().map(|member| (member.name, member.data.len())).collect();
        assert_eq!(names, [("a.txt", 5), ("b/c", 0), ("d", 300)]);
        assert!(members.iter().all(|member| member.intact));
        let empty = write(std::iter::empty()).unwrap();
        assert_eq!(read(&empty), (Vec::new(), None));
    }

    #[test]
    fn other_programs_open_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack.zip");
        std::fs::write(&path, sample()).unwrap();
        let script = "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);\
                      assert z.testzip() is None;assert z.read('a.txt')==b'first';\
                      print(','.join(z.namelist()))";
        let output = Command::new("python3").args(["-c", script]).arg(&path).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "a.txt,b/c,d");
    }

    #[test]
    fn every_changed_bit_is_located() {
        let bytes = sample();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let (members, broken) = read(&changed);
                let damaged = members.iter().any(|member| !member.intact);
                assert!(damaged || broken.is_some_and(|b| b.offset < bytes.len()), "byte {at}");
            }
        }
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).1.is_some(), "length {length}");
        }
        let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        assert_eq!(read(&longer).1.map(|broken| broken.offset), Some(bytes.len()));
    }

    #[test]
    fn doubled_unsorted_and_harmful_names_are_refused() {
        for names in
            [["a", "a"], ["b", "a"], ["../a", "b"], ["/a", "b"], ["a//b", "b"], ["C:", "b"]]
        {
            let bytes = write(names.into_iter().map(|name| (name, &b"x"[..]))).unwrap();
            assert!(read(&bytes).1.is_some(), "{names:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_and_mutated_input_never_panics(
            bytes in any::<Vec<u8>>(), edits in any::<Vec<(prop::sample::Index, u8)>>(),
        ) {
            let _ = read(&bytes);
            let _ = read(&[&LOCAL.to_le_bytes()[..], &bytes].concat());
            let mut mutated = sample();
            for (at, byte) in edits {
                *at.get_mut(&mut mutated) = byte;
            }
            let (members, broken) = read(&mutated);
            if broken.is_none() && members.iter().all(|member| member.intact) {
                prop_assert_eq!(mutated, sample());
            }
        }
    }
}
