//! pip's `requirements.txt` (pip documentation, "Requirements File Format"; PEP 508). Only a line
//! that pins one exact version (`name==1.2`, `name===1.2`) names a package; everything else that
//! would install something comes back as unread: ranges, bare names, addresses, editable installs
//! and other files (`-r`). Environment markers are not evaluated: a package that some environment
//! installs counts. Constraints (`-c`) install nothing and are passed over.

mod encoding;
mod logical_lines;
mod options;
mod requirement;

use self::logical_lines::logical_lines;
use self::options::{Meaning, meaning};
use super::{Format, FormatError, FormatKind, Parsed, Unread, file_name, within_limit};
use crate::text::shown;
use beleg_ecosystem::normalized_name;
use beleg_model::{Ecosystem, Location, Origin, Package};

/// The most bytes of a requirements file: 8 MiB. One with 1,000 pins and hashes has 1 MiB.
const MAX_BYTES: u64 = 8 << 20;

/// The format itself.
pub(super) struct RequirementsTxt;

impl Format for RequirementsTxt {
    fn id(&self) -> &'static str {
        "requirements-txt"
    }

    fn describes(&self) -> &'static str {
        "Python packages pinned in a pip `requirements.txt`"
    }

    fn kind(&self) -> FormatKind {
        FormatKind::Lockfile
    }

    fn ecosystem(&self) -> &'static str {
        "PyPI"
    }

    fn syft_metadata_type(&self) -> &'static str {
        "python-pip-requirements-entry"
    }

    fn wants(&self, path: &str) -> Option<u64> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let wanted = name.ends_with(".txt")
            && (name.contains("requirements") || file_name(folder) == "requirements");
        wanted.then_some(MAX_BYTES)
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        let text = encoding::decoded(bytes)
            .ok_or_else(|| FormatError::NotText { path: path.to_owned() })?;
        let lines = logical_lines(&text);
        let index = last_index(lines.iter().map(|(_, line)| line.as_str()));
        let mut parsed = Parsed::default();
        for (number, line) in &lines {
            let read = if line.starts_with('-') { option(line) } else { pin(path, *number, line) };
            match read {
                Ok(Some(package)) => parsed.add(package)?,
                Ok(None) => {}
                Err(why) => {
                    parsed.leave_out(path, *number, why)?;
                    let last = parsed.unread.last_mut();
                    last.into_iter().for_each(|unread| include(path, line, unread));
                }
            }
        }
        if let Some(origin) = index {
            for package in &mut parsed.packages {
                package.origin = origin.clone();
            }
            if let Origin::Elsewhere(place) = origin {
                parsed.index = Some(place);
            }
        }
        Ok(parsed)
    }
}

/// Finds where packages come from if not from PyPI. An index option holds for the whole file,
/// wherever it stands, and the last one wins.
fn last_index<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Origin> {
    lines
        .filter_map(|line| match meaning(line) {
            Meaning::Index(origin) => Some(origin),
            _ => None,
        })
        .last()
        .filter(|origin| *origin != Origin::Registry)
}

fn option(line: &str) -> Result<Option<Package>, String> {
    match meaning(line) {
        Meaning::Unread(why) => Err(why),
        Meaning::Includes(file) => Err(format!(
            "it includes `{}`, which is a file of its own and is not read with this one",
            shown(file)
        )),
        Meaning::Index(_) | Meaning::Harmless => Ok(None),
    }
}

/// Notes which file a line includes: pip looks for it from the folder of the one it stands in.
fn include(path: &str, line: &str, unread: &mut Unread) {
    let Meaning::Includes(file) = meaning(line) else { return };
    unread.includes = joined(path, file.trim_matches(['"', '\'']));
}

/// Returns the path of `file` as seen from the folder of `path`, unless it is an address, absolute,
/// or leads above where `path` begins.
fn joined(path: &str, file: &str) -> Option<String> {
    if file.contains("://") || file.starts_with('/') || file.is_empty() {
        return None;
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    Some(format!("{root}{}", parts.join("/")))
}

fn pin(path: &str, number: u32, line: &str) -> Result<Option<Package>, String> {
    let (name, version) = requirement::pin(line)?;
    Ok(Some(Package {
        ecosystem: Ecosystem::named("PyPI"),
        name: normalized_name(name).into_owned(),
        version: version.to_owned(),
        source_name: None,
        source_version: None,
        architecture: None,
        origin: Origin::Registry,
        location: Location::line(path, number),
    }))
}

#[cfg(test)]
mod tests;
