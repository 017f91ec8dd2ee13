//! The package-manager formats, one folder each. To add one, write its folder and name it in
//! [`FORMATS`]; help, reference and the generic tests go by that slice.

mod answers;
mod cargo_lock;
mod dpkg_status;
mod lines;
mod python_dist_info;
mod requirements_txt;
mod stanza;
#[cfg(test)]
mod tests;
mod uv_lock;

use beleg_ecosystem::Registry;
use beleg_model::{Digest, Ecosystem, Location, Package};
use std::collections::BTreeMap;

pub use dpkg_status::{MAX_FILE_LIST, file_list_of, listed_files};
pub use python_dist_info::{belongs_to_distribution, source_tree_of, tells_of_source_tree};
pub use python_dist_info::{metadata_folder, tells_of_installed};
pub use requirements_txt::read_constraints;

/// Every format there is, ordered by name.
pub const FORMATS: &[&dyn Format] = &[
    &cargo_lock::CargoLock,
    &dpkg_status::DpkgStatus,
    &python_dist_info::PythonDistInfo,
    &requirements_txt::RequirementsTxt,
    &uv_lock::UvLock,
];

/// The most packages one file may list. The largest distributions have some 70,000.
pub const MAX_PACKAGES: usize = 500_000;

/// The most entries of one file that may be unread; with more the file as a whole is.
pub const MAX_UNREAD: usize = 10_000;

/// The longest name or version of a package, in bytes.
const MAX_WORD: usize = 255;

/// A file format that lists packages.
pub trait Format: Sync {
    /// Returns the stable kebab-case name, as in configuration.
    fn id(&self) -> &'static str;

    /// Returns one sentence for help and reference.
    fn describes(&self) -> &'static str;

    /// Returns whether the file says what should be installed, or what is.
    fn kind(&self) -> FormatKind;

    /// Returns the ecosystem of the packages, by OSV's name; of a distribution's package manager the
    /// distribution that it is from.
    fn ecosystem(&self) -> &'static str;

    /// Returns what syft calls this format's entries (property `syft:package:metadataType`).
    fn syft_metadata_type(&self) -> &'static str;

    /// Returns the most bytes to read of the file at `path`, or `None` for a file of another
    /// format. `path` is relative to the root of the repository or image.
    fn wants(&self, path: &str) -> Option<u64>;

    /// Reads the packages that `bytes` list; `path` only names them in locations and errors.
    ///
    /// # Errors
    /// When the bytes are not of this format or beyond its limits. A single entry that cannot be
    /// read is no error but an [`Unread`].
    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError>;

    /// Names the file that says more about the packages of the one at `path`, if it is there; its
    /// bytes are for [`Self::parse_beside`].
    fn beside(&self, _path: &str) -> Option<String> {
        None
    }

    /// Reads like [`Self::parse`], with the bytes of [`Self::beside`] where that file is there.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    fn parse_beside(
        &self,
        path: &str,
        bytes: &[u8],
        _beside: Option<&[u8]>,
    ) -> Result<Parsed, FormatError> {
        self.parse(path, bytes)
    }
}

/// The most bytes of a file that says more about the one beside it: 64 KiB.
pub const MAX_BESIDE: u64 = 64 << 10;

/// Returns whether a file of this path may be one that [`Format::beside`] names.
#[must_use]
pub fn stands_beside(path: &str) -> bool {
    python_dist_info::is_direct_url(path)
}

/// What the packages of a file are evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatKind {
    /// A lockfile: what a build or an installation will take.
    Lockfile,
    /// A database of what is installed.
    Installed,
}

/// What a file lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The packages, in the order of the file.
    pub packages: Vec<Package>,
    /// Which package depends on which, where the format states it.
    pub edges: Option<Vec<Edge>>,
    /// What stands in the file and is not among the packages. Whoever counts the packages must
    /// count these as left out.
    pub unread: Vec<Unread>,
    /// What is there by name alone, so that nobody takes it for absent.
    pub named_only: Vec<NamedOnly>,
    /// The packages that a database of what is installed knows, and that are not installed any more.
    pub removed: Vec<String>,
    /// Where the file says that all packages come from, if not from the registry. That holds for the
    /// files that it includes and that include it, too.
    pub index: Option<String>,
    /// The digests of packages' files, by place in [`Self::packages`]. A release has several files.
    pub digests: BTreeMap<usize, Vec<Digest>>,
}

/// Something that a file lists without what would make it a package that can be looked up: a
/// project whose version is known only when it is built, a component without package URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedOnly {
    /// The ecosystem, where it is known.
    pub ecosystem: Option<Ecosystem>,
    /// The name, as [`Package::name`] has it where the ecosystem is known.
    pub name: String,
    /// The version, where one is stated.
    pub version: Option<String>,
}

/// Says that one package depends on another; both are places in [`Parsed::packages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The package that depends.
    pub from: usize,
    /// The package it depends on.
    pub to: usize,
}

/// A line, entry or component that names no exact package, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it stands.
    pub location: Location,
    /// Why it was not read, without a full stop.
    pub why: String,
    /// The path of the file that it includes. Whoever reads that file too may drop this entry.
    pub includes: Option<String>,
    /// Whether that file only constrains what others install: see [`read_constraints`].
    pub constrains: bool,
}

/// Says why a file was refused as a whole.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// More bytes than the format's limit.
    #[error("`{path}` is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The most bytes allowed.
        limit: u64,
    },
    /// More than [`MAX_PACKAGES`] packages.
    #[error("`{path}` lists more than the limit of {MAX_PACKAGES} packages")]
    TooManyPackages {
        /// The file.
        path: String,
    },
    /// More than [`MAX_UNREAD`] entries that cannot be read.
    #[error("`{path}` has more than the limit of {MAX_UNREAD} entries that cannot be read")]
    TooManyUnread {
        /// The file.
        path: String,
    },
    /// Not text in an encoding that the format allows.
    #[error("`{path}` is not UTF-8 text")]
    NotText {
        /// The file.
        path: String,
    },
    /// The bytes are not of the format.
    #[error("`{location}` cannot be read: {why}")]
    Malformed {
        /// The file, with the line where one is known.
        location: Location,
        /// What is wrong.
        why: String,
    },
    /// The file is of a later format version than this program knows.
    #[error("`{path}` has the format version {found}, which is not known")]
    UnknownVersion {
        /// The file.
        path: String,
        /// The version it states.
        found: String,
    },
    /// A file that always names at least one package names none.
    #[error("`{path}` lists no package at all")]
    Empty {
        /// The file.
        path: String,
    },
}

impl Parsed {
    fn add(&mut self, package: Package) -> Result<(), FormatError> {
        if self.packages.len() >= MAX_PACKAGES {
            return Err(FormatError::TooManyPackages { path: package.location.path });
        }
        self.packages.push(package);
        Ok(())
    }

    /// Adds what another file lists; edges are the caller's to add.
    pub fn extend(&mut self, other: Self) {
        let offset = self.packages.len();
        let digests = other.digests.into_iter();
        self.digests.extend(digests.map(|(place, all)| (place.saturating_add(offset), all)));
        self.packages.extend(other.packages);
        self.unread.extend(other.unread);
        self.named_only.extend(other.named_only);
        self.removed.extend(other.removed);
    }

    fn add_with(&mut self, package: Package, digests: Vec<Digest>) -> Result<(), FormatError> {
        let place = self.packages.len();
        self.add(package)?;
        if !digests.is_empty() {
            self.digests.insert(place, digests);
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &str, line: u32, why: String) -> Result<(), FormatError> {
        if self.unread.len() >= MAX_UNREAD {
            return Err(FormatError::TooManyUnread { path: path.to_owned() });
        }
        self.unread.push(Unread::at(Location::line(path, line), why));
        Ok(())
    }
}

impl NamedOnly {
    fn own(ecosystem: Ecosystem, name: String) -> Self {
        Self { ecosystem: Some(ecosystem), name, version: None }
    }
}

impl Unread {
    /// Says why what stands at a place was not read.
    #[must_use]
    pub fn at(location: Location, why: String) -> Self {
        Self { location, why, includes: None, constrains: false }
    }
}

/// Finds a format by its name.
#[must_use]
pub fn format_by_id(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.id() == id)
}

/// Says whether any format lists packages of this ecosystem. Distributions share the formats of
/// their package manager.
pub(crate) fn lists_packages_of(ecosystem: &str, known: Registry) -> bool {
    let purl_type = |name| Some(known.find(name)?.purl?.kind);
    let wanted = purl_type(ecosystem);
    wanted.is_some() && FORMATS.iter().any(|format| purl_type(format.ecosystem()) == wanted)
}

/// Finds the format that wants the file at `path`.
#[must_use]
pub fn format_of(path: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.wants(path).is_some())
}

/// Takes `./` and `/` off the front of a path: archives and users write them or not.
fn relative(path: &str) -> &str {
    path.trim_start_matches("./").trim_start_matches('/')
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn within_limit(path: &str, bytes: &[u8], limit: u64) -> Result<(), FormatError> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(())
    } else {
        Err(FormatError::TooLarge { path: path.to_owned(), limit })
    }
}

fn text_within<'a>(path: &str, bytes: &'a [u8], limit: u64) -> Result<&'a str, FormatError> {
    within_limit(path, bytes, limit)?;
    let text =
        std::str::from_utf8(bytes).map_err(|_| FormatError::NotText { path: path.to_owned() })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
