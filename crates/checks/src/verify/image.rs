use super::artifact::{fact, together, with_statements};
use super::contents::ImageContents;
use super::signature::{SignatureBytes, SignatureResult, Target};
use super::signers::Signers;
use super::{Item, SignerLocators, Verified, finding_of};
use crate::failure::chain;
use crate::rules;
use beleg_engine::{CheckError, Ctx};
use beleg_image::{
    AttachedLayer, Attachment, AttachmentFault, AttachmentKind, AttachmentLimits, Attachments,
    EachPiece, FetchedManifest, Layout, Pinned, Referrers, Repository, RepositoryError, Watch,
    attachments, pin,
};
use beleg_model::{ByteCount, Digest, Finding, Outcome, Population};
use beleg_signature::sigstore::{self, CosignSignature, MAX_BUNDLE_BYTES};
use beleg_signature::{Artifact, SignatureFile, no_bundle, without_trusted_root};
use beleg_store::{
    ImageLocator, ReferrerPages, Registry, RegistryError, RegistryManifest, RegistrySettings,
    Stores,
};
use beleg_trust::{Format, Policy, Reason};
use serde_json::json;

/// The media type of a payload that cosign 1 and 2 sign.
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// An image and who may have signed it.
#[derive(Clone, Debug)]
pub struct SignedImage {
    /// An OCI layout's folder or archive, or `oci://host/name:tag@sha256:…`.
    pub image: String,
    /// The tag within a layout.
    pub reference: Option<String>,
    /// The digest that it must have.
    pub digest: Option<Digest>,
    /// Accepts what no transparency log took in; a certificate then needs a timestamp.
    pub without_log: bool,
    /// Accepts a log's signed promise where there is no proof of inclusion.
    pub promise_suffices: bool,
    /// Judges the manifest alone: whether the layers below it are those that it names, nobody
    /// hashes. Whoever runs the image has to.
    pub manifest_only_unsafe: bool,
    /// Who may sign.
    pub signers: SignerLocators,
}

/// Verifies the signatures and attestations that hang on an image, whose digest is settled before
/// anything else is read.
///
/// # Errors
/// When the result has no JSON form: a bug.
pub fn verify_image(
    image: &SignedImage,
    stores: &Stores,
    ctx: &Ctx,
) -> Result<Verified, CheckError> {
    let mut signers = match image.signers.load(stores, ctx.now) {
        Ok(signers) => signers,
        Err(finding) => return Ok(Verified::could_not_look(*finding)),
    };
    signers.bundles.without_transparency_log_unsafe |= image.without_log;
    signers.bundles.inclusion_promise_suffices_unsafe = image.promise_suffices;
    // What is larger than a bundle may be is none.
    let blob = ByteCount(u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX));
    let limits = AttachmentLimits { blob, ..AttachmentLimits::default() };
    let cancelled = || ctx.cancel.is_cancelled();
    let watch = Watch::cancelled_by(&cancelled);
    let found = open(image, stores).and_then(|opened| {
        let repository = opened.repository.as_ref();
        let pinned = pin(repository, opened.tag.as_deref(), opened.digest.as_ref(), &limits)
            .map_err(|error| unreadable(&image.image, &error))?;
        let attached = attachments(repository, &pinned.digest, &limits, &watch);
        let contents = match image.manifest_only_unsafe {
            true => ImageContents::not_asked_for(),
            false => ImageContents::hash(repository, &pinned, &limits, &watch),
        };
        Ok((pinned, attached, contents))
    });
    let (pinned, attached, contents) = match found {
        Ok(found) => found,
        Err(finding) => return Ok(Verified::could_not_look(*finding)),
    };
    judge(image, &pinned, &attached, &contents, signers, ctx)
}

fn judge(
    image: &SignedImage,
    pinned: &Pinned,
    attached: &Attachments,
    contents: &ImageContents,
    signers: Signers,
    ctx: &Ctx,
) -> Result<Verified, CheckError> {
    let policy = Policy::at(ctx.now);
    let mut findings = signers.problems();
    let target = target(&pinned.digest)?;
    let mut signatures: Vec<SignatureResult> = Vec::new();
    let mut unseen = Vec::new();
    for attachment in &attached.found {
        for layer in &attachment.layers {
            match &layer.bytes {
                Ok(bytes) => {
                    let source =
                        SignatureBytes { name: layer.digest.to_string(), bytes: bytes.clone() };
                    let judged =
                        judge_layer(attachment, layer, &source, &target, &signers, &policy);
                    signatures.extend(judged);
                }
                Err(fault) if may_be_evidence(attachment, layer, fault) => {
                    unseen.push(not_looked_at(&layer.digest.to_string(), fault));
                }
                Err(_) => {}
            }
        }
    }
    unseen.extend(attached.problems.iter().map(|at| {
        let place = match &at.digest {
            Some(digest) => format!("{} {digest}", at.place),
            None => at.place.clone(),
        };
        not_looked_at(&place, &at.fault)
    }));
    let reason = with_statements(together(&signatures, 1, &signers.material), &signatures);
    // While the list is not complete, an absent signature is not known to be absent.
    let unsure = reason == Reason::Unsigned && !unseen.is_empty();
    findings.extend(unseen);
    findings.extend(contents.findings(&image.image));
    if reason != Reason::Trusted && !unsure {
        let mut message = format!("The image {} {}.", pinned.digest, reason.meaning());
        for signature in &signatures {
            message.push_str(&format!(" {}: {}.", signature.source, fact(signature)));
        }
        findings.push(finding_of(reason, image.image.as_str(), message));
    }
    let mut facts = vec![("digest", pinned.digest.to_string())];
    facts.extend(signatures.iter().map(|result| {
        let kind = result.predicate_type.iter().map(|kind| format!(" {kind}")).collect::<String>();
        ("signature", format!("{}{kind}: {}", result.source, fact(result)))
    }));
    let examined = u64::from(reason.verdict() != beleg_model::Verdict::Unknown && !unsure);
    facts.push(("contents", contents.fact()));
    let population = Population {
        unit: "images".to_owned(),
        expected: 1,
        examined: examined.min(u64::from(contents.is_known())),
        left_out: Vec::new(),
    };
    let details = serde_json::to_value(&signatures)
        .map_err(|error| CheckError::new("the result has no JSON form", error))?;
    let outcome =
        Outcome::judge(population, findings).with_inputs(signers.inputs).with_details(json!({
            "digest": pinned.digest,
            "contents": contents.details(),
            "signatures": details,
        }));
    let item = Item { name: image.image.clone(), verdict: outcome.verdict, facts };
    Ok(Verified::new(outcome, vec![item]))
}

/// Says that something may speak for the image or against it, and nobody knows.
fn not_looked_at(place: &str, fault: &AttachmentFault) -> Finding {
    Finding::of(
        &rules::ATTACHMENT_UNREADABLE,
        place,
        format!("Something that may hang on the image was not looked at: {}.", chain(fault)),
    )
}

/// Says whether a layer that could not be read may be a signature or an attestation.
fn may_be_evidence(
    attachment: &Attachment,
    layer: &AttachedLayer,
    fault: &AttachmentFault,
) -> bool {
    let too_large = matches!(fault, AttachmentFault::TooLarge { .. });
    attachment.kind != AttachmentKind::SbomTag
        && (!too_large || is_announced_as_signature(attachment, layer))
}

/// Says whether whoever attached a layer calls it a signature or something signed: cosign's,
/// notation's and others'.
fn is_announced_as_signature(attachment: &Attachment, layer: &AttachedLayer) -> bool {
    [AttachmentKind::SigTag, AttachmentKind::AttTag].contains(&attachment.kind)
        || ["signature", "sigstore", "cosign", "dsse"]
            .iter()
            .any(|word| attachment.artifact_type.contains(word) || layer.media_type.contains(word))
}

/// Judges one layer of what hangs on the image: a bundle, an envelope, or cosign's older form.
fn judge_layer(
    attachment: &Attachment,
    layer: &AttachedLayer,
    source: &SignatureBytes,
    target: &Target,
    signers: &Signers,
    policy: &Policy,
) -> Vec<SignatureResult> {
    let format = SignatureFile::detect(&source.name, &source.bytes);
    match attachment.kind {
        AttachmentKind::SbomTag => Vec::new(),
        _ if layer.media_type == SIMPLE_SIGNING || attachment.kind == AttachmentKind::SigTag => {
            let signature =
                CosignSignature { payload: &source.bytes, annotations: &layer.annotations };
            let Some(root) = signers.material.trusted_root() else {
                return vec![source.result(Format::Sigstore, without_trusted_root())];
            };
            let Some(image) = target.digests.first() else { return Vec::new() };
            let verified = sigstore::verify_cosign_image(
                &signature,
                image,
                &signers.bundles,
                root,
                policy.now,
            );
            vec![source.bundle_result(verified, policy.now)]
        }
        _ if attachment.kind == AttachmentKind::AttTag || format == Format::Dsse => {
            let Some(root) = signers.material.trusted_root() else {
                return vec![source.result(Format::Sigstore, without_trusted_root())];
            };
            let Some(image) = target.digests.first() else { return Vec::new() };
            let signature =
                CosignSignature { payload: &source.bytes, annotations: &layer.annotations };
            let verified = sigstore::verify_cosign_attestation(
                &signature,
                image,
                &signers.bundles,
                root,
                policy.now,
            );
            vec![source.bundle_result(verified, policy.now)]
        }
        _ if format == Format::Sigstore => source.judge_bundle(target, signers, policy),
        // They are signatures, and were not looked at.
        _ if is_announced_as_signature(attachment, layer) => {
            vec![source.result(format, no_bundle(&source.bytes))]
        }
        // SBOMs and whatever else hangs there.
        _ => Vec::new(),
    }
}

fn target(digest: &Digest) -> Result<Target, CheckError> {
    let artifact = Artifact::of_digest(&digest.to_string(), digest)
        .map_err(|error| CheckError::new("the image's digest cannot be used", error))?;
    Ok(Target { artifact, digests: vec![digest.clone()] })
}

/// Where the image is, and which one of there.
struct Opened {
    repository: Box<dyn Repository>,
    tag: Option<String>,
    digest: Option<Digest>,
}

fn open(image: &SignedImage, stores: &Stores) -> Result<Opened, Box<Finding>> {
    if !ImageLocator::is_meant_by(&image.image) {
        let Some(path) = stores.local_path(&image.image) else {
            return Err(Box::new(
                Finding::of(
                    &rules::IMAGE_UNREADABLE,
                    image.image.as_str(),
                    "It is neither a layout on this machine nor an image of a registry.",
                )
                .with_remedy("Name an OCI layout, or `oci://host/name:tag`."),
            ));
        };
        let layout = Layout::open(&path).map_err(|error| unreadable(&image.image, &error))?;
        return Ok(Opened {
            repository: Box::new(layout),
            tag: image.reference.clone(),
            digest: image.digest.clone(),
        });
    }
    let refuse = |error: RegistryError| {
        let message = format!("The image cannot be read: {}.", chain(&error));
        let remedy = error.remedy();
        Box::new(
            Finding::of(&rules::IMAGE_UNREADABLE, image.image.as_str(), message)
                .with_remedy(remedy),
        )
    };
    let locator: ImageLocator = image.image.parse().map_err(refuse)?;
    let registry = stores.registry(&locator, RegistrySettings::default()).map_err(refuse)?;
    Ok(Opened {
        tag: locator.tag().map(str::to_owned),
        digest: image.digest.clone().or_else(|| locator.digest().cloned()),
        repository: Box::new(Searched(registry)),
    })
}

fn unreadable(image: &str, error: &dyn std::error::Error) -> Box<Finding> {
    Box::new(
        Finding::of(
            &rules::IMAGE_UNREADABLE,
            image,
            format!("The image cannot be read: {}.", chain(error)),
        )
        .with_remedy(
            "Check the name, the tag and the digest: `index.json` in a layout lists what there is. \
             If it is damaged, fetch it anew.",
        ),
    )
}

/// A registry as the searcher of attachments asks for it.
struct Searched(Registry);

impl Repository for Searched {
    fn place(&self) -> String {
        self.0.locator().to_string()
    }

    fn tagged(
        &self,
        tag: &str,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        absent(self.0.tagged(tag, limit.0).map(fetched))
    }

    fn manifest(
        &self,
        digest: &Digest,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        absent(self.0.manifest(digest, limit.0).map(fetched))
    }

    fn blob(&self, digest: &Digest, size: ByteCount) -> Result<Option<Vec<u8>>, RepositoryError> {
        absent(self.0.blob(digest, size.0))
    }

    fn stream(&self, digest: &Digest, each: &mut EachPiece<'_>) -> Result<bool, RepositoryError> {
        Ok(absent(self.0.stream_blob(digest, each))?.is_some())
    }

    fn referrers(&self, subject: &Digest) -> Result<Referrers, RepositoryError> {
        Ok(match self.0.referrers(subject, None).map_err(refused)? {
            ReferrerPages::Pages { documents, unfinished } => {
                Referrers::Documents { documents, unfinished: unfinished.map(refused) }
            }
            _ => Referrers::Unsupported,
        })
    }

    fn only(&self, _: ByteCount) -> Result<FetchedManifest, RepositoryError> {
        let why = "a registry's repository holds many images".to_owned();
        Err(RepositoryError::Unnamed { why })
    }
}

fn fetched(manifest: RegistryManifest) -> FetchedManifest {
    FetchedManifest { media_type: manifest.media_type, bytes: manifest.bytes }
}

fn absent<T>(answer: Result<T, RegistryError>) -> Result<Option<T>, RepositoryError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: RegistryError) -> RepositoryError {
    RepositoryError::Unreadable {
        what: "the registry's answer".to_owned(),
        source: Box::new(error),
    }
}
