use super::{Facts, FormatError, MAX_PACKAGES, MAX_UNREAD};
use beleg_model::{Ecosystem, Location, Package};
use std::collections::BTreeMap;

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
    /// The files of packages of a database of what is installed that another format would read, by
    /// their paths from the root on: their packages are the distribution's.
    pub owned: Vec<String>,
    /// Where the file says that all packages come from, if not from the registry. That holds for the
    /// files that it includes and that include it, too.
    pub index: Option<String>,
    /// What else is said of packages, by place in [`Self::packages`].
    pub facts: BTreeMap<usize, Facts>,
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
    /// The package of the ecosystem's registry of which it names no exact version, where it is
    /// certain which that is.
    pub names: Option<NamedOnly>,
    /// Whether that file only constrains what others install: see [`read_constraints`](super::read_constraints).
    pub constrains: bool,
}

impl Parsed {
    pub(super) fn add(&mut self, package: Package) -> Result<(), FormatError> {
        if self.packages.len() >= MAX_PACKAGES {
            return Err(FormatError::TooManyPackages { path: package.location.path });
        }
        self.packages.push(package);
        Ok(())
    }

    /// Adds what another file lists; edges are the caller's to add.
    pub fn extend(&mut self, other: Self) {
        let offset = self.packages.len();
        let facts = other.facts.into_iter();
        self.facts.extend(facts.map(|(place, facts)| (place.saturating_add(offset), facts)));
        self.packages.extend(other.packages);
        self.unread.extend(other.unread);
        self.named_only.extend(other.named_only);
        self.removed.extend(other.removed);
        self.owned.extend(other.owned);
    }

    /// Adds a package and what is said of it.
    pub(super) fn add_with(&mut self, package: Package, facts: Facts) -> Result<(), FormatError> {
        let place = self.packages.len();
        self.add(package)?;
        if facts != Facts::default() {
            self.facts.insert(place, facts);
        }
        Ok(())
    }

    pub(super) fn leave_out(
        &mut self,
        path: &str,
        line: u32,
        why: String,
    ) -> Result<(), FormatError> {
        self.leave_out_at(Location::line(path, line), why)
    }

    /// Leaves out an entry that names a package of a registry, and no exact version of it.
    pub(super) fn leave_out_named(
        &mut self,
        path: &str,
        line: u32,
        why: String,
        names: NamedOnly,
    ) -> Result<(), FormatError> {
        self.leave_out(path, line, why)?;
        if let Some(entry) = self.unread.last_mut() {
            entry.names = Some(names);
        }
        Ok(())
    }

    pub(super) fn leave_out_at(
        &mut self,
        location: Location,
        why: String,
    ) -> Result<(), FormatError> {
        if self.unread.len() >= MAX_UNREAD {
            return Err(FormatError::TooManyUnread { path: location.path });
        }
        self.unread.push(Unread::at(location, why));
        Ok(())
    }
}

impl NamedOnly {
    pub(super) fn own(ecosystem: Ecosystem, name: String) -> Self {
        Self { ecosystem: Some(ecosystem), name, version: None }
    }

    /// Names a package of an ecosystem, and no version.
    pub(super) fn of(ecosystem: &'static str, name: impl Into<String>) -> Self {
        Self::own(Ecosystem::named(ecosystem), name.into())
    }
}

impl Unread {
    /// Says why what stands at a place was not read.
    #[must_use]
    pub fn at(location: Location, why: String) -> Self {
        Self { location, why, includes: None, names: None, constrains: false }
    }
}
