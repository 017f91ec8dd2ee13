//! What the entries of a run say together: what was promised, and what was kept.

use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::error::LedgerError;
use crate::log::Log;
use crate::parallel;
use crate::problem::Problems;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_model::{CheckRecord, Evidence, PlanRecord, PlannedCheck, RunRecord};
use jiff::Timestamp;
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

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
        Ok(entries.filter_map(|(index, entry)| RunSummary::of(index, &entry)).collect())
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
            let mut runs =
                entries.into_iter().rev().filter_map(|(at, entry)| RunSummary::of(at, &entry));
            if let Some(found) = runs.find(&wanted) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn record_of(&self, run: RunSummary) -> Result<RunRecord, LedgerError> {
        let plan = self.plan(run.entry)?;
        let entries = (run.entry..).zip(self.entries(run.entry..self.size())?);
        let is_of_run = |entry: &Entry| matches!(entry, Entry::Evidence { run_id, .. } if *run_id == run.run_id);
        let mine: Vec<_> = entries.filter(|(_, entry)| is_of_run(entry)).collect();
        let found = parallel::map(mine, |(entry, leaf)| match self.stated_by(entry, &leaf) {
            Ok(evidence) => Ok(Some(CheckRecord { evidence, entry })),
            Err(LedgerError::Erased { .. }) => Ok(None),
            Err(error) => Err(error),
        });
        let evidence = found.into_iter().filter_map(Result::transpose);
        let evidence = evidence.collect::<Result<Vec<_>, _>>()?;
        Ok(assemble(run, &plan, evidence, &Head::of(self.checkpoint())))
    }
}

/// The state of the ledger that a report stands on.
pub(crate) struct Head {
    origin: String,
    tree_size: u64,
    /// Standard base64.
    root_hash: String,
}

impl Head {
    pub(crate) fn of(checkpoint: &Checkpoint) -> Self {
        Self {
            origin: checkpoint.origin.clone(),
            tree_size: checkpoint.size,
            root_hash: BASE64_STANDARD.encode(checkpoint.root),
        }
    }
}

impl RunSummary {
    /// Reads a `planned` entry.
    pub(crate) fn of(index: u64, entry: &Entry) -> Option<Self> {
        let Entry::Planned { time, run, run_id, checks, .. } = entry else { return None };
        let (run, run_id) = (run.clone(), run_id.clone());
        Some(Self { entry: index, run, run_id, planned: *time, planned_checks: *checks })
    }
}

/// Puts a run together: the evidence that `plan` promised, in the order of reports.
pub(crate) fn assemble(
    run: RunSummary,
    plan: &PlanRecord,
    evidence: impl IntoIterator<Item = CheckRecord>,
    head: &Head,
) -> RunRecord {
    let promised: BTreeMap<_, _> =
        plan.checks.iter().map(|check| (check.run_key.as_str(), check)).collect();
    let mut kept: BTreeMap<String, CheckRecord> = BTreeMap::new();
    for found in evidence {
        let evidence = &found.evidence;
        let promised = promised.get(evidence.run_key.as_str());
        if !promised.is_some_and(|promised| is_kept(promised, &promise(evidence))) {
            continue;
        }
        match kept.entry(evidence.run_key.clone()) {
            Slot::Vacant(slot) => {
                slot.insert(found);
            }
            Slot::Occupied(mut slot) => {
                if evidence.outcome.verdict > slot.get().evidence.outcome.verdict {
                    slot.insert(found);
                }
            }
        }
    }
    let mut checks: Vec<_> = kept.into_values().collect();
    checks.sort_by(|a, b| order(a).cmp(&order(b)));
    RunRecord {
        run: run.run,
        run_id: run.run_id,
        planned: run.planned,
        planned_checks: run.planned_checks,
        checks,
        origin: head.origin.clone(),
        tree_size: head.tree_size,
        root_hash: head.root_hash.clone(),
    }
}

/// Gathers plans and evidence in the order of the log, and compares them.
#[derive(Default)]
pub(crate) struct Book {
    /// By run identifier. Two runs should never share one, but what stands in the log stays.
    plans: BTreeMap<String, Vec<Promised>>,
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

/// Where a comparison writes what it finds.
struct Notes<'a, P> {
    problems: &'a mut Problems,
    anomalies: &'a mut Problems,
    path: P,
}

impl<P: Fn(u64) -> String> Notes<'_, P> {
    fn problem(&mut self, entry: u64, what: String) {
        self.problems.add((self.path)(entry), what);
    }

    fn anomaly(&mut self, entry: u64, what: String) {
        self.anomalies.add((self.path)(entry), what);
    }
}

impl Book {
    /// Notes a `planned` entry and its payload, if that can be read.
    pub(crate) fn plan(&mut self, index: u64, entry: &Entry, plan: Option<PlanRecord>) {
        let Entry::Planned { run, run_id, checks, .. } = entry else { return };
        let promised = Promised { entry: index, run: run.clone(), checks: *checks, plan };
        self.plans.entry(run_id.clone()).or_default().push(promised);
    }

    /// Notes an `evidence` entry and its payload, if that can be read.
    pub(crate) fn evidence(&mut self, index: u64, run_id: &str, evidence: Option<&Evidence>) {
        let check = evidence.map(promise);
        self.evidence.push(Kept { entry: index, run_id: run_id.to_owned(), check });
    }

    /// Adds what does not fit to `problems`, and what is only odd to `anomalies`, each with the
    /// path that `path` gives for an entry; returns the runs that have not kept all they promised.
    pub(crate) fn close(
        self,
        problems: &mut Problems,
        anomalies: &mut Problems,
        path: impl Fn(u64) -> String,
    ) -> Vec<Unfinished> {
        let mut notes = Notes { problems, anomalies, path };
        let mut kept: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
        for evidence in &self.evidence {
            let Kept { entry, run_id, .. } = evidence;
            let planned = self.plans.get(run_id).and_then(|plans| plans.first());
            if planned.is_none_or(|plan| plan.entry > *entry) {
                let what =
                    format!("entry {entry} is evidence of run `{run_id}`, not planned before");
                notes.problem(*entry, what);
            }
            kept.entry(run_id).or_default().push(evidence);
        }
        let mut unfinished = Vec::new();
        for (run_id, plans) in &self.plans {
            name_twins(run_id, plans, &mut notes);
            let evidence = kept.get(run_id.as_str()).map(Vec::as_slice).unwrap_or_default();
            unfinished.extend(compare(run_id, plans, evidence, &mut notes));
        }
        unfinished.sort_by_key(|run| run.entry);
        unfinished
    }
}

/// Names runs that share an identifier. What they promised counts together then.
fn name_twins<P: Fn(u64) -> String>(run_id: &str, plans: &[Promised], notes: &mut Notes<'_, P>) {
    let mut plans = plans.iter();
    let Some(first) = plans.next() else { return };
    for again in plans {
        let (index, first) = (again.entry, first.entry);
        let what = format!(
            "entry {index} plans a run `{run_id}` again, after entry {first}: two runs share the identifier, and what they promised is counted together"
        );
        notes.anomaly(index, what);
    }
}

/// Compares what runs of one identifier promised with the evidence that bears it.
fn compare<P: Fn(u64) -> String>(
    run_id: &str,
    plans: &[Promised],
    evidence: &[&Kept],
    notes: &mut Notes<'_, P>,
) -> Option<Unfinished> {
    let first = plans.first()?;
    let mut open: BTreeMap<&str, Vec<&PlannedCheck>> = BTreeMap::new();
    for promised in plans {
        let mut keys = BTreeSet::new();
        for check in promised.plan.iter().flat_map(|plan| &plan.checks) {
            if !keys.insert(check.run_key.as_str()) {
                let what = format!("the plan in entry {} has a run key twice", promised.entry);
                notes.problem(promised.entry, what);
            }
            open.entry(&check.run_key).or_default().push(check);
        }
    }
    let plan_is_known = plans.iter().all(|promised| promised.plan.is_some());
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut counted, mut unreadable) = (0u64, 0u64);
    for kept in evidence {
        let index = kept.entry;
        let Some(check) = &kept.check else {
            unreadable = unreadable.saturating_add(1);
            continue;
        };
        let before = seen.insert(&check.run_key, index);
        let waiting = open.get_mut(check.run_key.as_str()).filter(|waiting| !waiting.is_empty());
        if let Some(waiting) = waiting {
            counted = counted.saturating_add(1);
            let at = waiting.iter().position(|promised| is_kept(promised, check));
            if at.is_none() {
                let what = format!("entry {index} is evidence of another check than was planned");
                notes.problem(index, what);
            }
            waiting.remove(at.unwrap_or(0));
        } else if let Some(before) = before {
            let what = format!("entry {index} is evidence of the same check as entry {before}");
            notes.problem(index, what);
        } else if plan_is_known {
            let what = format!("entry {index} is evidence of a check that was not planned");
            notes.problem(index, what);
        } else {
            counted = counted.saturating_add(1);
        }
    }
    let checks = plans.iter().fold(0u64, |sum, promised| sum.saturating_add(promised.checks));
    let missing = checks.saturating_sub(counted).saturating_sub(unreadable);
    (missing > 0).then(|| Unfinished {
        entry: first.entry,
        run: first.run.clone(),
        run_id: run_id.to_owned(),
        missing,
        checks: open.into_values().flatten().cloned().collect(),
    })
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

/// Says whether evidence of `kept` is what was promised. It may serve fewer controls: what could not
/// look serves none.
fn is_kept(promised: &PlannedCheck, kept: &PlannedCheck) -> bool {
    let PlannedCheck { run_key, job, kind, subject, controls } = kept;
    let is_claimed = |control: &String| promised.controls.contains(control);
    (run_key, job, kind, subject)
        == (&promised.run_key, &promised.job, &promised.kind, &promised.subject)
        && controls.iter().all(is_claimed)
}

fn order(check: &CheckRecord) -> (&str, &str, u64) {
    (&check.evidence.job, &check.evidence.subject.name, check.entry)
}
