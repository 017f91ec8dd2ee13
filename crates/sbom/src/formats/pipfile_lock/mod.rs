//! Pipenv's `Pipfile.lock`, specification 6 (Pipenv documentation, "Pipfile & Pipfile.lock"): packages by
//! category, `default` and `develop` among them. The project's folders are its own; a package without
//! an index of its own is of the first source, or of any where there are others than PyPI.

use super::json::{JsonFile, Members, Raw};
use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, Scope, pypi,
};
use crate::text::{shown, without_credentials};
use beleg_ecosystem::normalized_name;
use beleg_model::{Ecosystem, Location, Origin};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most bytes: 8 MiB. One of 200 packages has 0.2 MiB.
const MAX_BYTES: u64 = 8 << 20;
const KNOWN_VERSION: u64 = 6;
/// What is no category of packages.
const META: &str = "_meta";

/// The format itself.
pub(super) struct PipfileLock;

const ABOUT: About = About {
    id: "pipfile-lock",
    describes: "Python packages of a `Pipfile.lock`, specification 6",
    kind: FormatKind::Lockfile,
    ecosystems: &["PyPI"],
    syft_metadata_type: "python-pipfile-lock-entry",
    files: &[FileName::Named("Pipfile.lock")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Meta {
    pipfile_spec: u64,
    #[serde(default)]
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    name: String,
    url: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    version: Option<String>,
    hashes: Vec<String>,
    index: Option<String>,
    path: Option<String>,
    file: Option<String>,
    git: Option<String>,
    r#ref: Option<String>,
}

impl Format for PipfileLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let members: Members<'_, Raw<'_>> = file.read()?;
        let malformed = |raw, why| FormatError::at_line(path, file.line(raw), why);
        let meta = members.0.iter().find(|(name, _)| name == META);
        let Some((_, meta)) = meta else {
            return Err(FormatError::malformed(path, "it has no `_meta`"));
        };
        let meta: Meta = meta.read().map_err(|why| malformed(*meta, why))?;
        if meta.pipfile_spec != KNOWN_VERSION {
            let found = meta.pipfile_spec.to_string();
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let mut parsed = Parsed::default();
        let mut places = BTreeMap::new();
        for (category, raw) in members.0.iter().filter(|(name, _)| name != META) {
            let scope = match category.as_str() {
                "default" => Scope::Runtime,
                _ => Scope::Development,
            };
            let entries: Members<'_, Raw<'_>> = raw.read().map_err(|why| malformed(*raw, why))?;
            for (name, raw) in entries.0 {
                let entry: Entry = raw.read().map_err(|why| malformed(raw, why))?;
                let location = Location::line(path, file.line(raw));
                read(&name, &entry, &meta.sources, location, scope, &mut places, &mut parsed)?;
            }
        }
        Ok(parsed)
    }
}

fn read(
    name: &str,
    entry: &Entry,
    sources: &[Source],
    location: Location,
    scope: Scope,
    places: &mut BTreeMap<(String, String), usize>,
    parsed: &mut Parsed,
) -> Result<(), FormatError> {
    let origin = entry.origin(sources);
    let Some(version) = &entry.version else {
        return match origin {
            Origin::Local => {
                let name = normalized_name(name).into_owned();
                parsed.named_only.push(NamedOnly::own(Ecosystem::named("PyPI"), name));
                Ok(())
            }
            _ => parsed.leave_out_at(location, format!("`{}` has no version", shown(name))),
        };
    };
    let version = version.strip_prefix("==").unwrap_or(version).trim_start_matches('=');
    match pypi::package(name, version, origin, location.clone()) {
        Err(why) => parsed.leave_out_at(location, why),
        // One package may be of several categories.
        Ok(package) => {
            let next = parsed.packages.len();
            let key = (package.name.clone(), package.version.clone());
            let place = *places.entry(key).or_insert(next);
            if place == next {
                let digests = entry.hashes.iter().filter_map(|it| it.parse().ok()).collect();
                let scope = Some(scope).filter(|_| package.origin != Origin::Local);
                return parsed.add_with(package, Facts { digests, scope, ..Facts::default() });
            }
            if let Some(known) = parsed.facts.get_mut(&place).and_then(|it| it.scope.as_mut()) {
                *known = scope.min(*known);
            }
            Ok(())
        }
    }
}

impl Entry {
    fn origin(&self, sources: &[Source]) -> Origin {
        if self.path.is_some() {
            return Origin::Local;
        }
        if let Some(url) = &self.git {
            return pypi::of_git(url, self.r#ref.as_deref());
        }
        if let Some(place) = &self.file {
            return Origin::Elsewhere(without_credentials(place));
        }
        let named = self.index.as_ref().map(|index| sources.iter().find(|it| it.name == *index));
        match named {
            Some(Some(source)) => pypi::origin(&source.url),
            Some(None) => Origin::Elsewhere("an index that it does not say".to_owned()),
            None => {
                let mut all = sources.iter().map(|source| pypi::origin(&source.url));
                let others = all.find(|origin| *origin != Origin::Registry);
                others.unwrap_or(Origin::Registry)
            }
        }
    }
}

#[cfg(test)]
mod tests;
