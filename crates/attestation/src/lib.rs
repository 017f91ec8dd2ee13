//! What signed statements say, judged against a policy: SLSA provenance and verification summaries
//! ([`provenance`]), and in-toto layouts with their links ([`layout`]).
//!
//! Everything comes as bytes. This crate never starts a program (a layout's inspections least of
//! all), opens a socket, reads or writes a file, or asks the clock or the environment; who signed a
//! statement, `signature` says, but for layouts, whose keys stand in the layout itself.

pub mod layout;
pub mod provenance;
