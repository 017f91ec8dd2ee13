use super::root::TrustedRoot;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_dsse::json;
use beleg_trust::IdentityRule;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sigstore_verify::types::DerPublicKey;
use std::num::NonZeroU32;

/// Longest public key, in bytes of DER.
const MAX_KEY_BYTES: usize = 16 << 10;
/// Largest file with keys, in bytes.
const MAX_KEYS_BYTES: usize = 1 << 20;

/// Says who may sign a bundle, and which evidence it must carry. The default demands one proof of
/// inclusion in a transparency log and a logged certificate, and allows nobody.
#[derive(Clone, Debug)]
pub struct BundlePolicy {
    /// The identities that may sign with a certificate; one that matches suffices.
    pub identities: Vec<IdentityRule>,
    /// The keys that may sign without a certificate; one that fits suffices.
    pub keys: Vec<ManagedKey>,
    /// Others may sign in ways that no bundle has: what nobody here fits is by a stranger.
    pub other_signers: bool,
    /// In how many different logs the signature must be.
    pub transparency_log_threshold: NonZeroU32,
    /// From how many different RFC 3161 authorities a timestamp is demanded.
    pub signed_timestamp_threshold: u32,
    /// Lets a bundle without any log entry pass. Without an entry nobody but the signer knows of
    /// the signature: a stolen key can sign in secret, and only an RFC 3161 timestamp, which a
    /// certificate then needs, says when. Entries that are there are verified nevertheless.
    pub without_transparency_log_unsafe: bool,
    /// Lets the log's signed promise (SET) stand for the proof of inclusion, for bundles of
    /// version 0.1 and cosign's older formats. A promise says that the log took the entry in; a
    /// log that lies about it is not found out.
    pub inclusion_promise_suffices_unsafe: bool,
    /// Lets a certificate without a proof that it was logged (SCT) pass, for private authorities
    /// without a certificate log. A certificate that the authority issued in secret then passes.
    pub without_certificate_log_unsafe: bool,
}

/// A public key that may sign without a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedKey {
    name: String,
    spki: DerPublicKey,
    hints: Vec<String>,
    expires: Option<Timestamp>,
}

/// Says why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManagedKeyError {
    /// It is not a PEM block `PUBLIC KEY` (RFC 7468, section 13).
    #[error("it is not a public key in PEM")]
    Pem,
    /// The list of keys is not as npm publishes it.
    #[error("it is not a list of keys as npm publishes it")]
    Json,
    /// The key is of an algorithm that beleg does not know, or larger than 16 KiB.
    #[error("the key's algorithm is not supported")]
    Unsupported,
    /// The file is larger than 1 MiB.
    #[error("the file is larger than 1 MiB")]
    TooLarge,
}

impl Default for BundlePolicy {
    fn default() -> Self {
        Self {
            identities: Vec::new(),
            keys: Vec::new(),
            other_signers: false,
            transparency_log_threshold: NonZeroU32::MIN,
            signed_timestamp_threshold: 0,
            without_transparency_log_unsafe: false,
            inclusion_promise_suffices_unsafe: false,
            without_certificate_log_unsafe: false,
        }
    }
}

impl BundlePolicy {
    /// Allows these identities, with all evidence.
    #[must_use]
    pub fn identities(identities: Vec<IdentityRule>) -> Self {
        Self { identities, ..Self::default() }
    }

    /// Allows these keys, with all evidence.
    #[must_use]
    pub fn keys(keys: Vec<ManagedKey>) -> Self {
        Self { keys, ..Self::default() }
    }

    /// Demands what the deployment behind `root` can prove. Where it keeps no transparency log, as
    /// GitHub's does not, that is a timestamp of one of its authorities instead; where it keeps no
    /// certificate log, no SCT.
    #[must_use]
    pub fn under(mut self, root: &TrustedRoot) -> Self {
        if !root.keeps_logs() {
            self.without_transparency_log_unsafe = true;
            self.signed_timestamp_threshold = self.signed_timestamp_threshold.max(1);
        }
        self.without_certificate_log_unsafe |= !root.keeps_certificate_logs();
        self
    }
}

impl ManagedKey {
    /// Reads a public key (SPKI, RFC 5280, section 4.1.2.7) in PEM and gives it a name.
    ///
    /// # Errors
    /// [`ManagedKeyError`] when it is no public key of a known algorithm.
    pub fn from_pem(name: impl Into<String>, pem: &str) -> Result<Self, ManagedKeyError> {
        if pem.len() > MAX_KEYS_BYTES {
            return Err(ManagedKeyError::TooLarge);
        }
        let spki = DerPublicKey::from_pem(pem).map_err(|_| ManagedKeyError::Pem)?;
        Self::from_spki(name, spki.into_bytes())
    }

    /// Takes a public key as DER (SPKI) and gives it a name.
    ///
    /// # Errors
    /// [`ManagedKeyError::Unsupported`] when it is of no known algorithm.
    pub fn from_spki(name: impl Into<String>, der: Vec<u8>) -> Result<Self, ManagedKeyError> {
        if der.len() > MAX_KEY_BYTES {
            return Err(ManagedKeyError::Unsupported);
        }
        let spki = DerPublicKey::new(der);
        sigstore_verify::crypto::VerificationKey::from_spki(&spki)
            .map_err(|_| ManagedKeyError::Unsupported)?;
        let digest = Sha256::digest(spki.as_bytes());
        // As cosign and sigstore-go, and others, write the digest of a key. What npm writes
        // (`SHA256:` and base64) is the registry's own name for its key, and no digest of this.
        let hints = vec![
            STANDARD.encode(digest),
            hex::encode(digest),
            format!("sha256:{}", hex::encode(digest)),
        ];
        Ok(Self { name: name.into(), spki, hints, expires: None })
    }

    /// Reads the registry's keys as npm publishes them: `{"keys":[{"keyid":…,"key":…,
    /// "expires":…}]}`. A key counts up to its `expires`; its name is its `keyid`.
    ///
    /// # Errors
    /// [`ManagedKeyError`] when it is not such a list, or when one of the keys cannot be used.
    pub fn from_npm_keys(json: &[u8]) -> Result<Vec<Self>, ManagedKeyError> {
        #[derive(serde::Deserialize)]
        struct Keys {
            keys: Vec<Key>,
        }
        #[derive(serde::Deserialize)]
        struct Key {
            keyid: String,
            key: String,
            expires: Option<Timestamp>,
        }
        if json.len() > MAX_KEYS_BYTES {
            return Err(ManagedKeyError::TooLarge);
        }
        let value =
            json::parse(json, &json::Limits::DOCUMENT).map_err(|_| ManagedKeyError::Json)?;
        let keys: Keys = serde_json::from_value(value).map_err(|_| ManagedKeyError::Json)?;
        keys.keys
            .into_iter()
            .map(|key| {
                let der = STANDARD.decode(&key.key).map_err(|_| ManagedKeyError::Json)?;
                let managed = Self::from_spki(key.keyid.clone(), der)?.known_as(key.keyid);
                Ok(match key.expires {
                    Some(expires) => managed.until(expires),
                    None => managed,
                })
            })
            .collect()
    }

    /// Gives the key another name, for judgements.
    #[must_use]
    pub fn called(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a name by which bundles may point at this key, beside the digests of the key.
    #[must_use]
    pub fn known_as(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Lets the key count only for what was signed before `expires`, by the log's or a timestamp
    /// authority's word, or by the instant of the check when neither says.
    #[must_use]
    pub fn until(mut self, expires: Timestamp) -> Self {
        self.expires = Some(expires);
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the first instant at which the key no longer counts.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// Says whether a bundle's hint means this key.
    pub(super) fn is_meant_by(&self, hint: &str) -> bool {
        self.hints.iter().any(|known| known == hint)
    }

    /// Says whether a bundle's hint means another key: it is the digest of one. Any other hint is
    /// a name that somebody gave the key, and may be this one's.
    pub(super) fn is_excluded_by(&self, hint: &str) -> bool {
        !self.is_meant_by(hint) && is_digest(hint)
    }

    pub(super) fn spki(&self) -> &DerPublicKey {
        &self.spki
    }
}

/// Says whether a hint is the SHA-256 digest of a key, in a form that tools write.
fn is_digest(hint: &str) -> bool {
    let hexadecimal = hint.strip_prefix("sha256:").unwrap_or(hint);
    let is_sha256 = |bytes: Vec<u8>| bytes.len() == 32;
    hex::decode(hexadecimal).is_ok_and(is_sha256) || STANDARD.decode(hint).is_ok_and(is_sha256)
}
