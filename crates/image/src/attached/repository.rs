use crate::ImageError;
use beleg_model::{ByteCount, Digest};
use std::error::Error;
use std::ops::ControlFlow;

/// Where manifests and blobs of one image come from: a layout, or a repository of a registry.
///
/// What an implementation returns is not believed: its caller hashes every byte again. `None` may
/// only be returned where the repository itself says that it has no such thing; everything else
/// that stands in the way is an error.
pub trait Repository {
    /// Returns what to call it in messages, without credentials.
    fn place(&self) -> String;

    /// Returns the manifest or index that a tag names.
    ///
    /// # Errors
    /// When the repository cannot say.
    fn tagged(
        &self,
        tag: &str,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError>;

    /// Returns the manifest or index of that digest.
    ///
    /// # Errors
    /// When the repository cannot say.
    fn manifest(
        &self,
        digest: &Digest,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError>;

    /// Returns the blob of that digest, whose descriptor says how long it is.
    ///
    /// # Errors
    /// When the repository cannot say.
    fn blob(&self, digest: &Digest, size: ByteCount) -> Result<Option<Vec<u8>>, RepositoryError>;

    /// Hands the blob of that digest over piece by piece, until `each` wants no more; `false` where
    /// there is none. It may have any length.
    ///
    /// # Errors
    /// When the repository cannot say, or not to the end.
    fn stream(&self, digest: &Digest, each: &mut EachPiece<'_>) -> Result<bool, RepositoryError>;

    /// Returns what the repository knows to refer to a manifest, apart from what its tags say.
    ///
    /// # Errors
    /// When the repository cannot say.
    fn referrers(&self, subject: &Digest) -> Result<Referrers, RepositoryError>;

    /// Returns the one image that a repository without names holds.
    ///
    /// # Errors
    /// [`RepositoryError::Unnamed`] when it holds none, several, or cannot list them.
    fn only(&self, limit: ByteCount) -> Result<FetchedManifest, RepositoryError>;
}

/// Takes one piece of a blob, and says whether the next one is wanted.
pub type EachPiece<'a> = dyn FnMut(&[u8]) -> ControlFlow<()> + 'a;

/// A manifest or index as a repository holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedManifest {
    /// What the repository says it is.
    pub media_type: String,
    /// Its bytes, whose SHA-256 is its digest.
    pub bytes: Vec<u8>,
}

/// What may refer to a manifest.
#[derive(Debug)]
#[non_exhaustive]
pub enum Referrers {
    /// The answers of the referrers API, one image index a page.
    Documents {
        /// The pages, as sent.
        documents: Vec<Vec<u8>>,
        /// What kept the rest from being read.
        unfinished: Option<RepositoryError>,
    },
    /// The repository has no referrers API, so that only its tags can tell.
    Unsupported,
    /// Manifests of which each says itself what it refers to, if anything.
    Candidates(Vec<Candidate>),
}

/// A manifest that may refer to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its digest.
    pub digest: Digest,
    /// What it is said to be.
    pub media_type: String,
}

/// Says why a repository did not hand out what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// What was asked for is not there.
    #[error("`{what}` is not in `{place}`")]
    NotFound {
        /// The tag or digest.
        what: String,
        /// The repository.
        place: String,
    },
    /// No tag and no digest was given, and the repository does not hold just one image.
    #[error("name a tag or digest: {why}")]
    Unnamed {
        /// What the repository holds instead of one image.
        why: String,
    },
    /// More bytes than allowed.
    #[error("`{what}` is longer than the limit of {limit}")]
    TooLarge {
        /// What was read.
        what: String,
        /// The limit.
        limit: ByteCount,
    },
    /// The bytes are others than the digest names.
    #[error("`{asked}` was asked for, and `{found}` was handed out")]
    WrongDigest {
        /// The digest asked for.
        asked: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// One name stands for several things, or a document can be read in two ways.
    #[error("`{what}` is ambiguous: {why}")]
    Ambiguous {
        /// The name or document.
        what: String,
        /// What is contradictory.
        why: String,
    },
    /// A manifest is neither an image's manifest nor an index.
    #[error("`{what}` is a `{media_type}`, neither an image manifest nor an index")]
    MediaType {
        /// The manifest.
        what: String,
        /// What it is.
        media_type: String,
    },
    /// A document or file of a layout is refused.
    #[error(transparent)]
    Refused(ImageError),
    /// The repository cannot be read.
    #[error("`{what}` cannot be read")]
    Unreadable {
        /// What was to be read.
        what: String,
        /// Why not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl From<ImageError> for RepositoryError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::DocumentTooLarge { what, limit } => Self::TooLarge { what, limit },
            ImageError::BlobDigest { digest, found } => Self::WrongDigest { asked: digest, found },
            ImageError::Ambiguous { what, why } => Self::Ambiguous { what, why },
            other => Self::Refused(other),
        }
    }
}
