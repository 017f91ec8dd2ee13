//! Advisory sources, one folder a source: bytes in, a [`Source`] or a [`SourceError`] out.

mod error;
mod gauge;
mod intake;
mod limits;
pub mod osv;
pub mod rustsec;

pub use error::SourceError;
pub use limits::{
    Limits, MAX_ARCHIVE, MAX_BETWEEN_RECORDS, MAX_LEFT_OUT, MAX_RECORD, MAX_RECORDS, MAX_TOTAL,
};

use crate::advisory::Advisory;
use beleg_ecosystem::Ecosystem;
use beleg_model::{Digest, Input, LeftOut};
use jiff::Timestamp;

/// A kind of source that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its name in configuration.
    pub name: &'static str,
    /// What it is and where it comes from.
    pub about: &'static str,
}

/// Every kind of source there is.
pub const FORMATS: &[Format] = &[
    Format {
        name: "rustsec",
        about: "RustSec's advisory database: its repository as a folder, .tar, .tar.gz or .tar.zst",
    },
    Format { name: "osv", about: "OSV records of one ecosystem: all.zip of OSV's public bucket" },
];

/// An advisory source that was read whole: its records and what there is to know about them.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name it was given, such as `rustsec`.
    pub name: String,
    /// How many records were read, withdrawn ones and those of [`Source::unaddressed`] included.
    pub records: u64,
    /// The records that could not be read, by path in the source, and why.
    pub left_out: Vec<LeftOut>,
    /// How many of the records that were read can match no package: they were withdrawn, or are
    /// about the Rust toolchain, or about other ecosystems and archives than the source's own.
    pub unaddressed: u64,
    /// The newest date that a record states about itself.
    pub newest: Option<Timestamp>,
    /// SHA-256 of the archive's bytes; of a folder, see [`rustsec::read_folder`].
    pub digest: Digest,
    /// The ecosystems it covers, sorted, in the words of the OSV schema: `PyPI`, `Debian:12`.
    pub ecosystems: Vec<String>,
    /// What it is about; it has no entries about any other.
    pub(crate) ecosystem: &'static Ecosystem,
    pub(crate) advisories: Vec<Advisory>,
}

impl Source {
    /// Describes the source as an input of evidence, read from `locator`.
    #[must_use]
    pub fn input(&self, locator: impl Into<String>) -> Input {
        Input {
            name: format!("advisory source {}", self.name),
            locator: locator.into(),
            digest: Some(self.digest.clone()),
            as_of: self.newest,
        }
    }
}
