//! pip's `requirements.txt` (pip documentation, "Requirements File Format"; PEP 508). Only a line
//! that pins one exact version (`name==1.2`, `name===1.2`) names a package; everything else that
//! would install something comes back as unread: ranges, bare names, addresses, editable installs
//! and other files (`-r`). Environment markers are not evaluated: a package that some environment
//! installs counts. Constraints (`-c`) install nothing, but their options and addresses hold: see
//! [`read_constraints`].

mod encoding;
mod logical_lines;
mod marker;
mod options;
mod requirement;
mod words;

use self::logical_lines::logical_lines;
use self::options::{Meaning, meanings};
use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, Unread, file_name,
    within_limit,
};
use crate::text::shown;
use beleg_ecosystem::normalized_name;
use beleg_model::{Digest, Location, Origin, Package};
use std::collections::BTreeSet;

/// The most bytes of a requirements file: 8 MiB. One with 1,000 pins and hashes has 1 MiB.
const MAX_BYTES: u64 = 8 << 20;

/// The format itself.
pub(super) struct RequirementsTxt;

const ABOUT: About = About {
    id: "requirements-txt",
    describes: "Python packages pinned in a pip `requirements.txt`",
    kind: FormatKind::Lockfile,
    ecosystems: &["PyPI"],
    syft_metadata_type: "python-pip-requirements-entry",
    files: &[FileName::Named("requirements.txt")],
    most_bytes: MAX_BYTES,
};

impl Format for RequirementsTxt {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn wants(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        name.ends_with(".txt")
            && (name.contains("requirements") || file_name(folder) == "requirements")
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        let text = encoding::decoded(bytes)
            .ok_or_else(|| FormatError::NotText { path: path.to_owned() })?;
        let mut parsed = Parsed::default();
        let mut index = None;
        for (number, line) in logical_lines(&text) {
            let (required, options) = options::split(&line);
            let pinned = (!required.is_empty()).then(|| pin(path, number, required));
            let hashes = read_options(path, number, options, &mut parsed, &mut index)?;
            match pinned {
                None if hashes.is_some() => {
                    let why = "options of a requirement stand without one".to_owned();
                    parsed.leave_out(path, number, why)?;
                }
                None => {}
                Some(Ok(package)) => {
                    parsed.add_with(package, Facts::of_digests(hashes.unwrap_or_default()))?;
                }
                Some(Err(why)) => match requirement::of_index(required) {
                    Ok((name, _)) => {
                        let names = NamedOnly::of("PyPI", normalized_name(name));
                        parsed.leave_out_named(path, number, why, names)?;
                    }
                    Err(_) => parsed.leave_out(path, number, why)?,
                },
            }
        }
        parsed.come_from(index);
        Ok(parsed)
    }
}

/// Reads what a file of constraints (`-c`) brings: pip installs nothing that it names, but its
/// options hold, files that it includes (`-r`) are installed, and where it has an address, the
/// package comes from there.
///
/// # Errors
/// As for [`Format::parse`].
fn constraints(path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
    within_limit(path, bytes, MAX_BYTES)?;
    let text =
        encoding::decoded(bytes).ok_or_else(|| FormatError::NotText { path: path.to_owned() })?;
    let mut parsed = Parsed::default();
    let mut index = None;
    for (number, line) in logical_lines(&text) {
        let (required, options) = options::split(&line);
        read_options(path, number, options, &mut parsed, &mut index)?;
        if let Some(why) = Some(required)
            .filter(|it| !it.is_empty())
            .and_then(|it| requirement::of_index(it).err())
        {
            parsed.leave_out(path, number, why)?;
        }
    }
    parsed.come_from(index);
    Ok(parsed)
}

/// Reads the files of constraints that are among what was not read, and the ones that they name:
/// `read` returns the bytes of one that may be read. What cannot be read stays.
pub fn read_constraints(parsed: &mut Parsed, mut read: impl FnMut(&str) -> Option<Vec<u8>>) {
    let mut done = BTreeSet::new();
    while let Some(place) = parsed.unread.iter().position(|entry| {
        entry.constrains && entry.includes.as_ref().is_some_and(|path| !done.contains(path))
    }) {
        let Some(path) = parsed.unread.get(place).and_then(|it| it.includes.clone()) else {
            return;
        };
        let bytes = read(&path);
        if let Some(brought) = bytes.and_then(|bytes| constraints(&path, &bytes).ok()) {
            let names_it = |it: &Unread| it.constrains && it.includes.as_ref() == Some(&path);
            parsed.unread.retain(|it| !names_it(it));
            // A file may constrain itself; what was read is not asked for again.
            let fresh = |it: &Unread| {
                !(it.constrains
                    && it.includes.as_ref().is_some_and(|it| *it == path || done.contains(it)))
            };
            parsed.unread.extend(brought.unread.into_iter().filter(fresh));
            parsed.come_from(brought.index.map(Origin::Elsewhere));
        }
        done.insert(path);
    }
}

impl Parsed {
    /// Lets an index hold for all packages, wherever its option stands.
    fn come_from(&mut self, index: Option<Origin>) {
        let Some(Origin::Elsewhere(place)) = index else { return };
        for package in &mut self.packages {
            package.origin = Origin::Elsewhere(place.clone());
        }
        self.unread.iter_mut().for_each(|entry| entry.names = None);
        self.index = Some(place);
    }
}

/// Takes what the options of a line bring; the last index wins. Returns the hashes of the
/// requirement that they are about, if any is.
fn read_options(
    path: &str,
    number: u32,
    options: &str,
    parsed: &mut Parsed,
    index: &mut Option<Origin>,
) -> Result<Option<Vec<Digest>>, FormatError> {
    let mut hashes: Option<Vec<Digest>> = None;
    for meaning in meanings(options) {
        match meaning {
            Meaning::Harmless => {}
            Meaning::OfRequirement(hash) => hashes.get_or_insert_default().extend(hash),
            Meaning::Index(origin) => *index = Some(origin),
            Meaning::Unread(why) => parsed.leave_out(path, number, why)?,
            Meaning::Includes(file) => {
                let why = format!(
                    "it includes `{}`, which is a file of its own and is not read with this one",
                    shown(&file)
                );
                parsed.leave_out(path, number, why)?;
                parsed.includes(joined(path, &file), false);
            }
            Meaning::Constrains(file) => {
                let why = format!(
                    "its constraints `{}` may say where packages come from, and were not read",
                    shown(&file)
                );
                parsed.leave_out(path, number, why)?;
                parsed.includes(joined(path, &file), true);
            }
        }
    }
    Ok(hashes)
}

impl Parsed {
    /// Notes which file the last entry is about.
    fn includes(&mut self, file: Option<String>, constrains: bool) {
        if let Some(entry) = self.unread.last_mut() {
            (entry.includes, entry.constrains) = (file, constrains);
        }
    }
}

/// Returns the path of `file` as seen from the folder of `path`, unless it is an address, absolute,
/// or leads above where `path` begins.
fn joined(path: &str, file: &str) -> Option<String> {
    // pip puts the environment's variables in before it looks for the file.
    let is_no_path = file.contains("://") || file.contains("${");
    if is_no_path || file.starts_with('/') || file.is_empty() {
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

fn pin(path: &str, number: u32, required: &str) -> Result<Package, String> {
    let (name, version) = requirement::pin(required)?;
    Ok(Package::new(
        "PyPI",
        normalized_name(name).into_owned(),
        version,
        Origin::Registry,
        Location::line(path, number),
    ))
}

#[cfg(test)]
mod tests;
