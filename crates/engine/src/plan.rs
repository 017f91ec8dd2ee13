use crate::check::{Check, Needs};
use crate::configuration::{Configuration, Job};
use crate::schedule::Schedule;
use beleg_dsse::{CanonicalError, canonical_json};
use beleg_model::{
    Evidence, Outcome, PlanRecord, PlannedCheck, PlannedSchedule, Subject, Timing, Tool,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What a run would do, resolved, ordered and hashed.
pub struct Plan {
    /// The run's name: what was asked for.
    pub run: String,
    /// Identifies the run: its name and slot.
    pub run_id: String,
    /// The instant the run is for.
    pub slot: Timestamp,
    /// The checks, ordered by job and subject.
    pub units: Vec<PlannedUnit>,
    /// The schedule of the run's name, as it is in force.
    pub schedule: Option<PlannedSchedule>,
    /// The settings of the jobs, by name.
    pub jobs: BTreeMap<String, serde_json::Value>,
}

/// One planned check.
pub struct PlannedUnit {
    /// Identifies the check: SHA-256 over job settings, subject and slot, as lower-case hex.
    pub run_key: String,
    /// The job's name.
    pub job: String,
    /// The kind's name.
    pub kind: &'static str,
    /// The controls its evidence is to serve.
    pub controls: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// What is looked at.
    pub subject: Subject,
    /// What looks.
    pub check: Arc<dyn Check>,
}

/// What of a configuration to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// A schedule's jobs, one job, or all jobs of one kind, whichever bears this name; looked for
    /// in this order.
    Named(String),
    /// Every job.
    Everything,
}

/// Says why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Nothing bears the name.
    #[error("`{name}` is no schedule, job or kind of job here; there are: {known}")]
    NoSuchName {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Two subjects of a job bear the same name.
    #[error("the job `{job}` names the subject `{subject}` twice")]
    DoubledSubject {
        /// The job.
        job: String,
        /// The subject's name.
        subject: String,
    },
    /// A setting has no canonical form.
    #[error("the plan cannot be hashed")]
    Hash(#[from] CanonicalError),
}

impl Plan {
    /// Resolves what `selection` means in `configuration` for the instant `slot`.
    ///
    /// # Errors
    /// When the name is unknown or a subject stands twice.
    pub fn new(
        configuration: &Configuration,
        selection: &Selection,
        slot: Timestamp,
    ) -> Result<Self, PlanError> {
        let (run, schedule, jobs) = select(configuration, selection)?;
        let limits = &configuration.project.limits;
        let mut units: Vec<PlannedUnit> = Vec::new();
        for job in &jobs {
            // Hashed once for all its subjects, of which the settings may name thousands.
            let settings = hash(&job.settings)?;
            let mut names = BTreeSet::new();
            for unit in &job.units {
                let unearned = unit.check.unearned();
                let is_earned =
                    |control: &&String| unearned.iter().all(|one| one.control != **control);
                if !names.insert(&unit.subject.name) {
                    let (job, subject) = (job.name.clone(), unit.subject.name.clone());
                    return Err(PlanError::DoubledSubject { job, subject });
                }
                units.push(PlannedUnit {
                    run_key: run_key(job, &settings, &unit.subject, slot)?,
                    job: job.name.clone(),
                    kind: job.kind,
                    controls: job.controls.iter().filter(is_earned).cloned().collect(),
                    timeout: job.timeout.unwrap_or_else(|| {
                        limits.timeout.max(unit.check.least_time().unwrap_or_default())
                    }),
                    subject: unit.subject.clone(),
                    check: Arc::clone(&unit.check),
                });
            }
        }
        let run_id = format!("{run}-{slot}");
        let schedule = schedule.map(Schedule::record);
        let jobs = jobs.into_iter().map(|job| (job.name.clone(), job.settings.clone())).collect();
        Ok(Self { run, run_id, slot, units, schedule, jobs })
    }

    /// Returns the plan as the ledger records it.
    #[must_use]
    pub fn record(&self) -> PlanRecord {
        let checks = self.units.iter().map(|unit| PlannedCheck {
            run_key: unit.run_key.clone(),
            job: unit.job.clone(),
            kind: unit.kind.to_owned(),
            subject: unit.subject.clone(),
            controls: unit.controls.clone(),
        });
        PlanRecord {
            run: self.run.clone(),
            run_id: self.run_id.clone(),
            checks: checks.collect(),
            slot: Some(self.slot),
            schedule: self.schedule.clone(),
            jobs: self.jobs.clone(),
        }
    }

    /// Returns SHA-256 over the plan's canonical record, as lower-case hex.
    ///
    /// # Errors
    /// When the plan has no canonical form.
    pub fn digest(&self) -> Result<String, CanonicalError> {
        hash(&self.record())
    }
}

impl PlannedUnit {
    /// Makes the evidence of what the check found.
    pub(crate) fn evidence(
        &self,
        run_id: &str,
        timing: Timing,
        tool: &Tool,
        outcome: Outcome,
    ) -> Evidence {
        Evidence {
            run_id: run_id.to_owned(),
            run_key: self.run_key.clone(),
            job: self.job.clone(),
            kind: self.kind.to_owned(),
            subject: self.subject.clone(),
            controls: self.controls.iter().filter(|it| outcome.serves(it)).cloned().collect(),
            settings: self.settings(),
            timing,
            tool: tool.clone(),
            outcome,
        }
    }

    /// Returns the settings that the verdict depends on, its time limit among them.
    fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = self.check.settings();
        settings.insert("timeout".to_owned(), format!("{} s", self.timeout.as_secs()));
        settings
    }

    /// Returns the locators of the files and folders that must be there.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.check.files(&self.subject)
    }

    /// Says what the check uses.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.check.needs()
    }
}

type Selected<'a> = (String, Option<&'a Schedule>, Vec<&'a Job>);

fn select<'a>(
    configuration: &'a Configuration,
    selection: &Selection,
) -> Result<Selected<'a>, PlanError> {
    let Selection::Named(name) = selection else {
        return Ok(("all".to_owned(), None, configuration.jobs.iter().collect()));
    };
    let schedule = configuration.schedules.iter().find(|schedule| schedule.name == *name);
    let jobs: Vec<&Job> = match schedule {
        Some(schedule) => {
            configuration.jobs.iter().filter(|job| schedule.jobs.contains(&job.name)).collect()
        }
        None => {
            let named: Vec<&Job> =
                configuration.jobs.iter().filter(|job| job.name == *name).collect();
            let of_kind = || configuration.jobs.iter().filter(|job| job.kind == name).collect();
            if named.is_empty() { of_kind() } else { named }
        }
    };
    if schedule.is_none() && jobs.is_empty() {
        let schedules = configuration.schedules.iter().map(|schedule| schedule.name.as_str());
        let known: Vec<&str> =
            schedules.chain(configuration.jobs.iter().map(|job| job.name.as_str())).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(PlanError::NoSuchName { name: name.clone(), known });
    }
    Ok((name.clone(), schedule, jobs))
}

fn run_key(
    job: &Job,
    settings: &str,
    subject: &Subject,
    slot: Timestamp,
) -> Result<String, CanonicalError> {
    hash(&json!({ "job": job.name, "settings": settings, "slot": slot, "subject": subject }))
}

/// Returns SHA-256 over the canonical form, as lower-case hex.
fn hash(value: &impl Serialize) -> Result<String, CanonicalError> {
    Ok(hex::encode(Sha256::digest(canonical_json(value)?)))
}
