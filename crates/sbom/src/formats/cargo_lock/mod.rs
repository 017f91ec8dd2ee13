//! `Cargo.lock`, versions 1 to 4 (The Cargo Book, "Cargo.toml vs Cargo.lock"; the encoding is
//! documented in cargo's `core/resolver/encode.rs`). Packages without a source are the project's
//! own; those of crates.io's two index addresses are `Registry`; git repositories and other
//! registries are `Elsewhere`. `[[patch.unused]]` is not read: those packages are in no build.

use super::answers::{Answer, Answers};
use super::lines::{Lines, parse_toml};
use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, Parsed, text_within,
};
use crate::text::{shown, without_credentials};
use beleg_model::{Location, Origin, Package};
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

/// The most bytes of a `Cargo.lock`: 4 MiB. One with 5,000 packages has about 1.2 MiB, and reading
/// hostile TOML takes up to eighty times its size in memory.
const MAX_BYTES: u64 = 4 << 20;
/// The newest format version that is known.
const NEWEST_VERSION: i64 = 4;
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

/// The format itself.
pub(super) struct CargoLock;

#[derive(Deserialize)]
struct Lock {
    version: Option<i64>,
    /// Cargo before 1.19 wrote the package being built here.
    root: Option<Entry>,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

const ABOUT: About = About {
    id: "cargo-lock",
    describes: "Rust crates of a `Cargo.lock`, versions 1 to 4",
    kind: FormatKind::Lockfile,
    ecosystems: &["crates.io"],
    syft_metadata_type: "rust-cargo-lock-entry",
    files: &[FileName::Named("Cargo.lock")],
    most_bytes: MAX_BYTES,
};

impl Format for CargoLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let lines = Lines::of(text);
        let lock: Lock = parse_toml(path, text, &lines)?;
        if let Some(found) = lock.version.filter(|version| !(1..=NEWEST_VERSION).contains(version))
        {
            let found = found.to_string();
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let entries: Vec<Entry> = lock.root.into_iter().chain(lock.package).collect();
        // Every lockfile lists at least the package it belongs to; an empty one is cut off.
        if entries.is_empty() {
            return Err(FormatError::Empty { path: path.to_owned() });
        }
        read(path, &entries, &lines)
    }
}

fn read(path: &str, entries: &[Entry], lines: &Lines) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let mut readable = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries {
        let line = lines.line(entry.name.span().start);
        let name = entry.name.get_ref();
        let problem = if !is_crate_name(name) {
            Some(format!("`{}` cannot name a crate", shown(name)))
        } else if !is_version(&entry.version) {
            Some(format!("`{}` is no exact version of `{name}`", shown(&entry.version)))
        } else if !seen.insert((name, &entry.version, &entry.source)) {
            Some(format!("`{name}` {} is listed twice", entry.version))
        } else {
            None
        };
        match problem {
            Some(why) => parsed.leave_out(path, line, why)?,
            None => {
                let checksum = entry.checksum.as_ref();
                let digest = checksum.and_then(|it| format!("sha256:{it}").parse().ok());
                let facts = Facts::of_digests(digest.into_iter().collect());
                parsed.add_with(package(path, line, entry), facts)?;
                readable.push(entry);
            }
        }
    }
    parsed.edges = Some(edges(path, &readable, lines, &mut parsed)?);
    Ok(parsed)
}

fn package(path: &str, line: u32, entry: &Entry) -> Package {
    Package::new(
        "crates.io",
        entry.name.get_ref().clone(),
        entry.version.clone(),
        match entry.source.as_deref() {
            None => Origin::Local,
            Some(source) if CRATES_IO.contains(&source) => Origin::Registry,
            Some(source) => Origin::Elsewhere(without_credentials(source)),
        },
        Location::line(path, line),
    )
}

/// Resolves every dependency. One that no entry answers means that the lockfile was cut off or
/// edited, so that packages are missing from it: that must not go unnoticed.
fn edges(
    path: &str,
    entries: &[&Entry],
    lines: &Lines,
    parsed: &mut Parsed,
) -> Result<Vec<Edge>, FormatError> {
    let answers = Answers::of(
        entries.iter().zip(0..).map(|(entry, at)| (whole_spelling(entry), at)),
        entries.iter().zip(0..).flat_map(|(entry, at)| {
            short_spellings(entry).into_iter().map(move |spelling| (spelling, at))
        }),
    );
    let mut edges = Vec::new();
    for (entry, from) in entries.iter().zip(0..) {
        for dependency in &entry.dependencies {
            let how = match answers.to(dependency) {
                Answer::One(to) => {
                    edges.push(Edge { from, to });
                    continue;
                }
                Answer::Several => "listed more than once",
                Answer::Nothing => "not listed",
            };
            let name = entry.name.get_ref();
            let why = format!("the dependency `{}` of `{name}` is {how}", shown(dependency));
            parsed.leave_out(path, lines.line(entry.name.span().start), why)?;
        }
    }
    Ok(edges)
}

/// Spells an entry as a dependency names it where nothing may be left out: `name version (source)`,
/// and without the source for a crate that has none, which stands on the disk.
fn whole_spelling(entry: &Entry) -> String {
    let (name, version) = (entry.name.get_ref(), &entry.version);
    match &entry.source {
        Some(source) => format!("{name} {version} ({source})"),
        None => format!("{name} {version}"),
    }
}

/// Lists how else a dependency may name an entry: `name`, or `name version` where there are
/// several versions. Newer format versions leave the commit of a git source out.
fn short_spellings(entry: &Entry) -> Vec<String> {
    let name = entry.name.get_ref();
    let with_version = format!("{name} {}", entry.version);
    let without_commit = entry.source.as_ref().and_then(|source| {
        let (source, _commit) = source.split_once('#')?;
        Some(format!("{with_version} ({source})"))
    });
    [name.clone(), with_version].into_iter().chain(without_commit).collect()
}

fn is_crate_name(name: &str) -> bool {
    (1..=MAX_WORD).contains(&name.len())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn is_version(version: &str) -> bool {
    version.len() <= MAX_WORD
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'))
}

#[cfg(test)]
mod tests;
