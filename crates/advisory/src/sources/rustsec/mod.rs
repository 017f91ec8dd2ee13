//! RustSec's advisory database in the layout of its own repository: `crates/<crate>/<id>.md` and
//! `rust/<component>/<id>.md`, from a folder or an archive.
//!
//! Records under `rust/` are about the toolchain (std, cargo, rustdoc), not about crates of the
//! same names on crates.io; they are read and counted, but match no package.
//!
//! The records are read here and not by the `rustsec` crate, because that one ends the program on
//! some malformed records and requirements instead of refusing them. Tests compare the two on
//! records that it reads.

mod archive;
mod folder;
mod place;
mod record;
mod span;
#[cfg(test)]
mod tests;

pub use archive::read_archive;
pub use folder::read_folder;
pub(crate) use span::Span;

use crate::scope::Scope;
use beleg_ecosystem::CRATES_IO;
use place::Place;

/// What every record of RustSec is about.
const SCOPE: Scope = Scope { ecosystem: CRATES_IO, release: None };
