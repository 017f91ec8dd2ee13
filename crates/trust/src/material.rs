use crate::openpgp::Keyring;
use crate::ssh::AllowedSigners;
use crate::{MAX_ALLOWED_SIGNERS_BYTES, MAX_KEYRING_BYTES, TrustError};
use beleg_model::{ByteCount, Digest};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Who may sign: an allowed-signers file for SSH, a keyring for OpenPGP, either or both.
#[derive(Debug)]
pub struct TrustMaterial {
    allowed_signers: Option<AllowedSigners>,
    keyring: Option<Keyring>,
    allowed_signers_digest: Option<Digest>,
    keyring_digest: Option<Digest>,
    digest: Digest,
    problems: Vec<MaterialProblem>,
}

/// Something in a trust file that could not be understood. A line that cannot be read might be
/// the one that allows a signer; a certificate that cannot be read might hold a revocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterialProblem {
    /// Which file.
    pub source: TrustSource,
    /// Which line, counted from 1, where the format has lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong with it.
    pub message: String,
}

/// One of the two trust files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustSource {
    /// The allowed-signers file (ssh-keygen(1), "ALLOWED SIGNERS").
    AllowedSigners,
    /// The OpenPGP keyring.
    Keyring,
}

impl TrustMaterial {
    /// Reads the bytes of an allowed-signers file and of a keyring (armored or binary). What
    /// cannot be understood in them is in [`TrustMaterial::problems`].
    ///
    /// # Errors
    /// [`TrustError::TooLarge`] when a file is over its limit.
    pub fn parse(
        allowed_signers: Option<&[u8]>,
        keyring: Option<&[u8]>,
    ) -> Result<Self, TrustError> {
        within(allowed_signers, "allowed-signers file", MAX_ALLOWED_SIGNERS_BYTES)?;
        within(keyring, "keyring", MAX_KEYRING_BYTES)?;
        let mut problems = Vec::new();
        let allowed_signers_digest = allowed_signers.map(sha256);
        let keyring_digest = keyring.map(sha256);
        let allowed_signers =
            allowed_signers.map(|bytes| AllowedSigners::parse(bytes, &mut problems));
        let keyring = keyring.map(|bytes| Keyring::parse(bytes, &mut problems));
        let digest = combined(allowed_signers_digest.as_ref(), keyring_digest.as_ref());
        Ok(Self {
            allowed_signers,
            keyring,
            allowed_signers_digest,
            keyring_digest,
            digest,
            problems,
        })
    }

    /// Returns the digest over both files, which says what a result stands on.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the digest of the allowed-signers file, if one was given.
    #[must_use]
    pub fn allowed_signers_digest(&self) -> Option<&Digest> {
        self.allowed_signers_digest.as_ref()
    }

    /// Returns the digest of the keyring, if one was given.
    #[must_use]
    pub fn keyring_digest(&self) -> Option<&Digest> {
        self.keyring_digest.as_ref()
    }

    /// Returns what could not be understood. [`findings`](crate::findings) makes `Unknown` of it.
    #[must_use]
    pub fn problems(&self) -> &[MaterialProblem] {
        &self.problems
    }

    /// Returns the allowed signers, if the file was given.
    #[must_use]
    pub fn allowed_signers(&self) -> Option<&AllowedSigners> {
        self.allowed_signers.as_ref()
    }

    /// Returns the keyring, if one was given.
    #[must_use]
    pub fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_ref()
    }

    /// Says whether no file was given, so that nothing can be decided.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.allowed_signers.is_none() && self.keyring.is_none()
    }
}

fn within(bytes: Option<&[u8]>, what: &'static str, limit: usize) -> Result<(), TrustError> {
    match bytes {
        Some(bytes) if bytes.len() > limit => Err(TrustError::TooLarge {
            what,
            limit: ByteCount(u64::try_from(limit).unwrap_or(u64::MAX)),
        }),
        _ => Ok(()),
    }
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::sha256(Sha256::digest(bytes).into())
}

/// Hashes both digests under a label; an absent file is told apart from an empty one.
fn combined(allowed_signers: Option<&Digest>, keyring: Option<&Digest>) -> Digest {
    let part = |digest: Option<&Digest>| digest.map_or("absent".to_owned(), Digest::to_string);
    sha256(
        format!(
            "beleg trust material v1\nallowed-signers {}\nkeyring {}\n",
            part(allowed_signers),
            part(keyring)
        )
        .as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn the_digest_tells_absent_from_empty_and_one_file_from_the_other() {
        let digest = |a, k| TrustMaterial::parse(a, k).unwrap().digest().clone();
        let all = [
            digest(None, None),
            digest(Some(&b""[..]), None),
            digest(None, Some(&b""[..])),
            digest(Some(&b"#"[..]), None),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all.iter().skip(i.saturating_add(1)).any(|other| other == one));
        }
    }

    #[test]
    fn a_gigantic_file_is_refused() {
        let bytes = vec![b'#'; MAX_ALLOWED_SIGNERS_BYTES.saturating_add(1)];
        let error = TrustMaterial::parse(Some(&bytes), None).unwrap_err();
        assert!(matches!(error, TrustError::TooLarge { what: "allowed-signers file", .. }));
    }
}
