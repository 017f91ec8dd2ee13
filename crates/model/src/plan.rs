use crate::Subject;
use serde::{Deserialize, Serialize};

/// One check that a run promises to make, recorded in the ledger before the run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    /// SHA-256 over the job's settings, the subject and the scheduled slot, as lower-case hex.
    pub run_key: String,
    /// The job's name.
    pub job: String,
    /// The job's kind.
    pub kind: String,
    /// What will be looked at.
    pub subject: Subject,
    /// Identifiers of the controls that the evidence serves.
    pub controls: Vec<String>,
}

/// A whole run's promise: what omission is measured against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// The run's name: its schedule, or the jobs asked for.
    pub run: String,
    /// Identifies this run; evidence names it.
    pub run_id: String,
    /// The checks, ordered by job and subject.
    pub checks: Vec<PlannedCheck>,
}
