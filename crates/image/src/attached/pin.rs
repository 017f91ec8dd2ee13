use super::repository::{FetchedManifest, Repository, RepositoryError};
use super::sha256;
use crate::blob::sha256_only;
use crate::manifest::{IMAGE_INDEX, IMAGE_MANIFEST, Index, Manifest, Platform};
use crate::{AttachmentLimits, ImageError};
use beleg_model::{ByteCount, Digest};

/// An image whose digest is settled, so that nothing read later can be of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The SHA-256 of its manifest or index, computed from the bytes.
    pub digest: Digest,
    /// What it is: a manifest or an index, of OCI or of Docker.
    pub media_type: String,
    /// The bytes of its manifest or index.
    pub size: ByteCount,
    /// For an index, what it lists, in its order. Signatures may hang on these too.
    pub parts: Vec<PinnedPart>,
}

/// What an index lists, such as the image for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedPart {
    /// The digest of its manifest, as the index states it.
    pub digest: Digest,
    /// What it is.
    pub media_type: String,
    /// The machine it is for, where the index says so.
    pub platform: Option<Platform>,
}

/// Finds the digest of the image that is meant: the one of that digest, else of that tag, else
/// the only one. With both given the digest counts and the tag is a remark, as in all tools.
///
/// # Errors
/// When it is absent or ambiguous, when its bytes are not those of the digest, or when it is
/// neither an image's manifest nor an index.
pub fn pin(
    repository: &dyn Repository,
    tag: Option<&str>,
    digest: Option<&Digest>,
    limits: &AttachmentLimits,
) -> Result<Pinned, RepositoryError> {
    let limit = limits.manifest;
    let absent = |what: String| RepositoryError::NotFound { what, place: repository.place() };
    let fetched = match (digest, tag) {
        (Some(digest), _) => {
            sha256_only(digest)?;
            let found = repository.manifest(digest, limit)?;
            let found = found.ok_or_else(|| absent(digest.to_string()))?;
            let hashed = sha256(&found.bytes);
            if hashed != *digest {
                return Err(RepositoryError::WrongDigest { asked: digest.clone(), found: hashed });
            }
            found
        }
        (None, Some(tag)) => {
            repository.tagged(tag, limit)?.ok_or_else(|| absent(tag.to_owned()))?
        }
        (None, None) => repository.only(limit)?,
    };
    read(fetched, limits)
}

impl Pinned {
    /// Returns the part for a platform as [`Platform`] shows itself, such as `linux/arm64/v8`.
    /// Several for one platform are none: it would be chance which of them is meant.
    #[must_use]
    pub fn part_for(&self, platform: &str) -> Option<&PinnedPart> {
        let mut fitting = self.parts.iter().filter(|part| {
            part.platform.as_ref().is_some_and(|stated| stated.to_string() == platform)
        });
        let first = fitting.next()?;
        fitting.all(|other| other.digest == first.digest).then_some(first)
    }
}

fn read(fetched: FetchedManifest, limits: &AttachmentLimits) -> Result<Pinned, RepositoryError> {
    let FetchedManifest { media_type, bytes } = fetched;
    let digest = sha256(&bytes);
    let what = digest.to_string();
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > limits.manifest.0 {
        return Err(RepositoryError::TooLarge { what, limit: limits.manifest });
    }
    let parts = if IMAGE_INDEX.contains(&media_type.as_str()) {
        let index = Index::read(&what, &bytes, Some(&media_type))?;
        if index.manifests.len() > limits.listed {
            let limit = limits.listed;
            return Err(ImageError::IndexTooLarge { what: "manifests", limit }.into());
        }
        let part = |listed: crate::manifest::Descriptor| PinnedPart {
            digest: listed.digest,
            media_type: listed.media_type,
            platform: listed.platform,
        };
        index.manifests.into_iter().map(part).collect()
    } else if IMAGE_MANIFEST.contains(&media_type.as_str()) {
        Manifest::read(&what, &bytes, &media_type)?;
        Vec::new()
    } else {
        return Err(RepositoryError::MediaType { what, media_type });
    };
    Ok(Pinned { digest, media_type, size: ByteCount(length), parts })
}
