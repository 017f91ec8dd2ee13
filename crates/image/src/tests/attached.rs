//! What hangs on an image, in layouts and in repositories that lie.

use super::file;
use crate::write::{NewImage, NewLayer, write_blob, write_images};
use crate::{
    AttachmentFault, AttachmentKind, AttachmentLimits, Attachments, Compression, EachPiece,
    FetchedManifest, Layout, Referrers, Repository, RepositoryError, Watch, attachments, pin,
};
use beleg_model::{ByteCount, Digest};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// A layout with one image, to which things are attached.
struct Fixture {
    folder: TempDir,
    image: Digest,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let layer = NewLayer::new(vec![file("a.txt", "a")], Compression::Gzip).unwrap();
        let image = NewImage::new("app:1", vec![layer]);
        let image = write_images(folder.path(), &[image]).unwrap().remove(0);
        Self { folder, image }
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let (digest, size) = write_blob(self.folder.path(), bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": size })
    }

    fn manifest(&self, manifest: &Value) -> Value {
        self.blob(manifest["mediaType"].as_str().unwrap(), manifest.to_string().as_bytes())
    }

    /// Lists a manifest or index in `index.json`, named or not.
    fn list(&self, mut descriptor: Value, annotations: Value) {
        let path = self.folder.path().join("index.json");
        let mut index: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        descriptor["annotations"] = annotations;
        index["manifests"].as_array_mut().unwrap().push(descriptor);
        fs::write(path, index.to_string()).unwrap();
    }

    fn subject(&self) -> Value {
        self.subject_of(&self.image)
    }

    fn subject_of(&self, digest: &Digest) -> Value {
        let path = self.folder.path().join("blobs/sha256").join(digest.hex());
        let size = fs::metadata(path).map_or(7, |metadata| metadata.len());
        json!({ "mediaType": MANIFEST, "digest": digest, "size": size })
    }

    /// Makes a cosign 3 bundle on a subject, and returns its descriptor.
    fn bundle(&self, subject: &Value, content: &str) -> Value {
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": self.blob(EMPTY, b"{}"),
            "layers": [self.blob(BUNDLE, content.as_bytes())],
            "annotations": { "dev.sigstore.bundle.content": "dsse-envelope" },
        });
        if !subject.is_null() {
            manifest["subject"] = subject.clone();
        }
        self.manifest(&manifest)
    }

    fn signatures(&self, payload: &str) -> Value {
        let mut layer = self.blob(SIMPLE, payload.as_bytes());
        layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": "MEUC" });
        self.manifest(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(CONFIG, b"{}"),
            "layers": [layer],
        }))
    }

    fn tag(&self, suffix: &str) -> Value {
        named(&format!("sha256-{}{suffix}", self.image.hex()))
    }

    fn layout(&self) -> Layout {
        Layout::open(self.folder.path()).unwrap()
    }

    fn attachments(&self) -> Attachments {
        attachments(&self.layout(), &self.image, &AttachmentLimits::default(), &Watch::default())
    }
}

fn named(name: &str) -> Value {
    json!({ "org.opencontainers.image.ref.name": name })
}

fn digest_of(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}

fn faults(found: &Attachments) -> Vec<&'static str> {
    found.problems.iter().map(|problem| problem.fault.word()).collect()
}

fn kinds(found: &Attachments) -> Vec<AttachmentKind> {
    found.found.iter().map(|attachment| attachment.kind).collect()
}

fn damage(folder: &Path, digest: &Digest) {
    let path = folder.join("blobs/sha256").join(digest.hex());
    let mut bytes = fs::read(&path).unwrap();
    bytes[1] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_image_without_attachments_is_looked_at_whole() {
    let found = Fixture::new().attachments();
    assert!(found.found.is_empty() && found.is_complete(), "{:?}", found.problems);
}

#[test]
fn referrers_and_tags_of_a_layout_are_found_with_their_bytes() {
    let fixture = Fixture::new();
    let other = Digest::sha256([7; 32]);
    fixture.list(fixture.bundle(&fixture.subject(), "bundle"), json!({}));
    fixture.list(fixture.bundle(&fixture.subject_of(&other), "of another"), json!({}));
    fixture.list(fixture.signatures("payload"), fixture.tag(".sig"));
    fixture.list(fixture.signatures("envelope"), fixture.tag(".att"));
    fixture.list(fixture.signatures("sbom"), fixture.tag(".sbom"));
    fixture.list(fixture.signatures("foreign"), named(&format!("sha256-{}.sig", other.hex())));
    let found = fixture.attachments();
    assert!(found.is_complete(), "{:?}", found.problems);
    use AttachmentKind::{AttTag, Referrer, SbomTag, SigTag};
    assert_eq!(kinds(&found), [Referrer, SigTag, AttTag, SbomTag]);
    let types: Vec<_> = found.found.iter().map(|found| found.artifact_type.as_str()).collect();
    assert_eq!(types, [BUNDLE, CONFIG, CONFIG, CONFIG]);
    let bytes = |at: usize| found.found[at].layers[0].bytes.as_ref().unwrap().as_slice();
    assert_eq!(
        [bytes(0), bytes(1), bytes(2), bytes(3)],
        [&b"bundle"[..], b"payload", b"envelope", b"sbom"]
    );
    assert_eq!(found.found[0].annotations["dev.sigstore.bundle.content"], "dsse-envelope");
    let layer = &found.found[1].layers[0];
    assert_eq!(layer.annotations["dev.cosignproject.cosign/signature"], "MEUC");
    assert_eq!(layer.media_type, SIMPLE);
}

#[test]
fn the_referrers_tag_is_read_and_nothing_is_listed_twice() {
    let fixture = Fixture::new();
    let bundle = fixture.bundle(&fixture.subject(), "bundle");
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [&bundle, &bundle] });
    fixture.list(fixture.manifest(&index), fixture.tag(""));
    fixture.list(bundle.clone(), json!({}));
    let found = fixture.attachments();
    assert!(found.is_complete(), "{:?}", found.problems);
    assert_eq!(kinds(&found), [AttachmentKind::Referrer]);
    assert_eq!(found.found[0].digest, digest_of(&bundle));
}

#[test]
fn what_cosign_saved_hangs_on_the_image_it_saved() {
    let fixture = Fixture::new();
    let path = fixture.folder.path().join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    index["manifests"][0]["annotations"] = json!({ "kind": "dev.cosignproject.cosign/image" });
    fs::write(&path, index.to_string()).unwrap();
    let kind = json!({ "kind": "dev.cosignproject.cosign/sigs" });
    fixture.list(fixture.signatures("payload"), kind);
    assert_eq!(kinds(&fixture.attachments()), [AttachmentKind::SigTag]);
    let layout = fixture.layout();
    let pinned = pin(&layout, None, None, &AttachmentLimits::default()).unwrap();
    assert_eq!(pinned.digest, fixture.image);
    assert_eq!(layout.images().len(), 1, "signatures are no image");

    // With a second image nobody knows on which of them the signatures hang.
    let second = fixture.signatures("an image, for all anyone knows");
    fixture.list(second, json!({ "kind": "dev.cosignproject.cosign/image" }));
    let found = fixture.attachments();
    assert!(found.found.is_empty());
    let [problem] = found.problems.as_slice() else { panic!("{:?}", found.problems) };
    assert!(
        matches!(&problem.fault, AttachmentFault::Unreadable(RepositoryError::Ambiguous { .. })),
        "{problem:?}"
    );
}

#[test]
fn an_image_is_pinned_by_tag_by_digest_or_as_the_only_one() {
    let fixture = Fixture::new();
    fixture.list(fixture.bundle(&fixture.subject(), "bundle"), json!({}));
    fixture.list(fixture.signatures("payload"), fixture.tag(".sig"));
    let (layout, limits) = (fixture.layout(), AttachmentLimits::default());
    for (tag, digest) in
        [(None, None), (Some("app:1"), None), (Some("1"), None), (None, Some(&fixture.image))]
    {
        assert_eq!(pin(&layout, tag, digest, &limits).unwrap().digest, fixture.image);
    }
    let absent = pin(&layout, Some("2"), None, &limits);
    assert!(matches!(absent, Err(RepositoryError::NotFound { .. })), "{absent:?}");
    let absent = pin(&layout, None, Some(&Digest::sha256([7; 32])), &limits);
    assert!(matches!(absent, Err(RepositoryError::NotFound { .. })), "{absent:?}");
    damage(fixture.folder.path(), &fixture.image);
    let damaged = pin(&layout, None, Some(&fixture.image), &limits);
    assert!(matches!(damaged, Err(RepositoryError::WrongDigest { .. })), "{damaged:?}");
}

#[test]
fn a_name_of_two_images_is_ambiguous() {
    let fixture = Fixture::new();
    fixture.list(fixture.signatures("one"), named("app:1"));
    let limits = AttachmentLimits::default();
    let refused = pin(&fixture.layout(), Some("app:1"), None, &limits);
    assert!(matches!(refused, Err(RepositoryError::Ambiguous { .. })), "{refused:?}");
    let refused = pin(&fixture.layout(), None, None, &limits);
    assert!(matches!(refused, Err(RepositoryError::Unnamed { .. })), "{refused:?}");
}

#[test]
fn an_index_is_pinned_with_its_platforms() {
    let fixture = Fixture::new();
    let mut part = fixture.subject();
    part["platform"] = json!({ "os": "linux", "architecture": "arm64", "variant": "v8" });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [part] });
    let index = fixture.manifest(&index);
    fixture.list(index.clone(), named("multi"));
    let limits = AttachmentLimits::default();
    let pinned = pin(&fixture.layout(), Some("multi"), None, &limits).unwrap();
    assert_eq!(pinned.digest, digest_of(&index));
    assert_eq!(pinned.part_for("linux/arm64/v8").unwrap().digest, fixture.image);
    assert_eq!(pinned.part_for("linux/amd64"), None);
    // Signatures of an index hang on the index, those of a platform on its manifest.
    fixture.list(fixture.bundle(&index, "of the index"), json!({}));
    fixture.list(fixture.bundle(&fixture.subject(), "of the platform"), json!({}));
    for digest in [&pinned.digest, &pinned.parts[0].digest] {
        let found = attachments(&fixture.layout(), digest, &limits, &Watch::default());
        assert_eq!(kinds(&found), [AttachmentKind::Referrer]);
    }
}

#[test]
fn a_damaged_attachment_is_a_problem_and_never_found() {
    let fixture = Fixture::new();
    let bundle = fixture.bundle(&fixture.subject(), "bundle");
    fixture.list(bundle.clone(), json!({}));
    damage(fixture.folder.path(), &digest_of(&bundle));
    let found = fixture.attachments();
    assert!(found.found.is_empty());
    assert_eq!(faults(&found), ["wrong-digest"]);
    assert_eq!(found.problems[0].digest, Some(digest_of(&bundle)));
}

#[test]
fn a_layer_that_is_damaged_absent_or_too_large_has_no_bytes() {
    let fixture = Fixture::new();
    let limits = AttachmentLimits { blob: ByteCount(10), ..AttachmentLimits::default() };
    for content in ["damaged", "absent", "more than ten bytes"] {
        fixture.list(fixture.bundle(&fixture.subject(), content), json!({}));
    }
    damage(fixture.folder.path(), &sha256(b"damaged"));
    let absent = fixture.folder.path().join("blobs/sha256").join(sha256(b"absent").hex());
    fs::remove_file(absent).unwrap();
    let found = attachments(&fixture.layout(), &fixture.image, &limits, &Watch::default());
    assert!(found.problems.is_empty() && !found.is_complete());
    let mut words: Vec<_> =
        found.found.iter().map(|f| f.layers[0].bytes.as_ref().unwrap_err().word()).collect();
    words.sort_unstable();
    assert_eq!(words, ["missing", "too-large", "wrong-digest"]);
}

#[test]
fn a_listing_that_lies_about_subjects_is_told_on() {
    let fixture = Fixture::new();
    let other = Digest::sha256([7; 32]);
    let image = fixture.subject();
    let elsewhere = fixture.bundle(&fixture.subject_of(&other), "elsewhere");
    let nowhere = fixture.bundle(&Value::Null, "nowhere");
    let index = json!({
        "schemaVersion": 2, "mediaType": INDEX, "manifests": [image, elsewhere, nowhere],
    });
    fixture.list(fixture.manifest(&index), fixture.tag(""));
    let found = fixture.attachments();
    assert!(found.found.is_empty());
    assert_eq!(faults(&found), ["cyclic", "subject-differs", "subject-differs"]);
    let subjects: Vec<_> = found.problems[1..]
        .iter()
        .map(|problem| match &problem.fault {
            AttachmentFault::SubjectDiffers { found } => found.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(subjects, [Some(other), None]);
    assert!(found.problems.iter().all(|problem| problem.fault.is_false_claim()));
}

#[test]
fn a_tag_whose_manifest_has_another_subject_is_no_signature_of_the_image() {
    let fixture = Fixture::new();
    let other = fixture.subject_of(&Digest::sha256([7; 32]));
    fixture.list(fixture.bundle(&other, "elsewhere"), fixture.tag(".sig"));
    fixture.list(fixture.subject(), fixture.tag(".att"));
    let found = fixture.attachments();
    assert!(found.found.is_empty());
    assert_eq!(faults(&found), ["subject-differs", "cyclic"]);
}

#[test]
fn every_attachment_past_the_limit_is_reported() {
    let fixture = Fixture::new();
    for number in 0..7 {
        fixture.list(fixture.bundle(&fixture.subject(), &number.to_string()), json!({}));
    }
    fixture.list(fixture.signatures("payload"), fixture.tag(".sig"));
    let limits = AttachmentLimits { attachments: 3, ..AttachmentLimits::default() };
    let found = attachments(&fixture.layout(), &fixture.image, &limits, &Watch::default());
    assert_eq!(found.found.len(), 3);
    assert!(kinds(&found).contains(&AttachmentKind::SigTag), "no flood displaces the tags");
    assert_eq!(faults(&found), ["too-many"; 5]);
    let limits = AttachmentLimits { total: ByteCount(1_500), ..AttachmentLimits::default() };
    let found = attachments(&fixture.layout(), &fixture.image, &limits, &Watch::default());
    assert!(!found.is_complete());
    assert!(faults(&found).contains(&"total-too-large"));
}

#[test]
fn a_search_that_is_cancelled_is_not_complete() {
    let fixture = Fixture::new();
    fixture.list(fixture.bundle(&fixture.subject(), "bundle"), json!({}));
    let limits = AttachmentLimits::default();
    let watch = Watch::cancelled_by(&|| true);
    let found = attachments(&fixture.layout(), &fixture.image, &limits, &watch);
    assert!(found.found.is_empty());
    assert_eq!(faults(&found), ["cancelled"; 5]);
}

#[test]
fn an_index_bomb_is_refused_by_its_count() {
    let fixture = Fixture::new();
    let bundle = fixture.bundle(&fixture.subject(), "bundle");
    let listed: Vec<Value> = (0..2_000_u32)
        .map(|number| {
            let digest = sha256(&number.to_be_bytes());
            json!({ "mediaType": MANIFEST, "digest": digest, "size": bundle["size"] })
        })
        .collect();
    let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": listed });
    let fake = Fake { referrers: vec![document.to_string().into_bytes()], ..Fake::default() };
    let limits = AttachmentLimits { listed: 100, ..AttachmentLimits::default() };
    let found = attachments(&fake, &fixture.image, &limits, &Watch::default());
    assert_eq!(found.problems.len(), 101);
    assert_eq!(faults(&found)[100], "too-many");
}

#[test]
fn a_layout_may_name_an_index_as_referrer_and_that_is_not_passed_over() {
    let fixture = Fixture::new();
    let index = json!({
        "schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": fixture.subject(),
    });
    fixture.list(fixture.manifest(&index), json!({}));
    assert_eq!(faults(&fixture.attachments()), ["media-type"]);
}

#[test]
fn a_subject_in_capitals_is_ambiguous() {
    let fixture = Fixture::new();
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": fixture.blob(EMPTY, b"{}"),
        "layers": [],
        "Subject": fixture.subject(),
    });
    fixture.list(fixture.manifest(&manifest), json!({}));
    assert_eq!(faults(&fixture.attachments()), ["document-refused"]);
    manifest["subject"] = fixture.subject();
    fixture.list(fixture.manifest(&manifest), fixture.tag(".sig"));
    assert_eq!(faults(&fixture.attachments()), ["document-refused"; 3]);
}

#[test]
fn a_repository_that_hands_out_other_bytes_is_not_believed() {
    let fixture = Fixture::new();
    let bundle = fixture.bundle(&fixture.subject(), "bundle");
    let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [bundle] });
    let honest = Fake {
        referrers: vec![document.to_string().into_bytes()],
        ..Fake::copy(&fixture, &digest_of(&bundle), &[sha256(b"bundle")])
    };
    let limits = AttachmentLimits::default();
    let found = |fake: &Fake| attachments(fake, &fixture.image, &limits, &Watch::default());
    assert!(found(&honest).is_complete());
    assert_eq!(kinds(&found(&honest)), [AttachmentKind::Referrer]);

    let mut fake = honest.clone();
    fake.manifests.get_mut(&digest_of(&bundle)).unwrap().bytes.push(b'\n');
    assert_eq!(faults(&found(&fake)), ["wrong-digest"]);
    let mut fake = honest.clone();
    fake.manifests.get_mut(&digest_of(&bundle)).unwrap().media_type = INDEX.to_owned();
    assert_eq!(faults(&found(&fake)), ["media-type-differs"]);
    let mut fake = honest.clone();
    fake.manifests.clear();
    assert_eq!(faults(&found(&fake)), ["missing"]);
    let mut fake = honest.clone();
    fake.blobs.insert(sha256(b"bundle"), b"BUNDLE".to_vec());
    let attached = found(&fake);
    assert_eq!(attached.found[0].layers[0].bytes.as_ref().unwrap_err().word(), "wrong-digest");
    let fake = Fake { silent: true, ..honest };
    let attached = found(&fake);
    assert!(attached.found.is_empty() && !attached.is_complete());
    assert_eq!(faults(&attached), ["unreadable"; 5], "every place that cannot be read is told");
    let pinned = pin(&fake, Some("1"), None, &limits);
    assert!(matches!(pinned, Err(RepositoryError::Unreadable { .. })), "{pinned:?}");
}

proptest! {
    #[test]
    fn arbitrary_listings_and_manifests_find_nothing(
        listing in prop::collection::vec(any::<u8>(), 0..200),
        manifest in "[{}\\[\\]\",:a-zA-Z0-9]{0,200}",
    ) {
        let image = Digest::sha256([1; 32]);
        let digest = sha256(manifest.as_bytes());
        let listed = json!({
            "schemaVersion": 2,
            "manifests": [{ "mediaType": MANIFEST, "digest": digest, "size": manifest.len() }],
        });
        let referrers = vec![listing, listed.to_string().into_bytes()];
        let mut fake = Fake { referrers, ..Fake::default() };
        let fetched = FetchedManifest {
            media_type: MANIFEST.to_owned(),
            bytes: manifest.into_bytes(),
        };
        fake.manifests.insert(digest, fetched);
        let found = attachments(&fake, &image, &AttachmentLimits::default(), &Watch::default());
        prop_assert!(found.found.is_empty() && found.problems.len() == 2);
    }
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::sha256(Sha256::digest(bytes).into())
}

/// A repository that hands out whatever a test puts into it.
#[derive(Clone, Default)]
struct Fake {
    manifests: BTreeMap<Digest, FetchedManifest>,
    blobs: BTreeMap<Digest, Vec<u8>>,
    referrers: Vec<Vec<u8>>,
    silent: bool,
}

impl Fake {
    fn copy(fixture: &Fixture, manifest: &Digest, blobs: &[Digest]) -> Self {
        let read = |digest: &Digest| {
            fs::read(fixture.folder.path().join("blobs/sha256").join(digest.hex())).unwrap()
        };
        let fetched = FetchedManifest { media_type: MANIFEST.to_owned(), bytes: read(manifest) };
        Self {
            manifests: BTreeMap::from([(manifest.clone(), fetched)]),
            blobs: blobs.iter().map(|digest| (digest.clone(), read(digest))).collect(),
            ..Self::default()
        }
    }

    fn answer<T>(&self, answer: T) -> Result<T, RepositoryError> {
        if self.silent {
            let source = "the connection was refused".into();
            return Err(RepositoryError::Unreadable { what: "the repository".to_owned(), source });
        }
        Ok(answer)
    }
}

impl Repository for Fake {
    fn place(&self) -> String {
        "fake".to_owned()
    }

    fn tagged(&self, _: &str, _: ByteCount) -> Result<Option<FetchedManifest>, RepositoryError> {
        self.answer(None)
    }

    fn manifest(
        &self,
        digest: &Digest,
        _: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        self.answer(self.manifests.get(digest).cloned())
    }

    fn blob(&self, digest: &Digest, _: ByteCount) -> Result<Option<Vec<u8>>, RepositoryError> {
        self.answer(self.blobs.get(digest).cloned())
    }

    fn stream(&self, digest: &Digest, each: &mut EachPiece<'_>) -> Result<bool, RepositoryError> {
        let blob = self.answer(self.blobs.get(digest))?;
        // How far it gets is for whoever counts.
        let _ = blob.into_iter().flat_map(|blob| blob.chunks(3)).try_for_each(each);
        Ok(blob.is_some())
    }

    fn referrers(&self, _: &Digest) -> Result<Referrers, RepositoryError> {
        let documents = self.referrers.clone();
        self.answer(Referrers::Documents { documents, unfinished: None })
    }

    fn only(&self, _: ByteCount) -> Result<FetchedManifest, RepositoryError> {
        Err(RepositoryError::Unnamed { why: "a repository has many".to_owned() })
    }
}
