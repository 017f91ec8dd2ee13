//! pip's `requirements.txt` (pip documentation, "Requirements File Format"; PEP 508). Only a line
//! that pins one exact version (`name==1.2`, `name===1.2`) names a package; everything else that
//! would install something comes back as unread: ranges, bare names, addresses, editable installs
//! and other files (`-r`). Environment markers are not evaluated: a package that some environment
//! installs counts. Constraints (`-c`) install nothing and are passed over.

mod logical_lines;
mod options;
mod requirement;

use self::logical_lines::logical_lines;
use self::options::{Meaning, meaning};
use super::{Format, FormatError, FormatKind, Parsed, file_name, text_within};
use crate::pep503::normalised_name;
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
        let text = text_within(path, bytes, MAX_BYTES)?;
        let lines = logical_lines(text);
        let index = last_index(lines.iter().map(|(_, line)| line.as_str()));
        let mut parsed = Parsed::default();
        for (number, line) in &lines {
            let read = if line.starts_with('-') { option(line) } else { pin(path, *number, line) };
            match read {
                Ok(Some(package)) => parsed.add(package)?,
                Ok(None) => {}
                Err(why) => parsed.leave_out(path, *number, why)?,
            }
        }
        if let Some(origin) = index {
            for package in &mut parsed.packages {
                package.origin = origin.clone();
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
        Meaning::Index(_) | Meaning::Harmless => Ok(None),
    }
}

fn pin(path: &str, number: u32, line: &str) -> Result<Option<Package>, String> {
    let (name, version) = requirement::pin(line)?;
    Ok(Some(Package {
        ecosystem: Ecosystem::PyPI,
        name: normalised_name(name),
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
