use super::CreateError;
use crate::manifest::{Entry, EntryKind};
use crate::measure::{Tally, TallyWriter};
use crate::{Measure, Watch, paths};
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use tar::{Builder, EntryType, Header};

const BUFFER: usize = 64 << 10;
/// The greatest number in the seven octal digits of a header's owner; greater ones go into a pax
/// record.
const MAX_OCTAL: u32 = 0o7_777_777;

/// A file that is in the archive.
pub(super) struct Stored {
    /// What the archive has.
    pub(super) measure: Measure,
    /// Whether somebody wrote to the file meanwhile.
    pub(super) changed: bool,
    /// Whether it could be read to its end.
    pub(super) is_whole: bool,
}

/// Writes a POSIX pax archive.
pub(super) struct Packer<'w, W: Write> {
    archive: Builder<TallyWriter<W>>,
    watch: &'w Watch<'w>,
    /// File bytes read, for the progress.
    read: u64,
    buffer: Vec<u8>,
}

impl<'w, W: Write> Packer<'w, W> {
    pub(super) fn new(out: TallyWriter<W>, watch: &'w Watch<'w>) -> Self {
        Self { archive: Builder::new(out), watch, read: 0, buffer: vec![0; BUFFER] }
    }

    pub(super) fn finish(self) -> Result<TallyWriter<W>, CreateError> {
        self.archive.into_inner().map_err(CreateError::Write)
    }

    pub(super) fn go_on(&self) -> Result<(), CreateError> {
        if (self.watch.cancelled)() { Err(CreateError::Cancelled) } else { Ok(()) }
    }

    /// Stores a folder or a link.
    pub(super) fn without_content(&mut self, entry: &Entry) -> Result<(), CreateError> {
        let mut header = Header::new_ustar();
        header.set_size(0);
        let target = match &entry.kind {
            EntryKind::Symlink { target } => {
                header.set_entry_type(EntryType::Symlink);
                Some(target.as_str())
            }
            EntryKind::HardLink { target } => {
                header.set_entry_type(EntryType::Link);
                Some(target.as_str())
            }
            EntryKind::Directory | EntryKind::File { .. } => {
                header.set_entry_type(EntryType::Directory);
                None
            }
        };
        self.begin(header, entry, target, io::empty())
    }

    /// Stores as many bytes as the file had before. Where there are fewer, zeros stand for them, as
    /// GNU tar does it: the header has gone out by then, and the other files are worth a backup.
    pub(super) fn file(
        &mut self,
        entry: &Entry,
        file: File,
        before: &Metadata,
    ) -> Result<Stored, CreateError> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(before.size());
        let mut content = Content {
            file,
            left: before.size(),
            tally: Tally::default(),
            buffer: std::mem::take(&mut self.buffer),
            at: 0..0,
            done: self.read,
            watch: self.watch,
            trouble: None,
        };
        let begun = self.begin(header, entry, None, &mut content);
        if content.trouble == Some(Trouble::Cancelled) {
            return Err(CreateError::Cancelled);
        }
        begun?;
        let after = content.file.metadata();
        self.buffer = content.buffer;
        self.read = self.read.saturating_add(content.tally.size());
        Ok(Stored {
            measure: content.tally.measure(),
            changed: content.trouble == Some(Trouble::Shrunk)
                || after.is_ok_and(|after| state(before) != state(&after)),
            is_whole: content.trouble != Some(Trouble::Unreadable),
        })
    }

    fn begin(
        &mut self,
        mut header: Header,
        entry: &Entry,
        target: Option<&str>,
        content: impl Read,
    ) -> Result<(), CreateError> {
        header.set_mode(entry.mode);
        let mut records: Vec<(&str, Vec<u8>)> = Vec::new();
        match u64::try_from(entry.modified) {
            Ok(seconds) => header.set_mtime(seconds),
            Err(_) => records.push(("mtime", entry.modified.to_string().into_bytes())),
        }
        owned(&mut header, entry, &mut records);
        let path = bytes(&entry.path)?;
        if !fill(&mut header.as_old_mut().name, &path) {
            records.push(("path", path));
        }
        if let Some(target) = target {
            let target = bytes(target)?;
            if !fill(&mut header.as_old_mut().linkname, &target) {
                records.push(("linkpath", target));
            }
        }
        if records.iter().any(|(_, value)| std::str::from_utf8(value).is_err()) {
            // POSIX: without it a reader may take the bytes for UTF-8.
            records.insert(0, ("hdrcharset", b"BINARY".to_vec()));
        }
        header.set_cksum();
        let records = records.iter().map(|(key, value)| (*key, value.as_slice()));
        self.archive.append_pax_extensions(records).map_err(CreateError::Write)?;
        self.archive.append(&header, content).map_err(CreateError::Write)
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, CreateError> {
    let bytes = paths::bytes(text).map(std::borrow::Cow::into_owned);
    bytes.ok_or_else(|| CreateError::Write(io::ErrorKind::InvalidInput.into()))
}

/// Writes whose an entry is; what does not fit goes into records.
fn owned(header: &mut Header, entry: &Entry, records: &mut Vec<(&str, Vec<u8>)>) {
    let Some(owner) = &entry.owner else { return };
    header.set_uid(u64::from(owner.uid.min(MAX_OCTAL)));
    header.set_gid(u64::from(owner.gid.min(MAX_OCTAL)));
    for (key, id) in [("uid", owner.uid), ("gid", owner.gid)] {
        if id > MAX_OCTAL {
            records.push((key, id.to_string().into_bytes()));
        }
    }
    let Some(header) = header.as_ustar_mut() else { return };
    let fields =
        [("uname", &owner.user, &mut header.uname), ("gname", &owner.group, &mut header.gname)];
    for (key, name, field) in fields {
        let Some(name) = name else { continue };
        // The field ends with a NUL, unlike that of a path.
        if name.len() >= field.len() || !fill(field, name.as_bytes()) {
            records.push((key, name.as_bytes().to_vec()));
        }
    }
}

/// Fills a header's field and says whether all of it went in. The `tar` crate's own setters would
/// take `./` and doubled slashes out of a link's target.
fn fill(field: &mut [u8], text: &[u8]) -> bool {
    for (slot, byte) in field.iter_mut().zip(text) {
        *slot = *byte;
    }
    text.len() <= field.len()
}

/// What is the same before and after when nobody wrote to a file.
fn state(metadata: &Metadata) -> [i64; 5] {
    [
        metadata.size().cast_signed(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ]
}

/// A file's content, with exactly its first size.
struct Content<'w> {
    file: File,
    left: u64,
    tally: Tally,
    buffer: Vec<u8>,
    at: std::ops::Range<usize>,
    done: u64,
    watch: &'w Watch<'w>,
    trouble: Option<Trouble>,
}

#[derive(PartialEq, Eq)]
enum Trouble {
    Unreadable,
    Shrunk,
    Cancelled,
}

impl Content<'_> {
    fn refill(&mut self) -> io::Result<()> {
        if (self.watch.cancelled)() {
            self.trouble = Some(Trouble::Cancelled);
            return Err(io::ErrorKind::Other.into());
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.buffer.len());
        let count = if self.trouble.is_none() { self.read_some(most) } else { 0 };
        let count = if count == 0 { self.zeros(most) } else { count };
        self.tally.add(self.buffer.get(..count).unwrap_or_default());
        self.left = self.left.saturating_sub(count as u64);
        self.at = 0..count;
        (self.watch.progress)(self.done.saturating_add(self.tally.size()), None);
        Ok(())
    }

    /// Reads from the file; nothing where that is in trouble.
    fn read_some(&mut self, most: usize) -> usize {
        loop {
            match self.file.read(self.buffer.get_mut(..most).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(_) => {
                    self.trouble = Some(Trouble::Unreadable);
                    return 0;
                }
                Ok(0) => {
                    self.trouble = Some(Trouble::Shrunk);
                    return 0;
                }
                Ok(count) => return count,
            }
        }
    }

    fn zeros(&mut self, most: usize) -> usize {
        self.buffer.get_mut(..most).unwrap_or_default().fill(0);
        most
    }
}

impl Read for Content<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at.is_empty() {
            if self.left == 0 {
                return Ok(0);
            }
            self.refill()?;
        }
        let ready = self.buffer.get(self.at.clone()).unwrap_or_default();
        let count = ready.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at.start = self.at.start.saturating_add(count);
        Ok(count)
    }
}
