use super::{Archive, FormatError, Member, MemberKind};
use crate::manifest::Owner;
use std::io::{self, Read};
use tar::{EntryType, Header};

/// The most bytes in a pax extended header or a GNU long name: 1 MiB.
pub const MAX_EXTENDED_HEADER: u64 = 1 << 20;
const BLOCK: usize = 512;
const BLOCK_SIZE: u64 = 512;
const PERMISSIONS: u32 = 0o7777;

/// Reads tar: v7, ustar, POSIX pax (IEEE 1003.1, pax, "ustar Interchange Format" and "pax
/// Interchange Format") and GNU long names (GNU tar manual, "Basic Tar Format").
///
/// The headers' fields are taken apart by the `tar` crate. What stands between the headers is
/// read here, because the crate holds an extended header of any length in memory, restores
/// `GNU.sparse.*` files with wrong content, and stops at the end mark without looking further.
pub struct TarArchive<R> {
    source: R,
    entry: u64,
    content: u64,
    padding: u64,
}

/// What extended headers say about the entry after them.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<i64>,
    uid: Option<u32>,
    gid: Option<u32>,
    user: Option<Vec<u8>>,
    group: Option<Vec<u8>>,
    sparse: bool,
}

impl<R: Read> TarArchive<R> {
    /// Begins at the first header.
    pub fn new(source: R) -> Self {
        Self { source, entry: 0, content: 0, padding: 0 }
    }

    fn member(&mut self, header: &Header, extended: Extended) -> io::Result<Member> {
        let entry = self.entry;
        let field = |field| move |_| FormatError::Header { entry, field };
        let stored = header.entry_size().map_err(field("size"))?;
        let size = extended.size.unwrap_or(stored);
        let owner = owner(header, &extended);
        let path = extended.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let link = extended
            .link
            .or_else(|| header.link_name_bytes().map(|link| link.into_owned()))
            .unwrap_or_default();
        let kind = match header.entry_type() {
            _ if extended.sparse => MemberKind::Sparse,
            // Before ustar a folder was a file with a slash at its name's end.
            EntryType::Regular if header.as_ustar().is_none() && path.ends_with(b"/") => {
                MemberKind::Directory
            }
            EntryType::Regular | EntryType::Continuous => MemberKind::File,
            EntryType::Directory => MemberKind::Directory,
            EntryType::Symlink => MemberKind::Symlink(link),
            EntryType::Link => MemberKind::HardLink(link),
            EntryType::Char | EntryType::Block => MemberKind::Device,
            EntryType::Fifo => MemberKind::Fifo,
            EntryType::GNUSparse => {
                self.skip_sparse_maps(header)?;
                MemberKind::Sparse
            }
            other => MemberKind::Unknown(other.as_byte()),
        };
        let has_content =
            matches!(kind, MemberKind::File | MemberKind::Sparse | MemberKind::Unknown(_));
        if size > 0 && !has_content {
            return Err(FormatError::UnexpectedContent { entry }.into());
        }
        self.expect_content(size);
        Ok(Member {
            path,
            kind,
            mode: header.mode().map_err(field("mode"))? & PERMISSIONS,
            // A negative time in GNU's binary form is the two's complement.
            modified: match extended.modified {
                Some(modified) => modified,
                None => header.mtime().map_err(field("modification time"))?.cast_signed(),
            },
            owner,
            size,
        })
    }

    /// Reads the next header, or `None` at the end mark: two blocks of zeros and nothing but
    /// zeros after them.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header::new_old();
        self.block(header.as_mut_bytes())?;
        self.entry = self.entry.saturating_add(1);
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            let mut second = [0; BLOCK];
            self.block(&mut second)?;
            if second.iter().any(|byte| *byte != 0) {
                return Err(FormatError::TrailingBytes.into());
            }
            self.only_zeros_to_the_end()?;
            return Ok(None);
        }
        let stated = header.cksum().map_err(|_| FormatError::Checksum { entry: self.entry })?;
        if stated == checksum(header.as_bytes()) {
            Ok(Some(header))
        } else {
            Err(FormatError::Checksum { entry: self.entry }.into())
        }
    }

    /// Reads the content of an extended header.
    fn extended(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let entry = self.entry;
        let size = header.entry_size().map_err(|_| FormatError::Header { entry, field: "size" })?;
        if size > MAX_EXTENDED_HEADER {
            return Err(FormatError::ExtendedTooLong { entry }.into());
        }
        self.expect_content(size);
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        self.skip()?;
        Ok(bytes)
    }

    fn expect_content(&mut self, size: u64) {
        self.content = size;
        self.padding = size.wrapping_neg() % BLOCK_SIZE;
    }

    /// Skips what is left of the current entry.
    fn skip(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink())?;
        let mut padding = [0; BLOCK];
        let length = usize::try_from(std::mem::take(&mut self.padding)).unwrap_or(0);
        if let Some(padding) = padding.get_mut(..length) {
            self.block(padding)?;
        }
        Ok(())
    }

    /// Skips the further maps of a sparse file in GNU tar's oldest form; they come before the
    /// content and do not count in its size (GNU tar manual, "Storing Sparse Files").
    fn skip_sparse_maps(&mut self, header: &Header) -> io::Result<()> {
        const MORE_IN_HEADER: usize = 482;
        const MORE_IN_MAP: usize = 504;
        let mut more = header.as_bytes().get(MORE_IN_HEADER).is_some_and(|byte| *byte != 0);
        while more {
            let mut map = [0; BLOCK];
            self.block(&mut map)?;
            more = map.get(MORE_IN_MAP).is_some_and(|byte| *byte != 0);
        }
        Ok(())
    }

    fn only_zeros_to_the_end(&mut self) -> io::Result<()> {
        let mut rest = [0; 16 * BLOCK];
        loop {
            match self.source.read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(count) if rest.iter().take(count).any(|byte| *byte != 0) => {
                    return Err(FormatError::TrailingBytes.into());
                }
                Ok(_) => (),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
    }

    fn block(&mut self, block: &mut [u8]) -> io::Result<()> {
        self.source.read_exact(block).map_err(truncated)
    }
}

impl<R: Read> Read for TarArchive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.content).unwrap_or(usize::MAX).min(buffer.len());
        let count = match buffer.get_mut(..most) {
            Some(buffer) if most > 0 => self.source.read(buffer)?,
            _ => return Ok(0),
        };
        if count == 0 {
            return Err(FormatError::Truncated.into());
        }
        self.content = self.content.saturating_sub(count as u64);
        Ok(count)
    }
}

impl<R: Read> Archive for TarArchive<R> {
    fn next_entry(&mut self) -> io::Result<Option<Member>> {
        self.skip()?;
        let mut extended = Extended::default();
        let mut has_extended = false;
        while let Some(header) = self.header()? {
            match header.entry_type() {
                EntryType::XHeader => {
                    let records = self.extended(&header)?;
                    extended.read(&records, self.entry)?;
                }
                EntryType::GNULongName => {
                    extended.path = Some(until_nul(self.extended(&header)?));
                }
                EntryType::GNULongLink => {
                    extended.link = Some(until_nul(self.extended(&header)?));
                }
                EntryType::XGlobalHeader => {
                    // One that only comments, as `git archive` writes it, changes nothing. One
                    // that speaks of every entry's path or size would.
                    let records = self.extended(&header)?;
                    let mut global = Extended::default();
                    global.read(&records, self.entry)?;
                    if !global.is_silent() {
                        let entry = self.entry;
                        return Err(
                            FormatError::Header { entry, field: "global extended header" }.into()
                        );
                    }
                    continue;
                }
                _ => return self.member(&header, extended).map(Some),
            }
            has_extended = true;
        }
        // An extended header that speaks of no entry has lost one.
        if has_extended { Err(FormatError::Truncated.into()) } else { Ok(None) }
    }
}

impl Extended {
    /// Reads records of the form `<length> <key>=<value>\n` (pax Interchange Format, "pax Extended
    /// Header"). Later ones win. Those that speak neither of name, size, time nor owner do not
    /// matter.
    fn read(&mut self, mut records: &[u8], entry: u64) -> Result<(), FormatError> {
        let malformed = || FormatError::Header { entry, field: "extended header" };
        while !records.is_empty() {
            let space = records.iter().position(|byte| *byte == b' ').ok_or_else(malformed)?;
            let digits = records.get(..space).ok_or_else(malformed)?;
            let length: usize = number(digits).ok_or_else(malformed)?;
            let (record, rest) = records.split_at_checked(length).ok_or_else(malformed)?;
            let record = record
                .get(space.saturating_add(1)..)
                .and_then(|record| record.strip_suffix(b"\n"))
                .ok_or_else(malformed)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(malformed)?;
            let (key, value) = record.split_at_checked(equals).ok_or_else(malformed)?;
            let value = value.strip_prefix(b"=").ok_or_else(malformed)?;
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = Some(number(value).ok_or_else(malformed)?),
                b"uid" => self.uid = Some(number(value).ok_or_else(malformed)?),
                b"gid" => self.gid = Some(number(value).ok_or_else(malformed)?),
                b"uname" => self.user = Some(value.to_vec()),
                b"gname" => self.group = Some(value.to_vec()),
                b"mtime" => self.modified = Some(seconds(value).ok_or_else(malformed)?),
                key if key.starts_with(b"GNU.sparse.") => {
                    self.sparse = true;
                    // The path itself then names a folder that never was.
                    if key == b"GNU.sparse.name" {
                        self.path = Some(value.to_vec());
                    }
                }
                _ => (),
            }
            records = rest;
        }
        Ok(())
    }

    fn is_silent(&self) -> bool {
        self.path.is_none()
            && self.link.is_none()
            && self.size.is_none()
            && self.modified.is_none()
            && (self.uid, self.gid) == (None, None)
            && self.user.is_none()
            && self.group.is_none()
            && !self.sparse
    }
}

/// Returns whose an entry is. A number in no known form is no owner, which differs from any that
/// is promised.
fn owner(header: &Header, extended: &Extended) -> Option<Owner> {
    let id = |given: Option<u32>, stored: io::Result<u64>| {
        given.or_else(|| stored.ok().and_then(|id| u32::try_from(id).ok()))
    };
    let name = |given: &Option<Vec<u8>>, stored: Option<&[u8]>| {
        let name = given.as_deref().or(stored).unwrap_or_default();
        (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
    };
    Some(Owner {
        uid: id(extended.uid, header.uid())?,
        gid: id(extended.gid, header.gid())?,
        user: name(&extended.user, header.username_bytes()),
        group: name(&extended.group, header.groupname_bytes()),
    })
}

/// Sums a header's bytes, counting those of the checksum itself as spaces.
fn checksum(header: &[u8; BLOCK]) -> u32 {
    let own = 148..156;
    header
        .iter()
        .zip(0..)
        .map(|(byte, at)| u32::from(if own.contains(&at) { b' ' } else { *byte }))
        .fold(0, u32::wrapping_add)
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

/// Reads a decimal time and rounds it down to seconds.
fn seconds(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || !plain(digits) || !plain(fraction) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let below = whole.starts_with('-') && fraction.bytes().any(|byte| byte != b'0');
    if below { seconds.checked_sub(1) } else { Some(seconds) }
}

fn until_nul(mut name: Vec<u8>) -> Vec<u8> {
    // GNU tar ends the name with one NUL. Further ones stay, and the path is refused for them.
    if name.last() == Some(&0) {
        name.pop();
    }
    name
}

/// Types the end that `read_exact` met; an error that a layer below made stays as it came.
fn truncated(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof && error.get_ref().is_none() {
        FormatError::Truncated.into()
    } else {
        error
    }
}

#[cfg(test)]
mod tests;
