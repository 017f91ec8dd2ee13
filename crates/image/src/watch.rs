use crate::ImageError;
use beleg_model::ByteCount;
use std::cell::Cell;

/// Lets the caller stop the reading and hear how far it is.
#[derive(Default)]
pub struct Watch<'a> {
    cancelled: Option<&'a dyn Fn() -> bool>,
    progress: Option<&'a dyn Fn(ByteCount)>,
    read: Cell<u64>,
}

impl<'a> Watch<'a> {
    /// Asks `cancelled` at least every 128 KiB whether to stop.
    pub fn cancelled_by(cancelled: &'a dyn Fn() -> bool) -> Self {
        Self { cancelled: Some(cancelled), ..Self::default() }
    }

    /// Tells `progress` how many compressed bytes were read. They pass [`Image::size`] where
    /// links make a second reading necessary.
    #[must_use]
    pub fn with_progress(self, progress: &'a dyn Fn(ByteCount)) -> Self {
        Self { progress: Some(progress), ..self }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.is_some_and(|cancelled| cancelled())
    }

    pub(crate) fn check(&self) -> Result<(), ImageError> {
        if self.is_cancelled() { Err(ImageError::Cancelled) } else { Ok(()) }
    }

    pub(crate) fn advance(&self, bytes: u64) {
        self.read.set(self.read.get().saturating_add(bytes));
        if let Some(progress) = self.progress {
            progress(ByteCount(self.read.get()));
        }
    }
}
