//! Yarn's `yarn.lock`: version 1 in a form of its own (yarn 1, `packages/lockfile`), and the YAML of
//! Yarn 2 and later (Yarn documentation, "Lockfile"), told apart by `__metadata`. An entry bears every
//! request that it answers. Packages of npm's registry are `Registry`, and an alias is the package that
//! it stands for; workspaces, links and folders are the project's own; repositories, archives and
//! other registries are `Elsewhere`. A package that is patched is listed as what it was before.

mod berry;
mod classic;

use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, npm,
    text_within,
};
use crate::text::shown;
use beleg_model::{Digest, Ecosystem, Location, Origin};
use std::collections::{BTreeSet, HashMap};

/// The most bytes: 32 MiB. One of 5,000 packages has 3 MiB.
const MAX_BYTES: u64 = 32 << 20;

/// The format itself.
pub(super) struct YarnLock;

const ABOUT: About = About {
    id: "yarn-lock",
    describes: "npm packages of a `yarn.lock`, of Yarn 1 and of later ones",
    kind: FormatKind::Lockfile,
    ecosystems: &["npm"],
    syft_metadata_type: "javascript-yarn-lock-entry",
    files: &[FileName::Named("yarn.lock")],
    most_bytes: MAX_BYTES,
};

/// What both forms say of a package.
#[derive(Default)]
struct Entry {
    /// The line it begins on.
    line: u32,
    /// The requests that it answers, as `name@range`.
    requests: Vec<String>,
    name: String,
    /// Its version; none of a project's own that has none here.
    version: Option<String>,
    origin: Option<Origin>,
    /// Whether it is a project of its own that asks for packages.
    is_project: bool,
    /// The entry of which it is a patched copy, as a request.
    patches: Option<String>,
    digests: Vec<Digest>,
    /// What it asks for.
    asks: Vec<Request>,
}

struct Request {
    name: String,
    range: String,
    must: bool,
}

impl Format for YarnLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let entries = if text.lines().any(|line| line.starts_with("__metadata:")) {
            berry::read(path, bytes)?
        } else if text.trim().is_empty() || text.contains("# yarn lockfile v1") {
            classic::read(path, text)?
        } else {
            let why = "it is neither of Yarn 1 nor of a later one";
            return Err(FormatError::malformed(path, why));
        };
        read(path, &entries)
    }
}

fn read(path: &str, entries: &[Entry]) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let answers = Answers::of(entries);
    let direct = direct(entries, &answers);
    let mut places = vec![None; entries.len()];
    for ((entry, place), at) in entries.iter().zip(&mut places).zip(0..) {
        let name = entry.name.as_str();
        let problem = match (&entry.version, &entry.origin) {
            _ if !npm::is_name(name) => format!("`{}` cannot name an npm package", shown(name)),
            _ if entry.patches.is_some() => continue,
            (None, Some(Origin::Local)) => {
                parsed.named_only.push(NamedOnly::own(Ecosystem::named("npm"), name.to_owned()));
                continue;
            }
            (_, None) => format!("where `{name}` is from is not known"),
            (Some(version), Some(origin)) if npm::is_version(version) => {
                *place = Some(parsed.packages.len());
                let is_direct = direct.as_ref().map(|direct| direct.contains(&at));
                let facts = Facts {
                    digests: entry.digests.clone(),
                    direct: is_direct.filter(|_| *origin != Origin::Local),
                    ..Facts::default()
                };
                let location = Location::line(path, entry.line);
                parsed.add_with(npm::package(name, version, origin.clone(), location), facts)?;
                continue;
            }
            (version, _) => {
                let version = shown(version.as_deref().unwrap_or("none"));
                format!("`{version}` is no exact version of `{name}`")
            }
        };
        parsed.leave_out(path, entry.line, problem)?;
    }
    parsed.edges = Some(edges(path, entries, &answers, &places, &mut parsed)?);
    Ok(parsed)
}

/// Lists the entries that the project's own packages ask for; none where it lists none of these.
fn direct(entries: &[Entry], answers: &Answers<'_>) -> Option<BTreeSet<usize>> {
    let mut projects = entries.iter().filter(|entry| entry.is_project).peekable();
    projects.peek()?;
    let asked = projects.flat_map(|project| &project.asks);
    Some(asked.filter_map(|request| answers.to(request)).collect())
}

/// Resolves every request. One of a name that no entry has means that the lockfile was cut off or
/// edited; ranges may be overridden.
fn edges(
    path: &str,
    entries: &[Entry],
    answers: &Answers<'_>,
    places: &[Option<usize>],
    parsed: &mut Parsed,
) -> Result<Vec<Edge>, FormatError> {
    let mut edges = BTreeSet::new();
    let place = |at: usize| places.get(at).copied().flatten();
    for (entry, from) in entries.iter().zip(places) {
        for request in &entry.asks {
            match answers.to(request) {
                Some(to) => {
                    let pair = from.zip(place(to));
                    edges.extend(pair.map(|(from, to)| Edge { from, to }));
                }
                None if request.must && !answers.names.contains_key(request.name.as_str()) => {
                    let (name, of) = (shown(&request.name), shown(&entry.name));
                    let why = format!("the dependency `{name}` of `{of}` is not listed");
                    parsed.leave_out(path, entry.line, why)?;
                }
                None => {}
            }
        }
    }
    Ok(edges.into_iter().collect())
}

/// Which entry answers what.
struct Answers<'a> {
    requests: HashMap<&'a str, usize>,
    /// By the name that is asked for; nothing where several answer it.
    names: HashMap<&'a str, Option<usize>>,
}

impl<'a> Answers<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut answers = Self { requests: HashMap::new(), names: HashMap::new() };
        for (entry, at) in entries.iter().zip(0..) {
            for request in &entry.requests {
                answers.requests.insert(request, at);
            }
            for (name, _) in entry.requests.iter().filter_map(|request| parts(request)) {
                let one = answers.names.entry(name).or_insert(Some(at));
                *one = one.filter(|one| *one == at);
            }
        }
        for (entry, at) in entries.iter().zip(0..) {
            let patched = entry.patches.as_deref().and_then(|it| answers.requests.get(it).copied());
            for request in entry.requests.iter().filter(|_| entry.patches.is_some()) {
                answers.requests.insert(request, patched.unwrap_or(at));
            }
        }
        answers
    }

    fn to(&self, request: &Request) -> Option<usize> {
        let Request { name, range, .. } = request;
        let whole = self.requests.get(format!("{name}@{range}").as_str());
        let npm = || self.requests.get(format!("{name}@npm:{range}").as_str());
        let alone = || self.names.get(name.as_str()).copied().flatten();
        whole.or_else(npm).copied().or_else(alone)
    }
}

/// Takes `name@range` apart; a scope begins with an `@` of its own.
fn parts(request: &str) -> Option<(&str, &str)> {
    let at = request.get(1..)?.find('@')?.saturating_add(1);
    Some((request.get(..at)?, request.get(at.saturating_add(1)..)?))
}

fn is_archive(place: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"].iter().any(|end| place.ends_with(end))
}

#[cfg(test)]
mod tests;
