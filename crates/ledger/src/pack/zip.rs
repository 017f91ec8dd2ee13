//! ZIP archives in one written form: stored members in one order, a fixed time, no extra
//! fields, no comment (APPNOTE.TXT 6.3.10, sections 4.3 and 4.4). Every byte of such an archive
//! follows from its members' names and bytes, so the reader can ask for exactly that.

use super::MAX_PACK;
use sha2::{Digest as _, Sha256};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

/// The most members an archive may have.
pub(crate) const MAX_MEMBERS: usize = 60_000;
const MAX_NAME: usize = 200;
/// How many bytes of a member are gathered before they are hashed and written.
const BUFFER: usize = 64 << 10;
/// What stands before a member's name.
const FIXED: u64 = 30;
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
    /// Where its bytes begin in the archive.
    pub(crate) offset: u64,
    /// Whether the bytes have the checksum that stands before them.
    pub(crate) intact: bool,
}

/// Says where an archive leaves the one written form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) offset: u64,
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

/// What was written of a member.
#[derive(Debug)]
pub(crate) struct Added {
    /// Where its bytes begin in the archive.
    pub(crate) offset: u64,
    /// How many there are.
    pub(crate) bytes: u64,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// Writes an archive member by member, each after the one before in the one order.
pub(crate) struct Writer<W> {
    out: W,
    offset: u64,
    directory: Vec<u8>,
    count: usize,
}

impl<W: Write + Seek> Writer<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, offset: 0, directory: Vec::new(), count: 0 }
    }

    /// Writes a member.
    ///
    /// # Errors
    /// When it cannot be written, or the archive is too large with it.
    pub(crate) fn add(&mut self, name: &str, data: &[u8]) -> io::Result<Added> {
        self.add_with(name, |out| out.write_all(data))
    }

    /// Writes a member as `write` gives its bytes, so that they need not be held. Its header
    /// stands before them and follows from them, so it is put there at last.
    ///
    /// # Errors
    /// When it cannot be written, or the archive is too large with it. What was written until
    /// then is no archive.
    pub(crate) fn add_with<E: From<io::Error>>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<Added, E> {
        let at = u32::try_from(self.offset).map_err(|_| too_large())?;
        self.count = self.count.saturating_add(1);
        if self.count > MAX_MEMBERS {
            return Err(too_large().into());
        }
        let begin = self.offset.saturating_add(length(&Header { name, crc: 0, size: 0 }.local()));
        let room = MAX_PACK.saturating_sub(begin);
        self.out.seek(SeekFrom::Start(begin))?;
        let measured = Measured {
            out: &mut self.out,
            crc: crc32fast::Hasher::new(),
            sha256: Sha256::new(),
            bytes: 0,
            room,
        };
        let mut measured = BufWriter::with_capacity(BUFFER, measured);
        write(&mut measured)?;
        let Measured { crc, sha256, bytes, .. } =
            measured.into_inner().map_err(io::IntoInnerError::into_error)?;
        let size = u32::try_from(bytes).map_err(|_| too_large())?;
        let header = Header { name, crc: crc.finalize(), size };
        self.out.seek(SeekFrom::Start(self.offset))?;
        self.out.write_all(&header.local())?;
        self.directory.extend(header.central(at));
        self.offset = begin.saturating_add(bytes);
        self.out.seek(SeekFrom::Start(self.offset))?;
        Ok(Added { offset: begin, bytes, sha256: hex::encode(sha256.finalize()) })
    }

    /// Writes the directory and returns what was written to.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&self.directory)?;
        self.out.write_all(&end(self.count, self.directory.len(), self.offset))?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Returns what is written to. Whoever moves its position puts it back.
    pub(crate) fn inner(&mut self) -> &mut W {
        &mut self.out
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }
}

/// Hands bytes on, and takes their checksum, digest and number on the way.
struct Measured<'a, W> {
    out: &'a mut W,
    crc: crc32fast::Hasher,
    sha256: Sha256,
    bytes: u64,
    /// How many bytes there may be.
    room: u64,
}

impl<W: Write> Write for Measured<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.saturating_add(length(bytes)) > self.room {
            return Err(too_large());
        }
        let written = self.out.write(bytes)?;
        let bytes = bytes.get(..written).unwrap_or_default();
        self.crc.update(bytes);
        self.sha256.update(bytes);
        self.bytes = self.bytes.saturating_add(length(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn too_large() -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("more than {MAX_PACK} bytes or {MAX_MEMBERS} files"),
    )
}

/// The order of members: by name, the manifests at the end, so that an archive can be written in
/// one go.
pub(crate) fn order(name: &str) -> (bool, &str) {
    (name.starts_with("manifest."), name)
}

/// Reads an archive of `size` bytes and shows every member up to the place where it leaves the
/// written form; returns that place.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn scan(
    source: &mut dyn Read,
    size: u64,
    mut show: impl FnMut(Member<'_>),
) -> io::Result<Option<Broken>> {
    let refuse = |offset, what| Ok(Some(Broken { offset, what }));
    if size > MAX_PACK {
        return refuse(MAX_PACK, "the file is too large");
    }
    let mut directory = Vec::new();
    let (mut at, mut count) = (0u64, 0usize);
    let mut before: Option<String> = None;
    let mut fixed = Vec::new();
    loop {
        fixed.clear();
        source.take(FIXED).read_to_end(&mut fixed)?;
        if !fixed.starts_with(&LOCAL.to_le_bytes()) {
            break;
        }
        if count >= MAX_MEMBERS {
            return refuse(at, "there are too many members");
        }
        let Some((crc, length, data)) = lengths(&fixed) else {
            return refuse(at, "the file ends within a member, or its name is refused");
        };
        let left = size.saturating_sub(at).saturating_sub(FIXED).saturating_sub(length);
        let mut name = Vec::new();
        source.take(length).read_to_end(&mut name)?;
        let name = String::from_utf8(name).ok().filter(|name| is_good_name(name));
        let Some(name) = name.filter(|_| u64::from(data) <= left) else {
            return refuse(at, "the file ends within a member, or its name is refused");
        };
        let header = Header { name: &name, crc, size: data };
        let local = header.local();
        if let Some(offset) = difference(&[&fixed, name.as_bytes()].concat(), &local) {
            return refuse(at.saturating_add(offset), "a member's header");
        }
        if before.is_some_and(|before| order(&before) >= order(&name)) {
            return refuse(at, "the members are doubled or not in order");
        }
        directory.extend(header.central(u32::try_from(at).unwrap_or(u32::MAX)));
        let mut bytes = Vec::new();
        source.take(data.into()).read_to_end(&mut bytes)?;
        let offset = at.saturating_add(self::length(&local));
        if bytes.len() != usize::try_from(data).unwrap_or(usize::MAX) {
            return refuse(offset, "the file ends within a member, or its name is refused");
        }
        show(Member { name: &name, data: &bytes, offset, intact: crc32fast::hash(&bytes) == crc });
        at = offset.saturating_add(data.into());
        count = count.saturating_add(1);
        before = Some(name);
    }
    let end = end(count, directory.len(), at);
    directory.extend(end);
    let more = self::length(&directory).saturating_add(1).saturating_sub(self::length(&fixed));
    source.take(more).read_to_end(&mut fixed)?;
    Ok(difference(&fixed, &directory).map(|offset| Broken {
        offset: at.saturating_add(offset),
        what: "the directory at the end, or what stands before it, is not that of the members",
    }))
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

fn end(members: usize, directory: usize, offset: u64) -> Vec<u8> {
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

/// Reads the fields that differ between members: checksum, length of the name, and of the bytes.
fn lengths(fixed: &[u8]) -> Option<(u32, u64, u32)> {
    let crc = u32::from_le_bytes(*fixed.get(14..)?.first_chunk()?);
    let size = u32::from_le_bytes(*fixed.get(18..)?.first_chunk()?);
    let length = u16::from_le_bytes(*fixed.get(26..)?.first_chunk()?);
    (self::length(fixed) == FIXED).then_some((crc, length.into(), size))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Returns the first place where two byte strings differ.
fn difference(one: &[u8], other: &[u8]) -> Option<u64> {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    (same < one.len() || same < other.len()).then(|| u64::try_from(same).unwrap_or(u64::MAX))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::process::Command;

    fn write<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        for (name, data) in members {
            writer.add(name, data).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// Returns each member's name and length and whether it is intact, and the first break.
    fn read(bytes: &[u8]) -> (Vec<(String, usize, bool)>, Option<Broken>) {
        let mut members = Vec::new();
        let show = |m: Member<'_>| members.push((m.name.to_owned(), m.data.len(), m.intact));
        let broken = scan(&mut &bytes[..], bytes.len() as u64, show).unwrap();
        (members, broken)
    }

    fn sample() -> Vec<u8> {
        let members: [(&str, &[u8]); 3] = [("a.txt", b"first"), ("b/c", b""), ("d", &[0; 300])];
        write(members)
    }

    /// The check value of the CRC catalogue.
    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn an_archive_reads_back_as_written() {
        let bytes = sample();
        let (members, broken) = read(&bytes);
        assert_eq!(broken, None);
        let expected = [("a.txt", 5), ("b/c", 0), ("d", 300)];
        assert_eq!(members, expected.map(|(name, length)| (name.to_owned(), length, true)));
        let empty = write([]);
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
                let damaged = members.iter().any(|member| !member.2);
                assert!(
                    damaged || broken.is_some_and(|b| b.offset < bytes.len() as u64),
                    "byte {at}"
                );
            }
        }
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).1.is_some(), "length {length}");
        }
        let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        assert_eq!(read(&longer).1.map(|broken| broken.offset), Some(bytes.len() as u64));
    }

    #[test]
    fn doubled_unsorted_and_harmful_names_are_refused() {
        for names in
            [["a", "a"], ["b", "a"], ["../a", "b"], ["/a", "b"], ["a//b", "b"], ["C:", "b"]]
        {
            let bytes = write(names.map(|name| (name, &b"x"[..])));
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
            if broken.is_none() && members.iter().all(|member| member.2) {
                prop_assert_eq!(mutated, sample());
            }
        }
    }
}
