//! The crates that cargo-auditable lists in a program's section `.dep-v0` (cargo-auditable, its
//! `PARSING.md` and JSON schema): JSON, compressed by zlib. Crates of crates.io are `Registry`; those
//! of the project are its own; repositories and other registries are `Elsewhere`.

use super::{
    About, Edge, Facts, Format, FormatError, FormatKind, MAX_WORD, Parsed, Scope, within_limit,
};
use crate::programs::AUDITABLE;
use crate::text::shown;
use beleg_model::{Location, Origin, Package};
use flate2::read::ZlibDecoder;
use serde::Deserialize;
use std::io::Read;

/// The most bytes of the section: 1 MiB. A program of 400 crates has 4 KiB.
const MAX_BYTES: u64 = 1 << 20;
/// The most bytes of the list, as in cargo-auditable's own reader.
const MAX_LIST: u64 = 8 << 20;

/// The format itself.
pub(super) struct AuditableProgram;

const ABOUT: About = About {
    id: "auditable-program",
    describes: "Rust crates that a program is built of, as cargo-auditable lists them in it",
    kind: FormatKind::Installed,
    ecosystems: &["crates.io"],
    syft_metadata_type: "rust-cargo-audit-entry",
    files: &[],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct List {
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    source: String,
    /// `runtime` where nothing is said.
    kind: Option<String>,
    #[serde(default)]
    dependencies: Vec<usize>,
}

impl Format for AuditableProgram {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn section(&self) -> Option<&'static str> {
        Some(AUDITABLE)
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        let malformed = |why: String| FormatError::malformed(path, why);
        let mut text = Vec::new();
        let decoder = ZlibDecoder::new(bytes);
        decoder
            .take(MAX_LIST.saturating_add(1))
            .read_to_end(&mut text)
            .map_err(|error| malformed(format!("its list of crates is damaged: {error}")))?;
        within_limit(path, &text, MAX_LIST)?;
        let list: List = serde_json::from_slice(&text)
            .map_err(|error| malformed(format!("its list of crates is damaged: {error}")))?;
        if list.packages.is_empty() {
            return Err(FormatError::Empty { path: path.to_owned() });
        }
        read(path, &list.packages)
    }
}

fn read(path: &str, entries: &[Entry]) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let mut places = Vec::new();
    for entry in entries {
        match entry.package(path) {
            Ok(package) => {
                places.push(Some(parsed.packages.len()));
                let is_build = entry.kind.as_deref() == Some("build");
                let scope = if is_build { Scope::Build } else { Scope::Runtime };
                let scope = Some(scope).filter(|_| package.origin != Origin::Local);
                parsed.add_with(package, Facts { scope, ..Facts::default() })?;
            }
            Err(why) => {
                places.push(None);
                parsed.leave_out_at(Location::from(path), why)?;
            }
        }
    }
    let place = |at: usize| places.get(at).copied().flatten();
    let edges = entries.iter().zip(0..).flat_map(|(entry, from)| {
        let all = entry.dependencies.iter();
        all.filter_map(move |to| Some(Edge { from: place(from)?, to: place(*to)? }))
    });
    parsed.edges = Some(edges.collect());
    Ok(parsed)
}

impl Entry {
    fn package(&self, path: &str) -> Result<Package, String> {
        let Self { name, version, .. } = self;
        let is_word = |text: &str, signs: &str| {
            (1..=MAX_WORD).contains(&text.len())
                && text.chars().all(|it| it.is_alphanumeric() || signs.contains(it))
        };
        if !is_word(name, "-_") || !is_word(version, ".-+") {
            return Err(format!("`{}` `{}` is no exact crate", shown(name), shown(version)));
        }
        let origin = match self.source.as_str() {
            "crates.io" => Origin::Registry,
            "local" => Origin::Local,
            "git" => Origin::Elsewhere("a git repository".to_owned()),
            "registry" => Origin::Elsewhere("another registry".to_owned()),
            other => Origin::Elsewhere(shown(other)),
        };
        Ok(Package::new("crates.io", name.clone(), version.clone(), origin, Location::from(path)))
    }
}

#[cfg(test)]
mod tests;
