use super::{Examined, cut};
use flate2::Crc;
use flate2::bufread::GzDecoder;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

const XZ: &[u8] = b"\xfd7zXZ\0";
/// The greatest window of zstd that is unpacked, as a power of two: 128 MiB, zstd's own default.
const WINDOW_LOG: u32 = 27;

/// What packed a dump, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
    Xz,
}

/// What is inside.
pub(super) enum Unpacked {
    Stream(Box<dyn Read>),
    /// It cannot be unpacked here, and has the end that it should have.
    Whole,
    /// It cannot be unpacked here, and lacks its end.
    Cut,
}

impl Packing {
    pub(super) fn of(file: &mut File) -> io::Result<Self> {
        let mut head = Vec::new();
        file.take(XZ.len() as u64).read_to_end(&mut head)?;
        file.rewind()?;
        Ok(match head.as_slice() {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            head if head == XZ => Self::Xz,
            _ => Self::None,
        })
    }

    pub(super) fn open(self, mut file: File) -> io::Result<Unpacked> {
        let stream: Box<dyn Read> = match self {
            Self::None => Box::new(file),
            Self::Gzip => Box::new(Members::of(BufReader::new(file))),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(file)?;
                decoder.window_log_max(WINDOW_LOG)?;
                Box::new(decoder)
            }
            Self::Xz if has_footer(&mut file)? => return Ok(Unpacked::Whole),
            Self::Xz => return Ok(Unpacked::Cut),
        };
        Ok(Unpacked::Stream(stream))
    }

    /// Says why the bytes end with an error: that of the disk stays one, everything else is the
    /// packed stream's.
    pub(super) fn explain(self, error: io::Error) -> io::Result<Examined> {
        if self == Self::None || error.raw_os_error().is_some() {
            Err(error)
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            Ok(Examined::fail(cut(&self, "it breaks off")))
        } else if error.to_string().contains("too much memory") {
            Ok(Examined::unknown(format!(
                "it needs more memory to unpack than {WINDOW_LOG} bits of window"
            )))
        } else {
            Ok(Examined::fail(format!("what {self} packed is damaged: {error}")))
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "nothing",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        })
    }
}

/// The members of a gzip file (RFC 1952, section 2.2). What follows the last one gzip passes over,
/// and so does this.
struct Members<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Members<R> {
    fn of(reader: R) -> Self {
        Self(Some(GzDecoder::new(reader)))
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.0 = self.0.take().map(GzDecoder::into_inner).and_then(|mut rest| {
                let goes_on = rest.fill_buf().is_ok_and(|it| it.first() == Some(&0x1f));
                goes_on.then(|| GzDecoder::new(rest))
            });
        }
        Ok(0)
    }
}

/// Says whether a file of xz ends with a stream's footer (The .xz File Format, section 2.1.2), zeros
/// after it passed over.
fn has_footer(file: &mut File) -> io::Result<bool> {
    const FOOTER: u64 = 12;
    const MOST_PADDING: u64 = 64 << 10;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(FOOTER.saturating_add(MOST_PADDING))))?;
    let mut tail = Vec::new();
    file.take(FOOTER.saturating_add(MOST_PADDING)).read_to_end(&mut tail)?;
    while tail.last_chunk::<4>() == Some(&[0; 4]) {
        tail.truncate(tail.len().saturating_sub(4));
    }
    let Some(footer) = tail.last_chunk::<12>() else { return Ok(false) };
    let [c0, c1, c2, c3, covered @ .., b'Y', b'Z'] = footer else { return Ok(false) };
    let mut crc = Crc::new();
    crc.update(covered);
    Ok(crc.sum() == u32::from_le_bytes([*c0, *c1, *c2, *c3]))
}
