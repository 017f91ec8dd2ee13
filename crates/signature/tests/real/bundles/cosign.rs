//! cosign's formats from before there were bundles.

use super::assert_reason;
use super::private_world::later;
use super::world::{ALICE, ISSUER, PrivateWorld};
use beleg_model::Digest;
use beleg_signature::sigstore::{
    Artifact, BundlePolicy, CosignSignature, ManagedKey, Verified, verify_cosign_blob,
    verify_cosign_image,
};
use beleg_trust::{IdentityRule, KeyState, Matcher, MissingEvidence, Reason};
use std::collections::BTreeMap;
use std::fs;

struct Image {
    payload: Vec<u8>,
    annotations: BTreeMap<String, String>,
}

fn image(options: &[&str]) -> Image {
    let world = PrivateWorld::shared();
    let out = world.new_path("image");
    let digest = this().to_string();
    let mut all = vec!["--image-digest", &digest, "--out", out.to_str().unwrap()];
    all.extend(options);
    world.run("cosign", &all);
    Image {
        payload: fs::read(out.join("payload.json")).unwrap(),
        annotations: serde_json::from_slice(&fs::read(out.join("annotations.json")).unwrap())
            .unwrap(),
    }
}

impl Image {
    fn judged(&self, digest: &Digest, policy: &BundlePolicy) -> Verified {
        let signature = CosignSignature { payload: &self.payload, annotations: &self.annotations };
        verify_cosign_image(&signature, digest, policy, PrivateWorld::shared().root(), later())
    }
}

fn this() -> Digest {
    Digest::sha256([1; 32])
}

fn strict() -> BundlePolicy {
    let rule = IdentityRule::new("alice", Matcher::exact(ALICE), Matcher::exact(ISSUER));
    BundlePolicy::identities(vec![rule])
}

fn promised() -> BundlePolicy {
    BundlePolicy { inclusion_promise_suffices_unsafe: true, ..strict() }
}

#[test]
fn an_image_signed_the_older_way_needs_a_policy_for_promises() {
    let image = image(&[]);
    assert_reason(&image.judged(&this(), &strict()).judgement, Reason::ProofMissing);
    let judgement = image.judged(&this(), &promised()).judgement;
    assert_reason(&judgement, Reason::Trusted);
    assert_eq!(judgement.missing, [MissingEvidence::InclusionProof]);
    assert_eq!(judgement.key.unwrap().then, KeyState::Valid);
    assert!(judgement.times.log.is_some());
}

#[test]
fn a_payload_about_another_image_is_a_digest_mismatch() {
    let judgement = image(&[]).judged(&Digest::sha256([2; 32]), &promised()).judgement;
    assert_reason(&judgement, Reason::DigestMismatch);
}

#[test]
fn a_changed_payload_or_time_or_body_does_not_fit() {
    let mut changed = image(&[]);
    let text = String::from_utf8(changed.payload.clone()).unwrap();
    changed.payload = text.replacen('{', "{ ", 1).into_bytes();
    let judgement = changed.judged(&this(), &promised()).judgement;
    assert_reason(&judgement, Reason::BadSignature);

    let mut changed = image(&[]);
    let bundle = changed.annotations.get_mut("dev.sigstore.cosign/bundle").unwrap();
    let mut json: serde_json::Value = serde_json::from_str(bundle).unwrap();
    json["Payload"]["logIndex"] = serde_json::json!(1);
    *bundle = json.to_string();
    let judgement = changed.judged(&this(), &promised()).judgement;
    assert_reason(&judgement, Reason::LogPromiseInvalid);

    let (mut one, other) = (image(&[]), image(&[]));
    let name = "dev.sigstore.cosign/bundle".to_owned();
    one.annotations.insert(name.clone(), other.annotations[&name].clone());
    let judgement = one.judged(&this(), &promised()).judgement;
    assert_reason(&judgement, Reason::LogEntryMismatch);
}

#[test]
fn without_the_logs_word_a_timestamp_must_tell_the_time() {
    let stamped = image(&["--no-log", "--tsa"]);
    assert_reason(&stamped.judged(&this(), &promised()).judgement, Reason::ProofMissing);
    let lax = BundlePolicy { without_transparency_log_unsafe: true, ..strict() };
    assert_reason(&stamped.judged(&this(), &lax).judgement, Reason::Trusted);
    assert_reason(&image(&["--no-log"]).judged(&this(), &lax).judgement, Reason::TimestampMissing);
}

#[test]
fn an_image_signed_with_a_key_names_no_certificate() {
    let world = PrivateWorld::shared();
    let (path, pem) = world.new_key();
    let keys = vec![ManagedKey::from_pem("key", &pem).unwrap()];
    let path = path.to_str().unwrap();
    let promised = BundlePolicy { keys: keys.clone(), ..promised() };
    let judgement = image(&["--key", path]).judged(&this(), &promised).judgement;
    assert_reason(&judgement, Reason::Trusted);
    assert_eq!(judgement.rule.as_deref(), Some("key"));
    let bare = image(&["--key", path, "--no-log"]);
    assert_reason(&bare.judged(&this(), &promised).judgement, Reason::ProofMissing);
    let lax = BundlePolicy { without_transparency_log_unsafe: true, ..BundlePolicy::keys(keys) };
    assert_reason(&bare.judged(&this(), &lax).judgement, Reason::Trusted);
    let judgement = bare.judged(&Digest::sha256([2; 32]), &lax).judgement;
    assert_reason(&judgement, Reason::DigestMismatch);
}

#[test]
fn annotations_that_cannot_be_read_are_malformed() {
    for (name, text) in [
        ("dev.cosignproject.cosign/signature", "not base64!"),
        ("dev.sigstore.cosign/certificate", "not PEM"),
        ("dev.sigstore.cosign/bundle", "{\"Payload\":{}}"),
        ("dev.sigstore.cosign/chain", "-----BEGIN CERTIFICATE-----"),
    ] {
        let mut image = image(&[]);
        image.annotations.insert(name.to_owned(), text.to_owned());
        let judgement = image.judged(&this(), &promised()).judgement;
        assert_reason(&judgement, Reason::MalformedSignature);
    }
    let mut unsigned = image(&[]);
    unsigned.annotations.remove("dev.cosignproject.cosign/signature");
    let judgement = unsigned.judged(&this(), &promised()).judgement;
    assert_reason(&judgement, Reason::MalformedSignature);
}

#[test]
fn a_blob_signed_the_older_way_passes_with_certificate_and_with_key() {
    let world = PrivateWorld::shared();
    let (path, pem) = world.new_key();
    let keys = vec![ManagedKey::from_pem("key", &pem).unwrap()];
    let policy = BundlePolicy { keys, ..promised() };
    for (options, rule) in [(&[][..], "alice"), (&["--key", path.to_str().unwrap()], "key")] {
        let json = world.made("cosign-blob", "blob", b"a blob", options).to_string();
        let judged = |content: &[u8], policy| {
            let artifact = Artifact::Bytes(content);
            verify_cosign_blob(json.as_bytes(), &artifact, policy, world.root(), later()).judgement
        };
        assert_reason(&judged(b"a blob", &policy), Reason::Trusted);
        assert_eq!(judged(b"a blob", &policy).rule.as_deref(), Some(rule));
        assert_reason(&judged(b"another", &policy), Reason::BadSignature);
        assert_reason(&judged(b"a blob", &strict()), Reason::ProofMissing);
    }
}
