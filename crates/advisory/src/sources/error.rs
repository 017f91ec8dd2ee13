use beleg_model::ByteCount;
use std::io;
use std::path::PathBuf;

/// Says why a source could not be read. None of these is a statement about any package: a check
/// that needed the source is `Unknown`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It has more bytes than its limit allows.
    #[error("`{what}` has more than the allowed {limit}")]
    TooLarge {
        /// Which of its sizes it is.
        what: &'static str,
        /// The limit.
        limit: ByteCount,
    },
    /// It has more records, or more unreadable ones, than its limit allows.
    #[error("it has more than the allowed {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The archive ends before it is complete.
    #[error("the archive is truncated: its end marker is missing")]
    Truncated,
    /// There is something before the archive's beginning or after its end, such as another one.
    #[error("the archive has data before its beginning or after its end")]
    SurplusData,
    /// The archive names an entry twice.
    #[error("the archive holds two entries of the same name")]
    Doubled,
    /// The bytes are no archive, or a damaged one.
    #[error("the archive is damaged or of an unknown format")]
    Damaged(#[source] io::Error),
    /// A folder or file could not be read.
    #[error("`{path}` could not be read")]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Not a single record about the ecosystem was found in it.
    #[error("it holds no readable record about `{ecosystem}`{first}")]
    Empty {
        /// The ecosystem it should be about.
        ecosystem: String,
        /// Why the first unreadable record is unreadable, ready to be appended.
        first: String,
    },
}

impl SourceError {
    /// Returns the stable kebab-case code of the error, for reasons and rules.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooMany { .. } => "source-too-large",
            Self::Truncated => "source-truncated",
            Self::SurplusData | Self::Doubled | Self::Damaged(_) => "source-damaged",
            Self::Unreadable { .. } => "source-unreadable",
            Self::Empty { .. } => "empty-source",
        }
    }
}
