//! The words of beleg as plain data: verdicts, findings, subjects, outcomes and the evidence
//! made of them.
//!
//! This crate never reads a file, a clock, the environment or a random number, and it knows no
//! job kind, format or backend.

mod affected;
mod chain;
mod digest;
mod evidence;
mod finding;
mod outcome;
mod package;
mod plan;
mod rule;
pub mod rules;
mod severity;
mod size;
mod subject;
pub mod text;
mod verdict;

pub use affected::{AffectedPackage, FoundPackage, PackageAdvisory, Upgrade};
pub use chain::chain;
pub use digest::{Digest, DigestError};
pub use evidence::{CheckRecord, Evidence, PREDICATE_TYPE, RunRecord, Timing, Tool, WEAKENED};
pub use finding::{Finding, Location, Waiver};
pub use outcome::{Input, LeftOut, Metric, Outcome, Population};
pub use package::{Ecosystem, Origin, Package};
pub use plan::{PlanRecord, PlannedCheck, PlannedSchedule};
pub use rule::{Grade, Rule};
pub use severity::Severity;
pub use size::{ByteCount, ByteCountError};
pub use subject::Subject;
pub use verdict::Verdict;
