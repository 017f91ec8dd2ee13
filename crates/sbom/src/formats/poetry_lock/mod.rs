//! Poetry's `poetry.lock`, lock versions 1 and 2 (Poetry documentation, "Libraries: Lock file"; the
//! members are those of its `packages/locker.py`). The project itself is not in it. Packages of PyPI
//! are `Registry`; folders are the project's own; repositories, archives and other indexes are
//! `Elsewhere`.

use super::lines::{Lines, parse_toml};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, Parsed, Scope, text_within,
};
use crate::pep508::{is_project_name, is_version};
use crate::text::{shown, without_credentials};
use beleg_ecosystem::normalized_name;
use beleg_model::{Location, Origin, Package};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// The most bytes: 8 MiB. It lists every file of every release; one of 300 packages has 0.5 MiB.
const MAX_BYTES: u64 = 8 << 20;
const PYPI: &str = "https://pypi.org/simple";

/// The format itself.
pub(super) struct PoetryLock;

const ABOUT: About = About {
    id: "poetry-lock",
    describes: "Python packages of a `poetry.lock`, lock versions 1 and 2",
    kind: FormatKind::Lockfile,
    ecosystems: &["PyPI"],
    syft_metadata_type: "python-poetry-lock-entry",
    files: &[FileName::Named("poetry.lock")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
    /// It stands at the end, so that a file without it is cut off.
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    lock_version: Option<String>,
    /// Where the files stand in lock version 1.
    #[serde(default)]
    files: BTreeMap<String, Vec<File>>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: String,
    #[serde(default)]
    optional: bool,
    /// What it is for: in lock version 2.1, and before.
    groups: Option<Vec<String>>,
    category: Option<String>,
    #[serde(default)]
    files: Vec<File>,
    source: Option<Source>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
struct File {
    hash: Option<String>,
}

/// Where a package is from, if not from PyPI.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    r#type: String,
    url: String,
    resolved_reference: Option<String>,
}

impl Format for PoetryLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let lines = Lines::of(text);
        let lock: Lock = parse_toml(path, text, &lines)?;
        let Some(metadata) = lock.metadata else {
            return Err(FormatError::malformed(path, "its end is missing: it has no `[metadata]`"));
        };
        let found = metadata.lock_version.unwrap_or_else(|| "1.0".to_owned());
        if !["1.", "2."].iter().any(|known| found.starts_with(known)) {
            return Err(FormatError::UnknownVersion {
                path: path.to_owned(),
                found: shown(&found),
            });
        }
        read(path, &lock.package, &metadata.files, &lines)
    }
}

fn read(
    path: &str,
    entries: &[Entry],
    files: &BTreeMap<String, Vec<File>>,
    lines: &Lines,
) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let mut seen = BTreeSet::new();
    let mut places: BTreeMap<String, Vec<Option<usize>>> = BTreeMap::new();
    for entry in entries {
        let line = lines.line(entry.name.span().start);
        let name = normalized_name(entry.name.get_ref()).into_owned();
        let place = match origin(entry) {
            Err(why) => {
                parsed.leave_out(path, line, why)?;
                None
            }
            Ok(_) if !seen.insert((name.clone(), &entry.version, &entry.source)) => {
                parsed.leave_out(
                    path,
                    line,
                    format!("`{name}` {} is listed twice", entry.version),
                )?;
                None
            }
            Ok(origin) => {
                let place = parsed.packages.len();
                let listed = files.get(entry.name.get_ref()).into_iter().flatten();
                let digests = entry.files.iter().chain(listed);
                let digests = digests.filter_map(|file| file.hash.as_ref()?.parse().ok()).collect();
                let scope = entry.scope().filter(|_| origin != Origin::Local);
                let facts = Facts { digests, scope, ..Facts::default() };
                parsed.add_with(package(path, line, name.clone(), entry, origin), facts)?;
                Some(place)
            }
        };
        places.entry(name).or_default().push(place);
    }
    parsed.edges = Some(edges(path, entries, &places, lines, &mut parsed)?);
    Ok(parsed)
}

/// Says where an entry comes from, or why it names no exact package.
fn origin(entry: &Entry) -> Result<Origin, String> {
    let name = entry.name.get_ref();
    if !is_project_name(name) {
        return Err(format!("`{}` cannot name a Python package", shown(name)));
    }
    if !is_version(&entry.version) {
        return Err(format!("`{}` is no exact version of `{name}`", shown(&entry.version)));
    }
    let Some(source) = &entry.source else { return Ok(Origin::Registry) };
    let place = without_credentials(&source.url);
    Ok(match source.r#type.as_str() {
        "legacy" if source.url.trim_end_matches('/') == PYPI => Origin::Registry,
        "legacy" | "url" => Origin::Elsewhere(place),
        "directory" => Origin::Local,
        "file" => Origin::Elsewhere(format!("file {place}")),
        "git" => {
            let commit = source.resolved_reference.as_deref();
            let commit = commit.map(|it| format!("@{}", shown(it))).unwrap_or_default();
            Origin::Elsewhere(format!("git+{place}{commit}"))
        }
        _ => return Err(format!("the source of `{name}` is of no known kind")),
    })
}

fn package(path: &str, line: u32, name: String, entry: &Entry, origin: Origin) -> Package {
    Package::new("PyPI", name, entry.version.clone(), origin, Location::line(path, line))
}

/// Resolves every dependency, to each of the versions of its name that are locked. One that is there
/// in every environment and that no entry answers means that the lockfile was cut off or edited.
fn edges(
    path: &str,
    entries: &[Entry],
    places: &BTreeMap<String, Vec<Option<usize>>>,
    lines: &Lines,
    parsed: &mut Parsed,
) -> Result<Vec<Edge>, FormatError> {
    let mut edges = BTreeSet::new();
    for entry in entries {
        let own = normalized_name(entry.name.get_ref());
        let from = places.get(&*own).into_iter().flatten().flatten();
        let of_version = |place: &&usize| {
            parsed.packages.get(**place).is_some_and(|it| it.version == entry.version)
        };
        let from: Vec<usize> = from.filter(of_version).copied().collect();
        for (name, wanted) in &entry.dependencies {
            match places.get(&*normalized_name(name)) {
                Some(to) => {
                    let to = to.iter().flatten().copied();
                    edges.extend(
                        to.flat_map(|to| from.iter().map(move |from| Edge { from: *from, to })),
                    );
                }
                None if must_be_there(wanted) => {
                    let (name, own) = (shown(name), shown(&own));
                    let why = format!("the dependency `{name}` of `{own}` is not listed");
                    parsed.leave_out(path, lines.line(entry.name.span().start), why)?;
                }
                None => {}
            }
        }
    }
    Ok(edges.into_iter().collect())
}

/// What is for some environments or for an extra alone is locked only where the project wants it.
fn must_be_there(wanted: &toml::Value) -> bool {
    match wanted {
        toml::Value::String(_) => true,
        toml::Value::Table(table) => {
            !table.contains_key("markers")
                && !table.contains_key("python")
                && table.get("optional").is_none_or(|it| it.as_bool() != Some(true))
        }
        toml::Value::Array(all) => all.iter().any(must_be_there),
        _ => false,
    }
}

impl Entry {
    fn scope(&self) -> Option<Scope> {
        let in_main = |groups: &Vec<String>| groups.iter().any(|group| group == "main");
        let category = || self.category.as_deref().map(|category| category == "main");
        match self.groups.as_ref().map(in_main).or_else(category) {
            Some(false) => Some(Scope::Development),
            _ if self.optional => Some(Scope::Optional),
            Some(true) => Some(Scope::Runtime),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests;
