use super::refusal::Refusal;
use beleg_model::Digest;
use beleg_trust::{MissingEvidence, Reason};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use sigstore_verify::types::{
    Artifact as LibraryArtifact, ArtifactDigest, HashAlgorithm, MessageSignature,
};

/// What a bundle is to be about.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// The content itself. Signatures made with Ed25519 keys can be checked with it alone.
    Bytes(&'a [u8]),
    /// Its SHA-256 or SHA-512 digest, or both.
    Digests(&'a [Digest]),
}

impl<'a> Artifact<'a> {
    /// Returns the digest in lower-case hex by its in-toto name, if it is known.
    pub(super) fn hex(&self, algorithm: &str) -> Option<String> {
        match self {
            Self::Bytes(bytes) => match algorithm {
                "sha256" => Some(hex::encode(Sha256::digest(bytes))),
                "sha384" => Some(hex::encode(Sha384::digest(bytes))),
                "sha512" => Some(hex::encode(Sha512::digest(bytes))),
                _ => None,
            },
            Self::Digests(digests) => digests
                .iter()
                .find(|digest| digest.algorithm() == algorithm)
                .map(|digest| digest.hex().to_owned()),
        }
    }

    /// Compares it with the digest that a message signature states.
    pub(super) fn check(&self, message: &MessageSignature) -> Result<(), Refusal> {
        let Some(stated) = &message.message_digest else { return Ok(()) };
        // What cannot be compared may contradict.
        let actual = self.hex(stated.algorithm.as_rekor_str()).ok_or_else(|| {
            Refusal::new(Reason::ContentNeeded, "the bundle states a digest that is not known")
                .missing(MissingEvidence::Content)
        })?;
        if actual == stated.digest.to_hex() {
            return Ok(());
        }
        Err(Refusal::new(Reason::DigestMismatch, "the bundle states another digest"))
    }

    /// Hands it to the library, for a signature over the artifact itself.
    pub(super) fn for_library(&self) -> Result<LibraryArtifact<'a>, Refusal> {
        match self {
            Self::Bytes(bytes) => Ok(LibraryArtifact::from_blob(bytes)),
            Self::Digests(_) => ["sha256", "sha512"]
                .iter()
                .find_map(|algorithm| digest(algorithm, &self.hex(algorithm)?))
                .map(LibraryArtifact::from_digest)
                .ok_or_else(|| {
                    Refusal::new(Reason::ContentNeeded, "neither SHA-256 nor SHA-512 is known")
                        .missing(MissingEvidence::Content)
                }),
        }
    }
}

/// Makes the library's digest of an in-toto name and hex digits.
pub(super) fn digest(algorithm: &str, hex_digits: &str) -> Option<ArtifactDigest> {
    let algorithm: HashAlgorithm = match algorithm {
        "sha256" => HashAlgorithm::Sha2256,
        "sha512" => HashAlgorithm::Sha2512,
        _ => return None,
    };
    ArtifactDigest::new(algorithm, hex::decode(hex_digits).ok()?).ok()
}
