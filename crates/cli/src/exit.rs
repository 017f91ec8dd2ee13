use beleg_engine::ConfigurationError;
use beleg_engine::{LockError, PlanError};
use beleg_model::Verdict;
use beleg_store::StoreError;
use std::process::ExitCode;

/// How the program ends. The numbers are documented and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was examined and nothing was wrong.
    Pass,
    /// A check failed, or what was verified is not sound.
    Fail,
    /// The command line or the configuration is wrong.
    Usage,
    /// Something could not be examined, and nothing failed.
    Unknown,
    /// There was nothing to check.
    Nothing,
    /// Another run holds the lock.
    Locked,
    /// Evidence could not be recorded, or beleg itself is broken.
    Broken,
    /// Somebody stopped the run.
    Interrupted,
}

/// A mistake of the command line that its parser cannot see: ends with [`Exit::Usage`].
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// There is nothing to work on, and that is nobody's mistake: ends with [`Exit::Nothing`].
#[derive(Debug)]
pub(crate) struct NothingThere(pub(crate) &'static str);

impl std::fmt::Display for NothingThere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NothingThere {}

/// The project has had a ledger, and it is not where it was: ends with [`Exit::Fail`].
#[derive(Debug)]
pub(crate) struct LedgerGone(pub(crate) String);

impl std::fmt::Display for LedgerGone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NOT SOUND: {}", self.0)
    }
}

impl std::error::Error for LedgerGone {}

impl Exit {
    /// Returns how a run of this verdict ends.
    pub(crate) fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Unknown => Self::Unknown,
            Verdict::Fail => Self::Fail,
        }
    }

    /// Returns how an error ends the program.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        let usage = error.is::<ConfigurationError>()
            || error.is::<PlanError>()
            || error.is::<UsageError>()
            || error.downcast_ref::<StoreError>().is_some_and(StoreError::is_bad_locator);
        match error.downcast_ref::<LockError>() {
            Some(LockError::Held(_)) => Self::Locked,
            _ if error.is::<NothingThere>() => Self::Nothing,
            _ if error.is::<LedgerGone>() => Self::Fail,
            _ if usage => Self::Usage,
            _ => Self::Broken,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Pass => 0,
            Exit::Fail => 1,
            Exit::Usage => 2,
            Exit::Unknown => 3,
            Exit::Nothing => 4,
            Exit::Locked => 5,
            Exit::Broken => 70,
            Exit::Interrupted => 130,
        })
    }
}
