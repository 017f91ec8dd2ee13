//! The folders that a lockfile lists (`packages`, versions 2 and 3).

use super::Entry;
use crate::formats::json::{JsonFile, Members, Raw};
use crate::formats::{FormatError, npm};
use beleg_model::Origin;
use std::collections::BTreeMap;

/// Where packages are installed.
const INSTALLED: &str = "node_modules";
/// How deep a folder may be nested: npm nests no deeper than file systems allow.
const DEEPEST: usize = 128;

/// All folders by their paths from the project on, its own path being empty; and in the order of the
/// file.
#[derive(Default)]
pub(super) struct Folders {
    entries: BTreeMap<String, Entry>,
    order: Vec<String>,
    /// Whether they say what the project itself asks for; version 1 does not.
    pub(super) say_what_is_asked_for: bool,
}

/// What a folder's dependency means.
pub(super) enum Meaning<'a> {
    /// The package in this folder.
    Folder(&'a str),
    /// Nothing that is listed.
    Nothing,
}

impl<'a> Meaning<'a> {
    pub(super) fn folder(self) -> Option<&'a str> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Nothing => None,
        }
    }
}

/// Reads the member `packages`.
pub(super) fn read(
    path: &str,
    file: &JsonFile<'_>,
    packages: Raw<'_>,
) -> Result<Folders, FormatError> {
    let malformed = |raw, why| FormatError::at_line(path, file.line(raw), why);
    let members: Members<'_, Raw<'_>> = packages.read().map_err(|why| malformed(packages, why))?;
    let mut folders = Folders { say_what_is_asked_for: true, ..Folders::default() };
    for (folder, raw) in members.0 {
        let entry: Entry = raw.read().map_err(|why| malformed(raw, why))?;
        let entry = Entry { line: file.line(raw), ..entry };
        if folder.split('/').count() > DEEPEST {
            return Err(malformed(raw, "a folder is nested too deep".to_owned()));
        }
        folders.insert(folder, entry);
    }
    if folders.entries.is_empty() {
        return Err(FormatError::Empty { path: path.to_owned() });
    }
    Ok(folders)
}

/// Says whether a package was installed into a folder, and is not the project's own.
pub(super) fn is_installed(folder: &str) -> bool {
    folder.split('/').any(|part| part == INSTALLED)
}

/// Returns the name of the package in a folder and where it is from; nothing for the project's root
/// without a name, and for links.
pub(super) fn what(folder: &str, entry: &Entry) -> Option<(String, Origin)> {
    if entry.link {
        return None;
    }
    let stated = entry.name.clone();
    if !is_installed(folder) {
        let last = folder.rsplit_once('/').map_or(folder, |(_, name)| name);
        let name = stated.or_else(|| Some(last.to_owned()).filter(|name| !name.is_empty()))?;
        return Some((name, Origin::Local));
    }
    let at = folder.rfind(INSTALLED)?.saturating_add(INSTALLED.len());
    let name = stated
        .unwrap_or_else(|| folder.get(at..).unwrap_or_default().trim_start_matches('/').to_owned());
    Some((name, npm::origin(entry.resolved.as_deref())))
}

impl Folders {
    pub(super) fn insert(&mut self, folder: String, entry: Entry) {
        self.order.push(folder.clone());
        self.entries.insert(folder, entry);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.order.iter().filter_map(|folder| Some((folder.as_str(), self.entries.get(folder)?)))
    }

    /// Finds what the package in `folder` means by `name`, links followed.
    pub(super) fn answer(&self, folder: &str, name: &str) -> Meaning<'_> {
        let mut base = Some(folder);
        while let Some(here) = base {
            let wanted = match here {
                "" => format!("{INSTALLED}/{name}"),
                here => format!("{here}/{INSTALLED}/{name}"),
            };
            if let Some((found, entry)) = self.entries.get_key_value(&wanted) {
                let target = entry.resolved.as_deref().filter(|_| entry.link);
                let target = target.and_then(|target| self.entries.get_key_value(target));
                return Meaning::Folder(target.map_or(found, |(target, _)| target));
            }
            base = above(here);
        }
        Meaning::Nothing
    }
}

/// Returns the folder above one, from which Node.js looks on; above the project there is none.
fn above(folder: &str) -> Option<&str> {
    if folder.is_empty() {
        return None;
    }
    let (above, _) = folder.rsplit_once('/').unwrap_or_default();
    // A scope and `node_modules` itself hold no such folder; looking there finds nothing.
    Some(above.strip_suffix(INSTALLED).map_or(above, |above| above.trim_end_matches('/')))
}
