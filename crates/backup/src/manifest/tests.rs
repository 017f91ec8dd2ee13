#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use super::*;
use crate::testing::{Kit, small_folder};
use beleg_dsse::Signer;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// One signed manifest for the tests that change bytes.
static SIGNED: LazyLock<(Kit, Vec<u8>)> = LazyLock::new(|| {
    let kit = Kit::new();
    let folder = small_folder();
    let (_, created) = kit.backup(folder.path(), Some(1));
    (kit, created.manifest)
});

fn open(bytes: &[u8]) -> Result<Manifest, ManifestError> {
    Manifest::open(bytes, &[SIGNED.0.signer.verifier().clone()])
}

/// Changes the signed statement and signs it again, as someone with the key could.
fn resigned(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let payload = Envelope::parse(&SIGNED.1).unwrap().unverified_payload().unwrap();
    let mut value: Value = serde_json::from_slice(&payload).unwrap();
    change(&mut value);
    let payload = canonical_json(&value).unwrap();
    serde_json::to_vec(&Envelope::sign(PAYLOAD_TYPE, &payload, &SIGNED.0.signer)).unwrap()
}

#[test]
fn a_manifest_opens_with_the_key_that_signed_it_and_no_other() {
    let other = Signer::generate("other").unwrap();
    let trusted = [other.verifier().clone(), SIGNED.0.signer.verifier().clone()];
    let manifest = Manifest::open(&SIGNED.1, &trusted).unwrap();
    assert_eq!(manifest.facts.signer, "backup.example");
    assert_eq!(manifest.facts.entries, 3);
    assert!(matches!(Manifest::open(&SIGNED.1, &trusted[..1]), Err(ManifestError::NotTrusted)));
    assert!(matches!(Manifest::open(&SIGNED.1, &[]), Err(ManifestError::NoTrustedKey)));
}

#[test]
fn too_many_bytes_are_refused() {
    let bytes = vec![b' '; MAX_MANIFEST + 1];
    assert!(matches!(open(&bytes), Err(ManifestError::Envelope(EnvelopeError::TooLarge))));
}

#[test]
fn another_format_or_type_is_refused() {
    for change in [
        (|v: &mut Value| v["predicate"]["format"] = json!(2)) as fn(&mut Value),
        |v| v["predicateType"] = json!("urn:beleg:evidence:v1"),
        |v| v["_type"] = json!("https://in-toto.io/Statement/v0.1"),
    ] {
        assert!(matches!(open(&resigned(change)), Err(ManifestError::WrongType(_))));
    }
    let extra = resigned(|v| v["predicate"]["comment"] = json!(""));
    assert!(matches!(open(&extra), Err(ManifestError::Malformed(_))));
}

#[test]
fn a_subject_that_is_not_the_object_is_refused() {
    for change in [
        (|v: &mut Value| v["subject"] = json!([])) as fn(&mut Value),
        |v| v["subject"][0]["name"] = json!("other"),
        |v| v["subject"][0]["digest"]["sha256"] = json!("00"),
        |v| v["subject"][0]["digest"]["sha512"] = json!("00"),
        |v| v["predicate"]["created"] = json!("2026-11-21T02:00:01Z"),
        |v| v["predicate"]["created"] = json!("2026-11-21T02:00:00.5Z"),
    ] {
        assert!(matches!(open(&resigned(change)), Err(ManifestError::WrongSubject)));
    }
}

#[test]
fn unsafe_duplicate_and_unsorted_paths_are_refused() {
    for path in ["/etc/passwd", "../two", "a/../two", "", "two/", "./two", "t\0wo"] {
        let bytes = resigned(|v| v["predicate"]["entries"][2]["path"] = json!(path));
        let error = open(&bytes).unwrap_err();
        assert!(matches!(error, ManifestError::Unsafe { .. }), "{path}: {error}");
    }
    for path in ["a/one", "Z"] {
        let bytes = resigned(|v| v["predicate"]["entries"][2]["path"] = json!(path));
        assert!(matches!(open(&bytes), Err(ManifestError::Order(_))), "{path}");
    }
    for path in ["b/one", "a/one/x"] {
        let bytes = resigned(|v| v["predicate"]["entries"][2]["path"] = json!(path));
        assert!(matches!(open(&bytes), Err(ManifestError::NoFolder(_))), "{path}");
    }
}

#[test]
fn fields_that_do_not_fit_are_refused() {
    let entry = |change: fn(&mut Value)| resigned(|v| change(&mut v["predicate"]["entries"][2]));
    assert!(matches!(open(&entry(|e| e["mode"] = json!(0o10_000))), Err(ManifestError::Mode(_))));
    for change in [
        (|e: &mut Value| e["kind"] = json!("directory")) as fn(&mut Value),
        |e| e["kind"] = json!("fifo"),
        |e| e["target"] = json!("x"),
        |e| drop(e.as_object_mut().unwrap().remove("size")),
        |e| e["size"] = json!(-1),
    ] {
        assert!(matches!(open(&entry(change)), Err(ManifestError::Malformed(_))));
    }
    let sha512 = format!("sha512:{}", "0".repeat(128));
    let bytes = resigned(|v| v["predicate"]["entries"][2]["digest"] = json!(sha512));
    assert!(matches!(open(&bytes), Err(ManifestError::NotSha256)));
    let bytes = resigned(|v| v["predicate"]["entries"][2]["size"] = json!(8));
    assert!(matches!(open(&bytes), Err(ManifestError::WrongRoot)));
    let large = resigned(|v| v["predicate"]["ciphertext"]["size"] = json!((1u64 << 53) + 2));
    assert!(matches!(open(&large), Err(ManifestError::TooLarge | ManifestError::NotCanonical)));
}

#[test]
fn a_payload_in_another_form_is_refused() {
    let payload = Envelope::parse(&SIGNED.1).unwrap().unverified_payload().unwrap();
    let value: Value = serde_json::from_slice(&payload).unwrap();
    let pretty = serde_json::to_vec_pretty(&value).unwrap();
    let envelope = Envelope::sign(PAYLOAD_TYPE, &pretty, &SIGNED.0.signer);
    let bytes = serde_json::to_vec(&envelope).unwrap();
    assert!(matches!(open(&bytes), Err(ManifestError::NotCanonical)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_manifest(
        bytes in proptest::collection::vec(any::<u8>(), 0..512),
    ) {
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn a_changed_byte_never_changes_what_comes_out(at in any::<usize>(), with in any::<u8>()) {
        let mut bytes = SIGNED.1.clone();
        let at = at % bytes.len();
        bytes[at] = with;
        // The key hint is not signed, so a change there may pass; then all else is as it was.
        if let Ok(manifest) = open(&bytes) {
            prop_assert_eq!(manifest, open(&SIGNED.1).unwrap());
        }
    }
}
