use std::fmt;
use std::time::Duration;

/// What a long operation may ask of its caller: whether to stop, what time it is, and whom to
/// tell how far it is.
pub struct Watch<'a> {
    /// Says whether to stop; asked at least once for every 64 KiB.
    pub cancelled: &'a dyn Fn() -> bool,
    /// Hears how many bytes are done, and of how many where that is known.
    pub progress: &'a dyn Fn(u64, Option<u64>),
    /// Tells the time since some fixed instant, never going back.
    pub clock: &'a dyn Fn() -> Duration,
}

impl Watch<'static> {
    /// Neither stops nor listens, and its clock stands still: for tests and small work.
    #[must_use]
    pub fn idle() -> Self {
        Self { cancelled: &|| false, progress: &|_, _| (), clock: &|| Duration::ZERO }
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
