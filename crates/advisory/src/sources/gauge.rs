//! Readers that count, so that no limit depends on what a header claims.

use beleg_model::ByteCount;
use std::cell::Cell;
use std::io::{self, Read};

/// Bytes that may still be read.
#[derive(Debug)]
pub(super) struct Gauge {
    left: Cell<u64>,
    exceeded: Cell<bool>,
}

/// A reader that fails as soon as it would exceed its gauge.
pub(super) struct Gauged<'a, R> {
    inner: R,
    gauge: &'a Gauge,
}

/// A reader that remembers how many zeros it has read last.
pub(super) struct Tail<'a, R> {
    inner: R,
    zeros: &'a Cell<u64>,
}

impl Gauge {
    pub(super) fn new(limit: ByteCount) -> Self {
        Self { left: Cell::new(limit.0), exceeded: Cell::new(false) }
    }

    /// Allows `bytes` from now on, whatever was left.
    pub(super) fn refill(&self, bytes: u64) {
        self.left.set(bytes);
    }

    /// Says whether more was wanted than allowed.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }
}

impl<'a, R> Gauged<'a, R> {
    pub(super) fn new(inner: R, gauge: &'a Gauge) -> Self {
        Self { inner, gauge }
    }
}

impl<R: Read> Read for Gauged<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.gauge.left.get()).unwrap_or(usize::MAX);
        // With nothing left, one byte is asked for, to tell the end from too much.
        let wanted = buffer.len().min(left.max(1));
        let Some(part) = buffer.get_mut(..wanted) else { return Ok(0) };
        let read = self.inner.read(part)?;
        if read > left {
            self.gauge.exceeded.set(true);
            return Err(io::Error::other("a limit is exceeded"));
        }
        let read_bytes = u64::try_from(read).unwrap_or(u64::MAX);
        self.gauge.left.set(self.gauge.left.get().saturating_sub(read_bytes));
        Ok(read)
    }
}

impl<'a, R> Tail<'a, R> {
    pub(super) fn new(inner: R, zeros: &'a Cell<u64>) -> Self {
        Self { inner, zeros }
    }
}

impl<R: Read> Read for Tail<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let part = buffer.get(..read).unwrap_or_default();
        let zeros = part.iter().rev().take_while(|byte| **byte == 0).count();
        let before = if zeros == read { self.zeros.get() } else { 0 };
        self.zeros.set(before.saturating_add(u64::try_from(zeros).unwrap_or(u64::MAX)));
        Ok(read)
    }
}
