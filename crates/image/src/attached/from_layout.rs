use super::repository::{
    Candidate, EachPiece, FetchedManifest, Referrers, Repository, RepositoryError,
};
use crate::ImageError;
use crate::blob::blob_name;
use crate::layout::{Layout, REFERENCE_NAME};
use crate::manifest::{Descriptor, IMAGE_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST, Referring};
use crate::watch::Watch;
use beleg_model::{ByteCount, Digest};
use std::collections::BTreeSet;
use std::io::Read;

/// The annotation by which `cosign save` says what a manifest is, instead of by a tag.
const KIND: &str = "kind";
const KIND_PREFIX: &str = "dev.cosignproject.cosign/";
const IMAGE_KINDS: [&str; 2] = ["image", "imageIndex"];
/// The words of that annotation with the endings of the tags they stand for.
const ATTACHED_KINDS: [(&str, &str); 3] = [("sigs", ".sig"), ("atts", ".att"), ("sboms", ".sbom")];

impl Repository for Layout {
    fn place(&self) -> String {
        "the layout".to_owned()
    }

    fn tagged(
        &self,
        tag: &str,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        let mut named: Vec<&Descriptor> =
            self.descriptors().filter(|descriptor| has_tag(descriptor, tag)).collect();
        named.extend(self.of_cosign(tag)?);
        self.fetch_one(tag, &named, limit)
    }

    fn manifest(
        &self,
        digest: &Digest,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        let named: Vec<&Descriptor> =
            self.descriptors().filter(|descriptor| descriptor.digest == *digest).collect();
        match self.fetch_one(&digest.to_string(), &named, limit) {
            Err(RepositoryError::Refused(ImageError::BlobMissing { .. })) => Ok(None),
            other => other,
        }
    }

    fn blob(&self, digest: &Digest, size: ByteCount) -> Result<Option<Vec<u8>>, RepositoryError> {
        let watch = Watch::default();
        let mut blob = match self.folder.blob(digest, size.0, &watch) {
            Ok(blob) => blob,
            Err(ImageError::BlobMissing { .. }) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        let mut bytes = Vec::new();
        match blob.read_to_end(&mut bytes) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) => Err(ImageError::carried(error)
                .unwrap_or_else(|source| ImageError::Io { what: blob_name(digest), source })
                .into()),
        }
    }

    fn stream(&self, digest: &Digest, each: &mut EachPiece<'_>) -> Result<bool, RepositoryError> {
        match self.folder.stream(digest, each) {
            Ok(()) => Ok(true),
            Err(ImageError::BlobMissing { .. }) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// Returns every manifest and index that is listed anywhere. One below a nested index may be
    /// absent, as are the platforms that nobody copied; such a one is no candidate.
    fn referrers(&self, _subject: &Digest) -> Result<Referrers, RepositoryError> {
        let mut candidates = BTreeSet::new();
        for listed in &self.listed {
            let Descriptor { digest, media_type, .. } = &listed.descriptor;
            if listed.at_top || self.folder.has_blob(digest)? {
                let (digest, media_type) = (digest.clone(), media_type.clone());
                candidates.insert(Candidate { digest, media_type });
            }
        }
        Ok(Referrers::Candidates(candidates.into_iter().collect()))
    }

    fn only(&self, limit: ByteCount) -> Result<FetchedManifest, RepositoryError> {
        let mut images: Vec<&Descriptor> = Vec::new();
        for descriptor in self.listed.iter().filter(|l| l.at_top).map(|l| &l.descriptor) {
            if self.may_be_image(descriptor, limit)? {
                images.push(descriptor);
            }
        }
        let distinct: BTreeSet<&Digest> = images.iter().map(|image| &image.digest).collect();
        let unnamed = |why: String| RepositoryError::Unnamed { why };
        match distinct.len() {
            0 => Err(unnamed("the layout holds no image".to_owned())),
            1 => {
                let found = self.fetch_one("index.json", &images, limit)?;
                found.ok_or_else(|| unnamed("the layout holds no image".to_owned()))
            }
            several => Err(unnamed(format!("the layout holds {several} images"))),
        }
    }
}

impl Layout {
    fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.listed.iter().map(|listed| &listed.descriptor)
    }

    /// Reads the manifest that all of these descriptors are of.
    fn fetch_one(
        &self,
        what: &str,
        named: &[&Descriptor],
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        let [first, others @ ..] = named else { return Ok(None) };
        let same = |other: &&Descriptor| {
            other.digest == first.digest
                && other.media_type == first.media_type
                && other.size == first.size
        };
        if !others.iter().all(same) {
            let why = "the layout's index has several different entries for it".to_owned();
            return Err(RepositoryError::Ambiguous { what: what.to_owned(), why });
        }
        let bytes = self.folder.json_blob(&first.digest, first.size, limit)?;
        Ok(Some(FetchedManifest { media_type: first.media_type.clone(), bytes }))
    }

    /// Returns what `cosign save` wrote in place of a tag. It saves one image to a layout, and
    /// does not say on which image the others hang.
    fn of_cosign(&self, tag: &str) -> Result<Vec<&Descriptor>, RepositoryError> {
        let Some((stem, word)) = ATTACHED_KINDS
            .iter()
            .find_map(|(word, ending)| Some((tag.strip_suffix(ending)?, *word)))
        else {
            return Ok(Vec::new());
        };
        let of_kind = |descriptor: &&Descriptor| cosign_kind(descriptor) == Some(word);
        let attached: Vec<&Descriptor> = self.descriptors().filter(of_kind).collect();
        if attached.is_empty() {
            return Ok(attached);
        }
        let is_image = |descriptor: &&Descriptor| {
            cosign_kind(descriptor).is_some_and(|kind| IMAGE_KINDS.contains(&kind))
        };
        let images: BTreeSet<&Digest> =
            self.descriptors().filter(is_image).map(|image| &image.digest).collect();
        let mut images = images.into_iter();
        match (images.next(), images.next()) {
            (Some(image), None) if super::referrers_tag(image) == stem => Ok(attached),
            (Some(_), None) => Ok(Vec::new()),
            _ => Err(RepositoryError::Ambiguous {
                what: format!("{KIND_PREFIX}{word}"),
                why: "the layout does not hold just one image of that tool".to_owned(),
            }),
        }
    }

    fn may_be_image(
        &self,
        descriptor: &Descriptor,
        limit: ByteCount,
    ) -> Result<bool, RepositoryError> {
        let media_type = descriptor.media_type.as_str();
        let is_artifact =
            descriptor.artifact_type.as_deref().is_some_and(|kind| !IMAGE_CONFIG.contains(&kind));
        let is_known = IMAGE_MANIFEST.contains(&media_type) || IMAGE_INDEX.contains(&media_type);
        let reference = descriptor.annotation(REFERENCE_NAME);
        if !is_known || is_artifact || is_attachment(descriptor, reference) {
            return Ok(false);
        }
        let bytes = self.folder.json_blob(&descriptor.digest, descriptor.size, limit)?;
        let referring = Referring::read(&blob_name(&descriptor.digest), &bytes)?;
        Ok(referring.subject.is_none())
    }
}

/// Says whether the name of a manifest, or cosign's annotation, is that of something that hangs
/// on an image.
pub(crate) fn is_attachment(descriptor: &Descriptor, reference: Option<&str>) -> bool {
    let attached = |word: &str| ATTACHED_KINDS.iter().any(|(kind, _)| *kind == word);
    cosign_kind(descriptor).is_some_and(attached) || reference.is_some_and(is_attachment_tag)
}

/// Returns cosign's word for a manifest that `cosign save` wrote.
fn cosign_kind(descriptor: &Descriptor) -> Option<&str> {
    descriptor.annotation(KIND)?.strip_prefix(KIND_PREFIX)
}

/// Names in layouts are bare tags, or whole references such as `host/name:tag`.
fn has_tag(descriptor: &Descriptor, tag: &str) -> bool {
    descriptor.annotation(REFERENCE_NAME).is_some_and(|name| {
        name == tag || name.strip_suffix(tag).is_some_and(|start| start.ends_with(':'))
    })
}

fn is_attachment_tag(name: &str) -> bool {
    let tag = name.rsplit_once(':').map_or(name, |(_, tag)| tag);
    let stem = ATTACHED_KINDS.iter().find_map(|(_, ending)| tag.strip_suffix(ending));
    stem.unwrap_or(tag).strip_prefix("sha256-").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}
