//! What the runs of a pack state, and whether its reports say the same.

use super::order::at;
use super::{Check, VERSION};
use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::log::MissingPayload;
use crate::pack::format::{
    CONSISTENCY, ENTRIES, MANIFEST, Manifest, PAYLOADS, README, SIGNED_MANIFEST,
};
use crate::pack::report::{Checked, Cut, Job, Planned, Reports};
use crate::pack::runs::{Placed, by_run, records};
use crate::pack::{Render, RenderFault};
use crate::parallel::{self, Batch};
use crate::payload::Commitment;
use crate::runs::{Book, Head, RunSummary};
use crate::statement::{Refusal, Statement};
use crate::verify::Erasure;
use crate::{CHECKPOINT, KEY, Unfinished};
use beleg_dsse::Verifier;
use beleg_model::{CheckRecord, PlanRecord, RunRecord};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, Write};

impl<S: Read + Seek> Check<'_, S> {
    /// Reads, compares and renders run after run.
    pub(super) fn runs(
        &mut self,
        entries: &[Placed],
        manifest: &Manifest,
        checkpoint: &Checkpoint,
        verifier: &Verifier,
    ) -> io::Result<()> {
        let mut tally = Tally {
            erasures: erasures(entries),
            lost: manifest.lost.iter().map(|lost| (lost.entry, lost.what.as_str())).collect(),
            head: Head::of(checkpoint),
            is_ours: manifest.tool.version == VERSION,
            jobs: BTreeMap::new(),
            reports: BTreeSet::new(),
        };
        let named: BTreeSet<_> = entries.iter().filter_map(|p| p.entry.commitment()).collect();
        let unnamed = self.places.commitments().filter(|commitment| !named.contains(commitment));
        for commitment in unnamed {
            self.problems.add(PAYLOADS, format!("no entry in the pack names payload {commitment}"));
        }
        for run in by_run(entries) {
            self.run(&run, &mut tally, verifier)?;
        }
        self.strangers(&tally);
        self.report.begun = at(entries, 0).map(|placed| placed.entry.time());
        self.report.planned.sort_by_key(|run| run.at);
        self.report.unfinished.sort_by_key(|run| run.entry);
        self.report.erasures.sort_by_key(|erasure| erasure.entry);
        self.report.jobs = tally.jobs.into_values().collect();
        Ok(())
    }

    fn run(
        &mut self,
        run: &[&Placed],
        tally: &mut Tally<'_>,
        verifier: &Verifier,
    ) -> io::Result<()> {
        let mut so_far = SoFar::default();
        let mut batch = Batch::default();
        for placed in run {
            let Some(commitment) = placed.entry.commitment() else { continue };
            let data = self.places.read(self.source, &commitment)?;
            let size = data.as_ref().map_or(0, Vec::len);
            if let Some(full) = batch.add((*placed, commitment, data), size) {
                self.open(full, &mut so_far, tally, verifier);
            }
        }
        self.open(batch.take(), &mut so_far, tally, verifier);
        let SoFar { plans, evidence, book, planned_in_window } = so_far;
        let unfinished =
            book.close(&mut self.problems, &mut self.anomalies, |_| ENTRIES.to_owned());
        // Of a run that was planned before the window, earlier evidence is not in the pack.
        for left in unfinished {
            if planned_in_window {
                tally.miss(&left);
                self.report.unfinished.push(left);
            } else {
                self.report.cut.extend(cut(run, &left));
            }
        }
        for (entry, record) in records(run, &plans, evidence, &tally.head) {
            self.compare(entry, &record, tally);
        }
        Ok(())
    }

    /// Opens payloads and notes what they state.
    fn open(
        &mut self,
        read: Vec<(&Placed, Commitment, Option<Vec<u8>>)>,
        so_far: &mut SoFar,
        tally: &mut Tally<'_>,
        verifier: &Verifier,
    ) {
        let opened = parallel::map(read, |(placed, commitment, data)| {
            let open = |data: Vec<u8>| Statement::open(&data, &placed.entry, verifier);
            (placed, commitment, data.map(open))
        });
        for (placed, commitment, opened) in opened {
            self.note(placed, &commitment, opened, so_far, tally);
        }
    }

    fn note(
        &mut self,
        placed: &Placed,
        commitment: &Commitment,
        opened: Option<Result<Statement, Refusal>>,
        so_far: &mut SoFar,
        tally: &mut Tally<'_>,
    ) {
        let index = placed.index;
        let name = format!("{PAYLOADS}{commitment}");
        match (&opened, tally.erasures.get(&index)) {
            (Some(_), Some(erasure)) => {
                let by = erasure.recorded;
                self.problems.add(&name, format!("entry {by} says it was erased; it is there"));
            }
            (None, Some(erasure)) => self.report.erasures.push(erasure.clone()),
            (None, None) => match tally.lost.get(&index) {
                Some(what) => {
                    let what = format!(
                        "entry {index}: the ledger had lost it when the pack was made: {what}"
                    );
                    self.problems.add(&name, what);
                }
                None if placed.in_window => {
                    self.problems.add_error(&name, &MissingPayload(index));
                }
                // An entry that only shows where the window ends.
                None => return,
            },
            (Some(_), None) => {}
        }
        let stated = opened.and_then(|opened| {
            opened.inspect_err(|refusal| self.problems.add(&name, refusal.says(index))).ok()
        });
        match &placed.entry {
            Entry::Planned { .. } => {
                let plan = stated.and_then(Statement::plan);
                so_far.book.plan(index, &placed.entry, plan.clone());
                so_far.planned_in_window |= placed.in_window;
                if placed.in_window {
                    self.report.planned.extend(planned(placed, plan.as_ref()));
                }
                so_far.plans.extend(plan.map(|plan| (index, plan)));
            }
            Entry::Evidence { run_id, job, verdict, .. } => {
                let evidence = stated.and_then(Statement::evidence);
                so_far.book.evidence(index, run_id, evidence.as_ref());
                let (subject, reason) = match &evidence {
                    Some(e) => (Some(e.subject.name.clone()), e.outcome.reason.clone()),
                    None => (None, "erased".to_owned()),
                };
                let (run_id, job, verdict) = (run_id.clone(), job.clone(), *verdict);
                tally.job(&job).count(verdict);
                let entry = index;
                self.report.checks.push(Checked { entry, run_id, job, subject, verdict, reason });
                so_far.evidence.extend(evidence.map(|evidence| CheckRecord { evidence, entry }));
            }
            Entry::Erased { .. } => {}
        }
    }

    /// Renders a run again and compares it with the reports in the pack.
    fn compare(&mut self, entry: u64, record: &RunRecord, tally: &mut Tally<'_>) {
        let Some(render) = self.expected.render.filter(|_| tally.is_ours) else { return };
        let rendered = parallel::map(render.names(entry), |name| {
            let hashed = hashed(render, &name, record);
            (name, hashed)
        });
        for (name, hashed) in rendered {
            match (hashed, self.members.get(&name)) {
                (Err(error), _) => {
                    let what = format!("the run of entry {entry} cannot be rendered: {error}");
                    self.problems.add(ENTRIES, what);
                }
                (Ok(sha256), Some(member)) if member.sha256 == sha256 => {}
                (Ok(_), Some(_)) => {
                    self.problems.add(&name, "the report does not say what the evidence says");
                }
                (Ok(_), None) => self.problems.add(&name, "the report is not in the pack"),
            }
            tally.reports.insert(name);
        }
    }

    /// Names files that are no part of a pack and no report of its evidence.
    fn strangers(&mut self, tally: &Tally<'_>) {
        let parts = [README, CHECKPOINT, CONSISTENCY, ENTRIES, KEY, MANIFEST, SIGNED_MANIFEST];
        let is_part = |name: &str| parts.contains(&name) || name.starts_with(PAYLOADS);
        let others = self.members.keys().filter(|name| !is_part(name));
        self.report.reports = match (self.expected.render, tally.is_ours) {
            (None, _) => Reports::NotCompared,
            (Some(_), false) => Reports::OtherVersion,
            (Some(_), true) => {
                for name in others.filter(|name| !tally.reports.contains(*name)) {
                    self.problems.add(name, "no evidence in the pack gives this file");
                }
                Reports::Same(u64::try_from(tally.reports.len()).unwrap_or(u64::MAX))
            }
        };
    }
}

/// What the payloads of a run have stated so far.
#[derive(Default)]
struct SoFar {
    plans: BTreeMap<u64, PlanRecord>,
    evidence: Vec<CheckRecord>,
    book: Book,
    planned_in_window: bool,
}

/// What runs are compared with, and what they add up to.
struct Tally<'a> {
    erasures: BTreeMap<u64, Erasure>,
    lost: BTreeMap<u64, &'a str>,
    head: Head,
    is_ours: bool,
    jobs: BTreeMap<String, Job>,
    /// The files that were rendered.
    reports: BTreeSet<String>,
}

impl Tally<'_> {
    fn job(&mut self, name: &str) -> &mut Job {
        let job = || Job { name: name.to_owned(), ..Job::default() };
        self.jobs.entry(name.to_owned()).or_insert_with(job)
    }

    fn miss(&mut self, run: &Unfinished) {
        let mut left = run.missing;
        for check in run.checks.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            self.job(&check.job).miss(1);
            left = left.saturating_sub(1);
        }
        // What a plan promised whose payload is gone is of no job that could be named.
        if left > 0 {
            self.job("").miss(left);
        }
    }
}

/// Returns the digest of a file that shows a run, without holding the file.
fn hashed(render: &dyn Render, name: &str, run: &RunRecord) -> Result<String, RenderFault> {
    let mut hashing = Hashing(Sha256::new());
    render.write(name, run, &mut hashing)?;
    Ok(hex::encode(hashing.0.finalize()))
}

/// Hashes what is written to it.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says of a run that was planned before the window what of it is not in the pack. One that has
/// left nothing in the window either is not of it.
fn cut(run: &[&Placed], left: &Unfinished) -> Option<Cut> {
    let is_evidence = |placed: &&&Placed| matches!(placed.entry, Entry::Evidence { .. });
    run.iter().filter(is_evidence).find(|placed| placed.in_window)?;
    let summary = run.iter().find_map(|placed| RunSummary::of(placed.index, &placed.entry))?;
    let RunSummary { run_id, planned, planned_checks, .. } = summary;
    Some(Cut { run_id, planned, promised: planned_checks, absent: left.missing })
}

fn planned(placed: &Placed, plan: Option<&PlanRecord>) -> Option<Planned> {
    let RunSummary { run, run_id, planned, .. } = RunSummary::of(placed.index, &placed.entry)?;
    Some(Planned { run, run_id, at: planned, schedule: plan?.schedule.clone() })
}

fn erasures(entries: &[Placed]) -> BTreeMap<u64, Erasure> {
    let mut found = BTreeMap::new();
    for placed in entries {
        let Entry::Erased { time, index, reason, .. } = &placed.entry else { continue };
        let (recorded, reason) = (placed.index, reason.clone());
        let erasure = Erasure { entry: *index, recorded, time: *time, reason };
        found.entry(*index).or_insert(erasure);
    }
    found
}
