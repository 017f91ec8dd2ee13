//! PDM's `pdm.lock`, lock version 4 (PDM documentation, "Lock file"). An entry with extras is the package
//! that it has extras of. Which index a package is from is not recorded, and counts as the public one;
//! folders are the project's own, repositories and archives `Elsewhere`.

use super::lines::{Lines, parse_toml};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, Scope, pypi,
    text_within,
};
use crate::text::{shown, without_credentials};
use beleg_ecosystem::normalized_name;
use beleg_model::{Ecosystem, Location, Origin};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// The most bytes: 8 MiB. It lists every file of every release.
const MAX_BYTES: u64 = 8 << 20;

/// The format itself.
pub(super) struct PdmLock;

const ABOUT: About = About {
    id: "pdm-lock",
    describes: "Python packages of a `pdm.lock`, lock version 4",
    kind: FormatKind::Lockfile,
    ecosystems: &["PyPI"],
    syft_metadata_type: "python-pdm-lock-entry",
    files: &[FileName::Named("pdm.lock")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct Lock {
    metadata: Metadata,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Metadata {
    lock_version: String,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: Option<String>,
    groups: Option<Vec<String>>,
    path: Option<String>,
    url: Option<String>,
    git: Option<String>,
    revision: Option<String>,
    #[serde(default)]
    files: Vec<File>,
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    hash: Option<String>,
}

impl Format for PdmLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let lines = Lines::of(text);
        let lock: Lock = parse_toml(path, text, &lines)?;
        let found = lock.metadata.lock_version;
        if !found.starts_with("4.") {
            return Err(FormatError::UnknownVersion {
                path: path.to_owned(),
                found: shown(&found),
            });
        }
        read(path, &lock.package, &lines)
    }
}

fn read(path: &str, entries: &[Entry], lines: &Lines) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut placed = Vec::new();
    for entry in entries {
        let location = Location::line(path, lines.line(entry.name.span().start));
        let name = normalized_name(entry.name.get_ref()).into_owned();
        let origin = entry.origin();
        let listed = names.entry(name.clone()).or_default();
        let Some(version) = &entry.version else {
            match origin {
                Origin::Local => {
                    parsed.named_only.push(NamedOnly::own(Ecosystem::named("PyPI"), name))
                }
                _ => parsed.leave_out_at(location, format!("`{}` has no version", shown(&name)))?,
            }
            continue;
        };
        match pypi::package(&name, version, origin, location.clone()) {
            Err(why) => parsed.leave_out_at(location, why)?,
            Ok(package) => {
                let next = parsed.packages.len();
                let place = *places.entry((name, version.clone())).or_insert(next);
                placed.push((place, entry));
                if place == next {
                    listed.push(place);
                    let digests =
                        entry.files.iter().filter_map(|it| it.hash.as_ref()?.parse().ok());
                    let digests = digests.collect();
                    let scope = entry.scope().filter(|_| package.origin != Origin::Local);
                    parsed.add_with(package, Facts { digests, scope, ..Facts::default() })?;
                }
            }
        }
    }
    parsed.edges = Some(edges(path, &placed, &names, lines, &mut parsed)?);
    Ok(parsed)
}

/// Resolves every dependency, to each of the versions of its name that are locked. One that is there
/// in every environment and that no entry answers means that the lockfile was cut off or edited.
fn edges(
    path: &str,
    placed: &[(usize, &Entry)],
    names: &BTreeMap<String, Vec<usize>>,
    lines: &Lines,
    parsed: &mut Parsed,
) -> Result<Vec<Edge>, FormatError> {
    let mut edges = BTreeSet::new();
    for (from, entry) in placed {
        for wanted in &entry.dependencies {
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
            let name = wanted.split(|letter| !is_part(letter)).next().unwrap_or_default();
            match names.get(&*normalized_name(name)) {
                Some(to) => {
                    let others = to.iter().filter(|to| *to != from);
                    edges.extend(others.map(|to| Edge { from: *from, to: *to }));
                }
                None if !wanted.contains(';') => {
                    let (name, own) = (shown(name), shown(entry.name.get_ref()));
                    let why = format!("the dependency `{name}` of `{own}` is not listed");
                    parsed.leave_out(path, lines.line(entry.name.span().start), why)?;
                }
                None => {}
            }
        }
    }
    Ok(edges.into_iter().collect())
}

impl Entry {
    fn origin(&self) -> Origin {
        match (&self.path, &self.git, &self.url) {
            (Some(path), ..)
                if [".whl", ".tar.gz", ".zip"].iter().any(|end| path.ends_with(end)) =>
            {
                Origin::Elsewhere(format!("file {}", without_credentials(path)))
            }
            (Some(_), ..) => Origin::Local,
            (_, Some(url), _) => pypi::of_git(url, self.revision.as_deref()),
            (_, _, Some(url)) => Origin::Elsewhere(without_credentials(url)),
            (None, None, None) => Origin::Registry,
        }
    }

    /// PDM calls the project's own dependencies `default`. What any other group is for is not said.
    fn scope(&self) -> Option<Scope> {
        let groups = self.groups.as_ref()?;
        groups.iter().any(|group| group == "default").then_some(Scope::Runtime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_from_pypi_or_names_no_exact_package_is_told_apart() {
        for (more, origins) in [
            ("version = \"1.0\"", vec![Origin::Registry]),
            ("version = \"1.0\"\npath = \"./own\"", vec![Origin::Local]),
            (
                "version = \"1.0\"\npath = \"./a.whl\"",
                vec![Origin::Elsewhere("file ./a.whl".into())],
            ),
            (
                "version = \"1.0\"\ngit = \"https://u@git.example/a\"\nrevision = \"0123\"",
                vec![Origin::Elsewhere("git+https://git.example/a@0123".into())],
            ),
            ("git = \"https://git.example/a\"", vec![]),
            ("version = \"1.*\"", vec![]),
        ] {
            let text = format!(
                "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\n{more}\n"
            );
            let parsed = PdmLock.parse("pdm.lock", text.as_bytes());
            let parsed = parsed.unwrap_or_default();
            let read: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
            assert_eq!((&read, read.len() + parsed.unread.len()), (&origins, 1), "{more}");
        }
    }

    #[test]
    fn what_is_no_lockfile_is_refused() {
        for text in ["", "[[package]]\nname = \"a\"\n", "[metadata]\nlock_version = \"5.0\"\n"] {
            assert!(PdmLock.parse("pdm.lock", text.as_bytes()).is_err(), "{text}");
        }
    }
}
