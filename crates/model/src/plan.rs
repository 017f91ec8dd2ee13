use crate::Subject;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Identifiers of the controls that the evidence is to serve; it may serve fewer.
    pub controls: Vec<String>,
}

/// A schedule as it was in force when a run was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSchedule {
    /// The five-field cron expression.
    pub cron: String,
    /// The time zone's IANA name.
    pub time_zone: String,
    /// How much later than due a run may come, in seconds.
    pub grace_seconds: u64,
    /// The jobs' names.
    pub jobs: Vec<String>,
}

/// A whole run's promise: what omission is measured against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// The run's name: its schedule, or the jobs asked for.
    pub run: String,
    /// Identifies this run; evidence names it.
    pub run_id: String,
    /// The checks, ordered by job and subject.
    pub checks: Vec<PlannedCheck>,
    /// The instant the run is for; plans of builds before 0.2 do not state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// The schedule of the run's name, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<PlannedSchedule>,
    /// The jobs' settings as they were in force, by job, without credentials. Numbers are texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub jobs: BTreeMap<String, serde_json::Value>,
}
