use super::Artifact;
use super::content::{ContentError, Hash};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::borrow::Cow;

/// What a signature covers: bytes at hand, or a content that may be larger than memory.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// Bytes.
    Bytes(&'a [u8]),
    /// A content.
    Content(&'a Artifact),
}

impl<'a> Payload<'a> {
    /// Hands everything over block by block.
    pub(crate) fn stream(self, each: &mut dyn FnMut(&[u8])) -> Result<(), ContentError> {
        match self {
            Self::Bytes(bytes) => {
                each(bytes);
                Ok(())
            }
            Self::Content(artifact) => artifact.stream(each),
        }
    }

    /// Returns a digest.
    pub(crate) fn digest(self, hash: Hash) -> Result<Vec<u8>, ContentError> {
        match (self, hash) {
            (Self::Content(artifact), hash) => artifact.digest(hash),
            (Self::Bytes(bytes), Hash::Sha256) => Ok(Sha256::digest(bytes).to_vec()),
            (Self::Bytes(bytes), Hash::Sha384) => Ok(Sha384::digest(bytes).to_vec()),
            (Self::Bytes(bytes), Hash::Sha512) => Ok(Sha512::digest(bytes).to_vec()),
        }
    }

    /// Returns everything at once, if it is within the limit for memory.
    pub(crate) fn whole(self) -> Result<Cow<'a, [u8]>, ContentError> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Content(artifact) => artifact.in_memory().map(Cow::Owned),
        }
    }
}
