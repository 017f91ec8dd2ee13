//! npm's `package-lock.json`, and `npm-shrinkwrap.json` that is published with a package, in the
//! lockfile versions 1 to 3 (npm documentation, "package-lock.json").
//!
//! Versions 2 and 3 list folders: what stands in `node_modules` is a package of the registry unless
//! it was taken from a repository, an archive or another registry; any other folder is the project's
//! own, and a link to one is no package. Version 1 lists a tree, which is read as the folders that npm
//! makes of it. An alias is the package that it stands for. Packages of a registry that is not npm's
//! are `Elsewhere`.

mod folders;
mod tree;

use super::json::{JsonFile, Raw};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, Scope, npm,
};
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin};
use folders::{Folders, Meaning};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes: 64 MiB. One of 10,000 packages has 5 MiB.
const MAX_BYTES: u64 = 64 << 20;
const NEWEST_VERSION: u64 = 3;

/// The format itself.
pub(super) struct PackageLock;

const ABOUT: About = About {
    id: "package-lock",
    describes: "npm packages of a `package-lock.json` or `npm-shrinkwrap.json`, versions 1 to 3",
    kind: FormatKind::Lockfile,
    ecosystems: &["npm"],
    syft_metadata_type: "javascript-npm-package-lock-entry",
    files: &[FileName::Named("package-lock.json"), FileName::Named("npm-shrinkwrap.json")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock<'a> {
    lockfile_version: Option<u64>,
    name: Option<String>,
    version: Option<String>,
    #[serde(borrow)]
    packages: Option<Raw<'a>>,
    #[serde(borrow)]
    dependencies: Option<Raw<'a>>,
}

/// A folder in which a package is, and what is said of it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    /// The line it begins on.
    #[serde(skip)]
    line: u32,
    name: Option<String>,
    version: Option<String>,
    resolved: Option<String>,
    integrity: Option<String>,
    link: bool,
    dev: bool,
    optional: bool,
    dev_optional: bool,
    license: Option<serde_json::Value>,
    dependencies: Names,
    dev_dependencies: Names,
    optional_dependencies: Names,
    peer_dependencies: Names,
}

/// What is asked for, by the names of the folders that answer; the ranges were npm's to judge.
type Names = BTreeMap<String, serde::de::IgnoredAny>;

impl Format for PackageLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let lock: Lock<'_> = file.read()?;
        // npm before 5 did not write the version of its `npm-shrinkwrap.json`.
        let version = lock.lockfile_version.or(lock.dependencies.map(|_| 1));
        let Some(version) = version else {
            return Err(FormatError::malformed(
                path,
                "it has neither `lockfileVersion` nor packages",
            ));
        };
        if !(1..=NEWEST_VERSION).contains(&version) {
            let found = version.to_string();
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let folders = match (lock.packages, lock.dependencies) {
            (Some(packages), _) => folders::read(path, &file, packages)?,
            (None, Some(tree)) if version == 1 => {
                let root = Entry { name: lock.name, version: lock.version, ..Entry::default() };
                tree::read(path, &file, tree, root)?
            }
            // A project that asks for nothing has an empty lockfile of version 1.
            (None, _) if version == 1 => {
                return Ok(Parsed { edges: Some(Vec::new()), ..Parsed::default() });
            }
            (None, _) => return Err(FormatError::malformed(path, "it has no `packages`")),
        };
        read(path, &folders)
    }
}

fn read(path: &str, folders: &Folders) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let direct = folders.say_what_is_asked_for.then(|| direct(folders));
    let mut places = BTreeMap::new();
    for (folder, entry) in folders.all() {
        let Some((name, origin)) = folders::what(folder, entry) else { continue };
        let place = parsed.packages.len();
        match (entry.version.as_deref(), origin) {
            _ if !npm::is_name(&name) => {
                let why = format!("`{}` cannot name an npm package", shown(&name));
                parsed.leave_out(path, entry.line, why)?;
            }
            (None, Origin::Local) => {
                parsed.named_only.push(NamedOnly::own(Ecosystem::named("npm"), name));
            }
            (Some(version), origin) if npm::is_version(version) => {
                let location = Location::line(path, entry.line);
                let is_direct = direct.as_ref().map(|direct| direct.contains(folder));
                let facts = entry.facts(origin != Origin::Local, is_direct);
                parsed.add_with(npm::package(&name, version, origin, location), facts)?;
                places.insert(folder, place);
            }
            (version, _) => {
                let version = shown(version.unwrap_or("none"));
                let why = format!("`{version}` is no exact version of `{name}`");
                parsed.leave_out(path, entry.line, why)?;
            }
        }
    }
    parsed.edges = Some(edges(path, folders, &places, &mut parsed)?);
    Ok(parsed)
}

/// Lists the folders that the project or one of its own packages asks for.
fn direct(folders: &Folders) -> BTreeSet<&str> {
    let own = folders.all().filter(|(folder, entry)| !entry.link && !folders::is_installed(folder));
    let asked = own.flat_map(|(folder, entry)| entry.all().map(move |(name, _)| (folder, name)));
    asked.filter_map(|(folder, name)| folders.answer(folder, name).folder()).collect()
}

/// Resolves every dependency as Node.js does: in the nearest `node_modules` that has it. One that
/// must be there and is nowhere means that the lockfile was cut off or edited.
fn edges(
    path: &str,
    folders: &Folders,
    places: &BTreeMap<&str, usize>,
    parsed: &mut Parsed,
) -> Result<Vec<Edge>, FormatError> {
    let mut edges = BTreeSet::new();
    for (folder, entry) in folders.all().filter(|(_, entry)| !entry.link) {
        for (name, must) in entry.all() {
            match folders.answer(folder, name) {
                Meaning::Folder(to) => {
                    let pair = places.get(folder).zip(places.get(to));
                    edges.extend(pair.map(|(from, to)| Edge { from: *from, to: *to }));
                }
                Meaning::Nothing if must => {
                    let of = entry.name.as_deref().unwrap_or(folder);
                    let (name, of) = (shown(name), shown(of));
                    let why = format!("the dependency `{name}` of `{of}` is not listed");
                    parsed.leave_out(path, entry.line.max(1), why)?;
                }
                Meaning::Nothing => {}
            }
        }
    }
    Ok(edges.into_iter().collect())
}

impl Entry {
    /// Lists what it asks for, and whether that must be there: peers may be left to others, and what
    /// is optional may be left out. Of an installed package npm lists nothing to develop it with.
    fn all(&self) -> impl Iterator<Item = (&str, bool)> {
        let must = self.dependencies.keys().chain(self.dev_dependencies.keys());
        let must = must.filter(|name| !self.optional_dependencies.contains_key(*name));
        let may = self.optional_dependencies.keys().chain(self.peer_dependencies.keys());
        must.map(|name| (name.as_str(), true)).chain(may.map(|name| (name.as_str(), false)))
    }

    fn facts(&self, is_foreign: bool, is_direct: Option<bool>) -> Facts {
        let scope = match (self.dev, self.optional || self.dev_optional) {
            (true, _) => Scope::Development,
            (false, true) => Scope::Optional,
            (false, false) => Scope::Runtime,
        };
        Facts {
            digests: self.integrity.as_deref().map(npm::digests).unwrap_or_default(),
            licences: self
                .license
                .as_ref()
                .and_then(|it| it.as_str())
                .map(shown)
                .into_iter()
                .collect(),
            scope: is_foreign.then_some(scope),
            direct: is_direct.filter(|_| is_foreign),
        }
    }
}

#[cfg(test)]
mod tests;
