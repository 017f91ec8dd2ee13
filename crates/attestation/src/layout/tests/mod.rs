#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::canonical::canonical;
use super::document::Document;
use super::fnmatch::Budget;
use super::rule::{Broken, Rule, Side, apply};
use super::{LayoutKey, LayoutKeyError, LayoutPolicy, Released, verify_layout};
use crate::provenance::Assessment;
use beleg_model::Digest;
use beleg_trust::Reason;
use der::pem::LineEnding;
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Keys by one byte; the id of each is that byte in hex, eight times.
fn secret(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

fn id(byte: u8) -> String {
    format!("{byte:02x}").repeat(8)
}

fn owner_key(byte: u8) -> LayoutKey {
    let mut spki = hex::decode("302a300506032b6570032100").unwrap();
    spki.extend_from_slice(secret(byte).verifying_key().as_bytes());
    LayoutKey::from_pem(&der::pem::encode_string("PUBLIC KEY", LineEnding::LF, &spki).unwrap())
        .unwrap()
}

fn key_json(byte: u8) -> Value {
    let public = hex::encode(secret(byte).verifying_key().as_bytes());
    json!({"keyid": id(byte), "keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}})
}

fn signed_by(signed: &Value, byte: u8) -> Vec<u8> {
    let signature = secret(byte).sign(&canonical(signed).unwrap());
    let signature = json!({"keyid": id(byte), "sig": hex::encode(signature.to_bytes())});
    json!({"signed": signed, "signatures": [signature]}).to_string().into_bytes()
}

fn layout() -> Value {
    json!({
        "_type": "layout", "readme": "", "expires": "2099-01-01T00:00:00Z", "inspect": [],
        "keys": {id(2): key_json(2)},
        "steps": [{
            "_type": "step", "name": "build", "pubkeys": [id(2)], "threshold": 1, "expected_command": [],
            "expected_materials": [], "expected_products": [["CREATE", "app"], ["DISALLOW", "*"]],
        }],
    })
}

fn link() -> Value {
    json!({
        "_type": "link", "name": "build", "materials": {}, "products": {"app": {"sha256": DIGEST}},
        "byproducts": {}, "environment": {}, "command": [],
    })
}

fn policy() -> LayoutPolicy {
    LayoutPolicy {
        keys: vec![owner_key(1)],
        threshold: None,
        skip_inspections_unsafe: false,
        now: "2026-06-01T00:00:00Z".parse().unwrap(),
    }
}

fn judge_bytes(layout: &[u8], link: Vec<u8>) -> Assessment {
    let artifact: Digest = format!("sha256:{DIGEST}").parse().unwrap();
    let links = BTreeMap::from([(format!("build.{}.link", id(2).get(..8).unwrap()), link)]);
    let released = Released { name: "app", digests: &[artifact] };
    verify_layout(layout, &links, Some(&released), &policy())
}

fn judge(layout: &Value, link: &Value) -> Assessment {
    judge_bytes(&signed_by(layout, 1), signed_by(link, 2))
}

fn changed(mut value: Value, pointer: &str, to: Value) -> Value {
    *value.pointer_mut(pointer).unwrap() = to;
    value
}

#[test]
fn a_good_layout_with_its_link_is_trusted() {
    let assessment = judge(&layout(), &link());
    assert_eq!(assessment.reason, Reason::Trusted, "{assessment:?}");
}

#[test]
fn a_layout_that_can_be_read_in_two_ways_is_refused() {
    let rule = |words: Value| changed(layout(), "/steps/0/expected_products/0", words);
    for layout in [
        changed(layout(), "/steps/0/threshold", json!(0)),
        changed(layout(), "/steps/0/threshold", json!(-1)),
        changed(layout(), "/steps/0/threshold", json!("1")),
        changed(layout(), "/steps/0/pubkeys", json!("x")),
        changed(layout(), "/steps/0/name", json!("")),
        changed(layout(), "/expires", json!("never")),
        changed(layout(), "/expires", json!(null)),
        changed(layout(), "/keys", json!([])),
        changed(layout(), "/inspect", json!([{"name": "build"}])),
        rule(json!(["CREATE"])),
        rule(json!(["CREATE", "a", "b"])),
        rule(json!(["EXECUTE", "a"])),
        rule(json!("CREATE a")),
        rule(json!(["MATCH", "a", "WITH", "BOTH", "FROM", "b"])),
        rule(json!(["MATCH", "a", "FROM", "b"])),
        rule(json!(["MATCH", "a", "WITH", "PRODUCTS", "FROM"])),
        rule(json!(["ALLOW", "a".repeat(5_000)])),
    ] {
        assert_eq!(judge(&layout, &link()).reason, Reason::MalformedStatement, "{layout}");
    }
    let mut twice = layout();
    let step = twice.pointer("/steps/0").unwrap().clone();
    twice.pointer_mut("/steps").unwrap().as_array_mut().unwrap().push(step);
    assert_eq!(judge(&twice, &link()).reason, Reason::MalformedStatement);
    assert_eq!(judge(&link(), &link()).reason, Reason::UnsupportedFormat);
}

#[test]
fn metadata_that_is_two_things_at_once_is_refused() {
    let both = json!({"signed": layout(), "payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": []});
    for (bytes, reason) in [
        (both.to_string(), Reason::UnsupportedFormat),
        ("{}".to_owned(), Reason::UnsupportedFormat),
        (
            r#"{"payload":"e30=","payloadType":"text/plain","signatures":[]}"#.to_owned(),
            Reason::UnsupportedFormat,
        ),
        (
            r#"{"payload":"!","payloadType":"application/vnd.in-toto+json","signatures":[]}"#
                .to_owned(),
            Reason::MalformedStatement,
        ),
        (r#"{"signed":{},"signed":{},"signatures":[]}"#.to_owned(), Reason::MalformedStatement),
        (r#"{"signed":{"a":1.5},"signatures":[]}"#.to_owned(), Reason::MalformedStatement),
        (
            r#"{"signed":{},"signatures":[{"keyid":"a","sig":"zz"}]}"#.to_owned(),
            Reason::MalformedStatement,
        ),
        (
            json!({"signed": {}, "signatures": vec![json!({"keyid": "", "sig": "00"}); 65]})
                .to_string(),
            Reason::MalformedStatement,
        ),
        (json!({"signed": layout(), "signatures": []}).to_string(), Reason::Unsigned),
    ] {
        let assessment = judge_bytes(bytes.as_bytes(), signed_by(&link(), 2));
        assert_eq!(assessment.reason, reason, "{bytes}");
    }
}

#[test]
fn an_artifact_without_a_digest_matches_nothing() {
    let rules = json!([["MATCH", "app", "WITH", "MATERIALS", "FROM", "build"], ["DISALLOW", "*"]]);
    let layout = changed(layout(), "/steps/0/expected_products", rules);
    let both = |digests: Value| {
        let link = changed(link(), "/materials", json!({"app": digests}));
        judge(&layout, &changed(link, "/products", json!({"app": digests}))).mismatches
    };
    assert_eq!(both(json!({"sha256": DIGEST})), []);
    for digests in
        [json!({}), json!({"sha256": ""}), json!({"sha1": "00"}), json!({"md5": "00", "x": "y"})]
    {
        assert!(
            both(digests.clone()).iter().any(|it| it.reason == Reason::StepRuleBroken),
            "{digests}"
        );
    }
}

#[test]
fn signatures_that_cannot_be_checked_are_unknown_and_not_passed() {
    let gpg = json!({"keyid": id(2), "type": "rsa", "method": "pgp+rsa-pkcsv1.5", "hashes": [], "keyval": {}});
    let layout = changed(layout(), &format!("/keys/{}", id(2)), gpg);
    assert_eq!(judge(&layout, &link()).reason, Reason::UnsupportedSignature);
    let by_another = judge_bytes(&signed_by(&layout, 1), signed_by(&link(), 3));
    assert_eq!(by_another.reason, Reason::ThresholdNotMet);
}

#[test]
fn a_link_counts_for_the_step_that_it_names_only() {
    let other = changed(link(), "/name", json!("test"));
    assert_eq!(judge(&layout(), &other).reason, Reason::StepMissing);
}

#[test]
fn an_owner_cannot_be_a_functionary_by_their_own_word() {
    let assessment = judge_bytes(&signed_by(&layout(), 1), signed_by(&link(), 1));
    assert_eq!(assessment.reason, Reason::ThresholdNotMet);
    let assessment = judge_bytes(&signed_by(&layout(), 2), signed_by(&link(), 2));
    assert_eq!(assessment.reason, Reason::UnknownKey);
}

#[test]
fn layouts_may_stand_in_layouts_four_deep() {
    let short = id(2).get(..8).unwrap().to_owned();
    let judge = |depth: usize| {
        let mut links = BTreeMap::new();
        let mut folder = String::new();
        for level in 0..=depth {
            let document = if level == depth { link() } else { layout() };
            links.insert(format!("{folder}build.{short}.link"), signed_by(&document, 2));
            folder.push_str(&format!("build.{short}/"));
        }
        verify_layout(&signed_by(&layout(), 1), &links, None, &policy()).reason
    };
    assert_eq!(judge(0), Reason::Trusted);
    assert_eq!(judge(4), Reason::Trusted);
    assert_eq!(judge(5), Reason::UnsupportedFormat);
    assert_eq!(judge(9), Reason::UnsupportedFormat);
}

#[test]
fn rules_that_cost_too_much_are_told_apart_from_broken_ones() {
    let Ok(Document::Link(link)) = Document::read(&link()) else { panic!("it is a link") };
    let rules = vec![Rule::parse(&["ALLOW", "*x"]).unwrap(); 2_000];
    let judge =
        |steps| apply(&rules, Side::Products, &link, &BTreeMap::new(), &mut Budget::of(steps));
    assert!(matches!(judge(100), Err(Broken::Exhausted)));
    assert!(judge(1_000_000).is_ok());
}

#[test]
fn keys_that_are_none_are_refused() {
    for pem in ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        assert_eq!(LayoutKey::from_pem(pem), Err(LayoutKeyError::Malformed));
    }
    assert_eq!(LayoutKey::from_pem(&"x".repeat(20_000)), Err(LayoutKeyError::TooLarge));
    let wrong = changed(key_json(2), "/keytype", json!("rsa"));
    let wrong = changed(wrong, "/scheme", json!("rsassa-pss-sha256"));
    let layout = changed(layout(), &format!("/keys/{}", id(2)), wrong);
    assert_eq!(judge(&layout, &link()).reason, Reason::UnsupportedSignature);
}

#[test]
fn a_key_of_small_order_signs_nothing() {
    // The neutral element: under lenient verification a signature of zeros fits everything.
    let mut neutral = [0_u8; 32];
    *neutral.first_mut().unwrap() = 1;
    let key = changed(key_json(2), "/keyval/public", json!(hex::encode(neutral)));
    let layout = changed(layout(), &format!("/keys/{}", id(2)), key);
    let signature = hex::encode([&neutral[..], &[0; 32]].concat());
    let forged = json!({"signed": link(), "signatures": [{"keyid": id(2), "sig": signature}]});
    let assessment = judge_bytes(&signed_by(&layout, 1), forged.to_string().into_bytes());
    assert_eq!(assessment.reason, Reason::ThresholdNotMet);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_are_never_trusted(
        layout in prop::collection::vec(any::<u8>(), 0..200),
        link in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert_ne!(judge_bytes(&layout, link.clone()).reason, Reason::Trusted);
        prop_assert_ne!(judge_bytes(&signed_by(&self::layout(), 1), link).reason, Reason::Trusted);
    }

    #[test]
    fn a_changed_byte_is_never_trusted_unless_it_says_the_same(at in 0_usize..2_000, bit in 0_u8..8) {
        let genuine = signed_by(&layout(), 1);
        let mut bytes = genuine.clone();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
        let assessment = judge_bytes(&bytes, signed_by(&link(), 2));
        let signed = |bytes: &[u8]| -> Option<Value> {
            serde_json::from_slice::<Value>(bytes).ok()?.get("signed").cloned()
        };
        if assessment.reason == Reason::Trusted {
            prop_assert_eq!(signed(&bytes), signed(&genuine));
        }
    }
}
