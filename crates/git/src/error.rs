use crate::rules;
use beleg_model::Rule;
use std::path::PathBuf;

/// Says why a range of commits could not be verified at all. What is wrong with one commit is a
/// [`Reason`](beleg_trust::Reason) of its result instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// The repository cannot be opened: absent, damaged, or of a format that libgit2 lacks, such
    /// as reftables or a partial clone.
    #[error("the git repository `{path}` cannot be opened")]
    Repository {
        /// The path as given.
        path: PathBuf,
        /// What libgit2 said.
        source: git2::Error,
    },
    /// The repository is in a form that libgit2 does not read.
    #[error("the git repository `{path}` uses the extension `{extension}`, which is not read here")]
    Extension {
        /// The path as given.
        path: PathBuf,
        /// The name after `extensions.` in its configuration, lower-case.
        extension: String,
    },
    /// The repository cannot be found or one of its files cannot be read.
    #[error("`{path}` cannot be read")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The range is not of the form `A..B`, `A..`, `..B` or `B`.
    #[error("`{range}` is not a range of the form `A..B`, `A..` or `B`: {why}")]
    Range {
        /// The range as given.
        range: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// One end of the range names no commit.
    #[error("`{name}` names no commit in this repository")]
    Revision {
        /// The end as given.
        name: String,
        /// What libgit2 said.
        source: git2::Error,
    },
    /// A name means several things in this repository.
    #[error("`{name}` is ambiguous: it is {candidates}")]
    Ambiguous {
        /// The name as given.
        name: String,
        /// Everything that it may mean, with the whole names of refs and the whole ids of objects.
        candidates: String,
    },
    /// The range, or the history it leaves out, has more commits than the limit allows.
    #[error("more than {limit} commits would have to be walked")]
    TooManyCommits {
        /// The limit.
        limit: u64,
    },
    /// A pattern for tags cannot be read.
    #[error("`{pattern}` is no pattern for tags")]
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        source: beleg_trust::GlobError,
    },
    /// The repository has more tags than the limit allows.
    #[error("the repository has more than {limit} tags")]
    TooManyTags {
        /// The limit.
        limit: u64,
    },
    /// The policy asks on which branch the commits are, and nothing says.
    #[error("the policy has rules for branches, and `{range}` does not end in one")]
    Branch {
        /// The range as given.
        range: String,
    },
    /// The branch whose rules are to hold is in the repository under no name.
    #[error("the repository has no branch `{name}`, neither of its own nor of a remote")]
    NoBranch {
        /// The branch as given.
        name: String,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A verifier thread ended without its results.
    #[error("a verifier thread ended without its results")]
    Worker,
}

impl GitError {
    /// Says what a person can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => {
                "Write the whole name of the ref, such as `refs/heads/main`, or the whole id."
            }
            Self::Extension { extension, .. } if extension == "refstorage" => {
                "Run `git refs migrate --ref-format=files` in a copy of it, or verify a clone made \
                 by `git clone --ref-format=files`."
            }
            Self::Extension { .. } => {
                "Verify a whole clone of it: `git clone` does not take the extension over."
            }
            Self::Range { .. } => "Write a range such as `v1.0..refs/heads/main`.",
            Self::Revision { .. } => "Correct the range, or fetch what it names (`git fetch`).",
            Self::Branch { .. } => "Name the branch whose rules hold, or end the range in it.",
            Self::NoBranch { .. } => {
                "Write the branch's own name, such as `main`, without its remote's; fetch it where \
                 the clone lacks it."
            }
            Self::TooManyCommits { .. } => "Begin the range later.",
            Self::Pattern { .. } => "Correct the pattern.",
            Self::TooManyTags { .. } => "Verify a clone that has fewer tags.",
            Self::Cancelled => "Let it run to its end.",
            Self::Worker => "Report this as a bug of beleg, with the input.",
            Self::Repository { .. } | Self::Unreadable { .. } => {
                "Check the path, and that this user may read the repository."
            }
        }
    }

    /// Returns the rule of the finding that reports it.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        match self {
            Self::Ambiguous { .. } => &rules::REVISION_AMBIGUOUS,
            Self::NoBranch { .. } => &rules::BRANCH_NOT_FOUND,
            Self::Extension { .. } => &rules::REPOSITORY_UNSUPPORTED,
            _ => &rules::REPOSITORY_UNREADABLE,
        }
    }
}
