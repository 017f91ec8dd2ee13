//! How a run goes, for whoever watches: bars on a terminal, plain lines elsewhere.

use beleg_engine::{Observer, PlannedUnit, Progress};
use beleg_model::Evidence;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What takes less is not worth a bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Returns who watches a run: nobody if `quiet`, bars on a terminal, lines elsewhere.
pub(crate) fn observer(quiet: bool) -> Arc<dyn Observer> {
    if quiet {
        Arc::new(Nobody)
    } else if std::io::stderr().is_terminal() {
        Arc::new(Bars::default())
    } else {
        Arc::new(Lines)
    }
}

/// Returns a bar for one long operation, or nothing that is seen.
pub(crate) fn bar(quiet: bool, message: String) -> Arc<dyn Progress> {
    if quiet || !std::io::stderr().is_terminal() {
        Arc::new(Nobody)
    } else {
        Arc::new(Bar::new(MultiProgress::new(), message))
    }
}

struct Nobody;

impl Observer for Nobody {
    fn started(&self, _: &PlannedUnit) -> Arc<dyn Progress> {
        Arc::new(Self)
    }
    fn finished(&self, _: &Evidence) {}
}

impl Progress for Nobody {
    fn at(&self, _: u64, _: Option<u64>) {}
}

struct Lines;

impl Observer for Lines {
    fn started(&self, _: &PlannedUnit) -> Arc<dyn Progress> {
        Arc::new(Nobody)
    }

    fn finished(&self, evidence: &Evidence) {
        let Evidence { job, subject, timing, outcome, .. } = evidence;
        let subject: String = subject.name.chars().filter(|c| !c.is_control()).collect();
        let (verdict, reason) = (outcome.verdict, &outcome.reason);
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "{verdict:<7} {job}: {subject} ({reason}, {} ms)",
            timing.milliseconds
        );
    }
}

#[derive(Default)]
struct Bars {
    all: MultiProgress,
    running: Mutex<BTreeMap<String, Arc<Bar>>>,
}

impl Observer for Bars {
    fn started(&self, unit: &PlannedUnit) -> Arc<dyn Progress> {
        let subject: String = unit.subject.name.chars().filter(|c| !c.is_control()).collect();
        let bar = Arc::new(Bar::new(self.all.clone(), format!("{}: {subject}", unit.job)));
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(unit.run_key.clone(), Arc::clone(&bar));
        bar
    }

    fn finished(&self, evidence: &Evidence) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&evidence.run_key);
    }
}

/// A bar that shows itself once it is worth it, and goes when its operation ends.
struct Bar {
    all: MultiProgress,
    bar: ProgressBar,
    since: Instant,
    shown: Mutex<bool>,
}

impl Bar {
    fn new(all: MultiProgress, message: String) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_message(message);
        // Until somebody says how much there is to do.
        let style = ProgressStyle::with_template("{spinner} {msg} {human_pos}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self { all, bar, since: Instant::now(), shown: Mutex::new(false) }
    }
}

impl Progress for Bar {
    fn at(&self, done: u64, total: Option<u64>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if !*shown && self.since.elapsed() >= PATIENCE {
            *shown = true;
            self.all.add(self.bar.clone());
        }
        if let Some(total) = total.filter(|total| self.bar.length() != Some(*total)) {
            self.bar.set_length(total);
            let style = ProgressStyle::with_template("{msg} {bar:30} {percent:>3} % {eta}");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
