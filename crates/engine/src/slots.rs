//! The times at which a schedule was due, compared with the runs that came: a run that did not
//! happen leaves nothing behind, so that only this comparison shows it.

use crate::schedule::Schedule;
use jiff::{SignedDuration, Timestamp, Zoned};
use std::collections::VecDeque;

/// The most slots of one schedule that are looked at.
pub const MOST_SLOTS: usize = 10_000;
/// How much earlier than due a run may begin by its own clock and still be the slot's.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// A run as far as slots are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// Identifies the run.
    pub run_id: String,
    /// When it was planned.
    pub planned: Timestamp,
    /// How many of its checks left no evidence.
    pub missing: u64,
}

/// A time at which a schedule was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The time, in the schedule's zone.
    pub due: Zoned,
    /// What came of it.
    pub kept: Kept,
}

/// What came of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A run came within the schedule's grace.
    Ran(Came),
    /// None came, and none will count any more.
    Missed,
    /// None has come yet, and the grace is not over.
    Awaited,
}

impl Schedule {
    /// Compares the slots from `since` to `now` with the runs of the schedule's name, oldest first.
    /// Each run counts for one slot: the first that was still waiting for it.
    #[must_use]
    pub fn slots(&self, runs: &[Came], since: Timestamp, now: Timestamp) -> Vec<Slot> {
        let grace = SignedDuration::try_from(self.grace).unwrap_or(SignedDuration::MAX);
        let mut runs: VecDeque<&Came> = runs.iter().collect();
        let mut slots = Vec::new();
        let mut before = since.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(since);
        while let Ok(due) = self.next(before) {
            let instant = due.timestamp();
            if instant > now || slots.len() >= MOST_SLOTS {
                break;
            }
            let opens = instant.saturating_sub(SKEW).unwrap_or(instant);
            let closes = instant.saturating_add(grace).unwrap_or(Timestamp::MAX);
            while runs.front().is_some_and(|run| run.planned < opens) {
                runs.pop_front();
            }
            let kept = match runs.front().filter(|run| run.planned <= closes) {
                Some(_) => runs.pop_front().map_or(Kept::Missed, |run| Kept::Ran(run.clone())),
                None if now <= closes => Kept::Awaited,
                None => Kept::Missed,
            };
            slots.push(Slot { due, kept });
            before = instant;
        }
        slots
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use std::time::Duration;

    fn came(planned: &str) -> Came {
        let planned = planned.parse().unwrap();
        Came { run_id: format!("nightly-{planned}"), planned, missing: 0 }
    }

    fn kept(cron: &str, runs: &[&str], now: &str) -> Vec<&'static str> {
        let grace = Duration::from_secs(2 * 3600);
        let schedule = Schedule::new("nightly", cron, "UTC", Vec::new(), grace).unwrap();
        let runs: Vec<Came> = runs.iter().map(|run| came(run)).collect();
        let since = "2026-11-20T00:00:00Z".parse().unwrap();
        let slots = schedule.slots(&runs, since, now.parse().unwrap());
        let word = |slot: &Slot| match slot.kept {
            Kept::Ran(_) => "ran",
            Kept::Missed => "missed",
            Kept::Awaited => "awaited",
        };
        slots.iter().map(word).collect()
    }

    #[test]
    fn a_run_within_the_grace_keeps_its_slot_and_a_later_one_does_not() {
        let runs = ["2026-11-20T02:00:01Z", "2026-11-21T04:00:00Z", "2026-11-22T04:00:01Z"];
        assert_eq!(kept("0 2 * * *", &runs, "2026-11-22T12:00:00Z"), ["ran", "ran", "missed"]);
    }

    #[test]
    fn a_slot_waits_until_its_grace_is_over() {
        assert_eq!(kept("0 2 * * *", &[], "2026-11-20T04:00:00Z"), ["awaited"]);
        assert_eq!(kept("0 2 * * *", &[], "2026-11-20T04:00:01Z"), ["missed"]);
        assert!(kept("0 2 * * *", &[], "2026-11-20T01:59:59Z").is_empty());
    }

    #[test]
    fn one_run_does_not_keep_two_slots() {
        let now = "2026-11-20T05:30:00Z";
        let slots = kept("0 2,3 * * *", &["2026-11-20T03:10:00Z"], now);
        assert_eq!(slots, ["ran", "missed"]);
    }
}
