//! Records evidence as it comes: in batches, seconds after a check has ended and whatever the
//! others do. Reports put the checks in order; the ledger keeps the order in which they ended.

use super::Host;
use crate::rules;
use beleg_ledger::{Draft, Ledger, LedgerError};
use beleg_model::{Evidence, Finding, Outcome, Verdict};
use std::collections::BTreeSet;
use std::time::Duration;

/// How many pieces of evidence are recorded in one step at most.
const BATCH: usize = 256;
/// How long evidence waits for more to be recorded with.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a step is tried again when the storage fails.
const ATTEMPTS: u32 = 3;
/// How many findings are kept of an outcome that cannot be recorded whole.
const FINDINGS_KEPT: usize = 50;

pub(super) struct Recorder<'a> {
    ledger: &'a mut Ledger,
    host: &'a Host,
    run_id: &'a str,
    waiting: Vec<Evidence>,
    since: Duration,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, host: &'a Host, run_id: &'a str) -> Self {
        Self { ledger, host, run_id, waiting: Vec::new(), since: Duration::ZERO }
    }

    /// Takes evidence, and records what waits once it is many or has waited long enough.
    pub(super) fn take(&mut self, evidence: Vec<Evidence>) -> Result<(), LedgerError> {
        let now = (self.host.monotonic)();
        if self.waiting.is_empty() {
            self.since = now;
        }
        self.waiting.extend(evidence);
        let is_due = now.saturating_sub(self.since) >= PATIENCE
            || self.waiting.len() >= BATCH
            || self.host.cancel.is_cancelled();
        if is_due { self.record_all() } else { Ok(()) }
    }

    /// Records everything that waits.
    pub(super) fn record_all(&mut self) -> Result<(), LedgerError> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.chunks(BATCH).try_for_each(|batch| self.record(batch))
    }

    fn record(&mut self, batch: &[Evidence]) -> Result<(), LedgerError> {
        let drafts: Vec<Draft<'_>> = batch.iter().map(Draft::Evidence).collect();
        match self.ledger.append(&drafts, (self.host.clock)()) {
            Ok(entries) => {
                tracing::debug!(?entries, "evidence is recorded");
                Ok(())
            }
            Err(error) => self.recover(batch, error),
        }
    }

    /// Records one by one what the ledger does not hold, so that one piece of evidence that it
    /// refuses does not take the others with it.
    fn recover(&mut self, batch: &[Evidence], error: LedgerError) -> Result<(), LedgerError> {
        let mut failed = Err(error);
        for attempt in 1..=ATTEMPTS {
            tracing::warn!(attempt, "evidence could not be recorded at once; it is tried again");
            if matches!(failed, Err(LedgerError::Storage(_))) && !self.host.cancel.is_cancelled() {
                std::thread::sleep(PATIENCE.saturating_mul(attempt));
            }
            failed = self.record_singly(batch);
            if !matches!(failed, Err(LedgerError::Storage(_))) {
                return failed;
            }
        }
        failed
    }

    fn record_singly(&mut self, batch: &[Evidence]) -> Result<(), LedgerError> {
        // An append that failed may stand all the same.
        self.ledger.refresh()?;
        let run = self.ledger.log().run(self.run_id)?;
        let held: BTreeSet<&str> = run
            .iter()
            .flat_map(|run| &run.checks)
            .map(|check| check.evidence.run_key.as_str())
            .collect();
        for evidence in batch.iter().filter(|it| !held.contains(it.run_key.as_str())) {
            let now = (self.host.clock)();
            match self.ledger.append_evidence(evidence, now) {
                Err(refused @ (LedgerError::Payload(_) | LedgerError::Entry { .. })) => {
                    let reduced = reduced(evidence, &refused);
                    self.ledger.append_evidence(&reduced, now)?;
                }
                recorded => drop(recorded?),
            }
        }
        Ok(())
    }
}

/// Returns what of evidence can be recorded that is too large, or holds what has no canonical
/// form: its verdict, its population and its worst findings.
fn reduced(evidence: &Evidence, refused: &LedgerError) -> Evidence {
    let outcome = &evidence.outcome;
    let kept = outcome.findings.iter().take(FINDINGS_KEPT).cloned();
    let source = std::error::Error::source(refused).map(ToString::to_string).unwrap_or_default();
    let message = format!(
        "The check ended with {} (`{}`) and {} findings, and the ledger refused to record them \
         whole: {refused}: {source}.",
        outcome.verdict,
        outcome.reason,
        outcome.findings.len(),
    );
    let place = evidence.subject.name.as_str();
    let cut = Finding {
        verdict: outcome.verdict.max(Verdict::Unknown),
        ..Finding::of(&rules::EVIDENCE_NOT_WHOLE, place, message)
    };
    let findings = kept.chain([cut]).collect();
    Evidence { outcome: Outcome::judge(outcome.population.clone(), findings), ..evidence.clone() }
}
