//! Java archives (`.jar`, `.war`, `.ear` and the like, by what is in them) and the archives within them:
//! each package by the `pom.properties` that Maven leaves in it (Maven Archiver documentation). An
//! archive without one says by its manifest or its name at most what it is called: which package of
//! Maven that is, is not guessed, so that it is unread. An archive of several packages lists each.
//!
//! What is found is kept as JSON, so that of an image's archives nothing else is held.

mod archive;

use super::{About, Format, FormatError, FormatKind, MAX_WORD, Parsed, within_limit};
use crate::text::shown;
use beleg_model::{Location, Origin, Package};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

pub(crate) use archive::found_in;

/// The most bytes of an archive: 512 MiB. Large web applications have 300 MiB.
const MAX_BYTES: u64 = 512 << 20;
/// What begins a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";
/// The endings of names by which a file is one, whatever its size.
const ENDINGS: [&str; 9] = [".jar", ".war", ".ear", ".aar", ".hpi", ".jpi", ".nar", ".kar", ".par"];

/// The format itself.
pub(super) struct JavaArchive;

const ABOUT: About = About {
    id: "java-archive",
    describes: "Java packages of archives and of the archives within them, by their `pom.properties`",
    kind: FormatKind::Installed,
    ecosystems: &["Maven"],
    syft_metadata_type: "java-archive",
    files: &[],
    most_bytes: MAX_BYTES,
};

/// What an archive was found to hold.
#[derive(Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Contents {
    packages: Vec<Found>,
    /// The archives that could not be told or read, and why.
    problems: Vec<Problem>,
}

#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
struct Found {
    /// Which archive within it is meant; empty for itself.
    within: String,
    group: String,
    artifact: String,
    version: String,
}

#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
struct Problem {
    within: String,
    why: String,
}

/// Says whether a file of this name is a Java archive.
pub(crate) fn is_java_archive(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ENDINGS.iter().any(|end| path.ends_with(end))
}

/// Says whether a file that begins so may be one.
pub(crate) fn begins_archive(head: &[u8]) -> bool {
    head.starts_with(ZIP)
}

impl Format for JavaArchive {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        let contents = match begins_archive(bytes) {
            true => found_in(path, &mut Cursor::new(bytes)),
            false => serde_json::from_slice(bytes).ok(),
        };
        let Some(Contents { packages, problems }) = contents else {
            return Err(FormatError::malformed(path, "it is no Java archive"));
        };
        let mut parsed = Parsed::default();
        for found in packages {
            match found.package(path) {
                Ok(package) => parsed.add(package)?,
                Err(why) => parsed.leave_out_at(place(path, &found.within), why)?,
            }
        }
        for Problem { within, why } in problems {
            parsed.leave_out_at(place(path, &within), why)?;
        }
        Ok(parsed)
    }
}

/// Names an archive within another as Java does.
fn place(path: &str, within: &str) -> Location {
    match within {
        "" => Location::from(path),
        within => Location::from(format!("{path}!/{}", shown(within)).as_str()),
    }
}

impl Found {
    fn package(&self, path: &str) -> Result<Package, String> {
        let is_word = |text: &str| {
            (1..=MAX_WORD).contains(&text.len())
                && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.+".contains(&it))
        };
        let Self { group, artifact, version, within } = self;
        if ![group, artifact, version].into_iter().all(|word| is_word(word)) {
            let named = shown(&format!("{group}:{artifact}:{version}"));
            return Err(format!("`{named}` is no exact package"));
        }
        Ok(Package::new(
            "Maven",
            format!("{group}:{artifact}"),
            version.clone(),
            Origin::Registry,
            place(path, within),
        ))
    }
}

#[cfg(test)]
mod tests;
