//! Bytes to packages: lockfiles, installed-package databases and CycloneDX SBOMs in, CycloneDX
//! SBOMs out, SBOMs checked for the NTIA minimum elements and compared with the thing itself.
//!
//! This crate never opens a file, a socket, a clock or the environment, and it never guesses a
//! version: a line, an entry or a component that does not name one exact version comes back as
//! [`Unread`], so that nobody counts it as clean. It takes no decision about vulnerabilities.
//!
//! CycloneDX is read and written with structs of our own, because the published crates stop at
//! specification 1.5 (cyclonedx-bom 0.8) or 1.6 (serde-cyclonedx 0.10), syft writes 1.7 by
//! default, and BSI TR-03183-2 demands at least 1.6.

mod address;
mod comparable;
mod compare;
pub mod cyclonedx;
mod distribution;
mod end_of_life;
pub mod formats;
pub mod ntia;
mod os_release;
mod pep508;
mod programs;
mod purl;
pub mod rules;
mod seen;
mod subject;
mod text;

pub use compare::{Difference, Differences, compare};
pub use distribution::with_distribution;
pub use end_of_life::{Support, support};
pub use formats::{
    About, Edge, FORMATS, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed,
    Scope, Tree, Unread,
};
pub use os_release::{MAX_OS_RELEASE, OS_RELEASE_PATHS, OsRelease, OsReleaseError};
pub use programs::{
    MOST_LOOKED_INTO, Record, is_worth_a_look, may_have_records, packed, records_in, unpacked,
};
pub use purl::{PurlError, package_of, purl_of};
pub use seen::{Neighbours, Seen, is_archive, seen_at, seen_in};
pub use subject::{SbomFormat, SbomSubject, SubjectError, subject_of};
