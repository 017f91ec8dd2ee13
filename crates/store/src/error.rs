use std::io;

/// Says why a store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The locator is neither a path nor a URL of a supported scheme.
    #[error(
        "`{locator}` is no path and no URL of a supported scheme (s3, gs, az, http, https, file)"
    )]
    BadLocator {
        /// The locator.
        locator: String,
    },
    /// The locator is a URL that holds a mark which ends its path.
    #[error("`{locator}` is cut off before `{mark}`, which is no part of a path in a URL")]
    Unescaped {
        /// The locator, up to the mark.
        locator: String,
        /// `#` or `?`.
        mark: char,
    },
    /// The store may keep old versions, and they cannot be listed.
    #[error("the old versions in `{locator}` cannot be listed")]
    VersionsUnlistable {
        /// The store's locator.
        locator: String,
    },
    /// The locator needs the network, and the run is offline.
    #[error("`{locator}` needs the network, and this run is offline")]
    Offline {
        /// The locator.
        locator: String,
    },
    /// An option names an environment variable that is not set.
    #[error(
        "the option `{option}` of `{locator}` names the environment variable `{variable}`, which is not set"
    )]
    MissingVariable {
        /// The locator.
        locator: String,
        /// The option's name.
        option: String,
        /// The variable's name.
        variable: String,
    },
    /// There is no such object.
    #[error("`{locator}` does not exist")]
    NotFound {
        /// The object's locator.
        locator: String,
    },
    /// The object is larger than the reader allows.
    #[error("`{locator}` has more than the allowed {limit} bytes")]
    TooLarge {
        /// The object's locator.
        locator: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The store did not answer within the deadline.
    #[error("`{locator}` did not answer within {seconds} s")]
    Deadline {
        /// The object's locator.
        locator: String,
        /// The deadline in seconds.
        seconds: u64,
    },
    /// The store answered with an error.
    #[error("`{locator}` could not be used")]
    Backend {
        /// The object's locator.
        locator: String,
        /// The store's error.
        #[source]
        source: object_store::Error,
    },
    /// A local file could not be used.
    #[error("`{locator}` could not be used")]
    Local {
        /// The file's path.
        locator: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The store accepts a create-if-absent write and ignores the condition.
    #[error(
        "`{locator}` overwrote an object that it was told to create only if absent, so it cannot hold a ledger"
    )]
    IgnoresConditions {
        /// The store's locator.
        locator: String,
    },
}

impl StoreError {
    /// Says whether the object is absent, as against unreachable.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Says whether the locator itself is wrong, so that nothing was tried.
    #[must_use]
    pub fn is_bad_locator(&self) -> bool {
        matches!(self, Self::BadLocator { .. } | Self::Unescaped { .. })
    }

    /// Returns what a person can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::BadLocator { .. } => "Write a path, or a URL such as `s3://bucket/prefix`.",
            Self::Unescaped { .. } => "Write `%23` for `#` and `%3F` for `?` in the URL.",
            Self::VersionsUnlistable { .. } => {
                "Allow listing of versions, or look at them with the provider's own tools."
            }
            Self::Offline { .. } => "Run without `--offline`, or use a local copy.",
            Self::MissingVariable { .. } => "Set the variable for the user that runs beleg.",
            Self::NotFound { .. } => "Check the path or URL, and that the object is still there.",
            Self::TooLarge { .. } => {
                "Check that the locator names the right object: none of its kind that is larger is \
                 read."
            }
            Self::Deadline { .. } => "Check the network and the endpoint, then run again.",
            Self::Backend { .. } => "Check endpoint, credentials and permissions, then run again.",
            Self::Local { source, .. } if is_no_file(source) => {
                "Name a regular file: this is a folder, a pipe, a device or another thing."
            }
            Self::Local { .. } => "Check that the path exists and may be read by this user.",
            Self::IgnoresConditions { .. } => {
                "Use a local folder or a store with conditional writes (S3, GCS, Azure)."
            }
        }
    }
}

/// Says whether something is there that is no file.
fn is_no_file(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::IsADirectory | io::ErrorKind::Other)
}
