//! A run: the executor's checks, and the recorder that writes down what they found.

mod executor;
mod late;
mod recorder;

use crate::check::{Cancel, Progress};
use crate::plan::{Plan, PlannedUnit};
use beleg_ledger::{Ledger, LedgerError};
use beleg_model::{Evidence, Tool};
use executor::Executor;
use jiff::Timestamp;
use recorder::Recorder;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the machine provides to a run.
pub struct Host {
    /// Returns the present instant.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Returns the time since some fixed instant, never going back.
    pub monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// Set by the person or the system that wants the run to stop.
    pub cancel: Cancel,
    /// The folder below which checks may write.
    pub scratch: PathBuf,
    /// How many checks run at once.
    pub parallel: usize,
    /// The build that runs.
    pub tool: Tool,
    /// Who hears how the run goes.
    pub observer: Arc<dyn Observer>,
}

/// Hears how a run goes.
pub trait Observer: Send + Sync {
    /// Says that a check begins; returns who hears how far it is.
    fn started(&self, unit: &PlannedUnit) -> Arc<dyn Progress>;
    /// Says that a check has ended.
    fn finished(&self, evidence: &Evidence);
}

/// How a run ended. What it found stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Whether somebody stopped it.
    pub interrupted: bool,
}

/// Says why a run could not be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The ledger refused an entry.
    #[error("the evidence could not be recorded")]
    Record(#[from] LedgerError),
}

/// Records the plan, runs its checks and records what each found, within seconds and in the order
/// in which they ended.
///
/// A check that panics, breaks, exceeds its time or is interrupted is recorded as `Unknown`, or
/// worse where it had found a fault by then. A run that is killed leaves its plan in the ledger, so
/// that what it did not do is visible.
///
/// # Errors
/// When the ledger cannot be written: evidence that is not recorded does not count.
pub fn run(plan: &Plan, ledger: &mut Ledger, host: &Host) -> Result<Finished, RunError> {
    let entry = ledger.append_planned(&plan.record(), (host.clock)())?;
    tracing::info!(run = plan.run_id, checks = plan.units.len(), entry, "the plan is recorded");
    let mut executor = Executor::new(plan, host);
    let mut recorder = Recorder::new(ledger, host, &plan.run_id);
    while !executor.is_done() {
        recorder.take(executor.step())?;
    }
    recorder.record_all()?;
    Ok(Finished { interrupted: host.cancel.is_cancelled() })
}

#[cfg(test)]
mod tests;
