use beleg_model::Digest;

/// Says why a registry could not be read. Only [`RegistryError::NotFound`] is the registry's own
/// word that something is not there; all others leave that open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The locator is malformed.
    #[error("`{locator}` is not an image in a registry: {why}")]
    BadLocator {
        /// The locator or the part of it.
        locator: String,
        /// What is wrong with it.
        why: String,
    },
    /// The locator needs the network, and the run is offline.
    #[error("`{locator}` needs the network, and this run is offline")]
    Offline {
        /// The locator.
        locator: String,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client for `{locator}` cannot be set up")]
    Client {
        /// The locator.
        locator: String,
        /// The client's error.
        #[source]
        source: reqwest::Error,
    },
    /// The registry says that there is no such thing.
    #[error("`{what}` does not exist")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The registry wants other credentials, or none are given.
    #[error("`{what}` is denied with status {status}")]
    Denied {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
    },
    /// The registry answers with a status that is no answer.
    #[error("`{what}` is answered with status {status}")]
    Status {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
    },
    /// The registry's demand for authorization makes no sense.
    #[error("the demand for authorization of `{what}` is refused: {why}")]
    Challenge {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The registry sends credentials to a host that they are not meant for.
    #[error("`{what}` wants the credentials to be sent to `{host}`, which they are not meant for")]
    ForeignRealm {
        /// What was asked for.
        what: String,
        /// The host of the token service.
        host: String,
    },
    /// The token service gave no token.
    #[error("the token service `{host}` gave no token for `{what}`: {why}")]
    Token {
        /// What was asked for.
        what: String,
        /// The host of the token service.
        host: String,
        /// What it did instead.
        why: String,
    },
    /// A redirect goes where it must not, or there are too many.
    #[error("a redirect of `{what}` is not followed: {why}")]
    Redirect {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// More bytes than allowed.
    #[error("`{what}` has more than the allowed {limit} bytes")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The bytes are others than the digest names.
    #[error("`{what}` has other bytes than its digest says: they are `{found}`")]
    WrongDigest {
        /// What was asked for.
        what: String,
        /// The digest asked for.
        asked: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// The bytes are others than the header `Docker-Content-Digest` names.
    #[error("`{what}` is said to be `{stated}` in its header, and is `{found}`")]
    WrongHeader {
        /// What was asked for.
        what: String,
        /// The digest in the header.
        stated: String,
        /// The digest of the bytes.
        found: String,
    },
    /// The answer is no manifest, or no listing.
    #[error("`{what}` is answered with a `{media_type}`")]
    MediaType {
        /// What was asked for.
        what: String,
        /// What the answer is said to be.
        media_type: String,
    },
    /// The pages of a listing have no sensible end.
    #[error("the pages of `{what}` are not read to the end: {why}")]
    Paging {
        /// What was asked for.
        what: String,
        /// What is wrong with them.
        why: String,
    },
    /// The registry did not answer within the deadline.
    #[error("`{what}` was not answered within {seconds} s")]
    Deadline {
        /// What was asked for.
        what: String,
        /// The deadline in seconds, rounded up.
        seconds: u64,
    },
    /// The connection failed.
    #[error("`{what}` could not be read")]
    Transport {
        /// What was asked for.
        what: String,
        /// The client's error, without the URL.
        #[source]
        source: reqwest::Error,
    },
}

impl RegistryError {
    /// Says whether the registry's word is that there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Returns what a person can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::BadLocator { .. } => {
                "Write `oci://host/name:tag`, `oci://host/name@sha256:…` or both."
            }
            Self::Offline { .. } => {
                "Run without `--offline`, or copy the image with its signatures to a layout folder."
            }
            Self::Client { .. } => "Check the system's certificates and `HTTPS_PROXY`.",
            Self::NotFound { .. } => "Check name and tag, and that the image is still there.",
            Self::Denied { .. } => "Give credentials that may read this repository.",
            Self::ForeignRealm { .. } => {
                "Name that host with the credentials if it is the registry's own token service."
            }
            Self::Challenge { .. } | Self::Token { .. } => {
                "Check the credentials and the registry's token service."
            }
            Self::Redirect { .. } | Self::Paging { .. } | Self::MediaType { .. } => {
                "Check that the locator names a registry of the OCI distribution specification."
            }
            Self::TooLarge { .. } => "Check that the locator names the right image.",
            Self::WrongDigest { .. } | Self::WrongHeader { .. } => {
                "Treat the registry, or what stands between, as compromised until this is explained."
            }
            Self::Status { .. } | Self::Deadline { .. } | Self::Transport { .. } => {
                "Check the network and the registry, then run again."
            }
        }
    }
}

/// Cuts a text from elsewhere for a message.
pub(super) fn text(from: &str) -> String {
    beleg_model::text::shown(from.as_bytes())
}
