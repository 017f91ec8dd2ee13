//! Known vulnerabilities: advisory sources as bytes in, matches for exact package versions out.
//!
//! A [`Source`] is read by one of the modules in [`sources`], any number of sources become an
//! [`Index`], and the index answers two questions: which advisories match a package
//! ([`Index::matches`]), and whether any source could have known ([`Index::covers`]). No match
//! without coverage says nothing, so callers ask both.
//!
//! What this crate never does: fetch anything, unpack anything to disk, read a clock, match by a
//! resemblance of names or by CPE, or drop a record it could not read. Such a record is counted
//! and named in [`Source::left_out`]; a version nobody can order is
//! [`Certainty::Undecided`], never "not affected".

mod advisory;
mod finding;
mod freshness;
mod index;
mod matched;
mod merge;
mod range;
pub mod rules;
mod scope;
pub mod sources;
#[cfg(test)]
mod tests;
mod text;
mod upgrade;
mod versions;

pub use advisory::{Informational, Kind};
pub use finding::Policy;
pub use freshness::{freshness, unreadable};
pub use index::{Coverage, Index};
pub use matched::{Certainty, Match};
pub use sources::{Limits, Source, SourceError};
