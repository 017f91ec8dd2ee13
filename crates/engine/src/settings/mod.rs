//! The configuration: `beleg.toml`, `jobs/*.toml` and `schedules/*.toml`.
//!
//! Every problem in every file is reported at once, each with file, line and a remedy; unknown
//! keys are problems. A configuration with a problem never runs.

mod configuration;
mod job;
mod problem;
mod project;
mod schedules;
mod section;

pub use configuration::{Configuration, ConfigurationError};
pub use job::Job;
pub use problem::{Problem, Problems};
pub use project::{Advisories, Limits, Project};
pub use section::{Section, SourceText, parse};
