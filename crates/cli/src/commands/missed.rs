use crate::exit::{Exit, NothingThere, UsageError};
use crate::project::OpenProject;
use crate::{ledgers, output, refused, system};
use beleg_engine::{Came, Kept, MOST_SLOTS, Schedule, Slot};
use beleg_ledger::{Entry, Log};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How far back is looked where nobody says since when.
const WINDOW: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Compares when schedules were due with the runs that the ledger holds.
pub(crate) fn missed(project: &OpenProject, since: Option<&str>) -> anyhow::Result<Exit> {
    let since = since.map(first_instant).transpose()?;
    let (log, _) = ledgers::open(&project.configuration.project, &project.stores)?;
    let now = system::now();
    let runs = runs(&log)?;
    if since.is_some_and(|since| since > now) {
        return Err(NothingThere("nothing was due yet: the day named lies ahead").into());
    }
    let mut report = Report::default();
    for schedule in &project.configuration.schedules {
        let came = runs.get(&schedule.name).map(Vec::as_slice).unwrap_or_default();
        let window = now.saturating_sub(WINDOW).unwrap_or(now);
        let first = came.iter().find(|run| run.planned >= window).map(|run| run.planned);
        match since.or(first) {
            Some(since) => report.slots(schedule, &schedule.slots(came, since, now), since),
            None => report.never(schedule),
        }
    }
    for refused in refused::read(&project.configuration.project) {
        if refused.at >= since.unwrap_or(now.saturating_sub(WINDOW).unwrap_or(now)) {
            let at = refused.at.strftime("%Y-%m-%d %H:%M UTC");
            let why = "another run held the lock";
            let _ = writeln!(report.text, "refused  {at}  {}: {why}", refused.run);
        }
    }
    output::result(report.text.as_bytes(), None)?;
    Ok(if report.is_whole { Exit::Pass } else { Exit::Unknown })
}

struct Report {
    text: String,
    is_whole: bool,
}

impl Default for Report {
    fn default() -> Self {
        Self { text: String::new(), is_whole: true }
    }
}

impl Report {
    fn never(&mut self, schedule: &Schedule) {
        self.is_whole = false;
        let days = WINDOW.as_hours() / 24;
        let _ = writeln!(self.text, "missed  {}: no run in the last {days} days", schedule.name);
    }

    fn slots(&mut self, schedule: &Schedule, slots: &[Slot], since: Timestamp) {
        let name = &schedule.name;
        let grace = schedule.grace.as_secs() / 60;
        let mut ran = 0_usize;
        for Slot { due, kept } in slots {
            let due = due.strftime("%Y-%m-%d %H:%M %Z");
            let _ = match kept {
                Kept::Ran(run) if run.missing == 0 => {
                    ran = ran.saturating_add(1);
                    continue;
                }
                Kept::Ran(Came { run_id, missing, .. }) => {
                    self.is_whole = false;
                    let without = "planned checks without evidence";
                    writeln!(
                        self.text,
                        "unfinished  {due}  {name}: {run_id} left {missing} {without}"
                    )
                }
                Kept::Missed => {
                    self.is_whole = false;
                    writeln!(self.text, "missed  {due}  {name}: no run within {grace} min")
                }
                Kept::Awaited => {
                    writeln!(self.text, "awaited  {due}  {name}: due, and not late yet")
                }
            };
        }
        let day = since.strftime("%Y-%m-%d");
        let all = slots.len();
        let _ =
            writeln!(self.text, "{name}: {ran} of {all} runs due since {day} came and finished");
        if all >= MOST_SLOTS {
            self.is_whole = false;
            let _ = writeln!(
                self.text,
                "{name}: what was due later was not looked at; name a later day"
            );
        }
    }
}

/// Returns the runs of each name, oldest first, with how many checks left no evidence.
fn runs(log: &Log) -> anyhow::Result<BTreeMap<String, Vec<Came>>> {
    let mut kept: BTreeMap<String, u64> = BTreeMap::new();
    for entry in log.entries(0..log.size())? {
        if let Entry::Evidence { run_id, .. } = entry {
            let count = kept.entry(run_id).or_default();
            *count = count.saturating_add(1);
        }
    }
    let mut runs: BTreeMap<String, Vec<Came>> = BTreeMap::new();
    for run in log.runs()? {
        let found = kept.get(&run.run_id).copied().unwrap_or(0);
        let missing = run.planned_checks.saturating_sub(found);
        let came = Came { run_id: run.run_id, planned: run.planned, missing };
        runs.entry(run.run).or_default().push(came);
    }
    for came in runs.values_mut() {
        came.sort_by_key(|run| run.planned);
    }
    Ok(runs)
}

fn first_instant(day: &str) -> anyhow::Result<Timestamp> {
    let wrong = || UsageError(format!("`{day}` is no day such as 2026-11-01"));
    let date: Date = day.parse().map_err(|_| wrong())?;
    Ok(date.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp())
}
