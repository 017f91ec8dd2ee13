use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A digest with its algorithm, written `sha256:<lower-case hex>` as in the OCI image
/// specification ("Descriptor", section Digests).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    algorithm: String,
    hex: String,
}

/// Says why a text is no digest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
#[error("`{text}` is not a digest of the form `sha256:<64 lower-case hex digits>`")]
pub struct DigestError {
    text: String,
}

impl Digest {
    /// Names a SHA-256 digest by its 32 bytes.
    #[must_use]
    pub fn sha256(bytes: [u8; 32]) -> Self {
        Self { algorithm: "sha256".to_owned(), hex: hex_of(&bytes) }
    }

    /// Names a SHA-512 digest by its 64 bytes.
    #[must_use]
    pub fn sha512(bytes: [u8; 64]) -> Self {
        Self { algorithm: "sha512".to_owned(), hex: hex_of(&bytes) }
    }

    /// Names a git object by its id, 40 (SHA-1) or 64 (SHA-256) hex digits; the algorithm's
    /// in-toto name is `gitCommit`.
    ///
    /// # Errors
    /// When `oid` is not 40 or 64 lower-case hex digits.
    pub fn git_commit(oid: &str) -> Result<Self, DigestError> {
        Self::from_str(&format!("gitCommit:{oid}"))
    }

    /// Returns the algorithm's name: `sha256`, `sha512` or `gitCommit`.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// Returns the lower-case hex digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || DigestError { text: text.chars().take(100).collect() };
        let (algorithm, hex) = text.split_once(':').ok_or_else(refuse)?;
        let lengths: &[usize] = match algorithm {
            "sha256" => &[64],
            "sha512" => &[128],
            "gitCommit" => &[40, 64],
            _ => return Err(refuse()),
        };
        let digits = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !digits || !lengths.contains(&hex.len()) {
            return Err(refuse());
        }
        Ok(Self { algorithm: algorithm.to_owned(), hex: hex.to_owned() })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_as_written() {
        let digest = Digest::sha256([0xab; 32]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn malformed_digests_are_refused() {
        for text in ["", "sha256", "sha256:", "sha256:AB", "md5:00", "sha256:../../etc/passwd"] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        let upper = format!("sha256:{}", "A".repeat(64));
        assert!(upper.parse::<Digest>().is_err());
    }
}
