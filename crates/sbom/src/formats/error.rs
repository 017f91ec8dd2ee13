use super::{MAX_PACKAGES, MAX_UNREAD};
use beleg_model::Location;

/// Says why a file was refused as a whole.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// More bytes than the format's limit.
    #[error("`{path}` is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The most bytes allowed.
        limit: u64,
    },
    /// More than [`MAX_PACKAGES`] packages.
    #[error("`{path}` lists more than the limit of {MAX_PACKAGES} packages")]
    TooManyPackages {
        /// The file.
        path: String,
    },
    /// More than [`MAX_UNREAD`] entries that cannot be read.
    #[error("`{path}` has more than the limit of {MAX_UNREAD} entries that cannot be read")]
    TooManyUnread {
        /// The file.
        path: String,
    },
    /// Not text in an encoding that the format allows.
    #[error("`{path}` is not UTF-8 text")]
    NotText {
        /// The file.
        path: String,
    },
    /// The bytes are not of the format.
    #[error("`{location}` cannot be read: {why}")]
    Malformed {
        /// The file, with the line where one is known.
        location: Location,
        /// What is wrong.
        why: String,
    },
    /// The file is of a later format version than this program knows.
    #[error("`{path}` has the format version {found}, which is not known")]
    UnknownVersion {
        /// The file.
        path: String,
        /// The version it states.
        found: String,
    },
    /// A file that always names at least one package names none.
    #[error("`{path}` lists no package at all")]
    Empty {
        /// The file.
        path: String,
    },
}

impl FormatError {
    /// Says what is wrong with the file at `path` as a whole.
    pub(super) fn malformed(path: &str, why: impl Into<String>) -> Self {
        Self::Malformed { location: Location::from(path), why: why.into() }
    }

    /// Says what is wrong with a line.
    pub(super) fn at_line(path: &str, line: u32, why: impl Into<String>) -> Self {
        Self::Malformed { location: Location::line(path, line), why: why.into() }
    }
}
