use super::tuf::{TufError, TufMirror, fetch};
use beleg_dsse::json;
use beleg_model::Digest;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sigstore_verify::Verifier;
use sigstore_verify::crypto::{Checkpoint, VerificationKey};
use sigstore_verify::trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_STAGING_TRUSTED_ROOT,
    TrustedRoot as Parsed,
};
use sigstore_verify::types::{DerPublicKey, LogKeyId, SignatureBytes, TimestampToken};
use std::fmt;
use std::str::FromStr;

/// The largest trusted root, in bytes.
pub const MAX_TRUSTED_ROOT_BYTES: usize = 4 << 20;

/// How the media types of all trusted roots begin (Sigstore's protobuf-specs,
/// `sigstore_trustroot.proto`).
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot";
/// Logs and authorities of one kind in a trusted root.
const MAX_AUTHORITIES: usize = 1_000;

/// The authorities and logs that bundles are verified against: Sigstore's `trusted_root.json`.
/// Made once, for any number of bundles.
pub struct TrustedRoot {
    parsed: Parsed,
    verifier: Verifier,
    digest: Digest,
}

/// A trusted root that comes with beleg, as it was when beleg was built: keys that changed since
/// are not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownRoot {
    /// Sigstore's public instance: `production`.
    Production,
    /// Sigstore's public instance for tests: `staging`.
    Staging,
    /// GitHub's own instance, for the attestations of private repositories and of immutable
    /// releases: `github`. It keeps no logs; see
    /// [`BundlePolicy::under`](super::BundlePolicy::under).
    GitHub,
}

impl KnownRoot {
    /// Returns the root's file, as it was when this build was made.
    #[must_use]
    pub fn json(self) -> &'static str {
        match self {
            Self::Production => SIGSTORE_PRODUCTION_TRUSTED_ROOT,
            Self::Staging => SIGSTORE_STAGING_TRUSTED_ROOT,
            Self::GitHub => SIGSTORE_GITHUB_TRUSTED_ROOT,
        }
    }
}

/// Says why a trusted root cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// It is larger than 4 MiB.
    #[error("the trusted root is larger than 4 MiB")]
    TooLarge,
    /// It is not the JSON of a trusted root, or has a member twice.
    #[error("it is not a trusted root: {0}")]
    Json(String),
    /// It is a file of another kind.
    #[error("it is not a trusted root, but of the media type `{0}`")]
    MediaType(String),
    /// A key or certificate in it cannot be used. Leaving it out might leave out the one that
    /// matters.
    #[error("the trusted root cannot be used: {0}")]
    Material(String),
    /// The name is none of `production`, `staging` and `github`.
    #[error("`{0}` is none of `production`, `staging` and `github`")]
    UnknownName(String),
    /// The TUF repository could not be verified.
    #[error(transparent)]
    Tuf(#[from] TufError),
}

impl TrustedRoot {
    /// Reads a `trusted_root.json`.
    ///
    /// # Errors
    /// [`RootError`] when it is none, or when any key or certificate in it cannot be used.
    pub fn from_json(json: &[u8]) -> Result<Self, RootError> {
        if json.len() > MAX_TRUSTED_ROOT_BYTES {
            return Err(RootError::TooLarge);
        }
        let value = json::parse(json, &json::Limits::DOCUMENT)
            .map_err(|error| RootError::Json(error.to_string()))?;
        let parsed: Parsed = serde_json::from_value(value).map_err(|error| {
            RootError::Json(beleg_model::text::shown(error.to_string().as_bytes()))
        })?;
        if !parsed.media_type.starts_with(MEDIA_TYPE) {
            let media_type = beleg_model::text::shown(parsed.media_type.as_bytes());
            return Err(RootError::MediaType(media_type));
        }
        let counts = [
            parsed.tlogs.len(),
            parsed.ctlogs.len(),
            parsed.certificate_authorities.len(),
            parsed.timestamp_authorities.len(),
        ];
        if counts.iter().any(|count| *count > MAX_AUTHORITIES) {
            return Err(RootError::Material(format!("more than {MAX_AUTHORITIES} of a kind")));
        }
        let verifier =
            Verifier::new(&parsed).map_err(|error| RootError::Material(error.to_string()))?;
        Ok(Self { parsed, verifier, digest: Digest::sha256(Sha256::digest(json).into()) })
    }

    /// Takes a root that comes with beleg.
    ///
    /// # Errors
    /// [`RootError`] when this build's copy cannot be used.
    pub fn known(root: KnownRoot) -> Result<Self, RootError> {
        Self::from_json(root.json().as_bytes())
    }

    /// Returns the file of the root from a copy of a TUF repository; see [`TrustedRoot::from_tuf`].
    ///
    /// # Errors
    /// [`TufError`] when it cannot be verified.
    pub fn file_from_tuf(
        mirror: impl TufMirror + 'static,
        pinned_root: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, TufError> {
        fetch(mirror, pinned_root, "trusted_root.json", now)
    }

    /// Takes the root from a copy of a TUF repository, after verifying it from `pinned_root` (a
    /// `root.json` that was got in a trusted way) on: signatures and their thresholds, versions,
    /// lengths, digests, and that no metadata had expired at `now`.
    ///
    /// # Errors
    /// [`RootError::Tuf`] when any of that fails.
    pub fn from_tuf(
        mirror: impl TufMirror + 'static,
        pinned_root: &[u8],
        now: Timestamp,
    ) -> Result<Self, RootError> {
        Self::from_json(&Self::file_from_tuf(mirror, pinned_root, now)?)
    }

    /// Returns the digest of the file, which says what a result stands on.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the certificates of its certificate authorities, as DER.
    pub(crate) fn authority_certificates(&self) -> Vec<Vec<u8>> {
        let authorities = self.parsed.certificate_authorities.iter();
        let certificates = authorities.flat_map(|authority| &authority.cert_chain.certificates);
        certificates.map(|certificate| certificate.raw_bytes.as_bytes().to_vec()).collect()
    }

    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(super) fn keeps_logs(&self) -> bool {
        !self.parsed.tlogs.is_empty()
    }

    pub(super) fn keeps_certificate_logs(&self) -> bool {
        !self.parsed.ctlogs.is_empty()
    }

    pub(super) fn has_log(&self, id: &LogKeyId) -> bool {
        self.parsed.tlogs.iter().any(|log| &log.log_id.key_id == id)
    }

    /// Says whether the log of that id signed a checkpoint; `None` for a log that is not in here.
    pub(super) fn log_signed(&self, id: &LogKeyId, checkpoint: &Checkpoint) -> Option<bool> {
        let mut logs = self.parsed.tlogs.iter().filter(|log| &log.log_id.key_id == id).peekable();
        logs.peek()?;
        let signed_by = |key: &DerPublicKey| {
            let Ok(key) = VerificationKey::from_spki(key) else { return false };
            let message = checkpoint.signed_data();
            checkpoint.signatures().iter().any(|it| key.verify(message, &it.signature).is_ok())
        };
        Some(logs.any(|log| signed_by(&log.public_key.raw_bytes)))
    }

    /// Counts the timestamp authorities that made any of `tokens` over `signature`.
    pub(super) fn authorities_of<'a>(
        &self,
        tokens: impl Iterator<Item = &'a TimestampToken> + Clone,
        signature: &SignatureBytes,
    ) -> usize {
        self.parsed
            .tsa_authorities()
            .iter()
            .filter(|authority| {
                tokens.clone().any(|token| {
                    sigstore_verify::tsa::verify_timestamp_for_authority(
                        token, signature, authority,
                    )
                    .is_ok()
                })
            })
            .count()
    }
}

impl fmt::Debug for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedRoot").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl FromStr for KnownRoot {
    type Err = RootError;

    fn from_str(name: &str) -> Result<Self, RootError> {
        match name {
            "production" => Ok(Self::Production),
            "staging" => Ok(Self::Staging),
            "github" => Ok(Self::GitHub),
            other => Err(RootError::UnknownName(beleg_model::text::shown(other.as_bytes()))),
        }
    }
}
