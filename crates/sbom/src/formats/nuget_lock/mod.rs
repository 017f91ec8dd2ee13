//! NuGet's `packages.lock.json`, versions 1 and 2 (NuGet documentation, "Locking dependencies"): for each
//! target framework the packages that are restored for it. Projects are the project's own. Which
//! source a package is from is not recorded, and counts as the public one. What stands there as a
//! digest is of a package's contents and of no file.

use super::json::{JsonFile, Members, Raw};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, NamedOnly, Parsed,
};
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin, Package};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes: 16 MiB. One of 300 packages and two frameworks has 0.2 MiB.
const MAX_BYTES: u64 = 16 << 20;

/// The format itself.
pub(super) struct NugetLock;

const ABOUT: About = About {
    id: "nuget-lock",
    describes: "NuGet packages of a `packages.lock.json`, versions 1 and 2",
    kind: FormatKind::Lockfile,
    ecosystems: &["NuGet"],
    syft_metadata_type: "dotnet-packages-lock-entry",
    files: &[FileName::Named("packages.lock.json")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct Lock<'a> {
    version: u64,
    #[serde(borrow)]
    dependencies: Members<'a, Members<'a, Raw<'a>>>,
}

#[derive(Deserialize)]
struct Entry {
    r#type: String,
    resolved: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, IgnoredAny>,
}

impl Format for NugetLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let lock: Lock<'_> = file.read()?;
        if !(1..=2).contains(&lock.version) {
            let found = lock.version.to_string();
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let mut reader = Reader { path, parsed: Parsed::default(), places: BTreeMap::new() };
        let mut edges = BTreeSet::new();
        for (_, packages) in lock.dependencies.0 {
            edges.extend(reader.framework(&file, packages.0)?);
        }
        reader.parsed.edges = Some(edges.into_iter().collect());
        Ok(reader.parsed)
    }
}

struct Reader<'a> {
    path: &'a str,
    parsed: Parsed,
    /// One package may be there for several frameworks, each in its version.
    places: BTreeMap<(String, String), usize>,
}

impl Reader<'_> {
    /// Reads the packages of a framework and returns which needs which.
    fn framework(
        &mut self,
        file: &JsonFile<'_>,
        packages: Vec<(String, Raw<'_>)>,
    ) -> Result<Vec<Edge>, FormatError> {
        let mut here: BTreeMap<String, Option<usize>> = BTreeMap::new();
        let mut needs = Vec::new();
        for (name, raw) in packages {
            let line = file.line(raw);
            let place = match raw.read::<Entry>() {
                Ok(entry) => {
                    let place = self.entry(line, &name, &entry)?;
                    let names = entry.dependencies.into_keys();
                    needs.push((line, name.clone(), place, names.collect::<Vec<_>>()));
                    place
                }
                Err(why) => {
                    let why = format!("`{}` cannot be read: {why}", shown(&name));
                    self.parsed.leave_out(self.path, line, why)?;
                    None
                }
            };
            here.insert(name.to_lowercase(), place);
        }
        let mut edges = Vec::new();
        for (line, name, from, wanted) in needs {
            for wanted in wanted {
                match here.get(&wanted.to_lowercase()) {
                    Some(to) => edges.extend(from.zip(*to).map(|(from, to)| Edge { from, to })),
                    None => {
                        let (wanted, name) = (shown(&wanted), shown(&name));
                        let why = format!("the dependency `{wanted}` of `{name}` is not listed");
                        self.parsed.leave_out(self.path, line, why)?;
                    }
                }
            }
        }
        Ok(edges)
    }

    fn entry(
        &mut self,
        line: u32,
        name: &str,
        entry: &Entry,
    ) -> Result<Option<usize>, FormatError> {
        let direct = match entry.r#type.as_str() {
            "Direct" => true,
            "Transitive" | "CentralTransitive" => false,
            "Project" if is_name(name) => {
                let named = NamedOnly::own(Ecosystem::named("NuGet"), name.to_owned());
                if !self.parsed.named_only.contains(&named) {
                    self.parsed.named_only.push(named);
                }
                return Ok(None);
            }
            kind => {
                let why = format!("`{}` is of the unknown kind `{}`", shown(name), shown(kind));
                self.parsed.leave_out(self.path, line, why)?;
                return Ok(None);
            }
        };
        let version = entry.resolved.as_deref().unwrap_or("none");
        if !is_name(name) || !is_version(version) {
            let why = format!("`{}` `{}` is no exact package", shown(name), shown(version));
            self.parsed.leave_out(self.path, line, why)?;
            return Ok(None);
        }
        let next = self.parsed.packages.len();
        let place = *self.places.entry((name.to_lowercase(), version.to_owned())).or_insert(next);
        if place == next {
            let location = Location::line(self.path, line);
            self.parsed.add(package(name, version, location))?;
        }
        let facts: &mut Facts = self.parsed.facts.entry(place).or_default();
        facts.direct = Some(direct || facts.direct == Some(true));
        Ok(Some(place))
    }
}

fn package(name: &str, version: &str, location: Location) -> Package {
    Package::new("NuGet", name, version, Origin::Registry, location)
}

fn is_name(name: &str) -> bool {
    (1..=MAX_WORD).contains(&name.len())
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
        && !name.starts_with('.')
}

fn is_version(version: &str) -> bool {
    (1..=MAX_WORD).contains(&version.len())
        && version.starts_with(|it: char| it.is_ascii_digit())
        && version.bytes().all(|it| it.is_ascii_alphanumeric() || b".-+".contains(&it))
}

#[cfg(test)]
mod tests;
