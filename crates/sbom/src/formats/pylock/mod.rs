//! `pylock.toml` and `pylock.NAME.toml`, lock version 1 (PEP 751, "Specification"). A package is from its
//! index, from a folder, a repository or an archive; one of which nothing of that is said, from
//! somewhere that the file does not say.

use super::lines::{Lines, parse_toml};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, pypi,
    text_within,
};
use crate::text::{shown, without_credentials};
use beleg_ecosystem::normalized_name;
use beleg_model::{Digest, Ecosystem, Location, Origin};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// The most bytes: 8 MiB. It lists every file of every release.
const MAX_BYTES: u64 = 8 << 20;

/// The format itself.
pub(super) struct Pylock;

const ABOUT: About = About {
    id: "pylock",
    describes: "Python packages of a `pylock.toml` or `pylock.NAME.toml` (PEP 751), lock version 1",
    kind: FormatKind::Lockfile,
    ecosystems: &["PyPI"],
    syft_metadata_type: "python-pylock-entry",
    files: &[FileName::Named("pylock.toml"), FileName::Between("pylock.", ".toml")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock {
    lock_version: String,
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: Option<String>,
    index: Option<String>,
    vcs: Option<Vcs>,
    directory: Option<serde::de::IgnoredAny>,
    archive: Option<File>,
    sdist: Option<File>,
    #[serde(default)]
    wheels: Vec<File>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    url: Option<String>,
    path: Option<String>,
    commit_id: Option<String>,
}

#[derive(Deserialize)]
struct File {
    url: Option<String>,
    path: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: Option<String>,
}

impl Format for Pylock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let lines = Lines::of(text);
        let lock: Lock = parse_toml(path, text, &lines)?;
        let found = lock.lock_version;
        if !found.starts_with("1.") {
            return Err(FormatError::UnknownVersion {
                path: path.to_owned(),
                found: shown(&found),
            });
        }
        read(path, &lock.packages, &lines)
    }
}

fn read(path: &str, entries: &[Entry], lines: &Lines) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut placed = Vec::new();
    for entry in entries {
        let location = Location::line(path, lines.line(entry.name.span().start));
        let name = normalized_name(entry.name.get_ref()).into_owned();
        let listed = names.entry(name.clone()).or_default();
        let origin = match entry.origin() {
            Some(origin) => origin,
            None => {
                let why = format!("where `{}` is from is not said", shown(&name));
                parsed.leave_out_at(location, why)?;
                continue;
            }
        };
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
                listed.push(parsed.packages.len());
                placed.push((parsed.packages.len(), entry));
                parsed.add_with(package, Facts::of_digests(entry.digests()))?;
            }
        }
    }
    // Dependencies are optional in it and for information alone.
    let mut edges = BTreeSet::new();
    for (from, entry) in placed {
        let wanted = entry.dependencies.iter().filter_map(|it| it.name.as_deref());
        let to = wanted.filter_map(|name| names.get(&*normalized_name(name))).flatten();
        edges.extend(to.map(|to| Edge { from, to: *to }));
    }
    let states = entries.iter().any(|entry| !entry.dependencies.is_empty());
    parsed.edges = states.then(|| edges.into_iter().collect());
    Ok(parsed)
}

impl Entry {
    fn origin(&self) -> Option<Origin> {
        if self.directory.is_some() {
            return Some(Origin::Local);
        }
        if let Some(vcs) = &self.vcs {
            let place = vcs.url.as_deref().or(vcs.path.as_deref())?;
            return Some(pypi::of_git(place, vcs.commit_id.as_deref()));
        }
        if let Some(archive) = &self.archive {
            let place = archive.url.as_deref().or(archive.path.as_deref())?;
            return Some(Origin::Elsewhere(without_credentials(place)));
        }
        self.index.as_deref().map(pypi::origin)
    }

    fn digests(&self) -> Vec<Digest> {
        let files = self.sdist.iter().chain(&self.wheels).chain(&self.archive);
        let hashes = files.flat_map(|file| &file.hashes);
        hashes.filter_map(|(name, hex)| format!("{name}:{hex}").parse().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_from_pypi_or_names_no_exact_package_is_told_apart() {
        for (more, origins) in [
            ("version = \"1.0\"\nindex = \"https://pypi.org/simple/\"", vec![Origin::Registry]),
            (
                "version = \"1.0\"\nindex = \"https://u@index.example/simple\"",
                vec![Origin::Elsewhere("https://index.example/simple".into())],
            ),
            ("version = \"1.0\"\ndirectory = { path = \"own\" }", vec![Origin::Local]),
            (
                "version = \"1.0\"\nvcs = { type = \"git\", url = \"https://git.example/a\", commit-id = \"0123\" }",
                vec![Origin::Elsewhere("git+https://git.example/a@0123".into())],
            ),
            (
                "version = \"1.0\"\narchive = { url = \"https://h/a.whl\", hashes = {} }",
                vec![Origin::Elsewhere("https://h/a.whl".into())],
            ),
            ("version = \"1.0\"", vec![]),
            ("index = \"https://pypi.org/simple\"", vec![]),
        ] {
            let text = format!("lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n{more}\n");
            let parsed = Pylock.parse("pylock.toml", text.as_bytes()).unwrap_or_default();
            let read: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
            assert_eq!((&read, read.len() + parsed.unread.len()), (&origins, 1), "{more}");
        }
    }

    #[test]
    fn what_is_no_lockfile_is_refused() {
        for text in ["", "lock-version = \"1.0\"\n", "lock-version = \"2.0\"\npackages = []\n"] {
            assert!(Pylock.parse("pylock.toml", text.as_bytes()).is_err(), "{text}");
        }
    }
}
