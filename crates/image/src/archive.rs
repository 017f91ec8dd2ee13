use crate::limits::MAX_EXTENSION;
use crate::pax::Extended;
use std::io::{self, Read};
use tar::{EntryType, Header};

const BLOCK: usize = 512;

/// Says why a layer is no well-formed tar archive. `position` is the byte offset of the header in
/// the uncompressed stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The stream ends inside an entry.
    #[error("the archive is truncated inside the entry at byte {position}")]
    Truncated {
        /// Where the entry begins.
        position: u64,
    },
    /// A header is damaged, or the stream is no tar archive at all.
    #[error("the header at byte {position} has a wrong checksum")]
    Checksum {
        /// Where the header begins.
        position: u64,
    },
    /// A number in a header is none.
    #[error("the {field} in the header at byte {position} is not a number")]
    Number {
        /// Which number.
        field: &'static str,
        /// Where the header begins.
        position: u64,
    },
    /// An extended header is malformed.
    #[error("the extended header at byte {position} is malformed")]
    Extension {
        /// Where the header begins.
        position: u64,
    },
    /// An extended header is longer than any real one.
    #[error("the extended header at byte {position} claims {size} bytes")]
    ExtensionTooLarge {
        /// Where the header begins.
        position: u64,
        /// The bytes it claims.
        size: u64,
    },
    /// Two extended headers of one kind describe the same entry.
    #[error("the header at byte {position} extends an entry a second time")]
    DoubledExtension {
        /// Where the second header begins.
        position: u64,
    },
    /// An extended header describes an entry that does not come.
    #[error("the archive ends after an extended header, at byte {position}")]
    DanglingExtension {
        /// Where the archive ends.
        position: u64,
    },
    /// The stream cannot be read.
    #[error("the archive cannot be read")]
    Io(#[source] io::Error),
}

/// What an entry makes in the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    HardLink,
    SymbolicLink,
    Directory,
    Fifo,
    Device,
    /// A type that runtimes do not know either.
    Other(u8),
}

/// One entry, its long names and extended headers resolved.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) kind: EntryKind,
    /// Bytes in the archive.
    pub(crate) size: u64,
    pub(crate) mode: u32,
    /// The bytes in the archive are not the file's: it is stored with holes.
    pub(crate) sparse: bool,
    /// The header claims content for something that has none. Readers disagree on what follows.
    pub(crate) size_without_content: bool,
}

/// Reads a tar archive from a stream that cannot seek.
///
/// The `tar` crate reads single headers. Walking from one to the next is done here, because the
/// crate's own walk reads extended headers of any size into memory, takes text inside extended
/// attributes for records, and ends without a word at what follows the end of an archive. Where
/// readers disagree this one does what Go's `archive/tar` does, since runtimes are written in Go.
pub(crate) struct Archive<R> {
    reader: R,
    position: u64,
    /// Bytes of the current entry that have not been read.
    content: u64,
    /// Bytes after the current entry's content up to the next block.
    padding: u64,
    /// The newest global header would change entries, were it applied.
    pub(crate) global_override: bool,
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, position: 0, content: 0, padding: 0, global_override: false }
    }

    /// Returns the byte offset of what is read next: after [`Self::next`], of the entry's content.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the next entry, or `None` at the end of the archive.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, ArchiveError> {
        let mut extended: Option<Extended> = None;
        let mut long_path: Option<Vec<u8>> = None;
        let mut long_link: Option<Vec<u8>> = None;
        loop {
            self.skip_content()?;
            let position = self.position;
            let Some(header) = self.header()? else {
                let dangling = extended.is_some() || long_path.is_some() || long_link.is_some();
                return if dangling {
                    Err(ArchiveError::DanglingExtension { position })
                } else {
                    Ok(None)
                };
            };
            let stated = number(&header.as_old().size)
                .ok_or(ArchiveError::Number { field: "size", position })?;
            let once = |first: bool| {
                if first { Ok(()) } else { Err(ArchiveError::DoubledExtension { position }) }
            };
            match header.entry_type() {
                EntryType::XGlobalHeader => {
                    let records = self.extension(stated, position)?;
                    let global =
                        Extended::read(&records).ok_or(ArchiveError::Extension { position })?;
                    self.global_override |= global.changes_entries();
                }
                EntryType::XHeader => {
                    once(extended.is_none())?;
                    let records = self.extension(stated, position)?;
                    extended =
                        Some(Extended::read(&records).ok_or(ArchiveError::Extension { position })?);
                }
                EntryType::GNULongName => {
                    once(long_path.is_none())?;
                    long_path = Some(until_nul(self.extension(stated, position)?));
                }
                EntryType::GNULongLink => {
                    once(long_link.is_none())?;
                    long_link = Some(until_nul(self.extension(stated, position)?));
                }
                kind => {
                    let extended = extended.unwrap_or_default();
                    let entry = Entry {
                        path: long_path
                            .or(extended.path)
                            .unwrap_or_else(|| header.path_bytes().into_owned()),
                        link: long_link.or(extended.link).unwrap_or_else(|| {
                            header.link_name_bytes().unwrap_or_default().into_owned()
                        }),
                        kind: EntryKind::File,
                        size: extended.size.unwrap_or(stated),
                        mode: number(&header.as_old().mode)
                            .and_then(|mode| u32::try_from(mode).ok())
                            .ok_or(ArchiveError::Number { field: "mode", position })?,
                        sparse: extended.sparse || kind.is_gnu_sparse(),
                        size_without_content: false,
                    };
                    return self.begin(entry, kind, &header).map(Some);
                }
            }
        }
    }

    /// Reads the content of the current entry, whose size the caller has found acceptable.
    pub(crate) fn content(&mut self) -> Result<Vec<u8>, ArchiveError> {
        self.part(self.content)
    }

    /// Reads the next bytes of the current entry, so many or what is left of it.
    pub(crate) fn part(&mut self, most: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        let left = self.content;
        let claimed = left.min(most);
        (&mut self.reader).take(claimed).read_to_end(&mut bytes).map_err(ArchiveError::Io)?;
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.content = left.saturating_sub(found);
        let start = self.position;
        self.position = self.position.saturating_add(found);
        if found == claimed { Ok(bytes) } else { Err(ArchiveError::Truncated { position: start }) }
    }

    /// Reads what stands behind the end of the archive and says whether it is anything but zeros.
    pub(crate) fn trailing_content(&mut self) -> Result<bool, ArchiveError> {
        let mut buffer = vec![0; 64 << 10];
        let mut found = false;
        loop {
            let count = read_some(&mut self.reader, &mut buffer)?;
            if count == 0 {
                return Ok(found);
            }
            found |= buffer.iter().take(count).any(|byte| *byte != 0);
        }
    }

    /// Settles kind and size of an entry, and what is left to skip.
    fn begin(
        &mut self,
        mut entry: Entry,
        kind: EntryType,
        header: &Header,
    ) -> Result<Entry, ArchiveError> {
        entry.kind = match kind {
            // Archives older than POSIX mark a directory by its name alone.
            EntryType::Regular
                if header.as_old().linkflag == [0] && entry.path.last() == Some(&b'/') =>
            {
                EntryKind::Directory
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => EntryKind::File,
            EntryType::Link => EntryKind::HardLink,
            EntryType::Symlink => EntryKind::SymbolicLink,
            EntryType::Directory => EntryKind::Directory,
            EntryType::Fifo => EntryKind::Fifo,
            EntryType::Char | EntryType::Block => EntryKind::Device,
            other => EntryKind::Other(other.as_byte()),
        };
        if !matches!(entry.kind, EntryKind::File | EntryKind::Other(_)) && entry.size != 0 {
            entry.size_without_content = true;
            entry.size = 0;
        }
        if kind.is_gnu_sparse() {
            self.skip_sparse_map(header)?;
        }
        self.content = entry.size;
        let block = BLOCK as u64;
        self.padding = entry
            .size
            .checked_next_multiple_of(block)
            .map_or(0, |whole| whole.saturating_sub(entry.size));
        Ok(entry)
    }

    /// Skips the blocks that continue the map of a file with holes in GNU tar's old format.
    fn skip_sparse_map(&mut self, header: &Header) -> Result<(), ArchiveError> {
        let position = self.position;
        let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        let mut map = tar::GnuExtSparseHeader::new();
        while more {
            if !self.block(map.as_mut_bytes())? {
                return Err(ArchiveError::Truncated { position });
            }
            more = map.is_extended();
        }
        Ok(())
    }

    fn extension(&mut self, size: u64, position: u64) -> Result<Vec<u8>, ArchiveError> {
        if size > MAX_EXTENSION {
            return Err(ArchiveError::ExtensionTooLarge { position, size });
        }
        self.content = size;
        self.padding = size.next_multiple_of(BLOCK as u64).saturating_sub(size);
        self.content()
    }

    fn skip_content(&mut self) -> Result<(), ArchiveError> {
        let position = self.position;
        let mut left = self.content.saturating_add(self.padding);
        (self.content, self.padding) = (0, 0);
        let mut buffer = [0; 32 << 10];
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let part = buffer.get_mut(..length).unwrap_or_default();
            let count = read_some(&mut self.reader, part)?;
            if count == 0 {
                return Err(ArchiveError::Truncated { position });
            }
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            left = left.saturating_sub(count);
            self.position = self.position.saturating_add(count);
        }
        Ok(())
    }

    /// Reads a header; `None` at the end of the stream or at the block of zeros that ends an
    /// archive.
    fn header(&mut self) -> Result<Option<Header>, ArchiveError> {
        let position = self.position;
        let mut header = Header::new_old();
        if !self.block(header.as_mut_bytes())? || header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let stated = number(&header.as_old().cksum);
        let (unsigned, signed) = checksums(header.as_bytes());
        if stated == Some(unsigned) || (stated.is_some() && stated == signed) {
            Ok(Some(header))
        } else {
            Err(ArchiveError::Checksum { position })
        }
    }

    /// Fills a block; `false` when the stream ends before it.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, ArchiveError> {
        let mut filled: usize = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match read_some(&mut self.reader, rest)? {
                0 if filled == 0 => return Ok(false),
                0 => return Err(ArchiveError::Truncated { position: self.position }),
                count => filled = filled.saturating_add(count),
            }
        }
        self.position = self.position.saturating_add(BLOCK as u64);
        Ok(true)
    }
}

fn read_some(reader: &mut impl Read, into: &mut [u8]) -> Result<usize, ArchiveError> {
    loop {
        match reader.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(ArchiveError::Io),
        }
    }
}

/// Reads a number of a header: octal text, or GNU's binary form with the highest bit set. An
/// empty field is zero, as in Go's reader. Binary numbers that are negative or pass 64 bits are
/// none.
fn number(field: &[u8]) -> Option<u64> {
    if let [first @ 0x80..=0xff, rest @ ..] = field {
        let start = u64::from(first & 0x7f);
        return rest.iter().try_fold(start, |number, byte| {
            number.checked_mul(256)?.checked_add(u64::from(*byte))
        });
    }
    let blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !blank(byte)).unwrap_or(field.len());
    let digits = field.get(start..)?;
    let end = digits.iter().position(blank).unwrap_or(digits.len());
    digits.get(..end)?.iter().try_fold(0_u64, |number, byte| match byte {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(byte.wrapping_sub(b'0'))),
        _ => None,
    })
}

/// Sums a header with its checksum field blank, by unsigned and by signed bytes: old archivers did
/// the latter.
fn checksums(header: &[u8; BLOCK]) -> (u64, Option<u64>) {
    let bytes = || {
        header
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte })
    };
    let unsigned = bytes().map(u64::from).sum();
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    (unsigned, u64::try_from(signed).ok())
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}
