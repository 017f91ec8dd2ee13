use crate::Watch;
use beleg_model::{ByteCount, Digest};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io::{self, Read, Write};

const BUFFER: usize = 64 << 10;

/// The size and SHA-256 of a stream of bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// How many bytes.
    pub size: ByteCount,
    /// Their SHA-256.
    pub digest: Digest,
}

impl Measure {
    /// Measures bytes that are at hand.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut tally = Tally::default();
        tally.add(bytes);
        tally.measure()
    }

    /// Measures a stream to its end, or a little beyond `promised` bytes.
    ///
    /// # Errors
    /// When it cannot be read, or the caller wished to stop.
    pub fn of_stream(
        source: &mut dyn Read,
        promised: ByteCount,
        watch: &Watch<'_>,
    ) -> io::Result<Self> {
        let mut tally = Tally::default();
        let mut source = source.take(promised.0.saturating_add(1));
        let mut buffer = vec![0; BUFFER];
        loop {
            if (watch.cancelled)() {
                return Err(io::Error::other("the reading was cancelled"));
            }
            match source.read(&mut buffer) {
                Ok(0) => return Ok(tally.measure()),
                Ok(count) => tally.add(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            (watch.progress)(tally.size(), Some(promised.0));
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes with {}", self.size.0, self.digest)
    }
}

/// Counts and hashes bytes as they go by.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    hasher: Sha256,
    size: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size = self.size.saturating_add(bytes.len() as u64);
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn measure(self) -> Measure {
        Measure {
            size: ByteCount(self.size),
            digest: Digest::sha256(self.hasher.finalize().into()),
        }
    }
}

/// Passes bytes on and tallies those that were taken.
pub(crate) struct TallyWriter<W> {
    inner: W,
    tally: Tally,
}

impl<W: Write> TallyWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, tally: Tally::default() }
    }

    pub(crate) fn into_parts(self) -> (W, Measure) {
        (self.inner, self.tally.measure())
    }
}

impl<W: Write> Write for TallyWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.tally.add(bytes.get(..count).unwrap_or(bytes));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
