//! What hangs on an image of a registry that follows the specification.

use super::adapter::Searched;
use super::conforming::Conforming;
use super::peer::{Peer, Reply};
use super::{MANIFEST, open, runtime, settings, sha256};
use crate::registry::OCI_INDEX;
use crate::{ReferrerPages, RegistryError, Stores};
use beleg_image::{AttachmentKind, AttachmentLimits, Watch, attachments, pin};
use beleg_model::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const NOTATION: &str = "application/vnd.cncf.notary.signature";

/// Makes a registry with one image, and returns that image's descriptor.
pub(super) fn with_image() -> (Conforming, Value) {
    let mut registry = Conforming::new();
    let config = registry.push_blob("application/vnd.oci.image.config.v1+json", b"{}");
    let image = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [],
    });
    let image = registry.push(Some("1"), &image);
    (registry, image)
}

pub(super) fn digest_of(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}

fn documents(pages: ReferrerPages) -> (Vec<Value>, Option<RegistryError>) {
    let ReferrerPages::Pages { documents, unfinished } = pages else { panic!("unsupported") };
    let parsed = documents.iter().map(|bytes| serde_json::from_slice(bytes).unwrap());
    (parsed.collect(), unfinished)
}

#[test]
fn referrers_on_several_pages_and_tags_are_found() {
    let (mut registry, image) = with_image();
    let digest = digest_of(&image);
    for number in 0..5 {
        registry.attach(None, BUNDLE, &number.to_string(), Some(&image));
    }
    registry.attach(Some(&format!("sha256-{}.sig", digest.hex())), "text/x", "sig", None);
    registry.attach(
        None,
        BUNDLE,
        "elsewhere",
        Some(&json!({
            "mediaType": MANIFEST, "digest": sha256(b"elsewhere"), "size": 1,
        })),
    );
    let peer = Peer::start(move |asked| registry.answer(asked));
    let runtime = runtime();
    let searched = Searched(open(&runtime, &peer.locator(), settings(None)));
    let limits = AttachmentLimits::default();
    let pinned = pin(&searched, searched.0.locator().tag(), None, &limits).unwrap();
    assert_eq!(pinned.digest, digest);
    let found = attachments(&searched, &pinned.digest, &limits, &Watch::default());
    assert!(found.is_complete(), "{:?}", found.problems);
    let mut bytes: Vec<_> = found
        .found
        .iter()
        .filter(|found| found.kind == AttachmentKind::Referrer)
        .map(|found| found.layers[0].bytes.as_ref().unwrap().clone())
        .collect();
    bytes.sort();
    assert_eq!(bytes, [b"0", b"1", b"2", b"3", b"4"]);
    assert_eq!(found.found.len(), 6);
    assert_eq!(found.found[5].kind, AttachmentKind::SigTag);
}

#[test]
fn referrers_of_one_artifact_type_are_asked_for() {
    let (mut registry, image) = with_image();
    for number in 0..3 {
        registry.attach(None, BUNDLE, &number.to_string(), Some(&image));
    }
    registry.attach(None, NOTATION, "notation", Some(&image));
    registry.page = 1;
    let peer = Peer::start(move |asked| registry.answer(asked));
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(None));
    let pages = registry.referrers(&digest_of(&image), Some(BUNDLE)).unwrap();
    let (pages, unfinished) = documents(pages);
    assert!(unfinished.is_none() && pages.len() == 3, "{unfinished:?}");
    for page in pages {
        assert_eq!(page["manifests"][0]["artifactType"], BUNDLE);
    }
}

#[test]
fn a_registry_without_the_referrers_api_is_asked_for_its_tag() {
    let (mut registry, image) = with_image();
    registry.has_referrers = false;
    let digest = digest_of(&image);
    let bundle = registry.attach(None, BUNDLE, "bundle", Some(&image));
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [bundle] });
    registry.push(Some(&format!("sha256-{}", digest.hex())), &index);
    let peer = Peer::start(move |asked| registry.answer(asked));
    let runtime = runtime();
    let searched = Searched(open(&runtime, &peer.locator(), settings(None)));
    let found = attachments(&searched, &digest, &AttachmentLimits::default(), &Watch::default());
    assert!(found.is_complete(), "{:?}", found.problems);
    assert_eq!(found.found[0].digest, digest_of(&bundle));
}

#[test]
fn a_registry_that_cannot_say_leaves_the_answer_open() {
    let (registry, image) = with_image();
    let peer = Peer::start(move |asked| match asked.path.as_str() {
        path if path.contains("/referrers/") => Reply::status(500),
        path if path.ends_with(".sig") => Reply::status(403),
        _ => registry.answer(asked),
    });
    let runtime = runtime();
    let searched = Searched(open(&runtime, &peer.locator(), settings(None)));
    let found =
        attachments(&searched, &digest_of(&image), &AttachmentLimits::default(), &Watch::default());
    assert!(found.found.is_empty() && !found.is_complete());
    let words: Vec<_> = found.problems.iter().map(|problem| problem.fault.word()).collect();
    assert_eq!(words, ["unreadable", "unreadable"]);
}

#[test]
fn an_overloaded_registry_is_asked_again_a_few_times() {
    let (registry, image) = with_image();
    let digest = digest_of(&image);
    let refusals = std::sync::atomic::AtomicUsize::new(0);
    let peer = Peer::start(move |asked| {
        match refusals.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Reply::status(503).with("Retry-After", "0"),
            1 => Reply::status(429),
            _ => registry.answer(asked),
        }
    });
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(None));
    assert_eq!(registry.manifest(&digest, super::LIMIT).unwrap().digest, digest);
    let peer = Peer::start(|_| Reply::status(503));
    let registry = open(&runtime, &peer.locator(), settings(None));
    let refused = registry.manifest(&digest, super::LIMIT);
    assert!(matches!(refused, Err(RegistryError::Status { status: 503, .. })), "{refused:?}");
    assert_eq!(peer.asked().len(), 3);
}

#[test]
fn an_offline_run_opens_no_registry() {
    let runtime = runtime();
    let stores = Stores::new(runtime.handle().clone(), Path::new("."), BTreeMap::new(), true);
    let locator = "oci://localhost:1/app:1".parse().unwrap();
    let refused = stores.registry(&locator, settings(None)).err().unwrap();
    assert!(matches!(refused, RegistryError::Offline { .. }), "{refused}");
}
