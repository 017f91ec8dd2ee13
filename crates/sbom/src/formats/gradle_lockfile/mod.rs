//! Gradle's lockfiles `gradle.lockfile` and `buildscript-gradle.lockfile` (Gradle documentation, "Locking
//! versions"): a line for each module with the configurations that have it, at the end those that
//! have none. Which repository a module is from is not recorded, and counts as the public one.

use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, Parsed, Scope, text_within,
};
use crate::text::shown;
use beleg_model::{Location, Origin, Package};
use std::collections::BTreeSet;

/// The most bytes: 8 MiB. One of 500 modules has 60 KiB.
const MAX_BYTES: u64 = 8 << 20;

/// The format itself.
pub(super) struct GradleLockfile;

const ABOUT: About = About {
    id: "gradle-lockfile",
    describes: "Java packages of a `gradle.lockfile` or `buildscript-gradle.lockfile`",
    kind: FormatKind::Lockfile,
    ecosystems: &["Maven"],
    syft_metadata_type: "java-archive",
    files: &[FileName::Named("gradle.lockfile"), FileName::Named("buildscript-gradle.lockfile")],
    most_bytes: MAX_BYTES,
};

impl Format for GradleLockfile {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let is_of_build = super::file_name(path).starts_with("buildscript-");
        let mut parsed = Parsed::default();
        let mut seen = BTreeSet::new();
        let mut is_whole = false;
        let mut last = 1;
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            last = line;
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if text.starts_with("empty=") {
                is_whole = true;
                continue;
            }
            match module(text) {
                Err(why) => parsed.leave_out(path, line, why)?,
                Ok((module, _)) if !seen.insert(module) => {
                    parsed.leave_out(path, line, format!("`{}` is listed twice", shown(text)))?;
                }
                Ok(((group, name, version), configurations)) => {
                    let scope =
                        if is_of_build { Some(Scope::Build) } else { scope(configurations) };
                    let facts = Facts { scope, ..Facts::default() };
                    let location = Location::line(path, line);
                    parsed.add_with(package(group, name, version, location), facts)?;
                }
            }
        }
        if !is_whole {
            let why = "its last line is missing, which begins with `empty=`".to_owned();
            parsed.leave_out(path, last, why)?;
        }
        Ok(parsed)
    }
}

type Module<'a> = (&'a str, &'a str, &'a str);

/// Reads `group:name:version=configuration,configuration`.
fn module(text: &str) -> Result<(Module<'_>, &str), String> {
    let (module, configurations) = text.split_once('=').unwrap_or((text, ""));
    let mut parts = module.split(':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(group), Some(name), Some(version), None)
            if [group, name, version].iter().all(|part| is_word(part)) =>
        {
            Ok(((group, name, version), configurations))
        }
        _ => Err(format!("`{}` names no module with one version", shown(text))),
    }
}

/// Says what a module is for by the names that Gradle's own plugins give to configurations.
fn scope(configurations: &str) -> Option<Scope> {
    let of = |configuration: &str| {
        let configuration = configuration.to_ascii_lowercase();
        if configuration.contains("test") {
            Some(Scope::Development)
        } else if configuration.contains("annotationprocessor") {
            Some(Scope::Build)
        } else if configuration.ends_with("classpath") {
            Some(Scope::Runtime)
        } else {
            None
        }
    };
    let scopes: Option<Vec<Scope>> = configurations.split(',').map(of).collect();
    scopes?.into_iter().min()
}

fn package(group: &str, name: &str, version: &str, location: Location) -> Package {
    Package::new("Maven", format!("{group}:{name}"), version, Origin::Registry, location)
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.+".contains(&it))
}

#[cfg(test)]
mod tests;
