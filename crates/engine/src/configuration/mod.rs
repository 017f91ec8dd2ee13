//! The configuration: `beleg.toml`, `jobs/*.toml` and `schedules/*.toml`. One with a problem never
//! runs.

mod credentials;
mod job;
mod load;
mod project;
mod schedules;

pub use job::Job;
pub use load::{Configuration, ConfigurationError};
pub use project::{Advisories, Limits, Project};
