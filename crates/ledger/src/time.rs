//! The time of entries, and clocks that were wrong.
//!
//! Entries stand in the order in which they were recorded, and each says what the clock said. A
//! machine whose clock is ahead by a year must not date everything after it into that year, so an
//! entry may be older than the one before it. Where that is so, the clock *jumps*, and every later
//! entry names the last jump: whoever is shown the last entry can follow all jumps back, and knows
//! that time only grows between two of them.

use crate::entry::Entry;
use jiff::{SignedDuration, Timestamp};

/// How far clocks of machines that write to the same ledger may be apart before it is called a
/// jump. Within it, an entry takes the time of the one before.
pub const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What the last entry says about time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// When it was recorded.
    pub time: Timestamp,
    /// The last entry, this one included, that is older than the entry before it.
    pub jump: Option<u64>,
}

/// A place where the clock went back. One of the two clocks was wrong; which one, the ledger cannot
/// tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockJump {
    /// The entry that is older than the one before it.
    pub entry: u64,
    /// Its time.
    pub time: Timestamp,
    /// The time of the entry before it.
    pub before: Timestamp,
}

impl Tail {
    /// Returns what `entry` says.
    pub(crate) fn of(entry: &Entry) -> Self {
        Self { time: entry.time(), jump: entry.jump() }
    }

    /// Returns what an entry must say that is recorded at `now` as entry `index`.
    pub(crate) fn next(before: Option<Self>, now: Timestamp, index: u64) -> Self {
        match before {
            None => Self { time: now, jump: None },
            Some(before) if before.time.duration_since(now) > SKEW => {
                Self { time: now, jump: Some(index) }
            }
            Some(before) => Self { time: now.max(before.time), jump: before.jump },
        }
    }

    /// Says whether this may stand at `index` behind `before`.
    pub(crate) fn follows(self, before: Option<Self>, index: u64) -> bool {
        match before {
            None => self.jump.is_none(),
            Some(before) if self.time < before.time => self.jump == Some(index),
            Some(before) => self.jump == before.jump,
        }
    }
}

impl ClockJump {
    /// Returns the jump from `before` to `after`, which stands at `index`, if it is one.
    pub(crate) fn between(before: Option<Tail>, after: Tail, index: u64) -> Option<Self> {
        let before = before.filter(|before| after.time < before.time)?;
        Some(Self { entry: index, time: after.time, before: before.time })
    }
}
