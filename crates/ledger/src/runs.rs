//! What the entries of a run say together: what was promised, and what was kept.

use crate::entry::Entry;
use crate::error::LedgerError;
use crate::log::Log;
use crate::problem::Problems;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_model::{CheckRecord, Evidence, PlanRecord, PlannedCheck, RunRecord};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

/// A run as its `planned` entry states it in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// The `planned` entry.
    pub entry: u64,
    /// The run's name: its schedule, or the jobs asked for.
    pub run: String,
    /// Identifies the run.
    pub run_id: String,
    /// When the plan was recorded.
    pub planned: Timestamp,
    /// How many checks were planned.
    pub planned_checks: u64,
}

/// A run that has promised more than it has kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The `planned` entry.
    pub entry: u64,
    /// The run's name.
    pub run: String,
    /// Identifies the run.
    pub run_id: String,
    /// How many of its checks have left no entry.
    pub missing: u64,
    /// The planned checks for which no evidence can be read. They are more than `missing` when
    /// the payload of some evidence is gone, and none when that of the plan is.
    pub checks: Vec<PlannedCheck>,
}

impl Log {
    /// Returns all runs, oldest first.
    ///
    /// # Errors
    /// When a tile is not as it must be.
    pub fn runs(&self) -> Result<Vec<RunSummary>, LedgerError> {
        let entries = (0..).zip(self.entries(0..self.size())?);
        Ok(entries.filter_map(|(index, entry)| summary(index, entry)).collect())
    }

    /// Returns the run that `run_id` identifies, or `None` when no such run was planned.
    ///
    /// A check counts when its run key and everything else that its plan promised is the plan's.
    /// Should a check have left evidence twice, which `verify` calls a problem, the worse one
    /// stands. Evidence whose payload was erased is missing, so that the run is `Unknown` at best.
    ///
    /// # Errors
    /// [`LedgerError::Erased`] when the plan's payload was erased; others when a tile or a payload
    /// is not as it must be.
    pub fn run(&self, run_id: &str) -> Result<Option<RunRecord>, LedgerError> {
        self.find_run(|run| run.run_id == run_id)?.map(|run| self.record_of(run)).transpose()
    }

    /// Returns the run of the name `run` that was planned last.
    ///
    /// # Errors
    /// As [`Log::run`].
    pub fn latest_run(&self, run: &str) -> Result<Option<RunRecord>, LedgerError> {
        self.find_run(|found| found.run == run)?.map(|run| self.record_of(run)).transpose()
    }

    /// Looks from the end to the start, because it is mostly the last run that is asked for.
    fn find_run(
        &self,
        wanted: impl Fn(&RunSummary) -> bool,
    ) -> Result<Option<RunSummary>, LedgerError> {
        for bundle in crate::tree::bundles(&(0..self.size())).rev() {
            let start = bundle.saturating_mul(crate::tile::FULL);
            let end = start.saturating_add(crate::tile::FULL).min(self.size());
            let entries = (start..).zip(self.entries(start..end)?).collect::<Vec<_>>();
            let mut runs = entries.into_iter().rev().filter_map(|(at, entry)| summary(at, entry));
            if let Some(found) = runs.find(&wanted) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn record_of(&self, run: RunSummary) -> Result<RunRecord, LedgerError> {
        let plan = self.plan(run.entry)?;
        let promised: BTreeMap<_, _> =
            plan.checks.iter().map(|check| (check.run_key.as_str(), check)).collect();
        let mut kept: BTreeMap<String, CheckRecord> = BTreeMap::new();
        for (index, entry) in (run.entry..).zip(self.entries(run.entry..self.size())?) {
            let mine = matches!(entry, Entry::Evidence { ref run_id, .. } if *run_id == run.run_id);
            if !mine {
                continue;
            }
            let evidence: Evidence = match self.stated_by(index, &entry) {
                Ok(evidence) => evidence,
                Err(LedgerError::Erased { .. }) => continue,
                Err(error) => return Err(error),
            };
            if promised.get(evidence.run_key.as_str()) != Some(&&promise(&evidence)) {
                continue;
            }
            match kept.entry(evidence.run_key.clone()) {
                Slot::Vacant(slot) => {
                    slot.insert(CheckRecord { evidence, entry: index });
                }
                Slot::Occupied(mut slot) => {
                    if evidence.outcome.verdict > slot.get().evidence.outcome.verdict {
                        slot.insert(CheckRecord { evidence, entry: index });
                    }
                }
            }
        }
        let mut checks: Vec<_> = kept.into_values().collect();
        checks.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(RunRecord {
            run: run.run,
            run_id: run.run_id,
            planned: run.planned,
            planned_checks: run.planned_checks,
            checks,
            origin: self.origin().to_owned(),
            tree_size: self.size(),
            root_hash: BASE64_STANDARD.encode(self.root()),
        })
    }
}

/// Gathers plans and evidence in the order of the log, and compares them.
#[derive(Default)]
pub(crate) struct Book {
    plans: BTreeMap<String, Promised>,
    evidence: Vec<Kept>,
}

struct Promised {
    entry: u64,
    run: String,
    checks: u64,
    /// `None` when the payload cannot be read.
    plan: Option<PlanRecord>,
}

struct Kept {
    entry: u64,
    run_id: String,
    /// What was checked; `None` when the payload cannot be read.
    check: Option<PlannedCheck>,
}

impl Book {
    /// Notes a `planned` entry and its payload, if that can be read.
    pub(crate) fn plan(
        &mut self,
        at: (&str, u64),
        entry: &Entry,
        plan: Option<PlanRecord>,
        problems: &mut Problems,
    ) {
        let (path, index) = at;
        let Entry::Planned { run, run_id, checks, .. } = entry else { return };
        let promised = Promised { entry: index, run: run.clone(), checks: *checks, plan };
        match self.plans.entry(run_id.clone()) {
            Slot::Vacant(slot) => {
                slot.insert(promised);
            }
            Slot::Occupied(slot) => {
                let first = slot.get().entry;
                let what = format!("entry {index} plans run `{run_id}` again, after entry {first}");
                problems.add(path, what);
            }
        }
    }

    /// Notes an `evidence` entry and its payload, if that can be read.
    pub(crate) fn evidence(&mut self, index: u64, run_id: &str, evidence: Option<&Evidence>) {
        let check = evidence.map(promise);
        self.evidence.push(Kept { entry: index, run_id: run_id.to_owned(), check });
    }

    /// Adds what does not fit to `problems`, each with the path that `path` gives for an entry,
    /// and returns the runs that have not kept all they promised.
    pub(crate) fn close(
        self,
        problems: &mut Problems,
        path: impl Fn(u64) -> String,
    ) -> Vec<Unfinished> {
        let mut kept: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
        for evidence in &self.evidence {
            let planned = self.plans.get(&evidence.run_id);
            if planned.is_none_or(|plan| plan.entry > evidence.entry) {
                let Kept { entry, run_id, .. } = evidence;
                let what =
                    format!("entry {entry} is evidence of run `{run_id}`, not planned before");
                problems.add(path(*entry), what);
            }
            kept.entry(&evidence.run_id).or_default().push(evidence);
        }
        let compare = |(run_id, promised): (&String, &Promised)| {
            let evidence = kept.get(run_id.as_str()).map(Vec::as_slice).unwrap_or_default();
            promised.compare(run_id, evidence, problems, &path)
        };
        let mut unfinished: Vec<_> = self.plans.iter().filter_map(compare).collect();
        unfinished.sort_by_key(|run| run.entry);
        unfinished
    }
}

impl Promised {
    fn compare(
        &self,
        run_id: &str,
        evidence: &[&Kept],
        problems: &mut Problems,
        path: &impl Fn(u64) -> String,
    ) -> Option<Unfinished> {
        let mut open: BTreeMap<&str, &PlannedCheck> = BTreeMap::new();
        for check in self.plan.iter().flat_map(|plan| &plan.checks) {
            if open.insert(&check.run_key, check).is_some() {
                let what = format!("the plan in entry {} has a run key twice", self.entry);
                problems.add(path(self.entry), what);
            }
        }
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        let (mut counted, mut unreadable) = (0u64, 0u64);
        for kept in evidence {
            let index = kept.entry;
            let Some(check) = &kept.check else {
                unreadable = unreadable.saturating_add(1);
                continue;
            };
            if let Some(first) = seen.insert(&check.run_key, index) {
                let what = format!("entry {index} is evidence of the same check as entry {first}");
                problems.add(path(index), what);
                continue;
            }
            if self.plan.is_none() {
                counted = counted.saturating_add(1);
                continue;
            }
            match open.remove(check.run_key.as_str()) {
                Some(promised) if promised == check => counted = counted.saturating_add(1),
                Some(_) => {
                    counted = counted.saturating_add(1);
                    let what =
                        format!("entry {index} is evidence of another check than was planned");
                    problems.add(path(index), what);
                }
                None => {
                    let what = format!("entry {index} is evidence of a check that was not planned");
                    problems.add(path(index), what);
                }
            }
        }
        let missing = self.checks.saturating_sub(counted).saturating_sub(unreadable);
        (missing > 0).then(|| Unfinished {
            entry: self.entry,
            run: self.run.clone(),
            run_id: run_id.to_owned(),
            missing,
            checks: open.into_values().cloned().collect(),
        })
    }
}

/// Returns what a plan must have promised for the evidence to be the promised one.
fn promise(evidence: &Evidence) -> PlannedCheck {
    PlannedCheck {
        run_key: evidence.run_key.clone(),
        job: evidence.job.clone(),
        kind: evidence.kind.clone(),
        subject: evidence.subject.clone(),
        controls: evidence.controls.clone(),
    }
}

fn summary(index: u64, entry: Entry) -> Option<RunSummary> {
    let Entry::Planned { time, run, run_id, checks, .. } = entry else { return None };
    Some(RunSummary { entry: index, run, run_id, planned: time, planned_checks: checks })
}

fn order(check: &CheckRecord) -> (&str, &str, u64) {
    (&check.evidence.job, &check.evidence.subject.name, check.entry)
}
