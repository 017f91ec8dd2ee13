use super::repository::{FetchedManifest, Repository, RepositoryError};
use super::sha256;
use crate::blob::sha256_only;
use crate::manifest::{AttachedManifest, Descriptor, IMAGE_INDEX, IMAGE_MANIFEST, Index};
use crate::watch::Watch;
use crate::{AttachmentLimits, ImageError, Pinned};
use beleg_model::{ByteCount, Digest};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Indexes within one another.
const MAX_DEPTH: usize = 8;

/// What of an image was hashed, and what is not as its manifest says or could not be hashed.
#[derive(Debug, Default)]
pub struct HashedContents {
    /// Manifests, configs and layers whose bytes are those of their digest, the image's own
    /// manifest among them; each once.
    pub blobs: u64,
    /// Their bytes together, as they are stored.
    pub bytes: ByteCount,
    /// The others, in the order in which they were met.
    pub faults: Vec<ContentProblem>,
}

/// A part of an image that is not what its manifest says, or of which nobody knows.
#[derive(Debug)]
pub struct ContentProblem {
    /// What it is: `manifest`, `config` or `layer`.
    pub what: &'static str,
    /// The digest that its descriptor states.
    pub digest: Digest,
    /// What is wrong.
    pub fault: ContentFault,
}

/// Says what is wrong with a part of an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentFault {
    /// Its bytes are others than its digest names.
    #[error("its bytes are those of `{found}`")]
    Differs {
        /// The digest of the bytes.
        found: Digest,
    },
    /// It is shorter or longer than its descriptor says.
    #[error("it has {found} bytes where its descriptor says {expected}")]
    Size {
        /// Bytes by the descriptor.
        expected: u64,
        /// Bytes found, or read when they became too many.
        found: u64,
    },
    /// It is not there.
    #[error("it is not there")]
    Missing,
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] RepositoryError),
    /// It is a document that can be read in two ways or not at all, so that nobody knows what is
    /// below it.
    #[error("its document is refused")]
    Document(#[source] ImageError),
    /// It is a kind of document that is not read.
    #[error("it is a `{media_type}`, which is not read")]
    MediaType {
        /// What it is.
        media_type: String,
    },
    /// Its digest is of an algorithm that is not verified.
    #[error("only SHA-256 digests are verified")]
    Algorithm,
    /// It comes after as much as is read.
    #[error("it is beyond the limit of {limit} that is fetched for one image")]
    BeyondLimit {
        /// The limit.
        limit: ByteCount,
    },
    /// There are too many manifests, or indexes within one another.
    #[error("it comes after the limit of {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The caller asked to stop before it was read.
    #[error("it was not read before the check was cancelled")]
    Cancelled,
}

impl ContentFault {
    /// Says whether the bytes are there and are others than the manifest says, as against bytes
    /// that nobody saw.
    #[must_use]
    pub fn is_difference(&self) -> bool {
        matches!(self, Self::Differs { .. } | Self::Size { .. })
    }
}

impl From<RepositoryError> for ContentFault {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::WrongDigest { found, .. } => Self::Differs { found },
            RepositoryError::Refused(ImageError::BlobSize { expected, found, .. }) => {
                Self::Size { expected, found }
            }
            RepositoryError::Refused(ImageError::BlobMissing { .. }) => Self::Missing,
            other => Self::Unreadable(other),
        }
    }
}

/// Hashes everything that the image `pinned` consists of: of an index every manifest, of a
/// manifest the config and every layer. At most `total` bytes are asked for. What is not hashed
/// stands in [`HashedContents::faults`], never nowhere.
#[must_use]
pub fn hash_contents(
    repository: &dyn Repository,
    pinned: &Pinned,
    total: ByteCount,
    limits: &AttachmentLimits,
    watch: &Watch<'_>,
) -> HashedContents {
    let hashed = HashedContents::default();
    let (seen, listed) = (BTreeSet::new(), 0);
    let mut walk = Walk { repository, total, limits, watch, seen, listed, hashed };
    let place = Place { digest: &pinned.digest, size: pinned.size.0, depth: 1 };
    walk.part("manifest", &place, |walk| walk.document(&pinned.media_type, &place));
    walk.hashed
}

struct Walk<'a> {
    repository: &'a dyn Repository,
    total: ByteCount,
    limits: &'a AttachmentLimits,
    watch: &'a Watch<'a>,
    /// What was looked at. One digest with another size is another claim.
    seen: BTreeSet<(Digest, u64)>,
    /// Manifests that indexes named so far.
    listed: usize,
    hashed: HashedContents,
}

/// A part of the image as its descriptor names it.
struct Place<'a> {
    digest: &'a Digest,
    size: u64,
    depth: usize,
}

impl Walk<'_> {
    /// Looks at one part, unless it was looked at before.
    fn part(
        &mut self,
        what: &'static str,
        place: &Place<'_>,
        look: impl FnOnce(&mut Self) -> Result<(), ContentFault>,
    ) {
        if !self.seen.insert((place.digest.clone(), place.size)) {
            return;
        }
        let looked = self.may_read(place).and_then(|()| look(self));
        if let Err(fault) = looked {
            self.hashed.faults.push(ContentProblem { what, digest: place.digest.clone(), fault });
        }
    }

    fn may_read(&self, place: &Place<'_>) -> Result<(), ContentFault> {
        sha256_only(place.digest).map_err(|_| ContentFault::Algorithm)?;
        if self.watch.is_cancelled() {
            return Err(ContentFault::Cancelled);
        }
        if self.hashed.bytes.0.saturating_add(place.size) > self.total.0 {
            return Err(ContentFault::BeyondLimit { limit: self.total });
        }
        Ok(())
    }

    fn document(&mut self, media_type: &str, place: &Place<'_>) -> Result<(), ContentFault> {
        let fetched = self.repository.manifest(place.digest, self.limits.manifest)?;
        let FetchedManifest { bytes, .. } = fetched.ok_or(ContentFault::Missing)?;
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if found != place.size {
            return Err(ContentFault::Size { expected: place.size, found });
        }
        let digest = sha256(&bytes);
        if digest != *place.digest {
            return Err(ContentFault::Differs { found: digest });
        }
        self.count(found);
        let name = digest.to_string();
        if IMAGE_INDEX.contains(&media_type) {
            let index =
                Index::read(&name, &bytes, Some(media_type)).map_err(ContentFault::Document)?;
            self.listed(index.manifests, place.depth)
        } else if IMAGE_MANIFEST.contains(&media_type) {
            let manifest = AttachedManifest::read(&name, &bytes, media_type)
                .map_err(ContentFault::Document)?;
            self.blob("config", &manifest.config);
            manifest.layers.iter().for_each(|layer| self.blob("layer", layer));
            Ok(())
        } else {
            Err(ContentFault::MediaType { media_type: media_type.to_owned() })
        }
    }

    fn listed(&mut self, manifests: Vec<Descriptor>, depth: usize) -> Result<(), ContentFault> {
        self.listed = self.listed.saturating_add(manifests.len());
        for (what, count, limit) in [
            ("listed manifests", self.listed, self.limits.listed),
            ("indexes within one another", depth, MAX_DEPTH),
        ] {
            if count > limit {
                return Err(ContentFault::TooMany { what, limit });
            }
        }
        for descriptor in manifests {
            let place = Place {
                digest: &descriptor.digest,
                size: descriptor.size,
                depth: depth.saturating_add(1),
            };
            self.part("manifest", &place, |walk| walk.document(&descriptor.media_type, &place));
        }
        Ok(())
    }

    fn blob(&mut self, what: &'static str, descriptor: &Descriptor) {
        let place = Place { digest: &descriptor.digest, size: descriptor.size, depth: 0 };
        self.part(what, &place, |walk| walk.bytes(&place));
    }

    fn bytes(&mut self, place: &Place<'_>) -> Result<(), ContentFault> {
        let (mut hasher, mut found) = (Sha256::new(), 0u64);
        let watch = self.watch;
        let mut each = |bytes: &[u8]| {
            hasher.update(bytes);
            found = found.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            let stop = watch.is_cancelled() || found > place.size;
            if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let there = self.repository.stream(place.digest, &mut each)?;
        if watch.is_cancelled() {
            return Err(ContentFault::Cancelled);
        }
        if !there {
            return Err(ContentFault::Missing);
        }
        if found != place.size {
            return Err(ContentFault::Size { expected: place.size, found });
        }
        let digest = Digest::sha256(hasher.finalize().into());
        if digest != *place.digest {
            return Err(ContentFault::Differs { found: digest });
        }
        self.count(found);
        Ok(())
    }

    fn count(&mut self, bytes: u64) {
        self.hashed.blobs = self.hashed.blobs.saturating_add(1);
        self.hashed.bytes = ByteCount(self.hashed.bytes.0.saturating_add(bytes));
        self.watch.advance(bytes);
    }
}
