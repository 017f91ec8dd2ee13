//! What a folder or an image holds: packages, and what was seen and not read.

use crate::failure::chain;
use crate::rules;
use crate::system::Records;
use beleg_ecosystem::{Registry, normalized_name};
use beleg_model::{Finding, LeftOut, Location, Origin, Package, Severity};
use beleg_sbom::formats::{belongs_to_distribution, format_of, read_constraints};
use beleg_sbom::{OsRelease, Parsed, Support, Unread, support, with_distribution};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(crate) struct Found {
    pub(crate) os: Option<OsRelease>,
    pub(crate) packages: Vec<Package>,
    pub(crate) unread: Vec<Unread>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) left_out: Vec<LeftOut>,
    /// Python packages in the folders that only dpkg writes to.
    of_dpkg: Vec<(String, Package)>,
    /// What the system says of itself.
    pub(crate) records: Records,
    /// The names that a file lists as the project's own, with the file.
    own: BTreeSet<(String, String)>,
    /// By file: where it says that all packages come from.
    indexes: BTreeMap<String, String>,
    /// Which file includes which.
    inclusions: Vec<(String, String)>,
    /// What was recognised and not read, by what it lists.
    not_read: BTreeMap<&'static str, NotRead>,
}

/// How many files of one kind are named.
const NAMED: usize = 5;

/// Files of one kind that nothing here reads.
#[derive(Default)]
struct NotRead {
    count: u64,
    first: Vec<Location>,
}

impl Found {
    /// Reads the release from the bytes of `os-release` and states whether anybody still mends it.
    pub(crate) fn operating_system(&mut self, bytes: &[u8], location: Location, now: Timestamp) {
        let os = match OsRelease::parse(bytes) {
            Ok(os) => os,
            Err(error) => {
                return self.findings.push(Finding::of(
                    &rules::OS_RELEASE_UNREADABLE,
                    location,
                    format!("The operating system is not known: {}.", chain(&error)),
                ));
            }
        };
        let state = support(&os, now.to_zoned(TimeZone::UTC).date());
        self.findings.push(supported(state, location, format!("{}: {state}.", os.name())));
        self.os = Some(os);
    }

    /// Takes what a format read in the file at `path`; `place` says where that is.
    pub(crate) fn take(
        &mut self,
        path: &str,
        parsed: Parsed,
        place: impl Fn(Location) -> Location,
    ) {
        self.records.take(path, &parsed);
        let own = parsed.packages.iter().filter(|it| it.origin == Origin::Local);
        let own = own.map(|it| &it.name).chain(parsed.named_only.iter().map(|it| &it.name));
        self.own.extend(own.map(|name| (path.to_owned(), normalized_name(name).into_owned())));
        let of_dpkg = belongs_to_distribution(path);
        self.indexes.extend(parsed.index.map(|index| (path.to_owned(), index)));
        let installs = parsed.unread.iter().filter(|entry| !entry.constrains);
        let included = installs.filter_map(|entry| entry.includes.clone());
        self.inclusions.extend(included.map(|file| (path.to_owned(), file)));
        for package in parsed.packages {
            let package = Package { location: place(package.location.clone()), ..package };
            if of_dpkg {
                self.of_dpkg.push((path.to_owned(), package));
            } else {
                self.packages.push(package);
            }
        }
        let placed = |entry: Unread| Unread { location: place(entry.location), ..entry };
        self.unread.extend(parsed.unread.into_iter().map(placed));
    }

    /// Notes a file that lists packages and that nothing here reads.
    pub(crate) fn not_read(&mut self, what: &'static str, location: Location) {
        let seen = self.not_read.entry(what).or_default();
        seen.count = seen.count.saturating_add(1);
        if seen.first.len() < NAMED {
            seen.first.push(location);
        }
    }

    /// Returns every place that is named or will be.
    pub(crate) fn locations(&mut self) -> impl Iterator<Item = &mut Location> {
        let of_dpkg = self.of_dpkg.iter_mut().map(|(_, package)| package);
        let packages = self.packages.iter_mut().chain(of_dpkg);
        let unread = self.unread.iter_mut().map(|entry| &mut entry.location);
        let findings = self.findings.iter_mut().map(|finding| &mut finding.location);
        let not_read = self.not_read.values_mut().flat_map(|files| &mut files.first);
        packages
            .map(|package| &mut package.location)
            .chain(unread)
            .chain(findings)
            .chain(not_read)
            .chain(self.records.locations())
    }

    /// Settles what only all files together say: whose packages they are, and what was left out.
    pub(crate) fn settle(&mut self, subject: &str, known: Registry) {
        self.settle_ownership(subject, known);
        self.settle_records(subject, known);
        if let Some(os) = &self.os {
            self.packages = with_distribution(std::mem::take(&mut self.packages), os, known);
        }
        for (what, NotRead { count, first }) in std::mem::take(&mut self.not_read) {
            let names = first.iter().map(|location| format!("`{}`", location.path));
            let names = names.collect::<Vec<_>>().join(", ");
            let more = count.saturating_sub(first.len() as u64);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.findings.push(Finding::of(
                &rules::PACKAGES_NOT_READ,
                first.into_iter().next().unwrap_or_default(),
                format!(
                    "There are {what}, which beleg does not read: {count} files ({names}{more})."
                ),
            ));
            let why = "beleg does not read this format".to_owned();
            self.left_out.push(LeftOut { what: format!("files of {what}"), count, why });
        }
    }

    /// Reads the files of constraints that are among what was not read: `read` returns the bytes of
    /// one that may be read. Their index holds for whatever names them, as that of a file that is
    /// included.
    pub(crate) fn constraints(&mut self, mut read: impl FnMut(&str) -> Option<Vec<u8>>) {
        for entry in std::mem::take(&mut self.unread) {
            if !entry.constrains || entry.includes.is_none() {
                self.unread.push(entry);
                continue;
            }
            let by = entry.location.path.clone();
            let mut parsed = Parsed { unread: vec![entry], ..Parsed::default() };
            read_constraints(&mut parsed, &mut read);
            self.indexes.extend(parsed.index.map(|index| (by.clone(), index)));
            for entry in &mut parsed.unread {
                match (entry.constrains, &entry.includes) {
                    // It was tried, and stays among what was not read.
                    (true, _) => entry.includes = None,
                    (false, Some(file)) => self.inclusions.push((by.clone(), file.clone())),
                    (false, None) => {}
                }
            }
            self.unread.extend(parsed.unread);
        }
    }

    /// Lets an index hold for all files that pip reads together: its options are of the whole
    /// installation, in whichever file they stand (pip documentation, "Global options"). Paths must
    /// still be those that the files bore when they were taken.
    pub(crate) fn settle_indexes(&mut self) {
        let mut grows = !self.indexes.is_empty();
        while grows {
            let before = self.indexes.len();
            for (from, to) in self.inclusions.iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
                if let (Some(index), false) =
                    (self.indexes.get(from).cloned(), self.indexes.contains_key(to))
                {
                    self.indexes.insert(to.clone(), index);
                }
            }
            grows = self.indexes.len() > before;
        }
        for package in self.packages.iter_mut().filter(|it| it.origin == Origin::Registry) {
            if let Some(index) = self.indexes.get(&package.location.path) {
                package.origin = Origin::Elsewhere(index.clone());
            }
        }
        for entry in &mut self.unread {
            entry.names =
                entry.names.take().filter(|_| !self.indexes.contains_key(&entry.location.path));
        }
    }

    /// Lets the entries of the system's database speak for what files list that it names as its own:
    /// the distribution's fixes do not show in another registry's version numbers. Its database
    /// itself, which may be among them, stays. Paths must still be those from the root on.
    pub(crate) fn settle_system(&mut self, subject: &str, known: Registry) {
        let Self { packages, unread, records, .. } = self;
        // Where somebody took the database out, nothing speaks for what it named.
        if !packages.iter().any(|package| is_of_system(package, known)) {
            return;
        }
        let before = packages.len();
        packages.retain(|package| {
            is_of_system(package, known) || !records.system_owns(&package.location.path)
        });
        let owned = before.saturating_sub(packages.len());
        // What a program of the distribution does not say, the distribution knows.
        let is_program = |path: &str| format_of(path).is_none() && records.system_owns(path);
        unread.retain(|entry| !is_program(&entry.location.path));
        if owned > 0 {
            let message = format!(
                "{owned} packages belong to packages of the system's database and are judged as those."
            );
            self.findings.push(Finding::of(&rules::PACKAGES_OF_SYSTEM, subject, message));
        }
    }

    /// Lets dpkg's own entries speak for the Python packages that dpkg installed: their fixes do
    /// not show in PyPI's version numbers. What dpkg did not install is looked up as it is, and
    /// everything without dpkg's database.
    fn settle_ownership(&mut self, subject: &str, known: Registry) {
        let all = std::mem::take(&mut self.of_dpkg);
        let is_owned = |(path, package): &(String, Package)| self.records.own(path, package);
        let (owned, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_owned);
        if !self.packages.iter().any(|package| is_of_dpkg(package, known)) {
            self.packages.extend(owned.into_iter().map(|(_, package)| package));
        } else if !owned.is_empty() {
            let message = format!(
                "{} Python packages belong to dpkg packages and are judged as those.",
                owned.len()
            );
            self.findings.push(Finding::of(&rules::PYTHON_OF_DPKG, subject, message));
        }
        self.packages.extend(others.into_iter().map(|(_, package)| package));
    }

    /// Says where what the system says of itself shows that packages are there that were not found.
    fn settle_records(&mut self, subject: &str, known: Registry) {
        let without: Vec<Location> = self.records.without_metadata().cloned().collect();
        for location in without {
            self.not_read("Python packages without their metadata", location);
        }
        let has_packages = self.packages.iter().any(|package| is_of_system(package, known));
        if let (Some(os), false) = (&self.os, has_packages || !self.not_read.is_empty()) {
            let message = format!(
                "It calls itself {}, and no database says which packages of that are installed.",
                os.name()
            );
            self.findings.push(Finding::of(&rules::PACKAGE_DATABASE_MISSING, subject, message));
        }
        let unknown = self.records.unknown();
        if let Some((_, location)) = unknown.first() {
            let names = unknown.iter().take(NAMED).map(|(name, _)| format!("`{name}`"));
            let message = format!(
                "dpkg lists the files of {} packages that its database does not know: {}{}.",
                unknown.len(),
                names.collect::<Vec<_>>().join(", "),
                if unknown.len() > NAMED { ", …" } else { "" }
            );
            let location = (*location).clone();
            self.findings.push(Finding::of(&rules::PACKAGE_DATABASE_CUT, location, message));
        }
    }
}

fn is_of_system(package: &Package, known: Registry) -> bool {
    known.find(&package.ecosystem.name).is_some_and(|ecosystem| !ecosystem.os_ids.is_empty())
}

fn is_of_dpkg(package: &Package, known: Registry) -> bool {
    let purl = known.find(&package.ecosystem.name).and_then(|ecosystem| ecosystem.purl);
    purl.is_some_and(|purl| purl.kind == "deb")
}

fn supported(state: Support, location: Location, message: String) -> Finding {
    match state {
        Support::Supported { .. } => Finding::of(&rules::OS_RELEASE, location, message),
        Support::LongTermOnly { .. } => Finding {
            severity: Severity::Low,
            remedy: "Move to a release with regular security support.".to_owned(),
            ..Finding::of(&rules::OS_RELEASE_LONG_TERM_SUPPORT, location, message)
        },
        Support::Ended { .. } => Finding::of(&rules::OS_RELEASE_END_OF_LIFE, location, message),
        Support::NotKnown => Finding::of(&rules::OS_RELEASE_SUPPORT_UNKNOWN, location, message),
    }
}
