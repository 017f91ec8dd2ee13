//! Files that people write in TOML: the configuration, and policies.
//!
//! Every problem of a file is reported at once, each with its line and a remedy; unknown keys are
//! problems. What has a problem is never used.

mod problem;
mod section;

pub use problem::{Problem, Problems};
pub use section::{Section, SourceText, parse};
