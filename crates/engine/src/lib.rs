//! Configuration → plan → run → ledger.
//!
//! The engine reads and checks the configuration, resolves a plan, records it, runs its checks
//! bounded, timed and cancellable, and appends what they found to the ledger. It knows no job
//! kind: kinds come in as a slice of [`Kind`]. It opens no socket, and clock, randomness,
//! progress and cancellation come in through [`Host`] and [`Ctx`].

mod check;
mod configuration;
mod lock;
mod plan;
pub mod rules;
mod run;
mod schedule;
mod slots;

pub use check::{Cancel, Check, CheckError, Ctx, Kind, Needs, Progress, SoFar, Unearned, Unit};
pub use configuration::{Advisories, Configuration, ConfigurationError, Job, Limits, Project};
pub use lock::{LockError, RunLock};
pub use plan::{Plan, PlanError, PlannedUnit, Selection};
pub use run::{Finished, Host, Observer, RunError, run};
pub use schedule::{Schedule, ScheduleError};
pub use slots::{Came, Kept, MOST_SLOTS, Slot};
