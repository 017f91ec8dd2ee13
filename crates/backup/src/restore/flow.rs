//! The layers between the encrypted object and the archive. Each turns its errors into a
//! [`Cause`], so that the one at the top need not guess.

use super::{Cause, Limits};
use crate::measure::Tally;
use crate::{Manifest, Watch};
use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::Duration;

/// The most bytes in an age header: about 160 recipients. The `age` crate begins anew with every
/// line of the header, so a long one would take long.
pub const MAX_AGE_HEADER: u64 = 16 << 10;
/// How much an archive may grow before its ratio to the ciphertext counts.
const RATIO_FROM: u64 = 1 << 20;
/// What the buffered reader below the header may have read ahead.
const READ_AHEAD: u64 = 8 << 10;

/// What the layers have seen so far.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) ciphertext: Tally,
    pub(super) archive: Tally,
    pub(super) first_byte: Option<Duration>,
    /// Whether the encrypted object came to its end.
    pub(super) at_end: bool,
    /// Whether the age header has been read.
    pub(super) header_read: bool,
}

impl Flow {
    /// Tells a cut-off object from a changed one: both look alike to the decryption.
    pub(super) fn explain(&self, cause: Cause, manifest: &Manifest) -> Cause {
        let promised = manifest.facts.ciphertext.size.0;
        let found = self.ciphertext.size();
        match cause {
            Cause::NotAuthentic | Cause::NotAge if self.at_end && found < promised => {
                Cause::Truncated { promised, found }
            }
            other => other,
        }
    }
}

/// The encrypted object: counted, hashed and cut off where it should end.
pub(super) struct Ciphertext<'a> {
    source: Box<dyn Read + Send + 'a>,
    promised: u64,
    watch: &'a Watch<'a>,
    flow: Rc<RefCell<Flow>>,
}

impl<'a> Ciphertext<'a> {
    pub(super) fn new(
        source: Box<dyn Read + Send + 'a>,
        manifest: &Manifest,
        watch: &'a Watch<'a>,
        flow: Rc<RefCell<Flow>>,
    ) -> Self {
        Self { source, promised: manifest.facts.ciphertext.size.0, watch, flow }
    }
}

impl Read for Ciphertext<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.watch.cancelled)() {
            return Err(Cause::Cancelled.into());
        }
        let count = loop {
            match self.source.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(Cause::Source(error).into()),
                Ok(count) => break count,
            }
        };
        let mut flow = self.flow.borrow_mut();
        if count == 0 {
            flow.at_end = !buffer.is_empty();
            return Ok(0);
        }
        flow.first_byte.get_or_insert_with(self.watch.clock);
        flow.ciphertext.add(buffer.get(..count).unwrap_or_default());
        let size = flow.ciphertext.size();
        if size > self.promised {
            return Err(Cause::TrailingBytes { promised: self.promised }.into());
        }
        if !flow.header_read && size > MAX_AGE_HEADER.saturating_add(READ_AHEAD) {
            return Err(Cause::HeaderTooLong.into());
        }
        (self.watch.progress)(size, Some(self.promised));
        Ok(count)
    }
}

/// Gives the errors of the reader inside their cause.
pub(super) struct Layer<R, F> {
    inner: R,
    cause: F,
}

impl<R, F: Fn(io::Error) -> Cause> Layer<R, F> {
    pub(super) fn new(inner: R, cause: F) -> Self {
        Self { inner, cause }
    }
}

impl<R: Read, F: Fn(io::Error) -> Cause> Read for Layer<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| Cause::recover(error, &self.cause).into())
    }
}

/// The archive's bytes: counted, hashed and kept within what the manifest promises.
pub(super) struct Plaintext<'a> {
    inner: Box<dyn Read + 'a>,
    promised: u64,
    ratio: u64,
    watch: &'a Watch<'a>,
    flow: Rc<RefCell<Flow>>,
}

impl<'a> Plaintext<'a> {
    pub(super) fn new(
        inner: Box<dyn Read + 'a>,
        manifest: &Manifest,
        limits: &Limits,
        watch: &'a Watch<'a>,
        flow: Rc<RefCell<Flow>>,
    ) -> Self {
        let promised = manifest.facts.archive.size.0;
        Self { inner, promised, ratio: limits.ratio, watch, flow }
    }
}

impl Read for Plaintext<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.watch.cancelled)() {
            return Err(Cause::Cancelled.into());
        }
        let count = self.inner.read(buffer)?;
        let mut flow = self.flow.borrow_mut();
        flow.archive.add(buffer.get(..count).unwrap_or_default());
        let size = flow.archive.size();
        if size > self.promised {
            return Err(Cause::ArchiveTooLong { promised: self.promised }.into());
        }
        let allowed = flow.ciphertext.size().saturating_mul(self.ratio);
        if size > allowed.saturating_add(RATIO_FROM) {
            let limit = self.ratio;
            return Err(Cause::OverLimit { what: "times its size when unpacked", limit }.into());
        }
        Ok(count)
    }
}
