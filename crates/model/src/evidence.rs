use crate::{Outcome, Subject, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The in-toto predicate type of [`Evidence`].
pub const PREDICATE_TYPE: &str = "urn:beleg:evidence:v1";

/// The setting of evidence that says in words which others weaken the check, if any does.
pub const WEAKENED: &str = "weakened";

/// What one check leaves behind: the predicate of an in-toto Statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The run it belongs to, as in the run's `planned` entry.
    pub run_id: String,
    /// Identifies the check within the plan.
    pub run_key: String,
    /// The job's name.
    pub job: String,
    /// The job's kind.
    pub kind: String,
    /// What was looked at.
    pub subject: Subject,
    /// Identifiers of the controls it serves: those that its job claims, without the ones that
    /// it is no evidence for, as [`Outcome::serves`] says.
    pub controls: Vec<String>,
    /// The settings that its verdict depends on, as they were in force, in words: targets, limits,
    /// policies, exemptions. Evidence of builds before 0.2 has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// When, and how long.
    pub timing: Timing,
    /// What looked.
    pub tool: Tool,
    /// What was found out.
    pub outcome: Outcome,
}

/// When a check ran. Instants are UTC; the duration is from a monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// When the check began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// The build of beleg that made a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Always `beleg`.
    pub name: String,
    /// The version, such as `0.1.0`.
    pub version: String,
}

/// One check as the ledger holds it: its evidence, or the fact that none was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRecord {
    /// The check's evidence.
    pub evidence: Evidence,
    /// The ledger entry it stands in, counted from 0.
    pub entry: u64,
}

/// A run as the ledger holds it: what reports are made of, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The run's name: its schedule, or the jobs asked for.
    pub run: String,
    /// Identifies the run.
    pub run_id: String,
    /// When the plan was recorded.
    pub planned: Timestamp,
    /// How many checks were planned.
    pub planned_checks: u64,
    /// The checks with evidence, ordered by job and subject.
    pub checks: Vec<CheckRecord>,
    /// The ledger's origin line.
    pub origin: String,
    /// The number of ledger entries the report stands on.
    pub tree_size: u64,
    /// The ledger's root hash at that size, standard base64.
    pub root_hash: String,
}

impl RunRecord {
    /// Returns the worst verdict of all checks; a planned check without evidence is `Unknown`.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let found = Verdict::worst(self.checks.iter().map(|check| check.evidence.outcome.verdict));
        if self.missing() > 0 { found.max(Verdict::Unknown) } else { found }
    }

    /// Returns how many planned checks left no evidence.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.planned_checks.saturating_sub(u64::try_from(self.checks.len()).unwrap_or(u64::MAX))
    }
}
