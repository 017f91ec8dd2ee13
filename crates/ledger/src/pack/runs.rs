//! The entries of a pack by run, so that one run at a time is read, compared and rendered.

use crate::entry::Entry;
use crate::runs::{Head, RunSummary, assemble};
use beleg_model::{CheckRecord, PlanRecord, RunRecord};
use std::collections::BTreeMap;

/// An entry of a pack.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) index: u64,
    pub(crate) entry: Entry,
    pub(crate) in_window: bool,
}

/// Returns the entries by run, the runs by their first entry.
pub(crate) fn by_run(entries: &[Placed]) -> Vec<Vec<&Placed>> {
    let mut runs: Vec<Vec<&Placed>> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for placed in entries {
        let Some(run_id) = placed.entry.run_id() else { continue };
        let at = *known.entry(run_id).or_insert(runs.len());
        match runs.get_mut(at) {
            Some(run) => run.push(placed),
            None => runs.push(vec![placed]),
        }
    }
    runs
}

/// Returns the runs that the window's plans promised, with the evidence that is in the pack.
pub(crate) fn records(
    run: &[&Placed],
    plans: &BTreeMap<u64, PlanRecord>,
    mut evidence: Vec<CheckRecord>,
    head: &Head,
) -> Vec<(u64, RunRecord)> {
    let plan = |placed: &&Placed| {
        let plan = plans.get(&placed.index).filter(|_| placed.in_window)?;
        Some((plan, RunSummary::of(placed.index, &placed.entry)?))
    };
    let mut planned = run.iter().filter_map(plan).peekable();
    let mut records = Vec::new();
    while let Some((plan, summary)) = planned.next() {
        let entry = summary.entry;
        // There is mostly one plan, and the evidence of thousands of checks.
        let known =
            if planned.peek().is_some() { evidence.clone() } else { std::mem::take(&mut evidence) };
        let later = known.into_iter().filter(|check| check.entry > entry);
        records.push((entry, assemble(summary, plan, later, head)));
    }
    records
}
