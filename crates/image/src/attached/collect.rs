use super::attachment::{
    AttachedLayer, Attachment, AttachmentFault, AttachmentKind, AttachmentProblem, Attachments,
};
use super::repository::{Candidate, FetchedManifest, Referrers, Repository};
use super::{referrers_tag, sha256};
use crate::AttachmentLimits;
use crate::blob::sha256_only;
use crate::manifest::{
    AttachedManifest, Descriptor, IMAGE_INDEX, IMAGE_MANIFEST, Index, Referring,
};
use crate::watch::Watch;
use beleg_model::{ByteCount, Digest};
use std::collections::BTreeSet;

/// The listing of a registry's referrers API, as problems name it.
const REFERRERS: &str = "referrers";

const TAGS: [(AttachmentKind, &str); 3] = [
    (AttachmentKind::SigTag, "sig"),
    (AttachmentKind::AttTag, "att"),
    (AttachmentKind::SbomTag, "sbom"),
];

/// Lists what hangs on the manifest or index `subject`, which [`pin`](crate::pin) has found, and
/// reads it.
///
/// Both the referrers API and its tag are asked, since a repository that learned the API keeps
/// what was tagged before. What hangs on an attachment in turn is found by asking for that one's
/// digest. The caller is asked before every request whether to stop: a registry may be slow a
/// thousand times over. Nothing here is an error: what is in the way stands in [`Attachments::problems`].
#[must_use]
pub fn attachments(
    repository: &dyn Repository,
    subject: &Digest,
    limits: &AttachmentLimits,
    watch: &Watch<'_>,
) -> Attachments {
    let mut search = Search {
        repository,
        subject,
        limits,
        watch,
        read: 0,
        listed: 0,
        seen: BTreeSet::new(),
        found: Vec::new(),
        problems: Vec::new(),
    };
    if sha256_only(subject).is_err() {
        search.problem("subject", Some(subject), AttachmentFault::Algorithm);
    } else {
        search.run();
    }
    let Search { mut found, problems, .. } = search;
    found.sort_by(|a, b| (a.kind, &a.digest).cmp(&(b.kind, &b.digest)));
    Attachments { subject: subject.clone(), found, problems }
}

struct Search<'a> {
    repository: &'a dyn Repository,
    subject: &'a Digest,
    limits: &'a AttachmentLimits,
    watch: &'a Watch<'a>,
    /// Bytes read so far.
    read: u64,
    /// Manifests that listings named so far.
    listed: usize,
    /// The referrers that were looked at.
    seen: BTreeSet<Digest>,
    found: Vec<Attachment>,
    problems: Vec<AttachmentProblem>,
}

/// A manifest whose bytes are those of its digest.
struct Verified {
    digest: Digest,
    media_type: String,
    bytes: Vec<u8>,
}

impl Search<'_> {
    fn run(&mut self) {
        let tag = referrers_tag(self.subject);
        // These come first, so that no flood of referrers displaces them.
        for (kind, suffix) in TAGS {
            let tag = format!("{tag}.{suffix}");
            if let Some(manifest) = self.tagged(&tag) {
                self.attachment(kind, &tag, manifest);
            }
        }
        let mut candidates = Vec::new();
        let referrers =
            self.account(0).and_then(|()| Ok(self.repository.referrers(self.subject)?));
        match referrers {
            Ok(Referrers::Documents { documents, unfinished }) => {
                for document in documents {
                    let [media_type, _] = IMAGE_INDEX;
                    self.listing(REFERRERS, &document, media_type);
                }
                if let Some(error) = unfinished {
                    self.problem(REFERRERS, None, error.into());
                }
            }
            Ok(Referrers::Unsupported) => {}
            Ok(Referrers::Candidates(found)) => candidates = found,
            Err(fault) => self.problem(REFERRERS, None, fault),
        }
        if let Some(index) = self.tagged(&tag) {
            if IMAGE_INDEX.contains(&index.media_type.as_str()) {
                self.listing(&tag, &index.bytes, &index.media_type);
            } else {
                let fault = AttachmentFault::MediaType { media_type: index.media_type };
                self.problem(&tag, Some(&index.digest), fault);
            }
        }
        for candidate in candidates {
            self.candidate(&candidate);
        }
    }

    /// Reads everything that a listing says to refer to the subject.
    fn listing(&mut self, place: &str, bytes: &[u8], media_type: &str) {
        if let Err(fault) = self.account(bytes.len()) {
            return self.problem(place, None, fault);
        }
        let index = match Index::read(place, bytes, Some(media_type)) {
            Ok(index) => index,
            Err(error) => return self.problem(place, None, AttachmentFault::Document(error)),
        };
        for descriptor in index.manifests {
            if self.listed >= self.limits.listed {
                let limit = self.limits.listed;
                let fault = AttachmentFault::TooMany { what: "listed manifests", limit };
                return self.problem(place, Some(&descriptor.digest), fault);
            }
            self.listed = self.listed.saturating_add(1);
            if self.seen.insert(descriptor.digest.clone()) {
                self.referrer(place, &descriptor);
            }
        }
    }

    fn referrer(&mut self, place: &str, descriptor: &Descriptor) {
        if descriptor.digest == *self.subject {
            return self.problem(place, Some(&descriptor.digest), AttachmentFault::Cyclic);
        }
        if let Err(fault) = self.room() {
            return self.problem(place, Some(&descriptor.digest), fault);
        }
        match self.listed_manifest(descriptor) {
            Ok(manifest) => self.attachment(AttachmentKind::Referrer, place, manifest),
            Err(fault) => self.problem(place, Some(&descriptor.digest), fault),
        }
    }

    /// Looks whether a manifest that nobody says to refer to the subject does so.
    fn candidate(&mut self, candidate: &Candidate) {
        let digest = &candidate.digest;
        if digest == self.subject || !self.seen.insert(digest.clone()) {
            return;
        }
        let known = |types: &[&str]| types.contains(&candidate.media_type.as_str());
        let of_oci = known(&IMAGE_MANIFEST) || known(&IMAGE_INDEX);
        let manifest = match self.manifest(digest) {
            Ok(manifest) => manifest,
            Err(fault) => return self.problem(REFERRERS, Some(digest), fault),
        };
        match Referring::read(&digest.to_string(), &manifest.bytes) {
            Ok(Referring { subject: Some(subject), .. }) if subject.digest == *self.subject => {
                self.attachment(AttachmentKind::Referrer, REFERRERS, manifest);
            }
            // What is no document of OCI refers to nothing.
            Err(error) if of_oci => {
                self.problem(REFERRERS, Some(digest), AttachmentFault::Document(error));
            }
            _ => {}
        }
    }

    fn tagged(&mut self, tag: &str) -> Option<Verified> {
        // Not asked what cannot be afforded, or when the caller wants to stop.
        if let Err(fault) = self.account(0) {
            self.problem(tag, None, fault);
            return None;
        }
        match self.repository.tagged(tag, self.limits.manifest) {
            Ok(None) => None,
            Ok(Some(FetchedManifest { media_type, bytes })) => match self.account(bytes.len()) {
                Ok(()) => Some(Verified { digest: sha256(&bytes), media_type, bytes }),
                Err(fault) => {
                    self.problem(tag, None, fault);
                    None
                }
            },
            Err(error) => {
                self.problem(tag, None, error.into());
                None
            }
        }
    }

    fn listed_manifest(&mut self, descriptor: &Descriptor) -> Result<Verified, AttachmentFault> {
        let manifest = self.manifest(&descriptor.digest)?;
        let found = u64::try_from(manifest.bytes.len()).unwrap_or(u64::MAX);
        if found != descriptor.size {
            return Err(AttachmentFault::WrongSize { expected: descriptor.size, found });
        }
        if manifest.media_type != descriptor.media_type {
            let listed = descriptor.media_type.clone();
            let found = manifest.media_type;
            return Err(AttachmentFault::MediaTypeDiffers { listed, found });
        }
        Ok(manifest)
    }

    fn manifest(&mut self, digest: &Digest) -> Result<Verified, AttachmentFault> {
        sha256_only(digest).map_err(|_| AttachmentFault::Algorithm)?;
        // What cannot be afforded is not fetched.
        self.account(0)?;
        let fetched = self.repository.manifest(digest, self.limits.manifest)?;
        let FetchedManifest { media_type, bytes } = fetched.ok_or(AttachmentFault::Missing)?;
        self.account(bytes.len())?;
        let found = sha256(&bytes);
        if found != *digest {
            return Err(AttachmentFault::WrongDigest { found });
        }
        Ok(Verified { digest: found, media_type, bytes })
    }

    fn attachment(&mut self, kind: AttachmentKind, place: &str, manifest: Verified) {
        let digest = manifest.digest.clone();
        match self.read_attachment(kind, manifest) {
            Ok(attachment) => self.found.push(attachment),
            Err(fault) => self.problem(place, Some(&digest), fault),
        }
    }

    fn read_attachment(
        &mut self,
        kind: AttachmentKind,
        manifest: Verified,
    ) -> Result<Attachment, AttachmentFault> {
        let Verified { digest, media_type, bytes } = manifest;
        if digest == *self.subject {
            return Err(AttachmentFault::Cyclic);
        }
        if !IMAGE_MANIFEST.contains(&media_type.as_str()) {
            return Err(AttachmentFault::MediaType { media_type });
        }
        let manifest = AttachedManifest::read(&digest.to_string(), &bytes, &media_type)
            .map_err(AttachmentFault::Document)?;
        // Cosign's tags say by their name what they hang on, and mostly have no subject.
        let may_be_silent = kind != AttachmentKind::Referrer;
        match manifest.subject.map(|subject| subject.digest) {
            Some(subject) if subject == *self.subject => {}
            None if may_be_silent => {}
            found => return Err(AttachmentFault::SubjectDiffers { found }),
        }
        self.room()?;
        if manifest.layers.len() > self.limits.layers {
            let limit = self.limits.layers;
            return Err(AttachmentFault::TooMany { what: "layers", limit });
        }
        let layers = manifest.layers.into_iter().map(|descriptor| {
            let bytes = self.layer(&descriptor);
            AttachedLayer {
                media_type: descriptor.media_type,
                digest: descriptor.digest,
                size: ByteCount(descriptor.size),
                annotations: descriptor.annotations.unwrap_or_default(),
                bytes,
            }
        });
        Ok(Attachment {
            kind,
            layers: layers.collect(),
            artifact_type: manifest.artifact_type.unwrap_or(manifest.config.media_type),
            digest,
            annotations: manifest.annotations.unwrap_or_default(),
        })
    }

    fn layer(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, AttachmentFault> {
        sha256_only(&descriptor.digest).map_err(|_| AttachmentFault::Algorithm)?;
        let expected = descriptor.size;
        if expected > self.limits.blob.0 {
            return Err(AttachmentFault::TooLarge { limit: self.limits.blob });
        }
        // What cannot be afforded is not fetched.
        self.account(usize::try_from(expected).unwrap_or(usize::MAX))?;
        let bytes = self
            .repository
            .blob(&descriptor.digest, ByteCount(expected))?
            .ok_or(AttachmentFault::Missing)?;
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if found != expected {
            return Err(AttachmentFault::WrongSize { expected, found });
        }
        let found = sha256(&bytes);
        if found == descriptor.digest {
            Ok(bytes)
        } else {
            Err(AttachmentFault::WrongDigest { found })
        }
    }

    fn room(&self) -> Result<(), AttachmentFault> {
        let limit = self.limits.attachments;
        if self.found.len() < limit {
            return Ok(());
        }
        Err(AttachmentFault::TooMany { what: "attachments", limit })
    }

    /// Counts bytes against the limit for one image.
    fn account(&mut self, length: usize) -> Result<(), AttachmentFault> {
        if self.watch.is_cancelled() {
            return Err(AttachmentFault::Cancelled);
        }
        self.read = self.read.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        if self.read > self.limits.total.0 {
            return Err(AttachmentFault::TotalTooLarge { limit: self.limits.total });
        }
        Ok(())
    }

    fn problem(&mut self, place: &str, digest: Option<&Digest>, fault: AttachmentFault) {
        let problem = AttachmentProblem { place: place.to_owned(), digest: digest.cloned(), fault };
        self.problems.push(problem);
    }
}
