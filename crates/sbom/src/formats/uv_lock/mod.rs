//! `uv.lock`, version 1 (uv documentation, "Project structure and files", section "The lockfile").
//! Packages of `https://pypi.org/simple` are `Registry`; workspace members, editable installs and
//! folders are the project's own; everything else is `Elsewhere`.

use super::answers::{Answer, Answers};
use super::lines::{Lines, parse_toml};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, text_within,
};
use crate::pep508::{is_project_name, is_version};
use crate::text::{shown, without_credentials};
use beleg_ecosystem::normalized_name;
use beleg_model::{Ecosystem, Location, Origin, Package};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// The most bytes of a `uv.lock`: 8 MiB. It lists every file of every release, so that a large
/// project's has 3 MiB.
const MAX_BYTES: u64 = 8 << 20;
const KNOWN_VERSION: i64 = 1;
const PYPI: &str = "https://pypi.org/simple";

/// The format itself.
pub(super) struct UvLock;

#[derive(Deserialize)]
struct Lock {
    version: Option<i64>,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: Spanned<String>,
    version: Option<String>,
    source: Option<Source>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Dependency>>,
    sdist: Option<File>,
    #[serde(default)]
    wheels: Vec<File>,
}

/// One file of a release.
#[derive(Deserialize)]
struct File {
    hash: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    version: Option<String>,
    source: Option<Source>,
}

/// Exactly one of these is given.
#[derive(Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(default)]
struct Source {
    registry: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

const ABOUT: About = About {
    id: "uv-lock",
    describes: "Python packages of a `uv.lock`, version 1",
    kind: FormatKind::Lockfile,
    ecosystems: &["PyPI"],
    syft_metadata_type: "python-uv-lock-entry",
    files: &[FileName::Named("uv.lock")],
    most_bytes: MAX_BYTES,
};

impl Format for UvLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let lines = Lines::of(text);
        let lock: Lock = parse_toml(path, text, &lines)?;
        if lock.version != Some(KNOWN_VERSION) {
            let found = lock.version.map_or_else(|| "`none`".to_owned(), |found| found.to_string());
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        // Every lockfile lists at least the project itself; an empty one is cut off.
        if lock.package.is_empty() {
            return Err(FormatError::Empty { path: path.to_owned() });
        }
        read(path, &lock.package, &lines)
    }
}

/// An entry and its place among the packages, if it became one.
type Placed<'a> = (Option<usize>, &'a Entry);

fn read(path: &str, entries: &[Entry], lines: &Lines) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let mut placed: Vec<Placed<'_>> = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries {
        let line = lines.line(entry.name.span().start);
        let name = entry.name.get_ref();
        match origin(entry) {
            // The project itself may take its version from elsewhere when it is built.
            Ok(Origin::Local) if entry.version.is_none() => {
                placed.push((None, entry));
                parsed.named_only.push(NamedOnly::own(
                    Ecosystem::named("PyPI"),
                    normalized_name(name).into_owned(),
                ));
            }
            Ok(_) if !seen.insert((name, &entry.version, &entry.source)) => {
                let why = format!("`{name}` is listed twice in the same version");
                parsed.leave_out(path, line, why)?;
            }
            Ok(origin) => {
                placed.push((Some(parsed.packages.len()), entry));
                let files = entry.sdist.iter().chain(&entry.wheels);
                let digests = files.filter_map(|file| file.hash.as_ref()?.parse().ok()).collect();
                parsed.add_with(package(path, line, entry, origin), Facts::of_digests(digests))?;
            }
            Err(why) => {
                placed.push((None, entry));
                parsed.leave_out(path, line, why)?;
            }
        }
    }
    parsed.edges = Some(edges(path, &placed, lines, &mut parsed)?);
    Ok(parsed)
}

/// Says where an entry comes from, or why it names no exact package.
fn origin(entry: &Entry) -> Result<Origin, String> {
    let name = entry.name.get_ref();
    if !is_project_name(name) {
        return Err(format!("`{}` cannot name a Python package", shown(name)));
    }
    let source = match &entry.source {
        Some(source) => source.origin(),
        None => None,
    };
    let origin = source.ok_or_else(|| format!("the source of `{name}` is of no known kind"))?;
    match entry.version.as_deref() {
        Some(version) if !is_version(version) => {
            Err(format!("`{}` is no exact version of `{name}`", shown(version)))
        }
        None if origin != Origin::Local => Err(format!("`{name}` is listed without a version")),
        _ => Ok(origin),
    }
}

impl Source {
    fn origin(&self) -> Option<Origin> {
        let named = |kind: &str, place: &String| {
            Some(Origin::Elsewhere(format!("{kind}{}", without_credentials(place))))
        };
        match self {
            Self { registry: Some(url), .. } if url.trim_end_matches('/') == PYPI => {
                Some(Origin::Registry)
            }
            Self { registry: Some(url), .. } => named("", url),
            Self { git: Some(url), .. } => named("git+", url),
            Self { url: Some(url), .. } => named("", url),
            Self { path: Some(path), .. } => named("file ", path),
            Self { directory: Some(_), .. }
            | Self { editable: Some(_), .. }
            | Self { r#virtual: Some(_), .. } => Some(Origin::Local),
            _ => None,
        }
    }
}

fn package(path: &str, line: u32, entry: &Entry, origin: Origin) -> Package {
    Package::new(
        "PyPI",
        normalized_name(entry.name.get_ref()).into_owned(),
        entry.version.clone().unwrap_or_default(),
        origin,
        Location::line(path, line),
    )
}

/// Resolves every dependency. One that no entry answers means that the lockfile was cut off or
/// edited, so that packages are missing from it.
fn edges(
    path: &str,
    entries: &[Placed<'_>],
    lines: &Lines,
    parsed: &mut Parsed,
) -> Result<Vec<Edge>, FormatError> {
    let entries_at = || entries.iter().map(|(_, entry)| *entry).zip(0..);
    let answers = Answers::of(
        entries_at().map(|(entry, at)| (entry.whole_spelling(), at)),
        entries_at()
            .flat_map(|(entry, at)| entry.short_spellings().map(move |spelling| (spelling, at))),
    );
    let mut edges = BTreeSet::new();
    for (from, entry) in entries {
        for dependency in entry.all_dependencies() {
            let how = match answers.to(&dependency.spelling()) {
                Answer::One(at) => {
                    let to = entries.get(at).and_then(|(to, _)| *to);
                    edges.extend(from.zip(to).map(|(from, to)| Edge { from, to }));
                    continue;
                }
                Answer::Several => "listed more than once",
                Answer::Nothing => "not listed",
            };
            let (wanted, name) = (shown(&dependency.name), shown(entry.name.get_ref()));
            let why = format!("the dependency `{wanted}` of `{name}` is {how}");
            parsed.leave_out(path, lines.line(entry.name.span().start), why)?;
        }
    }
    Ok(edges.into_iter().collect())
}

/// A name with the version and source that are stated beside it: uv leaves both out where the
/// name alone is clear.
type Spelling<'a> = (String, Option<&'a str>, Option<&'a Source>);

impl Entry {
    fn all_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        let extra = self.optional_dependencies.values().flatten();
        let development = self.dev_dependencies.values().flatten();
        self.dependencies.iter().chain(extra).chain(development)
    }

    fn whole_spelling(&self) -> Spelling<'_> {
        let name = normalized_name(self.name.get_ref()).into_owned();
        (name, self.version.as_deref(), self.source.as_ref())
    }

    fn short_spellings(&self) -> impl Iterator<Item = Spelling<'_>> {
        let (name, version, source) = self.whole_spelling();
        [(None, None), (version, None), (None, source)]
            .into_iter()
            .map(move |(version, source)| (name.clone(), version, source))
    }
}

impl Dependency {
    fn spelling(&self) -> Spelling<'_> {
        (normalized_name(&self.name).into_owned(), self.version.as_deref(), self.source.as_ref())
    }
}

#[cfg(test)]
mod tests;
