use crate::check::{Cancel, CheckError, Ctx, Progress, SoFar};
use crate::plan::{Plan, PlannedUnit};
use beleg_ledger::{Draft, Ledger, LedgerError};
use beleg_model::{Evidence, Finding, Outcome, Timing, Tool, Verdict};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How often a wish to stop and the time limits are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long a check that was told to stop has to do so before it is left behind.
const STOPPING: Duration = Duration::from_secs(5);

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
    /// A thread could not be started.
    #[error("a check's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// Records the plan, runs its checks and records what each found, in the plan's order.
///
/// A check that panics, breaks, exceeds its time or is interrupted is recorded as `Unknown`, or as
/// `Fail` where it had found a fault by then. A
/// run that is killed leaves its plan in the ledger, so that what it did not do is visible.
///
/// # Errors
/// When the ledger cannot be written: evidence that is not recorded does not count.
pub fn run(plan: &Plan, ledger: &mut Ledger, host: &Host) -> Result<Finished, RunError> {
    let entry = ledger.append_planned(&plan.record(), (host.clock)())?;
    tracing::info!(run = plan.run_id, checks = plan.units.len(), entry, "the plan is recorded");
    let (sender, receiver) = channel();
    let mut batch = Batch {
        plan,
        host,
        waiting: plan.units.iter().enumerate().collect(),
        running: BTreeMap::new(),
        ended: BTreeMap::new(),
        recorded: 0,
        sender,
    };
    while batch.recorded < plan.units.len() {
        batch.start_what_fits()?;
        batch.hear(&receiver);
        batch.enforce_limits();
        batch.record_in_order(ledger)?;
    }
    Ok(Finished { interrupted: host.cancel.is_cancelled() })
}

struct Batch<'a> {
    plan: &'a Plan,
    host: &'a Host,
    waiting: VecDeque<(usize, &'a PlannedUnit)>,
    running: BTreeMap<usize, Running>,
    ended: BTreeMap<usize, Evidence>,
    recorded: usize,
    sender: Sender<(usize, Result<Outcome, String>)>,
}

struct Running {
    cancel: Cancel,
    so_far: SoFar,
    started: Timestamp,
    since: Duration,
    stopping_since: Option<Duration>,
}

impl Batch<'_> {
    fn start_what_fits(&mut self) -> Result<(), RunError> {
        while self.running.len() < self.host.parallel.max(1) && !self.host.cancel.is_cancelled() {
            let Some((index, unit)) = self.waiting.pop_front() else { break };
            let cancel = self.host.cancel.child();
            let ctx = Ctx {
                now: (self.host.clock)(),
                monotonic: Arc::clone(&self.host.monotonic),
                cancel: cancel.clone(),
                progress: self.host.observer.started(unit),
                scratch: self.host.scratch.clone(),
                so_far: SoFar::default(),
            };
            let running = Running {
                cancel,
                so_far: ctx.so_far.clone(),
                started: ctx.now,
                since: (self.host.monotonic)(),
                stopping_since: None,
            };
            self.running.insert(index, running);
            tracing::debug!(job = unit.job, subject = unit.subject.name, "a check begins");
            let (check, subject) = (Arc::clone(&unit.check), unit.subject.clone());
            let sender = self.sender.clone();
            std::thread::Builder::new()
                .name(format!("check {}", unit.job))
                .spawn(move || {
                    let caught = catch_unwind(AssertUnwindSafe(|| check.run(&ctx, &subject)));
                    // Nobody listens any more when the run has left this check behind.
                    let _ = sender.send((index, flatten(caught)));
                })
                .map_err(RunError::Thread)?;
        }
        Ok(())
    }

    fn hear(&mut self, receiver: &Receiver<(usize, Result<Outcome, String>)>) {
        let (index, result) = match receiver.recv_timeout(TICK) {
            Ok(heard) => heard,
            // The batch holds a sender itself, so the channel cannot be closed.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        };
        let Some(running) = self.running.get(&index) else { return };
        let stopped = running.cancel.is_cancelled();
        let place = self.plan.units.get(index).map_or("", |unit| unit.subject.name.as_str());
        let outcome = match result {
            Ok(outcome) if stopped => self.stopped(index, Some(outcome)),
            Err(_) if stopped => self.stopped(index, running.so_far.take()),
            Ok(outcome) => outcome,
            Err(message) => broken(place, &message),
        };
        self.end(index, outcome);
    }

    fn enforce_limits(&mut self) {
        let now = (self.host.monotonic)();
        let mut left_behind = Vec::new();
        for (index, running) in &mut self.running {
            let limit = self.plan.units.get(*index).map_or(Duration::MAX, |unit| unit.timeout);
            if now.saturating_sub(running.since) >= limit {
                running.cancel.cancel();
            }
            if running.cancel.is_cancelled() {
                let since = *running.stopping_since.get_or_insert(now);
                if now.saturating_sub(since) >= STOPPING {
                    left_behind.push((*index, running.so_far.take()));
                }
            }
        }
        for (index, so_far) in left_behind {
            let outcome = self.stopped(index, so_far);
            self.end(index, outcome);
        }
        if self.host.cancel.is_cancelled() {
            while let Some((index, _)) = self.waiting.pop_front() {
                let outcome = self.stopped(index, None);
                self.end(index, outcome);
            }
        }
    }

    fn end(&mut self, index: usize, outcome: Outcome) {
        let Some(unit) = self.plan.units.get(index) else { return };
        let ended = (self.host.clock)();
        let (started, took) = match self.running.remove(&index) {
            Some(running) => {
                (running.started, (self.host.monotonic)().saturating_sub(running.since))
            }
            None => (ended, Duration::ZERO),
        };
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let evidence = Evidence {
            run_id: self.plan.run_id.clone(),
            run_key: unit.run_key.clone(),
            job: unit.job.clone(),
            kind: unit.kind.to_owned(),
            subject: unit.subject.clone(),
            controls: unit.controls.clone(),
            timing: Timing { started, ended: ended.max(started), milliseconds },
            tool: self.host.tool.clone(),
            outcome,
        };
        let (job, subject, outcome) = (&evidence.job, &evidence.subject.name, &evidence.outcome);
        tracing::info!(job, subject, verdict = %outcome.verdict, reason = outcome.reason, milliseconds, "a check has ended");
        self.host.observer.finished(&evidence);
        self.ended.insert(index, evidence);
    }

    /// Records what is complete up to the first check that still runs, so that the ledger's order
    /// is the plan's and yet a killed run loses little.
    fn record_in_order(&mut self, ledger: &mut Ledger) -> Result<(), RunError> {
        let mut ready = Vec::new();
        while let Some(evidence) = self.ended.remove(&self.recorded) {
            ready.push(evidence);
            self.recorded = self.recorded.saturating_add(1);
        }
        if !ready.is_empty() {
            let drafts: Vec<Draft<'_>> = ready.iter().map(Draft::Evidence).collect();
            let entries = ledger.append(&drafts, (self.host.clock)())?;
            tracing::debug!(?entries, "evidence is recorded");
        }
        Ok(())
    }

    /// Judges a check that was stopped: what it had found counts, and that it is not all.
    fn stopped(&self, index: usize, found: Option<Outcome>) -> Outcome {
        let unit = self.plan.units.get(index);
        let limit = unit.map_or(Duration::ZERO, |unit| unit.timeout);
        let place = unit.map_or("", |unit| unit.subject.name.as_str());
        let finding = if self.host.cancel.is_cancelled() {
            let message = "The run was interrupted before this check had ended.";
            Finding::unknown("interrupted", place, message, "Run it again.")
        } else {
            let message = format!("The check did not end within its {} s.", limit.as_secs());
            let remedy = "Find out what was slow, or raise `timeout` in the job file.";
            Finding::unknown("timed-out", place, message, remedy)
        };
        match found {
            Some(outcome) => outcome.with_finding(finding),
            None => Outcome::could_not_look(finding),
        }
    }
}

fn flatten(caught: std::thread::Result<Result<Outcome, CheckError>>) -> Result<Outcome, String> {
    match caught {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error)) => Err(error.chain()),
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned());
            Err(format!("it panicked: {}", text.unwrap_or_else(|| "without a message".to_owned())))
        }
    }
}

fn broken(place: &str, message: &str) -> Outcome {
    let remedy = "This is a fault of beleg or of the machine, not of the subject; run it again, and report it if it stays.";
    let outcome = Outcome::could_not_look(Finding::unknown(
        "check-broken",
        place,
        format!("The check itself broke: {message}"),
        remedy,
    ));
    debug_assert_eq!(outcome.verdict, Verdict::Unknown);
    outcome
}

#[cfg(test)]
mod tests;
