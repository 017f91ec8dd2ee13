//! CycloneDX JSON (ECMA-424; <https://cyclonedx.org/specification/overview/>): specification 1.2
//! to 1.7 is read, 1.6 is written. Signatures within the document are not verified here.

mod bom;
mod component;
mod document;
mod graph;
mod origin;
mod read;
mod shape;
mod write;

pub use bom::{Bom, Component, Dependency, Place};
pub use read::{BomError, Limits, read};
pub(crate) use shape::check_json;
pub use write::{NewBom, Party, SPEC_VERSION, SubjectKind, WriteError, write};

#[cfg(test)]
mod tests;
