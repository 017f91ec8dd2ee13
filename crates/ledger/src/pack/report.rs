use crate::problem::Problem;
use crate::runs::Unfinished;
use crate::time::ClockJump;
use crate::verify::Erasure;
use beleg_dsse::Verifier;
use beleg_model::{PlannedSchedule, Verdict};
use jiff::Timestamp;

/// What the check of a pack has found. Nothing else in it counts while `problems` is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackReport {
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// What is odd and was recorded so, and what no later entry can mend.
    pub anomalies: Vec<Problem>,
    /// Where a clock went back, in the whole ledger.
    pub jumps: Vec<ClockJump>,
    /// Entries that stand in the window's part of the log and are of another time.
    pub other_times: Vec<(u64, Timestamp)>,
    /// The key everything was checked with; `None` when there was none that could be read.
    pub key: Option<Verifier>,
    /// Whether that key came from elsewhere. If not, it came from the pack itself: the pack is
    /// whole, but anybody could have made it.
    pub key_compared: bool,
    /// The build that made the pack, if it says so.
    pub version: String,
    /// The ledger's name.
    pub origin: String,
    /// The ledger's size as of the pack.
    pub tree_size: u64,
    /// The ledger's root as of the pack, standard base64.
    pub root_hash: String,
    /// When the ledger's last entry as of the pack was recorded.
    pub last: Option<Timestamp>,
    /// The window's begin, which is in it.
    pub from: Option<Timestamp>,
    /// The window's end, which is not in it.
    pub to: Option<Timestamp>,
    /// The window's first entry.
    pub first: u64,
    /// How many entries the window has.
    pub entries: u64,
    /// Whether the window reaches the ledger's end as of the pack, so that a later pack of the
    /// same window may have more.
    pub reaches_end: bool,
    /// Earlier sizes of the ledger that the pack is shown to go on from.
    pub continues: Vec<u64>,
    /// Checkpoints that were to be compared and that the pack shows nothing about.
    pub not_compared: Vec<String>,
    /// What became of the reports in the pack.
    pub reports: Reports,
    /// The checks, in the order of their runs: those of the window, and the later ones of runs
    /// that were planned in it.
    pub checks: Vec<Checked>,
    /// What was due and what was done, by job.
    pub jobs: Vec<Job>,
    /// Runs planned in the window that promised more than they kept.
    pub unfinished: Vec<Unfinished>,
    /// Runs planned before the window whose evidence is in it in part.
    pub cut: Vec<Cut>,
    /// The plans in the window, in the order of the log, as far as their payloads are there.
    pub planned: Vec<Planned>,
    /// When the ledger's first entry was recorded, where the pack shows it.
    pub begun: Option<Timestamp>,
    /// Payloads that were deleted, as the ledger itself records.
    pub erasures: Vec<Erasure>,
}

/// A check that has left evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The ledger entry.
    pub entry: u64,
    /// The run it belongs to.
    pub run_id: String,
    /// The job.
    pub job: String,
    /// What was looked at; `None` when the payload was erased.
    pub subject: Option<String>,
    /// What it has shown, as the entry says.
    pub verdict: Verdict,
    /// Why, as a code; `erased` when the payload was.
    pub reason: String,
}

/// A run that the window's beginning cuts in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Identifies the run.
    pub run_id: String,
    /// When it was planned.
    pub planned: Timestamp,
    /// How many checks it promised.
    pub promised: u64,
    /// How many of them have left no evidence in the pack.
    pub absent: u64,
}

/// A run that was planned in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The run's name: its schedule, or the jobs asked for.
    pub run: String,
    /// Identifies the run.
    pub run_id: String,
    /// When it was planned.
    pub at: Timestamp,
    /// The schedule of its name, as it was in force.
    pub schedule: Option<PlannedSchedule>,
}

/// What was due of a job, and what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// The job's name; empty for what was promised by plans that were erased.
    pub name: String,
    /// How many checks were promised.
    pub due: u64,
    /// How many have passed.
    pub pass: u64,
    /// How many could not look.
    pub unknown: u64,
    /// How many have failed.
    pub fail: u64,
    /// How many have left no evidence.
    pub missing: u64,
}

/// What became of the reports in a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reports {
    /// Nobody asked.
    #[default]
    NotCompared,
    /// Another build made them, whose words this one does not know.
    OtherVersion,
    /// So many were rendered again and are the same, byte by byte.
    Same(u64),
}

impl PackReport {
    /// Says whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns the worst of what the checks have shown. A promised check without evidence, and one
    /// whose evidence was erased or lies outside of the pack, is `Unknown` at best.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let found = Verdict::worst(self.checks.iter().map(|check| check.verdict));
        let gaps = self.unfinished.iter().any(|run| run.missing > 0)
            || !self.cut.is_empty()
            || self.checks.iter().any(|check| check.subject.is_none());
        if gaps { found.max(Verdict::Unknown) } else { found }
    }
}

impl Job {
    pub(crate) fn count(&mut self, verdict: Verdict) {
        self.due = self.due.saturating_add(1);
        let counter = match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Fail => &mut self.fail,
        };
        *counter = counter.saturating_add(1);
    }

    pub(crate) fn miss(&mut self, count: u64) {
        self.due = self.due.saturating_add(count);
        self.missing = self.missing.saturating_add(count);
    }

    /// Returns how many checks have left evidence.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.pass.saturating_add(self.unknown).saturating_add(self.fail)
    }
}
