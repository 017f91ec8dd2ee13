//! Runs the checks of a plan: so many at once, each in a thread of its own with a time limit.

use super::Host;
use super::late;
use crate::check::{Cancel, CheckError, Ctx, SoFar};
use crate::plan::{Plan, PlannedUnit};
use beleg_model::{Evidence, Outcome, Timing};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How often a wish to stop and the time limits are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long a check that was told to stop has to do so before it is left behind.
const STOPPING: Duration = Duration::from_secs(5);

/// What a check's thread sends: its place in the plan, and what it found or how it broke.
type Heard = (usize, Result<Outcome, String>);

pub(super) struct Executor<'a> {
    plan: &'a Plan,
    host: &'a Host,
    waiting: VecDeque<(usize, &'a PlannedUnit)>,
    running: BTreeMap<usize, Running>,
    sender: Sender<Heard>,
    receiver: Receiver<Heard>,
}

struct Running {
    cancel: Cancel,
    so_far: SoFar,
    started: Timestamp,
    since: Duration,
    stopping_since: Option<Duration>,
}

impl<'a> Executor<'a> {
    pub(super) fn new(plan: &'a Plan, host: &'a Host) -> Self {
        let (sender, receiver) = channel();
        let waiting = plan.units.iter().enumerate().collect();
        Self { plan, host, waiting, running: BTreeMap::new(), sender, receiver }
    }

    /// Says whether every check has ended.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Starts what fits, and waits a moment; returns the evidence of every check that ended.
    pub(super) fn step(&mut self) -> Vec<Evidence> {
        let mut ended = self.start_what_fits();
        if ended.is_empty() {
            ended = self.hear();
        }
        ended.extend(self.enforce_limits());
        ended
    }

    /// Returns the evidence of the checks that could not be started.
    fn start_what_fits(&mut self) -> Vec<Evidence> {
        let mut failed = Vec::new();
        while self.running.len() < self.host.parallel.max(1) && !self.host.cancel.is_cancelled() {
            let Some((index, unit)) = self.waiting.pop_front() else { break };
            if let Err(error) = self.start(index, unit) {
                let why = format!("its thread could not be started: {error}");
                failed.extend(self.end(index, late::broken(None, &unit.subject.name, &why)));
            }
        }
        failed
    }

    fn start(&mut self, index: usize, unit: &PlannedUnit) -> std::io::Result<()> {
        let ctx = Ctx {
            now: (self.host.clock)(),
            monotonic: Arc::clone(&self.host.monotonic),
            cancel: self.host.cancel.child(),
            progress: self.host.observer.started(unit),
            scratch: self.host.scratch.clone(),
            so_far: SoFar::default(),
        };
        let running = Running {
            cancel: ctx.cancel.clone(),
            so_far: ctx.so_far.clone(),
            started: ctx.now,
            since: (self.host.monotonic)(),
            stopping_since: None,
        };
        self.running.insert(index, running);
        tracing::debug!(job = unit.job, subject = unit.subject.name, "a check begins");
        let (check, subject) = (Arc::clone(&unit.check), unit.subject.clone());
        let sender = self.sender.clone();
        let thread = std::thread::Builder::new().name(format!("check {}", unit.job));
        let look = move || {
            let caught = catch_unwind(AssertUnwindSafe(|| check.run(&ctx, &subject)));
            // Nobody listens any more when the run has left this check behind.
            let _ = sender.send((index, flatten(caught)));
        };
        thread.spawn(look).map(|_| ())
    }

    /// Hears all that has ended by now; waits a moment when nothing has.
    fn hear(&mut self) -> Vec<Evidence> {
        // The executor holds a sender itself, so the channel cannot be closed.
        let first = self.receiver.recv_timeout(TICK).ok();
        let mut heard: Vec<Heard> = first.into_iter().collect();
        heard.extend(self.receiver.try_iter());
        heard.into_iter().filter_map(|(index, result)| self.settle(index, result)).collect()
    }

    fn settle(&mut self, index: usize, result: Result<Outcome, String>) -> Option<Evidence> {
        let running = self.running.get(&index)?;
        let place = &self.plan.units.get(index)?.subject.name;
        let outcome = match (result, running.cancel.is_cancelled()) {
            (Ok(outcome), false) => outcome,
            (Ok(outcome), true) => late::with(Some(outcome), self.why_stopped(index)),
            (Err(message), false) => late::broken(running.so_far.take(), place, &message),
            (Err(_), true) => late::with(running.so_far.take(), self.why_stopped(index)),
        };
        self.end(index, outcome)
    }

    fn enforce_limits(&mut self) -> Vec<Evidence> {
        let now = (self.host.monotonic)();
        let mut stopped = Vec::new();
        for (index, running) in &mut self.running {
            let limit = self.plan.units.get(*index).map_or(Duration::MAX, |unit| unit.timeout);
            if now.saturating_sub(running.since) >= limit {
                running.cancel.cancel();
            }
            if running.cancel.is_cancelled() {
                let since = *running.stopping_since.get_or_insert(now);
                if now.saturating_sub(since) >= STOPPING {
                    stopped.push(*index);
                }
            }
        }
        if self.host.cancel.is_cancelled() {
            stopped.extend(self.waiting.drain(..).map(|(index, _)| index));
        }
        stopped.into_iter().filter_map(|index| self.leave_behind(index)).collect()
    }

    /// Ends a check that does not stop, or never began, with what it had found so far.
    fn leave_behind(&mut self, index: usize) -> Option<Evidence> {
        let so_far = self.running.get(&index).and_then(|running| running.so_far.take());
        let outcome = late::with(so_far, self.why_stopped(index));
        self.end(index, outcome)
    }

    fn why_stopped(&self, index: usize) -> beleg_model::Finding {
        let unit = self.plan.units.get(index);
        let place = unit.map_or("", |unit| unit.subject.name.as_str());
        if self.host.cancel.is_cancelled() {
            return late::interrupted(place);
        }
        late::timed_out(place, unit.map_or(Duration::ZERO, |unit| unit.timeout))
    }

    fn end(&mut self, index: usize, outcome: Outcome) -> Option<Evidence> {
        let unit = self.plan.units.get(index)?;
        let ended = (self.host.clock)();
        let (started, took) = match self.running.remove(&index) {
            Some(running) => {
                (running.started, (self.host.monotonic)().saturating_sub(running.since))
            }
            None => (ended, Duration::ZERO),
        };
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let timing = Timing { started, ended: ended.max(started), milliseconds };
        let evidence = unit.evidence(&self.plan.run_id, timing, &self.host.tool, outcome);
        let (job, subject, outcome) = (&evidence.job, &evidence.subject.name, &evidence.outcome);
        tracing::info!(job, subject, verdict = %outcome.verdict, reason = outcome.reason, milliseconds, "a check has ended");
        self.host.observer.finished(&evidence);
        Some(evidence)
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
