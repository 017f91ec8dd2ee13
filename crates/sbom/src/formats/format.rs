use super::tree::Tree;
use super::{FormatError, Parsed};
use std::fmt;

/// A file format that lists packages. A format is one value: its [`About`] names it, the slice
/// [`FORMATS`](super::FORMATS) makes it known.
pub trait Format: Sync {
    /// Returns what help, reference and reports say of it, and which files are of it.
    fn about(&self) -> &'static About;

    /// Returns whether the file at `path`, relative to the root of the folder or image, is of this
    /// format by its name. Reading it may still show that it is not.
    fn wants(&self, path: &str) -> bool {
        self.about().files.iter().any(|pattern| pattern.matches(path))
    }

    /// Returns the section of a program in which a record of this format stands; such a record goes
    /// by what is within a file and not by its name.
    fn section(&self) -> Option<&'static str> {
        None
    }

    /// Returns the most bytes that may be needed of the file at `path`, which says more about a file
    /// of this format that stands near it; of a file of which only that it is there matters, 0.
    fn asks_for(&self, _path: &str) -> Option<u64> {
        None
    }

    /// Reads the packages that `bytes` list, as far as the file by itself tells them; `path` only
    /// names them in locations and errors.
    ///
    /// # Errors
    /// When the bytes are not of this format or beyond its limits. A single entry that cannot be
    /// read is no error but an [`Unread`](super::Unread).
    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError>;

    /// Reads like [`Self::parse`], with what the files around it tell.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    fn parse_in(&self, path: &str, bytes: &[u8], _tree: &dyn Tree) -> Result<Parsed, FormatError> {
        self.parse(path, bytes)
    }
}

/// What is said of a format.
#[derive(Debug)]
pub struct About {
    /// The stable kebab-case name, as in configuration.
    pub id: &'static str,
    /// One sentence for help and reference, without a full stop.
    pub describes: &'static str,
    /// Whether the file says what should be installed, or what is.
    pub kind: FormatKind,
    /// The ecosystems of the packages, by OSV's names; of a distribution's package manager the
    /// distribution that it is from.
    pub ecosystems: &'static [&'static str],
    /// What syft calls this format's entries (property `syft:package:metadataType`).
    pub syft_metadata_type: &'static str,
    /// Which files are of it.
    pub files: &'static [FileName],
    /// The most bytes that are read of one.
    pub most_bytes: u64,
}

/// What the packages of a file are evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatKind {
    /// A lockfile: what a build or an installation will take.
    Lockfile,
    /// A database of what is installed.
    Installed,
}

/// By what a file is of a format. Letters count as they are.
#[derive(Clone, Copy, Debug)]
pub enum FileName {
    /// The name alone, in whatever folder: `Cargo.lock`.
    Named(&'static str),
    /// The end of the name: `.egg-info`.
    Ending(&'static str),
    /// The beginning and the end of the name: `pylock.` and `.toml`.
    Between(&'static str, &'static str),
    /// The name, in a folder whose name ends so: `METADATA` in one of `.dist-info`.
    Within(&'static str, &'static str),
    /// The end of the name, right in a folder of a path: `.yml` in `.github/workflows`.
    Directly(&'static str, &'static str),
    /// The end of the path, from a whole folder's name on: `vendor/modules.txt`.
    Beneath(&'static str),
    /// The whole path from the root of the folder or image on: `var/lib/dpkg/status`.
    At(&'static str),
}

impl FileName {
    fn matches(self, path: &str) -> bool {
        let path = super::relative(path);
        let name = super::file_name(path);
        match self {
            Self::Named(whole) => name == whole,
            Self::Ending(end) => name.len() > end.len() && name.ends_with(end),
            Self::Between(start, end) => name
                .strip_prefix(start)
                .is_some_and(|rest| rest.len() > end.len() && rest.ends_with(end)),
            Self::Within(folder, file) => {
                let above = path.rsplit_once('/').map_or("", |(above, _)| above);
                name == file && above.ends_with(folder)
            }
            Self::Directly(folder, end) => {
                let above = path.rsplit_once('/').map_or("", |(above, _)| above);
                name.len() > end.len() && name.ends_with(end) && is_beneath(above, folder)
            }
            Self::Beneath(end) => is_beneath(path, end),
            Self::At(whole) => path == whole,
        }
    }
}

/// Says whether a path ends so, from a whole folder's name on.
fn is_beneath(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::Ending(end) => write!(f, "*{end}"),
            Self::Between(start, end) => write!(f, "{start}*{end}"),
            Self::Within(folder, name) => write!(f, "*{folder}/{name}"),
            Self::Directly(folder, end) => write!(f, "{folder}/*{end}"),
            Self::Beneath(end) => write!(f, "{end}"),
            Self::At(whole) => write!(f, "/{whole}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_whole_names() {
        for (pattern, path, matches) in [
            (FileName::Named("a.lock"), "x/a.lock", true),
            (FileName::Named("a.lock"), "x/ba.lock", false),
            (FileName::Ending(".lock"), "x/.lock", false),
            (FileName::Ending(".lock"), "x/a.lock", true),
            (FileName::Between("a.", ".toml"), "a.b.toml", true),
            (FileName::Between("a.", ".toml"), "a.toml", false),
            (FileName::Within(".i", "M"), "x/a.i/M", true),
            (FileName::Within(".i", "M"), "x/a/M", false),
            (FileName::Directly(".g/w", ".yml"), "x/.g/w/a.yml", true),
            (FileName::Directly(".g/w", ".yml"), ".g/w/a.yml", true),
            (FileName::Directly(".g/w", ".yml"), ".g/w/x/a.yml", false),
            (FileName::Directly(".g/w", ".yml"), "x.g/w/a.yml", false),
            (FileName::Directly(".g/w", ".yml"), ".g/w/.yml", false),
            (FileName::Beneath("v/m.txt"), "v/m.txt", true),
            (FileName::Beneath("v/m.txt"), "x/v/m.txt", true),
            (FileName::Beneath("v/m.txt"), "xv/m.txt", false),
            (FileName::At("var/x"), "./var/x", true),
            (FileName::At("var/x"), "/var/x", true),
            (FileName::At("var/x"), "root/var/x", false),
        ] {
            assert_eq!(pattern.matches(path), matches, "{pattern:?} {path}");
        }
    }
}
