use super::check::{self, Sequence};
use super::{Entry, MAX_ENTRIES, ManifestError};
use crate::measure::{Tally, TallyWriter};
use crate::{Measure, paths};
use beleg_dsse::{CanonicalError, canonical_json};
use beleg_model::ByteCount;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read as _, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// The most bytes in one line: a path and a target with every byte escaped, and the rest.
const MAX_LINE: u64 = 64 << 10;
/// Up to this many bytes of entries are kept in memory, more in a file.
const IN_MEMORY: u64 = 8 << 20;

/// Every entry of a manifest, ordered by path. Those of a large backup lie in a file, and only
/// where each begins is in memory: eight bytes an entry.
#[derive(Clone, Debug)]
pub struct Entries {
    order: fn(&str, &str) -> Ordering,
    held: Held,
}

#[derive(Clone, Debug)]
enum Held {
    Parsed(Vec<Entry>),
    Lines { bytes: Arc<Bytes>, starts: Arc<[u64]> },
}

#[derive(Debug)]
enum Bytes {
    Memory(Vec<u8>),
    File(File),
}

impl Entries {
    /// Takes entries in the order of the bytes of their paths, as the first format has them.
    pub(crate) fn in_byte_order(entries: Vec<Entry>) -> Self {
        Self { order: Ord::cmp, held: Held::Parsed(entries) }
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.held {
            Held::Parsed(entries) => entries.len(),
            Held::Lines { starts, .. } => starts.len().saturating_sub(1),
        }
    }

    /// Says whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the entry at a place, or `None` behind the last.
    ///
    /// # Errors
    /// When the file that holds the entries cannot be read.
    pub fn get(&self, at: usize) -> io::Result<Option<Entry>> {
        match &self.held {
            Held::Parsed(entries) => Ok(entries.get(at).cloned()),
            Held::Lines { bytes, starts } => {
                let ends = starts.get(at).zip(starts.get(at.saturating_add(1)));
                ends.map(|(start, end)| bytes.entry(*start, *end)).transpose()
            }
        }
    }

    /// Goes through all entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<Entry>> + '_ {
        (0..self.len()).filter_map(|at| self.get(at).transpose())
    }

    /// Returns the place of a path. The place behind `hint` is looked at first: archives have
    /// the order of their manifest.
    pub(crate) fn find(&self, path: &str, hint: usize) -> io::Result<Option<usize>> {
        if self.get(hint)?.is_some_and(|entry| entry.path == path) {
            return Ok(Some(hint));
        }
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let Some(entry) = self.get(middle)? else { break };
            match (self.order)(&entry.path, path) {
                Ordering::Equal => return Ok(Some(middle)),
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// Reads entries as [`EntryWriter`] writes them, checks each, and keeps those of a large backup
    /// in the file that `spool` makes.
    pub(super) fn read(
        source: &mut impl BufRead,
        promised: &Measure,
        count: u64,
        spool: impl FnOnce() -> io::Result<File>,
    ) -> Result<(Self, ByteCount), ManifestError> {
        if count > MAX_ENTRIES as u64 {
            return Err(ManifestError::TooMany("entries", MAX_ENTRIES));
        }
        let file = (promised.size.0 > IN_MEMORY).then(spool).transpose();
        let mut keeper = match file.map_err(ManifestError::Spool)? {
            Some(file) => Keeper::File(BufWriter::with_capacity(1 << 20, file)),
            None => Keeper::Memory(Vec::new()),
        };
        let mut tally = Tally::default();
        let mut starts = vec![0];
        let mut line = Vec::new();
        loop {
            line.clear();
            let taken = source.take(MAX_LINE).read_until(b'\n', &mut line);
            if taken.map_err(ManifestError::Read)? == 0 {
                break;
            }
            tally.add(&line);
            // Before anything is kept: nobody signed what goes beyond.
            if tally.size() > promised.size.0 || starts.len() as u64 > count {
                return Err(ManifestError::WrongRoot);
            }
            keeper.keep(&line).map_err(ManifestError::Spool)?;
            starts.push(tally.size());
        }
        let is_whole = starts.len() as u64 == count.saturating_add(1);
        if tally.measure() != *promised || !is_whole {
            return Err(ManifestError::WrongRoot);
        }
        // Only now, as nothing is parsed that nobody signed.
        let bytes = keeper.finish().map_err(ManifestError::Spool)?;
        let mut sequence = Sequence::default();
        for (start, end) in starts.iter().zip(starts.iter().skip(1)) {
            let line = bytes.line(*start, *end).map_err(ManifestError::Spool)?;
            sequence.next(&parse(&line)?)?;
        }
        let held = Held::Lines { bytes: Arc::new(bytes), starts: starts.into() };
        Ok((Self { order: paths::in_walk, held }, sequence.content()))
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        let equal = |(one, other): (io::Result<Entry>, io::Result<Entry>)| matches!((one, other), (Ok(one), Ok(other)) if one == other);
        self.len() == other.len() && self.iter().zip(other.iter()).all(equal)
    }
}

impl Bytes {
    fn entry(&self, start: u64, end: u64) -> io::Result<Entry> {
        Ok(serde_json::from_slice(&self.line(start, end)?)?)
    }

    fn line(&self, start: u64, end: u64) -> io::Result<Cow<'_, [u8]>> {
        let broken = || io::Error::from(io::ErrorKind::InvalidData);
        let length = usize::try_from(end.saturating_sub(start)).map_err(|_| broken())?;
        match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(start).map_err(|_| broken())?;
                let line = bytes.get(start..).and_then(|bytes| bytes.get(..length));
                Ok(Cow::Borrowed(line.ok_or_else(broken)?))
            }
            Self::File(file) => {
                let mut line = vec![0; length];
                file.read_exact_at(&mut line, start)?;
                Ok(Cow::Owned(line))
            }
        }
    }
}

enum Keeper {
    Memory(Vec<u8>),
    File(BufWriter<File>),
}

impl Keeper {
    fn keep(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => bytes.write_all(line),
            Self::File(file) => file.write_all(line),
        }
    }

    fn finish(self) -> io::Result<Bytes> {
        Ok(match self {
            Self::Memory(bytes) => Bytes::Memory(bytes),
            Self::File(file) => Bytes::File(file.into_inner().map_err(|error| error.into_error())?),
        })
    }
}

/// Reads one line, which must be the one way to write its entry.
fn parse(line: &[u8]) -> Result<Entry, ManifestError> {
    let Some(json) = line.strip_suffix(b"\n") else { return Err(ManifestError::WrongRoot) };
    let entry: Entry = serde_json::from_slice(json).map_err(ManifestError::Malformed)?;
    if canonical_json(&entry)? == json { Ok(entry) } else { Err(ManifestError::NotCanonical) }
}

/// Writes entries, each as a line of canonical JSON, in the order in which a walk meets them.
pub(crate) struct EntryWriter<W: Write> {
    out: TallyWriter<W>,
    count: usize,
    content: u64,
}

/// What was written.
pub(crate) struct Written {
    pub(crate) lines: Measure,
    pub(crate) count: u64,
    pub(crate) content: ByteCount,
}

/// Says why an entry was not written.
#[derive(Debug)]
pub(crate) enum Unwritten {
    TooMany,
    Canonical(CanonicalError),
    Io(io::Error),
}

impl<W: Write> EntryWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out: TallyWriter::new(out), count: 0, content: 0 }
    }

    pub(crate) fn add(&mut self, entry: &Entry) -> Result<(), Unwritten> {
        if self.count >= MAX_ENTRIES {
            return Err(Unwritten::TooMany);
        }
        let mut line = canonical_json(entry).map_err(Unwritten::Canonical)?;
        line.push(b'\n');
        self.out.write_all(&line).map_err(Unwritten::Io)?;
        self.count = self.count.saturating_add(1);
        self.content = self.content.saturating_add(check::size(entry));
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<Written> {
        self.out.flush()?;
        let (_, lines) = self.out.into_parts();
        Ok(Written { lines, count: self.count as u64, content: ByteCount(self.content) })
    }
}
