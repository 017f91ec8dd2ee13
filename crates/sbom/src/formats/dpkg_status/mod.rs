//! dpkg's database of installed packages: `var/lib/dpkg/status` (dpkg(1), deb822(5)) and
//! `var/lib/dpkg/status.d/*`, one package a file, as distroless images have it. Counted is every
//! package whose files are on the disk, also one on hold or not yet configured; one that was
//! removed and left its configuration is not.
//!
//! The database does not say which distribution it belongs to: see
//! [`with_distribution`](crate::with_distribution).

use super::stanza::{Doubled, Stanza, stanzas};
use super::{
    About, FileName, Format, FormatError, FormatKind, MAX_WORD, Parsed, relative, within_limit,
};
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin, Package};
use std::collections::BTreeSet;

/// The most bytes of the database: 64 MiB. A desktop with 3,000 packages has 4 MiB.
const MAX_BYTES: u64 = 64 << 20;
const STATUS: &str = "var/lib/dpkg/status";
const STATUS_FOLDER: &str = "var/lib/dpkg/status.d/";
/// What dpkg has not yet taken into its database (dpkg's manual, "Internals").
const UPDATES: &str = "var/lib/dpkg/updates/";
const LISTS: &str = "var/lib/dpkg/info/";

/// The most bytes of a list of a package's files: 8 MiB. Headers of a kernel have 2 MiB.
pub const MAX_FILE_LIST: u64 = 8 << 20;

/// Returns the package whose files the one at `path` lists: `info/*.list`, or `status.d/*.md5sums`
/// of distroless images.
#[must_use]
pub fn file_list_of(path: &str) -> Option<&str> {
    let path = relative(path);
    let list = path.strip_prefix(LISTS).and_then(|name| name.strip_suffix(".list"));
    let sums = || path.strip_prefix(STATUS_FOLDER).and_then(|name| name.strip_suffix(".md5sums"));
    let name = list.or_else(sums)?;
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    is_package_name(name).then_some(name)
}

/// Reads the paths of such a list, from the root folder on.
pub fn listed_files(list: &[u8]) -> impl Iterator<Item = String> {
    let lines = list.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.is_empty()).map(|line| {
        let line = String::from_utf8_lossy(line);
        // A digest stands before the path in `md5sums`.
        let path = line.split_once("  ").map_or(&*line, |(_, path)| path);
        relative(path).to_owned()
    })
}

/// The format itself.
pub(super) struct DpkgStatus;

const ABOUT: About = About {
    id: "dpkg-status",
    describes: "Installed Debian and Ubuntu packages of dpkg's `status` and `status.d`",
    kind: FormatKind::Installed,
    ecosystems: &["Debian"],
    syft_metadata_type: "dpkg-db-entry",
    files: &[FileName::At(STATUS)],
    most_bytes: MAX_BYTES,
};

impl Format for DpkgStatus {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn wants(&self, path: &str) -> bool {
        let path = relative(path);
        let single = path.strip_prefix(STATUS_FOLDER).is_some_and(|name| {
            !name.is_empty() && !name.contains('/') && !name.ends_with(".md5sums")
        });
        path == STATUS || single || path.strip_prefix(UPDATES).is_some_and(is_number)
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        // Descriptions may be in any encoding; everything that is read is ASCII.
        let text = String::from_utf8_lossy(bytes);
        let has_status = !relative(path).starts_with(STATUS_FOLDER);
        let mut parsed = Parsed::default();
        let mut seen = BTreeSet::new();
        for stanza in stanzas(&text) {
            match package(path, &stanza, has_status) {
                Ok(Some(package)) => {
                    if seen.insert((package.name.clone(), package.architecture.clone())) {
                        parsed.add(package)?;
                    } else {
                        let why = format!("`{}` is listed twice", package.name);
                        parsed.leave_out(path, stanza.line, why)?;
                    }
                }
                Ok(None) => {
                    parsed.removed.extend(stanza.field("Package").ok().flatten().map(str::to_owned))
                }
                Err(why) => parsed.leave_out(path, stanza.line, why)?,
            }
        }
        if relative(path).starts_with(UPDATES) {
            let why = "dpkg was stopped before it had written its database".to_owned();
            parsed.leave_out(path, 1, why)?;
        }
        // dpkg ends the file with a newline; without one its last entry is cut off.
        if has_status && !text.is_empty() && !text.ends_with('\n') {
            let last = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
            let why = "the file ends in the middle of a line".to_owned();
            parsed.leave_out(path, last, why)?;
        }
        Ok(parsed)
    }
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads one entry: a package, none because it is not installed, or why it cannot be read.
fn package(path: &str, stanza: &Stanza<'_>, has_status: bool) -> Result<Option<Package>, String> {
    let field = |name| {
        stanza.field(name).map_err(|Doubled(name)| format!("the field `{name}` is there twice"))
    };
    let required = |name| field(name)?.ok_or_else(|| format!("the field `{name}` is missing"));
    if let Some(line) = stanza.broken {
        return Err(format!("line {line} is no field"));
    }
    let name = required("Package")?;
    if !is_package_name(name) {
        return Err(format!("`{}` cannot name a Debian package", shown(name)));
    }
    if has_status && !is_on_disk(name, required("Status")?)? {
        return Ok(None);
    }
    let version = required("Version")?;
    if !is_version(version) {
        return Err(format!("`{}` is no version of `{name}`", shown(version)));
    }
    let (source_name, source_version) = match field("Source")? {
        Some(source) => source_of(source)?,
        None => (name, None),
    };
    Ok(Some(Package {
        ecosystem: Ecosystem::named("Debian"),
        name: name.to_owned(),
        version: version.to_owned(),
        source_name: (source_name != name).then(|| source_name.to_owned()),
        source_version: source_version.filter(|source| *source != version).map(str::to_owned),
        architecture: field("Architecture")?.map(str::to_owned),
        origin: Origin::Registry,
        location: Location::line(path, stanza.line),
    }))
}

/// Reads the third word of `Status`, which says what is there; the first says what is wanted.
fn is_on_disk(name: &str, status: &str) -> Result<bool, String> {
    match status.split_whitespace().nth(2) {
        Some(
            "installed" | "unpacked" | "half-configured" | "triggers-awaited" | "triggers-pending",
        ) => Ok(true),
        Some("config-files" | "not-installed") => Ok(false),
        Some("half-installed") => Err(format!("the installation of `{name}` was not finished")),
        _ => Err(format!("`{}` is no known status of `{name}`", shown(status))),
    }
}

/// Takes `name` or `name (version)` apart.
fn source_of(source: &str) -> Result<(&str, Option<&str>), String> {
    let (name, version) = match source.split_once(' ') {
        Some((name, rest)) => {
            let version = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            (name, Some(version.unwrap_or_default()))
        }
        None => (source, None),
    };
    if is_package_name(name) && version.is_none_or(is_version) {
        Ok((name, version))
    } else {
        Err(format!("`{}` names no source package", shown(source)))
    }
}

/// Debian Policy, section 5.6.1 ("Source") and 5.6.7 ("Package").
fn is_package_name(name: &str) -> bool {
    name.len() <= MAX_WORD
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Debian Policy, section 5.6.12 ("Version").
fn is_version(version: &str) -> bool {
    version.len() <= MAX_WORD
        && version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-~:".contains(&b))
}

#[cfg(test)]
mod tests;
