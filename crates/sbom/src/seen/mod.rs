//! What is recognised and not read: package databases, lockfiles, manifests, SBOMs and archives of
//! which a scan must say that it saw them, because the packages they list were present and not
//! looked at. One table, for folders and images alike.
//!
//! The rule: what a package manager writes or reads to say which packages there are counts, whatever
//! the language, and whatever the case of its letters. What only names images or repositories does
//! not. An archive counts by its name where package managers make it, and else by what lies within.

mod archive;
mod manifest;
mod table;
#[cfg(test)]
mod tests;

use manifest::Manifest;
use std::io::{Read, Seek};
use table::SEEN;

pub use archive::is_archive;
pub use manifest::Neighbours;

/// A kind of file that lists packages and that no format reads.
#[derive(Debug)]
pub struct Seen {
    /// What it lists, in plural: `rpm packages`.
    pub what: &'static str,
    names: Names,
    manifest: Option<&'static Manifest>,
}

/// By what a file is recognised, without regard to the case of letters. Paths and folders are
/// matched at their end, so that a root folder within the one that is scanned is recognised too.
#[derive(Debug)]
enum Names {
    /// The end of the path, from a whole folder's or file's name on.
    Path(&'static [&'static str]),
    /// The file's name.
    File(&'static [&'static str]),
    /// The end of the file's name.
    Ending(&'static [&'static str]),
    /// The end of the file's name, in or below a folder of a name.
    Below(&'static str, &'static [&'static str]),
    /// The end of the name of a file that by its name or its folder is of pip's requirements.
    Requirements(&'static [&'static str]),
    /// `pylock.toml` and `pylock.NAME.toml`, with whatever before it.
    Pylock,
    /// What lies within an archive, or that nobody can tell.
    Within,
}

/// Recognises the file at `path`, relative to the root of the image or folder. Ask the formats
/// first: what one of them reads may be in this table for other places and for other spellings.
/// Archives go by [`seen_in`].
#[must_use]
pub fn seen_at(path: &str) -> Option<&'static Seen> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    // Distroless images keep a list of each package's files beside its entry.
    if path.ends_with(".md5sums") {
        return None;
    }
    SEEN.iter().find(|seen| seen.names.fit(path))
}

/// Recognises an archive in which something lists packages, or of which nobody can tell. Archives have
/// no least size.
#[must_use]
pub fn seen_in(path: &str, file: &mut (impl Read + Seek)) -> Option<&'static Seen> {
    archive::seen_within(path, file)
}

impl Seen {
    /// Returns whether people write it: it says what is asked for, and no more.
    #[must_use]
    pub fn is_manifest(&self) -> bool {
        self.manifest.is_some()
    }

    /// Returns whether a manifest of these bytes asks for packages; in doubt it does.
    #[must_use]
    pub fn concerns(&self, bytes: &[u8]) -> bool {
        self.manifest.is_none_or(|manifest| manifest.concerns(bytes))
    }

    /// Returns whether a lockfile speaks for a manifest of these bytes at `path`.
    #[must_use]
    pub fn is_locked(&self, path: &str, bytes: &[u8], beside: &Neighbours<'_>) -> bool {
        self.manifest.is_some_and(|manifest| manifest.is_locked(path, bytes, beside))
    }
}

impl Names {
    fn fit(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let ends = |endings: &[&str]| endings.iter().any(|ending| ends_with(name, ending));
        match self {
            Self::Path(paths) => paths.iter().any(|end| ends_with_path(path, end)),
            Self::File(names) => names.iter().any(|it| it.eq_ignore_ascii_case(name)),
            Self::Ending(endings) => ends(endings),
            Self::Below(folder, endings) => {
                endings.iter().any(|ending| ends_with(path, ending)) && lies_below(path, folder)
            }
            Self::Requirements(endings) => {
                ends(endings)
                    && (name.to_ascii_lowercase().contains("requirements")
                        || ends_with_path(folder, "requirements"))
            }
            Self::Pylock => ends(&[".toml"]) && name.to_ascii_lowercase().contains("pylock."),
            Self::Within => false,
        }
    }
}

fn ends_with(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    let tail = start.and_then(|start| text.as_bytes().get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

fn ends_with_path(path: &str, end: &str) -> bool {
    let before = path.len().checked_sub(end.len()).and_then(|start| path.as_bytes().get(..start));
    ends_with(path, end) && before.is_some_and(|before| before.is_empty() || before.ends_with(b"/"))
}

fn lies_below(path: &str, folder: &str) -> bool {
    path.match_indices(folder).any(|(at, _)| {
        let before = path.get(..at).unwrap_or_default();
        let after = path.get(at.saturating_add(folder.len())..).unwrap_or_default();
        (before.is_empty() || before.ends_with('/')) && after.starts_with('/')
    })
}
