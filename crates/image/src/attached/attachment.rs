use super::repository::RepositoryError;
use crate::ImageError;
use beleg_model::{ByteCount, Digest};
use std::collections::BTreeMap;
use std::fmt;

/// What hangs on one image, and what could not be looked at.
#[derive(Debug)]
pub struct Attachments {
    /// The digest of the image's manifest or index.
    pub subject: Digest,
    /// What was found and belongs to it, ordered by kind and digest.
    pub found: Vec<Attachment>,
    /// What kept the list from being complete. While there is any, an absent signature is no
    /// finding.
    pub problems: Vec<AttachmentProblem>,
}

/// A manifest that hangs on an image. Its bytes are those of its digest; what they prove is not
/// yet judged.
#[derive(Debug)]
pub struct Attachment {
    /// By which convention it hangs on the image.
    pub kind: AttachmentKind,
    /// What it is: its `artifactType`, or else the media type of its config (OCI image
    /// specification 1.1, "Guidelines for Artifact Usage").
    pub artifact_type: String,
    /// The digest of its manifest. Signatures may in turn hang on this one.
    pub digest: Digest,
    /// The annotations of its manifest.
    pub annotations: BTreeMap<String, String>,
    /// Its layers in their order.
    pub layers: Vec<AttachedLayer>,
}

/// The convention by which an attachment was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AttachmentKind {
    /// It names the image as its `subject`, as cosign 3, notation and ORAS do.
    Referrer,
    /// It has the tag `sha256-<hex>.sig`: signatures of cosign 1 and 2, one a layer.
    SigTag,
    /// It has the tag `sha256-<hex>.att`: attestations of cosign 1 and 2, one a layer.
    AttTag,
    /// It has the tag `sha256-<hex>.sbom`: an unsigned SBOM of cosign 1 and 2.
    SbomTag,
}

/// A layer of an attachment.
#[derive(Debug)]
pub struct AttachedLayer {
    /// What it is.
    pub media_type: String,
    /// The digest in its descriptor.
    pub digest: Digest,
    /// The length in its descriptor.
    pub size: ByteCount,
    /// The annotations of its descriptor, where cosign puts signature and certificate.
    pub annotations: BTreeMap<String, String>,
    /// Its bytes, of that digest, or why there are none.
    pub bytes: Result<Vec<u8>, AttachmentFault>,
}

/// Something that may hang on the image and could not be looked at, or that claims to and does
/// not.
#[derive(Debug)]
pub struct AttachmentProblem {
    /// Where it was met: a tag, or the name of a listing.
    pub place: String,
    /// Its manifest, where one is named.
    pub digest: Option<Digest>,
    /// What is wrong.
    pub fault: AttachmentFault,
}

/// Says what is wrong with an attachment or a layer of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentFault {
    /// The repository cannot hand it out.
    #[error("it cannot be read")]
    Unreadable(#[source] RepositoryError),
    /// It is listed and not there.
    #[error("it is listed, and it is not there")]
    Missing,
    /// Its bytes are others than its digest names.
    #[error("its bytes are those of `{found}`")]
    WrongDigest {
        /// The digest of the bytes.
        found: Digest,
    },
    /// It is shorter or longer than its descriptor says.
    #[error("it has {found} bytes where its descriptor says {expected}")]
    WrongSize {
        /// Bytes by the descriptor.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// It is longer than the limit.
    #[error("it is longer than the limit of {limit}")]
    TooLarge {
        /// The limit.
        limit: ByteCount,
    },
    /// It comes after as many as are read.
    #[error("it comes after the limit of {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// What was read before it has used up the limit for one image.
    #[error("the limit of {limit} for everything that hangs on one image is used up")]
    TotalTooLarge {
        /// The limit.
        limit: ByteCount,
    },
    /// It was listed as hanging on the image, and says itself that it hangs on something else or
    /// on nothing.
    #[error("it is listed for this image, and names {} as its subject", shown(.found.as_ref()))]
    SubjectDiffers {
        /// Its own subject.
        found: Option<Digest>,
    },
    /// The image is listed as hanging on itself.
    #[error("the image is listed as hanging on itself")]
    Cyclic,
    /// Its document is malformed, or can be read in two ways.
    #[error("its document is refused")]
    Document(#[source] ImageError),
    /// It is a kind of document that is not read here.
    #[error("it is a `{media_type}`, which is not read")]
    MediaType {
        /// What it is.
        media_type: String,
    },
    /// The listing and the repository say different things about what it is.
    #[error("it is listed as a `{listed}` and handed out as a `{found}`")]
    MediaTypeDiffers {
        /// What the listing says.
        listed: String,
        /// What the repository says.
        found: String,
    },
    /// The caller asked to stop before it was read.
    #[error("the search was cancelled before it was read")]
    Cancelled,
    /// Its digest is of an algorithm that is not verified.
    #[error("only SHA-256 digests are verified")]
    Algorithm,
}

impl Attachments {
    /// Says whether everything was looked at, so that what is not found is not there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let read = |attachment: &Attachment| attachment.layers.iter().all(|l| l.bytes.is_ok());
        self.problems.is_empty() && self.found.iter().all(read)
    }
}

impl AttachmentKind {
    /// Returns the stable kebab-case word for reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Referrer => "referrer",
            Self::SigTag => "sig-tag",
            Self::AttTag => "att-tag",
            Self::SbomTag => "sbom-tag",
        }
    }
}

impl fmt::Display for AttachmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl AttachmentFault {
    /// Returns the stable kebab-case word for reports.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::Missing => "missing",
            Self::WrongDigest { .. } => "wrong-digest",
            Self::WrongSize { .. } => "wrong-size",
            Self::TooLarge { .. } => "too-large",
            Self::TooMany { .. } => "too-many",
            Self::TotalTooLarge { .. } => "total-too-large",
            Self::SubjectDiffers { .. } => "subject-differs",
            Self::Cyclic => "cyclic",
            Self::Document(_) => "document-refused",
            Self::MediaType { .. } => "media-type",
            Self::MediaTypeDiffers { .. } => "media-type-differs",
            Self::Cancelled => "cancelled",
            Self::Algorithm => "algorithm",
        }
    }

    /// Says whether this shows somebody's false claim, as against something that cannot be read.
    #[must_use]
    pub fn is_false_claim(&self) -> bool {
        matches!(
            self,
            Self::WrongDigest { .. }
                | Self::WrongSize { .. }
                | Self::SubjectDiffers { .. }
                | Self::Cyclic
                | Self::MediaTypeDiffers { .. }
        )
    }
}

impl From<RepositoryError> for AttachmentFault {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::TooLarge { limit, .. } => Self::TooLarge { limit },
            RepositoryError::WrongDigest { found, .. } => Self::WrongDigest { found },
            RepositoryError::Refused(ImageError::BlobSize { expected, found, .. }) => {
                Self::WrongSize { expected, found }
            }
            RepositoryError::Refused(ImageError::BlobMissing { .. }) => Self::Missing,
            other => Self::Unreadable(other),
        }
    }
}

fn shown(subject: Option<&Digest>) -> String {
    subject.map_or_else(|| "nothing".to_owned(), |digest| format!("`{digest}`"))
}
