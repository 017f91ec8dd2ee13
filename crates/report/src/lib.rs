//! Turns a run, as the ledger holds it, into the formats people and other programs read.
//!
//! A report is a pure function of the ledger: rendering the same run twice gives the same bytes.
//! This crate never reads a file, a clock or the environment, never writes anywhere, never shows
//! a better verdict than the evidence bears, and never lets a string from outside steer a
//! terminal or a browser.

mod formats;
mod human;
mod pretty;
mod reference;
pub mod rules;
#[cfg(test)]
mod sample;
mod scan;
mod terminal;
mod view;
mod visible;

pub use formats::{FORMATS, Format, Options, RenderError, format};
pub use scan::{SCAN_FORMATS, ScanFormat, ScanOptions, ScanRecord, scan_format};
pub use visible::visible;
