//! What is particular to each ecosystem of packages: its names, its package URLs, its version
//! order, and the words that SBOMs use for it. One file an ecosystem, one file an order.
//!
//! Knows no file format, no advisory and no SBOM, does no I/O, and never decides silently: a text
//! that is no version of an order has no place in it.

mod ecosystem;
mod ecosystems;
mod names;
mod orders;

pub use ecosystem::{Ecosystem, Supplier, Syft};
pub use ecosystems::ECOSYSTEMS;
pub use orders::*;
