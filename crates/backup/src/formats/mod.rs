//! Backup formats as bounded streams of entries.
//!
//! To add one: an archive reader that implements [`Archive`], and a row in [`FORMATS`].

mod tar;

use crate::manifest::Owner;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, Read};

pub use tar::{MAX_EXTENDED_HEADER, TarArchive};

/// Every format that a backup may have inside its encryption.
pub static FORMATS: &[Format] = &[
    Format {
        compression: Compression::Zstd,
        suffix: ".tar.zst",
        summary: "tar compressed with zstd (RFC 8878)",
        unpack: unpack_zstd,
    },
    Format {
        compression: Compression::None,
        suffix: ".tar",
        summary: "tar: ustar, POSIX pax and GNU long names",
        unpack: |bytes, _| Ok(bytes),
    },
];

/// One format: how its bytes become a tar archive.
pub struct Format {
    /// The compression it stands for.
    pub compression: Compression,
    /// What an object's name has before `.age`.
    pub suffix: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Turns decrypted bytes into those of the archive. The second argument is the greatest
    /// window that a compressor may ask for, as a power of two.
    pub unpack: Unpack,
}

/// Wraps a stream into one that decompresses it; see [`Format::unpack`].
pub type Unpack = for<'a> fn(Box<dyn Read + 'a>, u32) -> io::Result<Box<dyn Read + 'a>>;

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Format").field("suffix", &self.suffix).finish_non_exhaustive()
    }
}

/// How an archive is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// With zstd.
    Zstd,
}

impl Compression {
    /// Returns what an object's name has before `.age`.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => ".tar",
            Self::Zstd => ".tar.zst",
        }
    }

    /// Returns the format that has this compression.
    #[must_use]
    pub fn format(self) -> Option<&'static Format> {
        FORMATS.iter().find(|format| format.compression == self)
    }
}

/// A stream of entries. Reading from it reads the content of the entry that came last.
pub trait Archive: Read {
    /// Returns the next entry, or `None` when the end was there, was marked as such, and nothing
    /// but padding came after it. Content that nobody read is skipped.
    ///
    /// # Errors
    /// A [`FormatError`] inside the error when the bytes are no archive of the format; an error
    /// of the bytes' source as it came.
    fn next_entry(&mut self) -> io::Result<Option<Member>>;
}

/// One entry as its archive states it: nothing in it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: MemberKind,
    /// Permission bits with set-user-ID, set-group-ID and sticky: the lower twelve.
    pub mode: u32,
    /// Modification time in whole seconds since 1970, rounded down.
    pub modified: i64,
    /// Whose it is, where the header can be read so.
    pub owner: Option<Owner>,
    /// The number of content bytes that follow.
    pub size: u64,
}

/// What an archive says an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link with its target's bytes.
    Symlink(Vec<u8>),
    /// A hard link with the bytes of the first name's path.
    HardLink(Vec<u8>),
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
    /// A sparse file in one of GNU tar's four forms.
    Sparse,
    /// Anything else, by its type byte.
    Unknown(u8),
}

/// Says why bytes are no archive.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes end in the middle of an entry, or before the end is marked.
    #[error("the archive ends before its end is marked")]
    Truncated,
    /// A header's checksum is wrong.
    #[error("the header of entry {entry} has a wrong checksum")]
    Checksum {
        /// Which entry, counted from 1 with extended headers.
        entry: u64,
    },
    /// A header's field cannot be read.
    #[error("the header of entry {entry} has a malformed {field}")]
    Header {
        /// Which entry, counted from 1 with extended headers.
        entry: u64,
        /// Which field.
        field: &'static str,
    },
    /// An extended header is longer than [`MAX_EXTENDED_HEADER`].
    #[error("the extended header {entry} is longer than the limit of {MAX_EXTENDED_HEADER} bytes")]
    ExtendedTooLong {
        /// Which entry, counted from 1 with extended headers.
        entry: u64,
    },
    /// A folder, link or device comes with content, which readers disagree about.
    #[error("entry {entry} of a type without content has content")]
    UnexpectedContent {
        /// Which entry, counted from 1 with extended headers.
        entry: u64,
    },
    /// Something other than zeros comes after the end.
    #[error("something comes after the archive's end")]
    TrailingBytes,
}

impl From<FormatError> for io::Error {
    fn from(error: FormatError) -> Self {
        Self::other(error)
    }
}

fn unpack_zstd<'a>(bytes: Box<dyn Read + 'a>, window_log: u32) -> io::Result<Box<dyn Read + 'a>> {
    let mut decoder = zstd::stream::read::Decoder::new(bytes)?;
    decoder.window_log_max(window_log)?;
    Ok(Box::new(decoder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compression_has_a_format_with_its_suffix() {
        for format in FORMATS {
            assert_eq!(format.suffix, format.compression.suffix());
            assert!(format.suffix.starts_with('.') && !format.summary.is_empty());
        }
        for compression in [Compression::None, Compression::Zstd] {
            assert!(compression.format().is_some());
        }
    }
}
