use super::CreateError;
use crate::manifest::{Entry, MAX_MANIFEST};
use crate::measure::{Tally, TallyWriter};
use crate::{Measure, Watch};
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use tar::{Builder, EntryType, Header};

const BUFFER: usize = 64 << 10;
/// The most bytes that a name or a link's target has in a header; longer ones go into a pax
/// record.
const IN_HEADER: usize = 100;

pub(super) type Stored = Measure;

/// Writes a POSIX pax archive and notes what went in.
pub(super) struct Packer<'w, W: Write> {
    archive: Builder<TallyWriter<W>>,
    changed: Vec<String>,
    watch: &'w Watch<'w>,
    /// File bytes read, for the progress.
    read: u64,
    /// How long the entries are as JSON, so that a manifest that cannot be opened again is
    /// noticed before hours have passed.
    noted: usize,
}

impl<'w, W: Write> Packer<'w, W> {
    pub(super) fn new(out: TallyWriter<W>, watch: &'w Watch<'w>) -> Self {
        Self { archive: Builder::new(out), changed: Vec::new(), watch, read: 0, noted: 0 }
    }

    pub(super) fn finish(self) -> Result<(TallyWriter<W>, Vec<String>), CreateError> {
        let out = self.archive.into_inner().map_err(CreateError::Write)?;
        Ok((out, self.changed))
    }

    pub(super) fn folder(&mut self, entry: &Entry) -> Result<(), CreateError> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Directory);
        header.set_size(0);
        self.begin(header, entry, None, io::empty())
    }

    pub(super) fn link(&mut self, entry: &Entry, target: &str) -> Result<(), CreateError> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        self.begin(header, entry, Some(target), io::empty())
    }

    /// Stores as many bytes as the file has now.
    pub(super) fn file(&mut self, entry: &Entry, file: File) -> Result<Stored, CreateError> {
        let unreadable = |source| CreateError::Read { path: entry.path.clone(), source };
        let before = file.metadata().map_err(unreadable)?;
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(before.size());
        let mut content = Content {
            file,
            left: before.size(),
            tally: Tally::default(),
            buffer: vec![0; BUFFER],
            at: 0..0,
            done: self.read,
            watch: self.watch,
            failure: None,
        };
        let begun = self.begin(header, entry, None, &mut content);
        match content.failure.take() {
            Some(Failure::Read(source)) => return Err(unreadable(source)),
            Some(Failure::Shrunk) => return Err(CreateError::Shrunk(entry.path.clone())),
            Some(Failure::Cancelled) => return Err(CreateError::Cancelled),
            None => begun?,
        }
        let after = content.file.metadata().map_err(unreadable)?;
        if state(&before) != state(&after) {
            self.changed.push(entry.path.clone());
        }
        self.read = self.read.saturating_add(content.tally.size());
        Ok(content.tally.measure())
    }

    /// Counts an entry's part of the manifest.
    pub(super) fn note(&mut self, entry: &Entry) -> Result<(), CreateError> {
        if (self.watch.cancelled)() {
            return Err(CreateError::Cancelled);
        }
        let json = serde_json::to_string(entry).map_or(0, |json| json.len());
        self.noted = self.noted.saturating_add(json);
        // Base64 makes four bytes of three.
        if self.noted > MAX_MANIFEST / 4 * 3 { Err(CreateError::TooMany) } else { Ok(()) }
    }

    fn begin(
        &mut self,
        mut header: Header,
        entry: &Entry,
        target: Option<&str>,
        content: impl Read,
    ) -> Result<(), CreateError> {
        header.set_mode(entry.mode);
        let modified = entry.modified.to_string();
        let mut records: Vec<(&str, &[u8])> = Vec::new();
        match u64::try_from(entry.modified) {
            Ok(seconds) => header.set_mtime(seconds),
            Err(_) => records.push(("mtime", modified.as_bytes())),
        }
        if !fill(&mut header.as_old_mut().name, &entry.path) {
            records.push(("path", entry.path.as_bytes()));
        }
        if let Some(target) = target
            && !fill(&mut header.as_old_mut().linkname, target)
        {
            records.push(("linkpath", target.as_bytes()));
        }
        header.set_cksum();
        self.archive.append_pax_extensions(records).map_err(CreateError::Write)?;
        self.archive.append(&header, content).map_err(CreateError::Write)
    }
}

/// Fills a header's field and says whether all of the text went in. The `tar` crate's own setters
/// would take `./` and doubled slashes out of a link's target.
fn fill(field: &mut [u8; IN_HEADER], text: &str) -> bool {
    for (slot, byte) in field.iter_mut().zip(text.as_bytes()) {
        *slot = *byte;
    }
    text.len() <= IN_HEADER
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

/// A file's content, cut off at its first size.
struct Content<'w> {
    file: File,
    left: u64,
    tally: Tally,
    buffer: Vec<u8>,
    at: std::ops::Range<usize>,
    done: u64,
    watch: &'w Watch<'w>,
    failure: Option<Failure>,
}

enum Failure {
    Read(io::Error),
    Shrunk,
    Cancelled,
}

impl Content<'_> {
    /// The archive's writer gets an error without a meaning; the meaning is kept here.
    fn fail(&mut self, failure: Failure) -> io::Error {
        self.failure = Some(failure);
        io::ErrorKind::Other.into()
    }

    fn refill(&mut self) -> io::Result<()> {
        if (self.watch.cancelled)() {
            return Err(self.fail(Failure::Cancelled));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.buffer.len());
        let read = loop {
            match self.file.read(self.buffer.get_mut(..most).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                other => break other,
            }
        };
        match read {
            Err(error) => Err(self.fail(Failure::Read(error))),
            Ok(0) => Err(self.fail(Failure::Shrunk)),
            Ok(count) => {
                self.tally.add(self.buffer.get(..count).unwrap_or_default());
                self.left = self.left.saturating_sub(count as u64);
                self.at = 0..count;
                (self.watch.progress)(self.done.saturating_add(self.tally.size()), None);
                Ok(())
            }
        }
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
