#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::files::{CONTENT, artifact, by_keys};
use crate::world::{World, policy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_signature::{EnvelopeRule, PublicKey, SignatureFile, VerifiedEnvelope, verify_envelope};
use beleg_trust::{Check, Format, Reason};
use serde_json::{Value, json};
use std::num::NonZeroUsize;

const TYPE: &str = "application/vnd.in-toto+json";
const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// Signs what the DSSE protocol says, with openssl.
fn sign(world: &World, key: &str, payload_type: &str, payload: &[u8]) -> String {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    world.put("pae", &[head.as_bytes(), payload].concat());
    if key.starts_with("ed") {
        let args = ["pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", "pae", "-out", "s"];
        world.run("openssl", &args, b"");
    } else {
        world.run("openssl", &["dgst", "-sha256", "-sign", key, "-out", "s", "pae"], b"");
    }
    STANDARD.encode(world.get("s"))
}

fn envelope(payload: &[u8], signatures: &[(&str, String)]) -> Value {
    let signatures: Vec<Value> =
        signatures.iter().map(|(keyid, sig)| json!({ "keyid": keyid, "sig": sig })).collect();
    json!({ "payloadType": TYPE, "payload": STANDARD.encode(payload), "signatures": signatures })
}

fn verify(envelope: &Value, threshold: usize, keys: &[PublicKey]) -> VerifiedEnvelope {
    let threshold = NonZeroUsize::new(threshold).unwrap();
    let rule = EnvelopeRule { payload_type: TYPE, threshold };
    verify_envelope(&serde_json::to_vec(envelope).unwrap(), &rule, keys, &policy())
}

fn reason(envelope: &Value, threshold: usize, keys: &[PublicKey]) -> Reason {
    let verified = verify(envelope, threshold, keys);
    let trusted = verified.judgement.reason == Reason::Trusted;
    assert_eq!(verified.payload.is_some(), trusted, "{verified:?}");
    verified.judgement.reason
}

#[test]
fn thresholds_count_different_keys() {
    let world = World::new();
    let keys = [
        world.openssl_key("p256", P256),
        world.openssl_key("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        world.openssl_key("ed", &["-algorithm", "ED25519"]),
    ];
    let by = |key| (key, sign(&world, key, TYPE, b"p"));
    let all = envelope(b"p", &[by("p256"), by("rsa"), by("ed")]);
    let verified = verify(&all, 3, &keys);
    assert_eq!(verified.judgement.reason, Reason::Trusted, "{verified:?}");
    assert_eq!(verified.payload.as_deref(), Some(&b"p"[..]));
    // ECDSA makes another signature each time; the key is the same.
    let twice = envelope(b"p", &[by("p256"), by("p256")]);
    assert_eq!(reason(&twice, 1, &keys), Reason::Trusted);
    assert_eq!(reason(&twice, 2, &keys), Reason::ThresholdNotMet);
    let two = envelope(b"p", &[by("p256"), by("ed")]);
    assert_eq!(reason(&two, 2, &keys), Reason::Trusted);
    assert_eq!(reason(&two, 3, &keys), Reason::ThresholdNotMet);
    // One key under two names is one key.
    let pem = world.get("p256.pem");
    let renamed = [keys[0].clone(), PublicKey::parse("other name", &pem).unwrap()];
    assert_eq!(reason(&twice, 2, &renamed), Reason::ThresholdNotMet);
}

#[test]
fn a_forged_envelope_is_refused_by_name() {
    let world = World::new();
    let key = world.openssl_key("ann", P256);
    world.openssl_key("eve", P256);
    let keys = std::slice::from_ref(&key);
    let by = |key| ("", sign(&world, key, TYPE, b"p"));
    let hinted = |hint, key| (hint, sign(&world, key, TYPE, b"p"));
    let good = envelope(b"p", &[by("ann")]);
    assert_eq!(reason(&good, 1, keys), Reason::Trusted);
    // Whoever adds signatures changes nothing.
    assert_eq!(reason(&envelope(b"p", &[by("eve"), by("ann")]), 1, keys), Reason::Trusted);
    assert_eq!(reason(&envelope(b"p", &[by("eve")]), 1, keys), Reason::BadSignature);
    assert_eq!(reason(&envelope(b"p", &[hinted("eve", "eve")]), 1, keys), Reason::UnknownKey);
    assert_eq!(reason(&envelope(b"p", &[hinted("ann", "eve")]), 1, keys), Reason::BadSignature);
    assert_eq!(reason(&envelope(b"q", &[by("ann")]), 1, keys), Reason::BadSignature);
    assert_eq!(reason(&envelope(b"p", &[]), 1, keys), Reason::Unsigned);
    let many: Vec<_> = std::iter::repeat_n(by("ann"), 65).collect();
    assert_eq!(reason(&envelope(b"p", &many), 1, keys), Reason::TooManySignatures);
    let mut other_type = good.clone();
    other_type["payloadType"] = json!("text/plain");
    assert_eq!(reason(&other_type, 1, keys), Reason::UnexpectedPredicate);
    let mut more = good.clone();
    more["more"] = json!(1);
    assert_eq!(reason(&more, 1, keys), Reason::Trusted);
    // Readers that do not tell cases apart would read this payload.
    more["Payload"] = json!("cQ==");
    assert_eq!(reason(&more, 1, keys), Reason::MalformedSignature);
    assert_eq!(reason(&envelope(b"p", &[by("ann")]), 1, &[]), Reason::UnknownKey);
    let mut no_base64 = good;
    no_base64["payload"] = json!("%");
    assert_eq!(reason(&no_base64, 1, keys), Reason::MalformedSignature);
    let twice = br#"{"payload":"","payload":"","payloadType":"","signatures":[]}"#;
    let rule = EnvelopeRule { payload_type: "", threshold: NonZeroUsize::MIN };
    let verified = verify_envelope(twice, &rule, keys, &policy());
    assert_eq!(verified.judgement.reason, Reason::MalformedSignature);
}

#[test]
fn a_statement_covers_its_subjects_alone() {
    let world = World::new();
    let keys = [world.openssl_key("ann", P256)];
    let digest = artifact("a", CONTENT).sha256().unwrap();
    let judge = |payload: &str| {
        let signature = ("", sign(&world, "ann", TYPE, payload.as_bytes()));
        let bytes = serde_json::to_vec(&envelope(payload.as_bytes(), &[signature])).unwrap();
        assert_eq!(SignatureFile::detect("a.json", &bytes), Format::Dsse);
        let judgement = by_keys(CONTENT, &bytes, &keys);
        assert_eq!(judgement.signer.as_ref().unwrap().identity.as_deref(), Some("ann"));
        assert_eq!(judgement.trust == Check::Good, judgement.reason == Reason::Trusted);
        judgement.reason
    };
    let statement = |subject: Value| {
        let kind = "https://in-toto.io/Statement/v1";
        json!({ "_type": kind, "subject": subject, "predicateType": "x", "predicate": {} })
            .to_string()
    };
    let sha256 = json!({ "sha256": digest.hex() });
    assert_eq!(judge(&statement(json!([{ "name": "any", "digest": sha256 }]))), Reason::Trusted);
    let other = json!({ "sha256": "0".repeat(64) });
    let named = |name| statement(json!([{ "name": name, "digest": other }]));
    assert_eq!(judge(&named("b")), Reason::SubjectNotCovered);
    assert_eq!(judge(&named("a")), Reason::DigestMismatch);
    let both = json!({ "sha256": digest.hex(), "sha512": "0".repeat(128) });
    let contradictory = statement(json!([{ "name": "b", "digest": both }]));
    assert_eq!(judge(&contradictory), Reason::SubjectNotCovered);
    let both = json!({ "sha256": digest.hex(), "sha384": "0".repeat(96) });
    let contradictory = statement(json!([{ "name": "b", "digest": both }]));
    assert_eq!(judge(&contradictory), Reason::SubjectNotCovered);
    let weak = statement(json!([{ "name": "b", "digest": { "md5": "0" } }]));
    assert_eq!(judge(&weak), Reason::SubjectNotCovered);
    assert_eq!(judge(&statement(json!([]))), Reason::SubjectNotCovered);
    assert_eq!(judge("{}"), Reason::MalformedStatement);
    assert_eq!(judge("["), Reason::MalformedStatement);
    let twice = statement(json!([])).replace("\"subject\"", "\"subject\":[],\"subject\"");
    assert_eq!(judge(&twice), Reason::MalformedStatement);
}
