//! What is particular to each ecosystem of packages: its names, its package URLs, its releases, its
//! version order, and the words that SBOMs use for it. One file an ecosystem, one file an order.
//!
//! Knows no file format, no advisory and no SBOM, does no I/O, and never decides silently: a text
//! that is no version of an order has no place in it, and a name that is not in the [`Registry`] is
//! no ecosystem.

mod ecosystem;
mod ecosystems;
mod names;
mod orders;
mod registry;
mod releases;

pub use ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
pub use ecosystems::{CRATES_IO, ECOSYSTEMS};
pub use names::normalized_name;
pub use orders::*;
pub use registry::Registry;
