use crate::configuration::Project;
use beleg_model::{Outcome, Subject};
use beleg_settings::Section;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A kind of job: how its settings are read into units of work.
pub trait Kind: Send + Sync {
    /// Returns the kind's name, as `kind = "…"` in a job file.
    fn name(&self) -> &'static str;
    /// Returns what it does, in one line.
    fn summary(&self) -> &'static str;
    /// Returns the controls that its evidence serves when the job names none.
    fn controls(&self) -> &'static [&'static str];
    /// Reads the job's own settings. Problems go into the section; units that could not be read
    /// are left out, and the problems keep the plan from running.
    fn read(&self, job: &Section<'_>, project: &Project) -> Vec<Unit>;
}

/// One subject with the check that examines it.
pub struct Unit {
    /// What is looked at.
    pub subject: Subject,
    /// What looks.
    pub check: Arc<dyn Check>,
}

/// Examines one subject.
pub trait Check: Send + Sync {
    /// Says what the check uses, for the plan.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Returns how long the check must be given, by what it is told to test; the default of the
    /// project is raised to it, so that a target is never longer than the time to judge it in.
    fn least_time(&self) -> Option<Duration> {
        None
    }

    /// Names the controls of its kind that its evidence cannot serve, because what they demand is
    /// not part of what it is told to test.
    fn unearned(&self) -> Vec<Unearned> {
        Vec::new()
    }

    /// Returns the locators of the files and folders that must be there, the subject's among them,
    /// so that a plan can name what is not.
    fn files(&self, subject: &Subject) -> Vec<String> {
        vec![subject.locator.clone()]
    }

    /// Returns the settings that the verdict depends on, as they are in force, defaults included:
    /// by name, in words. They stand in the evidence.
    fn settings(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Examines the subject. Bad input is a finding of the outcome.
    ///
    /// # Errors
    /// When beleg's own machinery is broken; the engine records that as `Unknown`.
    fn run(&self, ctx: &Ctx, subject: &Subject) -> Result<Outcome, CheckError>;
}

/// What a check uses beyond the processor and memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The locators it reaches over the network.
    pub network: Vec<String>,
    /// Whether it writes below the scratch folder.
    pub scratch: bool,
    /// The secrets it reads, by reference, such as `file keys/restore.key`.
    pub credentials: Vec<String>,
}

/// A control that a check's evidence cannot serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unearned {
    /// The control's id.
    pub control: &'static str,
    /// What is missing, as the rest of a sentence: `it names only one region`.
    pub why: String,
}

impl Unearned {
    /// Says of a control what is missing.
    pub fn new(control: &'static str, why: impl Into<String>) -> Self {
        Self { control, why: why.into() }
    }
}

/// Broken machinery, as against bad input: recorded as `Unknown`, never as a finding.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CheckError {
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl CheckError {
    /// Says what broke.
    pub fn new(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { message: message.into(), source: Some(source.into()) }
    }

    /// Returns the message with those of its sources, for the record.
    #[must_use]
    pub fn chain(&self) -> String {
        beleg_model::chain(self)
    }
}

/// What a check may use of the world.
#[derive(Clone)]
pub struct Ctx {
    /// The instant that counts as now for ages and expiry.
    pub now: Timestamp,
    /// Time since some fixed instant, never going back.
    pub monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// Set when the check must stop.
    pub cancel: Cancel,
    /// Where to say how far it is.
    pub progress: Arc<dyn Progress>,
    /// The folder below which it may write; nothing is left there.
    pub scratch: PathBuf,
    /// Where to leave what is found before the whole is done.
    pub so_far: SoFar,
}

/// What a check has found before it has ended. It is recorded when the check runs out of time,
/// is interrupted or does not stop: a fault that was seen is not undone by what came later.
#[derive(Clone, Debug, Default)]
pub struct SoFar(Arc<Mutex<Option<Outcome>>>);

impl SoFar {
    /// Leaves an outcome in place of the one before. It must count what is still to be done as
    /// expected and not examined.
    pub fn keep(&self, outcome: Outcome) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    /// Takes what was left.
    #[must_use]
    pub(crate) fn take(&self) -> Option<Outcome> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A wish to stop, shared between threads.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    own: Arc<AtomicBool>,
    parent: Option<Arc<AtomicBool>>,
}

impl Cancel {
    /// Asks everyone who holds this, or a child of it, to stop.
    pub fn cancel(&self) {
        self.own.store(true, Ordering::Relaxed);
    }

    /// Says whether to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let set = |flag: &Arc<AtomicBool>| flag.load(Ordering::Relaxed);
        set(&self.own) || self.parent.as_ref().is_some_and(set)
    }

    /// Makes a wish that is also set when this one is, for one check with its own time limit.
    /// Children are made of roots only.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { own: Arc::default(), parent: Some(Arc::clone(&self.own)) }
    }
}

/// Hears how far a check is. `total` is absent where nobody knows it.
pub trait Progress: Send + Sync {
    /// Says that `done` of `total` units are done.
    fn at(&self, done: u64, total: Option<u64>);
}
