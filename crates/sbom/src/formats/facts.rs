use beleg_model::Digest;

/// What a file says of a package beyond what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The digests of its files. A release has several files.
    pub digests: Vec<Digest>,
    /// Its licences: SPDX expressions, or the words found.
    pub licences: Vec<String>,
    /// What it is needed for, where that is said.
    pub scope: Option<Scope>,
    /// Whether the project itself asks for it, where that is said.
    pub direct: Option<bool>,
}

/// What a package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To run.
    Runtime,
    /// To run, where it can be had.
    Optional,
    /// To build, and not to run.
    Build,
    /// To develop or test, and neither to build nor to run.
    Development,
}

impl Scope {
    /// Returns the word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Optional => "optional",
            Self::Build => "build",
            Self::Development => "development",
        }
    }
}

impl Facts {
    /// Returns those of a package of which only digests are known.
    #[must_use]
    pub fn of_digests(digests: Vec<Digest>) -> Self {
        Self { digests, ..Self::default() }
    }
}
