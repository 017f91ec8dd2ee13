//! Bun's `bun.lock`, lockfile versions 0 to 2: JSON with trailing commas (Bun documentation, "Lockfile").
//! A key is the path by which a package is reached, `debug/ms`; its first element says what it is. The
//! project's own packages and folders are its own; repositories, archives and other registries are
//! `Elsewhere`; an alias is the package that it stands for.

use super::json::{JsonFile, Members, Raw};
use super::jsonc::without_comments;
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, npm,
    text_within,
};
use crate::text::{shown, without_credentials};
use beleg_model::{Ecosystem, Location, Origin};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes: 32 MiB. One of 5,000 packages has 1.5 MiB.
const MAX_BYTES: u64 = 32 << 20;
const NEWEST_VERSION: u64 = 2;

/// The format itself.
pub(super) struct BunLock;

const ABOUT: About = About {
    id: "bun-lock",
    describes: "npm packages of a `bun.lock`, lockfile versions 0 to 2",
    kind: FormatKind::Lockfile,
    ecosystems: &["npm"],
    syft_metadata_type: "javascript-bun-lock-entry",
    files: &[FileName::Named("bun.lock")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock<'a> {
    lockfile_version: u64,
    #[serde(borrow, default)]
    workspaces: Members<'a, Asking>,
    #[serde(borrow, default)]
    packages: Members<'a, Raw<'a>>,
}

/// What a package or a project of its own asks for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asking {
    name: Option<String>,
    version: Option<String>,
    dependencies: Names,
    dev_dependencies: Names,
    optional_dependencies: Names,
    peer_dependencies: Names,
}

type Names = BTreeMap<String, IgnoredAny>;

/// An entry of `packages`, taken apart.
struct Entry {
    line: u32,
    key: String,
    name: String,
    reference: String,
    registry: Option<String>,
    integrity: Option<String>,
    asking: Asking,
}

impl Format for BunLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let clean = without_comments(text_within(path, bytes, MAX_BYTES)?);
        let file = JsonFile::of(path, clean.as_bytes(), MAX_BYTES)?;
        let lock: Lock<'_> = file.read()?;
        if lock.lockfile_version > NEWEST_VERSION {
            let found = lock.lockfile_version.to_string();
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let mut parsed = Parsed::default();
        let mut entries = Vec::new();
        for (key, raw) in lock.packages.0 {
            let line = file.line(raw);
            match entry(key, line, raw) {
                Ok(entry) => entries.push(entry),
                Err(why) => parsed.leave_out(path, line, why)?,
            }
        }
        read(path, &lock.workspaces.0, &entries, parsed)
    }
}

/// Reads `["name@reference", …]`: of the registry with its address, what is asked for and the digest;
/// of all else without the address.
fn entry(key: String, line: u32, raw: Raw<'_>) -> Result<Entry, String> {
    let parts: Vec<Raw<'_>> = raw.read()?;
    let mut parts = parts.into_iter();
    let what: String = parts.next().ok_or("an entry is empty")?.read()?;
    let at = what.get(1..).and_then(|rest| rest.find('@')).ok_or("an entry has no version")?;
    let (name, reference) = what.split_at(at.saturating_add(1));
    let (mut texts, mut asking) = (Vec::new(), Asking::default());
    for part in parts {
        match part.read::<String>() {
            Ok(text) => texts.push(text),
            Err(_) => asking = part.read()?,
        }
    }
    let reference = reference.trim_start_matches('@').to_owned();
    let is_release = npm::is_version(&reference);
    let registry = texts.first().filter(|it| is_release && !it.is_empty()).cloned();
    let integrity = texts.pop().filter(|text| text.contains('-'));
    Ok(Entry { line, key, name: name.to_owned(), reference, registry, integrity, asking })
}

fn read(
    path: &str,
    projects: &[(String, Asking)],
    entries: &[Entry],
    mut parsed: Parsed,
) -> Result<Parsed, FormatError> {
    let keys: BTreeMap<&str, usize> = entries.iter().map(|it| it.key.as_str()).zip(0..).collect();
    let direct = projects.iter().flat_map(|(_, project)| {
        let base = project.name.as_deref().unwrap_or_default();
        project.all().filter_map(|(name, _)| answer(&keys, base, name))
    });
    let direct: BTreeSet<usize> = direct.collect();
    for (_, project) in projects {
        if let Some(name) = project.name.as_ref().filter(|name| npm::is_name(name)) {
            let version = project.version.clone();
            let ecosystem = Some(Ecosystem::named("npm"));
            parsed.named_only.push(NamedOnly { ecosystem, name: name.clone(), version });
        }
    }
    let mut places = vec![None; entries.len()];
    for ((entry, place), at) in entries.iter().zip(&mut places).zip(0..) {
        let Entry { name, reference, line, .. } = entry;
        let origin = entry.origin();
        if !npm::is_name(name) {
            let why = format!("`{}` cannot name an npm package", shown(name));
            parsed.leave_out(path, *line, why)?;
        } else if origin == Origin::Local {
            let named = NamedOnly::own(Ecosystem::named("npm"), name.clone());
            if !parsed.named_only.iter().any(|known| known.name == *name) {
                parsed.named_only.push(named);
            }
        } else if npm::is_version(reference) {
            *place = Some(parsed.packages.len());
            let facts = Facts {
                digests: entry.integrity.as_deref().map(npm::digests).unwrap_or_default(),
                direct: Some(direct.contains(&at)),
                ..Facts::default()
            };
            let location = Location::line(path, *line);
            parsed.add_with(npm::package(name, reference, origin, location), facts)?;
        } else {
            let reference = shown(reference);
            let why = format!("`{name}` is of `{reference}`, which says no version");
            parsed.leave_out(path, *line, why)?;
        }
    }
    let mut edges = BTreeSet::new();
    for (entry, from) in entries.iter().zip(&places) {
        for (name, must) in entry.asking.all() {
            match answer(&keys, &entry.key, name) {
                Some(at) => {
                    let to = places.get(at).copied().flatten();
                    edges.extend(from.zip(to).map(|(from, to)| Edge { from, to }));
                }
                None if must => {
                    let (name, of) = (shown(name), shown(&entry.name));
                    let why = format!("the dependency `{name}` of `{of}` is not listed");
                    parsed.leave_out(path, entry.line, why)?;
                }
                None => {}
            }
        }
    }
    parsed.edges = Some(edges.into_iter().collect());
    Ok(parsed)
}

/// Finds what the package of a key means by a name: below it, or below what it is reached by.
fn answer(keys: &BTreeMap<&str, usize>, key: &str, name: &str) -> Option<usize> {
    let mut base = key;
    while !base.is_empty() {
        if let Some(at) = keys.get(format!("{base}/{name}").as_str()) {
            return Some(*at);
        }
        let (above, _) = base.rsplit_once('/').unwrap_or_default();
        // A scope is half of a name.
        let (outer, last) = above.rsplit_once('/').unwrap_or(("", above));
        base = if last.starts_with('@') { outer } else { above };
    }
    keys.get(name).copied()
}

impl Entry {
    fn origin(&self) -> Origin {
        let reference = self.reference.as_str();
        let folder = ["workspace:", "link:", "root:"].iter().any(|it| reference.starts_with(it));
        let file = reference.strip_prefix("file:");
        let is_archive = |file: &str| file.ends_with(".tgz") || file.ends_with(".tar.gz");
        match (&self.registry, file) {
            _ if folder => Origin::Local,
            (_, Some(file)) if !is_archive(file) => Origin::Local,
            (Some(registry), _) => npm::origin(Some(registry)),
            _ if npm::is_version(reference) => Origin::Registry,
            _ => Origin::Elsewhere(without_credentials(reference)),
        }
    }
}

impl Asking {
    /// Lists what is asked for, and whether it must be there.
    fn all(&self) -> impl Iterator<Item = (&str, bool)> {
        let must = self.dependencies.keys().chain(self.dev_dependencies.keys());
        let may = self.optional_dependencies.keys().chain(self.peer_dependencies.keys());
        must.map(|name| (name.as_str(), true)).chain(may.map(|name| (name.as_str(), false)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn parse(entry: &str) -> Result<Parsed, FormatError> {
        let text = format!("{{\"lockfileVersion\": 1, \"packages\": {{{entry},}},}}");
        BunLock.parse("bun.lock", text.as_bytes())
    }

    #[test]
    fn what_is_not_from_the_registry_is_never_taken_for_it() {
        for (entry, origin) in [
            ("\"a\": [\"a@1.0.0\", \"\", {}, \"sha512-00\"]", Some(Origin::Registry)),
            (
                "\"a\": [\"a@1.0.0\", \"https://npm.example/a.tgz\", {}, \"sha512-00\"]",
                Some(Origin::Elsewhere("https://npm.example/a.tgz".to_owned())),
            ),
            ("\"a\": [\"a@git+ssh://git@h/a.git#0123\", {}, \"0123\"]", None),
            ("\"a\": [\"a@https://h/a.tgz\", {}]", None),
            ("\"a\": [\"a\"]", None),
            ("\"a\": []", None),
            ("\"a\": {}", None),
            ("\"../a\": [\"../a@1.0.0\", \"\", {}, \"\"]", None),
        ] {
            let parsed = parse(entry).unwrap();
            let origins: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
            assert_eq!(origins, origin.into_iter().collect::<Vec<_>>(), "{entry}");
            assert_eq!(parsed.unread.len() + origins.len(), 1, "{entry}");
        }
    }

    #[test]
    fn what_is_asked_for_and_not_listed_is_reported() {
        let asks = "\"a\": [\"a@1.0.0\", \"\", {\"dependencies\": {\"b\": \"1\"}}, \"\"]";
        assert_eq!(parse(asks).unwrap().unread.len(), 1);
        let nested = format!("{asks}, \"a/b\": [\"b@1.0.0\", \"\", {{}}, \"\"]");
        assert_eq!(parse(&nested).unwrap().edges, Some(vec![Edge { from: 0, to: 1 }]));
    }

    #[test]
    fn what_is_no_lockfile_is_refused() {
        for text in
            ["", "{}", "{\"lockfileVersion\": 3}", "{\"lockfileVersion\": 1, \"packages\": []}"]
        {
            assert!(BunLock.parse("bun.lock", text.as_bytes()).is_err(), "{text}");
        }
    }
}
