//! in-toto layouts: the project's owner signs which steps there are, who may carry each out, and
//! what each may take in and give out; functionaries sign links about what they did (in-toto
//! specification v1.0). Nothing is ever run: a layout's inspections are commands, and a layout
//! that has any is `unknown` unless the policy lets them go.

mod canonical;
mod document;
mod fnmatch;
mod key;
mod metadata;
mod rule;
mod steps;
#[cfg(test)]
mod tests;
mod verify;

pub use document::LayoutError;
pub use key::{LayoutKey, LayoutKeyError};
pub use verify::{LayoutPolicy, MAX_LINKS, Released, verify_layout};
