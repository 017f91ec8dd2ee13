//! What a system's own records say beyond its list of packages: which packages there must be, and
//! whose a file is.

use beleg_ecosystem::normalized_name;
use beleg_model::{Location, Package};
use beleg_sbom::Parsed;
use beleg_sbom::formats::{file_list_of, listed_files, may_be_program, metadata_folder};
use std::collections::{BTreeMap, BTreeSet};

/// dpkg's records, and the folders of installed Python packages.
#[derive(Default)]
pub(crate) struct Records {
    /// The packages that dpkg's database knows, also removed ones.
    known: BTreeSet<String>,
    /// The packages of which dpkg lists the files.
    lists: BTreeMap<String, Location>,
    /// The Python files that dpkg's lists name.
    owned: BTreeSet<String>,
    /// The files that the system names as its packages', of those that may list packages; of dpkg's
    /// the programs among them.
    system: BTreeSet<String>,
    /// Folders that must hold metadata, and those of which it was read.
    installed: BTreeMap<String, Location>,
    with_metadata: BTreeSet<String>,
}

impl Records {
    /// Notes what the file at `path` listed.
    pub(crate) fn take(&mut self, path: &str, parsed: &Parsed) {
        self.with_metadata.extend(metadata_folder(path).map(str::to_owned));
        let of_dpkg = parsed.packages.iter().filter(|it| it.ecosystem.name == "Debian");
        self.known.extend(of_dpkg.map(|package| package.name.clone()));
        self.known.extend(parsed.removed.iter().cloned());
        self.system.extend(parsed.owned.iter().cloned());
    }

    /// Takes dpkg's list of a package's files; without bytes only that it is there is known.
    pub(crate) fn file_list(&mut self, path: &str, bytes: &[u8], location: Location) {
        let Some(package) = file_list_of(path) else { return };
        self.lists.insert(package.to_owned(), location);
        for file in listed_files(bytes) {
            if file.contains("/dist-packages/") {
                self.owned.insert(file);
            } else if may_be_program(&file) {
                self.system.insert(file);
            }
        }
    }

    /// Notes a folder in which an installer put a Python package.
    pub(crate) fn installed(&mut self, folder: &str, location: Location) {
        self.installed.entry(folder.to_owned()).or_insert(location);
    }

    /// Returns whether dpkg installed the Python package whose metadata is at `path`: its lists name
    /// the file, or, where a slimmed image has none, there is a package of its name.
    pub(crate) fn own(&self, path: &str, package: &Package) -> bool {
        let path = path.trim_start_matches("./").trim_start_matches('/');
        let bare = package.name.strip_prefix("python-").unwrap_or(&package.name);
        let is_alike = |name: &&String| {
            let name = name.strip_prefix("python3-").or_else(|| name.strip_prefix("python-"));
            name.is_some_and(|name| normalized_name(name) == bare)
        };
        let is_unlisted = |name: &&String| !self.lists.contains_key(*name);
        self.owned.contains(path) || self.known.iter().filter(is_alike).any(|it| is_unlisted(&it))
    }

    /// Returns whether the system names the file as a package's; of dpkg's only programs.
    pub(crate) fn system_owns(&self, path: &str) -> bool {
        // Of an archive within another, that one.
        let path = path.split_once("!/").map_or(path, |(outer, _)| outer);
        self.system.contains(path.trim_start_matches("./").trim_start_matches('/'))
    }

    /// Returns packages whose files dpkg lists and that its database does not know.
    pub(crate) fn unknown(&self) -> Vec<(&str, &Location)> {
        let unknown = self.lists.iter().filter(|(name, _)| !self.known.contains(*name));
        unknown.map(|(name, location)| (name.as_str(), location)).collect()
    }

    /// Returns the folders of Python packages in which no metadata was found.
    pub(crate) fn without_metadata(&self) -> impl Iterator<Item = &Location> {
        let without = self.installed.iter().filter(|(it, _)| !self.with_metadata.contains(*it));
        without.map(|(_, location)| location)
    }

    /// Returns every place that may be named.
    pub(crate) fn locations(&mut self) -> impl Iterator<Item = &mut Location> {
        self.lists.values_mut().chain(self.installed.values_mut())
    }
}
