//! pnpm's `pnpm-lock.yaml`, lockfile versions 5, 6 and 9 (pnpm, "Lockfile" in its specifications).
//! Since pnpm 11 a file may be a stream of documents, of which the first holds what configures pnpm
//! itself: all are read. The project's own packages are named by their folders alone and are not
//! listed; folders that were installed are the project's own. Packages of npm's registry are
//! `Registry`, repositories, archives and other registries `Elsewhere`.
//!
//! A package stands in the file once for each set of its peers, and is read once.

mod graph;
mod key;

use self::graph::{Graph, Wanted};
use self::key::{Form, Key};
use super::yaml::{Member, Yaml, documents};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, Scope, npm,
};
use crate::text::{shown, without_credentials};
use beleg_model::{Ecosystem, Location, Origin};

/// The most bytes: 32 MiB. One of 5,000 packages has 2 MiB.
const MAX_BYTES: u64 = 32 << 20;

/// What a project asks for; the last two are pnpm's own, to configure itself.
const OF_PROJECTS: [&str; 5] = [
    "dependencies",
    "optionalDependencies",
    "devDependencies",
    "configDependencies",
    "packageManagerDependencies",
];

/// The format itself.
pub(super) struct PnpmLock;

const ABOUT: About = About {
    id: "pnpm-lock",
    describes: "npm packages of a `pnpm-lock.yaml`, lockfile versions 5, 6 and 9",
    kind: FormatKind::Lockfile,
    ecosystems: &["npm"],
    syft_metadata_type: "javascript-pnpm-lock-entry",
    files: &[FileName::Named("pnpm-lock.yaml")],
    most_bytes: MAX_BYTES,
};

impl Format for PnpmLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let mut parsed = Parsed { edges: Some(Vec::new()), ..Parsed::default() };
        let documents = documents(path, bytes, MAX_BYTES)?;
        if documents.is_empty() {
            return Err(FormatError::malformed(path, "the file is empty"));
        }
        for document in &documents {
            let offset = parsed.packages.len();
            let mut read = read(path, document)?;
            let edges = read.edges.take().unwrap_or_default();
            let moved = |at: usize| at.saturating_add(offset);
            let edges = edges.into_iter().map(|it| Edge { from: moved(it.from), to: moved(it.to) });
            parsed.edges.get_or_insert_default().extend(edges);
            parsed.extend(read);
        }
        Ok(parsed)
    }
}

fn read(path: &str, document: &Yaml) -> Result<Parsed, FormatError> {
    let version = document.text_of("lockfileVersion").unwrap_or("none");
    let Some(form) = Form::of(version) else {
        return Err(FormatError::UnknownVersion { path: path.to_owned(), found: shown(version) });
    };
    let mut parsed = Parsed::default();
    let mut graph = Graph::default();
    for member in document.get("packages").map(Yaml::members).unwrap_or_default() {
        let key = form.key(&member.key);
        match package(path, member, &key) {
            Err(why) => parsed.leave_out(path, member.line, why)?,
            Ok(Found::Named(named)) => {
                graph.known(&member.key, None);
                parsed.named_only.push(named);
            }
            Ok(Found::Package(package, facts)) => {
                let bare = form.bare(&member.key);
                let place = graph.place(bare).unwrap_or(parsed.packages.len());
                if place == parsed.packages.len() {
                    parsed.add_with(*package, facts)?;
                }
                graph.known(bare, Some(place));
                graph.known(&member.key, Some(place));
            }
        }
    }
    // What asks for what: beside the packages, or since version 9 for each set of peers.
    let asking = document.get("snapshots").or_else(|| document.get("packages"));
    for member in asking.map(Yaml::members).unwrap_or_default() {
        let from = graph.place(form.bare(&member.key));
        for wanted in wanted(&member.value, &["dependencies", "optionalDependencies"]) {
            graph.ask(form, member.line, &member.key, from, wanted);
        }
    }
    let alone = [Member { line: 1, key: ".".to_owned(), value: document.clone() }];
    let importers = document.get("importers").map(Yaml::members).unwrap_or(&alone);
    for importer in importers {
        for wanted in wanted(&importer.value, &OF_PROJECTS) {
            graph.want(form, importer.line, &importer.key, wanted);
        }
    }
    for (line, why) in graph.missing() {
        parsed.leave_out(path, line, why)?;
    }
    graph.settle(&mut parsed);
    Ok(parsed)
}

/// Lists the names and references of what is asked for, with what for.
fn wanted<'a>(asking: &'a Yaml, kinds: &[&str]) -> Vec<Wanted<'a>> {
    let scope = |kind: &str| match kind {
        "dependencies" => Scope::Runtime,
        "optionalDependencies" => Scope::Optional,
        _ => Scope::Development,
    };
    let members = kinds.iter().flat_map(|kind| {
        let members = asking.get(kind).map(Yaml::members).unwrap_or_default();
        members.iter().map(|member| (scope(kind), member))
    });
    let wanted = members.filter_map(|(scope, member)| {
        // Since version 6 with the range beside it.
        let reference = member.value.text().or_else(|| member.value.text_of("version"))?;
        Some(Wanted { name: &member.key, reference, scope })
    });
    wanted.collect()
}

enum Found {
    Package(Box<beleg_model::Package>, Facts),
    Named(NamedOnly),
}

/// Reads a package, a folder's name where it has no version, or why it cannot be read.
fn package(path: &str, member: &Member, key: &Key<'_>) -> Result<Found, String> {
    let Member { line, value, .. } = member;
    let name = value.text_of("name").or(key.name).unwrap_or_default();
    let version = value.text_of("version").or(key.version);
    if !npm::is_name(name) {
        return Err(format!("`{}` cannot name an npm package", shown(&member.key)));
    }
    let resolution = value.get("resolution");
    let field = |field| resolution.and_then(|resolution| resolution.text_of(field));
    let origin = match field("type") {
        Some("directory") => Origin::Local,
        Some("git") => {
            let (repository, commit) = (field("repo").unwrap_or_default(), field("commit"));
            let commit = commit.map(|commit| format!("#{}", shown(commit))).unwrap_or_default();
            Origin::Elsewhere(format!("git+{}{commit}", without_credentials(repository)))
        }
        Some(kind) => return Err(format!("the source `{}` of `{name}` is not known", shown(kind))),
        None => match (field("tarball"), key.elsewhere) {
            (Some(archive), _) => npm::origin(Some(archive)),
            (None, Some(place)) => Origin::Elsewhere(without_credentials(place)),
            (None, None) => Origin::Registry,
        },
    };
    match version.filter(|version| npm::is_version(version)) {
        Some(version) => {
            let facts = Facts {
                digests: field("integrity").map(npm::digests).unwrap_or_default(),
                ..Facts::default()
            };
            let package = npm::package(name, version, origin, Location::line(path, *line));
            Ok(Found::Package(Box::new(package), facts))
        }
        None if origin == Origin::Local => {
            Ok(Found::Named(NamedOnly::own(Ecosystem::named("npm"), name.to_owned())))
        }
        None => {
            let version = shown(version.unwrap_or("none"));
            Err(format!("`{version}` is no exact version of `{name}`"))
        }
    }
}

#[cfg(test)]
mod tests;
