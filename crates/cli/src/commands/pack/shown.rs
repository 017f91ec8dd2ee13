//! What a pack shows of its window: a run that never began leaves nothing in the ledger, so that only
//! the schedules in the plans tell that it was due.

use beleg_engine::{Came, Kept, MOST_SLOTS, Schedule};
use beleg_ledger::pack::{PackReport, Planned};
use beleg_model::{PlannedSchedule, Verdict};
use jiff::{Timestamp, Zoned};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a pack shows, besides what its entries say.
pub(super) struct Shown {
    /// The schedules whose runs are in it, by name.
    pub(super) schedules: Vec<Due>,
    /// What of the window it shows nothing about.
    pub(super) not_shown: Vec<Gap>,
}

/// When a schedule was due, as the plans of its runs say.
pub(super) struct Due {
    pub(super) name: String,
    /// Its first run in the window: what was due before, nothing in the pack says.
    pub(super) since: Timestamp,
    /// The end of the window, or the last that the ledger tells of.
    pub(super) until: Timestamp,
    /// How many runs were due since the first, as far as was looked.
    pub(super) due: usize,
    /// When it was due and no run came.
    pub(super) missed: Vec<Zoned>,
    /// Whether all that was due was looked at.
    pub(super) is_whole: bool,
}

/// A part of the window in which the ledger has nothing.
pub(super) struct Gap {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) why: &'static str,
}

impl Shown {
    /// Finds out what `report`'s pack shows.
    pub(super) fn of(report: &PackReport) -> Self {
        let (Some(from), Some(to)) = (report.from, report.to) else {
            return Self { schedules: Vec::new(), not_shown: Vec::new() };
        };
        let last = report.last.filter(|_| report.reaches_end).unwrap_or(to);
        let mut by_name: BTreeMap<&str, Vec<&Planned>> = BTreeMap::new();
        for run in report.planned.iter().filter(|run| run.schedule.is_some()) {
            by_name.entry(&run.run).or_default().push(run);
        }
        let due = |(name, runs): (&str, Vec<&Planned>)| Due::of(name, &runs, to.min(last));
        Self {
            schedules: by_name.into_iter().filter_map(due).collect(),
            not_shown: gaps(report, from, to),
        }
    }

    /// Returns what the pack shows at best: a run that was due and did not come is `Unknown`.
    pub(super) fn verdict(&self, report: &PackReport) -> Verdict {
        let is_kept = |due: &Due| due.missed.is_empty() && due.is_whole;
        if self.schedules.iter().all(is_kept) {
            report.verdict()
        } else {
            report.verdict().max(Verdict::Unknown)
        }
    }
}

impl Due {
    fn of(name: &str, runs: &[&Planned], until: Timestamp) -> Option<Self> {
        let since = runs.first()?.at;
        let name = name.to_owned();
        let mut due = Self { name, since, until, due: 0, missed: Vec::new(), is_whole: true };
        let came: Vec<Came> = runs.iter().map(|run| came(run)).collect();
        // Each schedule holds until the plan that has another one.
        let parts = runs.chunk_by(|one, other| one.schedule == other.schedule);
        let ends = parts.clone().skip(1).filter_map(|part| Some(part.first()?.at)).chain([until]);
        for (part, end) in parts.zip(ends) {
            let Some(first) = part.first() else { continue };
            due.add(first, end, &came);
        }
        Some(due)
    }

    /// Adds what was due while the schedule of `first` held.
    fn add(&mut self, first: &Planned, end: Timestamp, came: &[Came]) {
        let schedule = first.schedule.as_ref().and_then(|planned| read(&self.name, planned));
        let Some(schedule) = schedule else {
            self.is_whole = false;
            return;
        };
        let slots = schedule.slots(came, first.at, end);
        self.due = self.due.saturating_add(slots.len());
        self.is_whole &= self.due < MOST_SLOTS;
        let missed = slots.into_iter().filter(|slot| slot.kept == Kept::Missed);
        self.missed.extend(missed.map(|slot| slot.due));
    }
}

fn came(run: &Planned) -> Came {
    Came { run_id: run.run_id.clone(), planned: run.at, missing: 0 }
}

fn read(name: &str, planned: &PlannedSchedule) -> Option<Schedule> {
    let PlannedSchedule { cron, time_zone, grace_seconds, jobs } = planned;
    let grace = Duration::from_secs(*grace_seconds);
    Schedule::new(name, cron, time_zone, jobs.clone(), grace).ok()
}

/// Returns the parts of the window before the ledger's first entry and after its last one.
fn gaps(report: &PackReport, from: Timestamp, to: Timestamp) -> Vec<Gap> {
    let before = report.begun.filter(|begun| *begun > from).map(|begun| Gap {
        from,
        to: begun.min(to),
        why: "the ledger began only then",
    });
    let last = report.last.filter(|last| report.reaches_end && *last < to);
    let after = last.map(|last| Gap {
        from: last.max(from),
        to,
        why: "the ledger had no later entry when the pack was made",
    });
    before.into_iter().chain(after).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-{text}:00Z").parse().unwrap()
    }

    fn run(planned: &str, cron: &str) -> Planned {
        let (time_zone, jobs) = ("UTC".to_owned(), Vec::new());
        let schedule =
            PlannedSchedule { cron: cron.to_owned(), time_zone, grace_seconds: 7200, jobs };
        Planned {
            run: "nightly".to_owned(),
            run_id: planned.to_owned(),
            at: at(planned),
            schedule: Some(schedule),
        }
    }

    /// A pack of the last quarter.
    fn pack(planned: Vec<Planned>, last: &str) -> PackReport {
        let begun = planned.first().map(|run| run.at);
        let (from, to) = (Some(at("10-01T00:00")), Some(at("12-31T00:00")));
        let last = Some(at(last));
        PackReport { planned, begun, from, to, last, reaches_end: true, ..PackReport::default() }
    }

    #[test]
    fn nights_between_runs_are_missed_and_the_pack_is_no_pass() {
        let runs = ["11-01T02:00", "11-02T02:00", "11-05T02:00"];
        let runs = runs.iter().map(|planned| run(planned, "0 2 * * *")).collect();
        let report = pack(runs, "11-07T09:00");
        let shown = Shown::of(&report);
        let due = shown.schedules.first().unwrap();
        let missed: Vec<_> =
            due.missed.iter().map(|due| due.strftime("%m-%d").to_string()).collect();
        assert_eq!(
            (due.due, missed),
            (7, ["11-03", "11-04", "11-06", "11-07"].map(str::to_owned).to_vec())
        );
        assert!(shown.verdict(&report) >= Verdict::Unknown);
    }

    #[test]
    fn days_before_the_ledger_began_and_after_its_end_are_not_shown() {
        let report = pack(vec![run("12-01T03:00", "0 2 * * *")], "12-01T03:01");
        let shown = Shown::of(&report);
        assert_eq!(shown.schedules.first().unwrap().due, 0);
        let gaps: Vec<_> = shown.not_shown.iter().map(|gap| (gap.from, gap.to)).collect();
        let (from, to) = (at("10-01T00:00"), at("12-31T00:00"));
        assert_eq!(gaps, [(from, at("12-01T03:00")), (at("12-01T03:01"), to)]);
    }

    #[test]
    fn a_schedule_holds_until_another_is_planned() {
        let weekly = "0 2 * * 1";
        let runs = vec![
            run("11-02T02:00", "0 2 * * *"),
            run("11-03T02:00", weekly),
            run("11-09T02:00", weekly),
        ];
        let report = pack(runs, "11-10T09:00");
        let due = Shown::of(&report);
        let due = due.schedules.first().unwrap();
        assert_eq!((due.missed.len(), due.is_whole), (0, true), "{:?}", due.missed);
    }

    #[test]
    fn a_schedule_that_cannot_be_read_is_no_pass() {
        let report = pack(vec![run("11-02T02:00", "every night")], "11-10T09:00");
        assert!(!Shown::of(&report).schedules.first().unwrap().is_whole);
    }
}
