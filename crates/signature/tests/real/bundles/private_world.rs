//! Bundles of a private deployment, judged here and by Python's sigstore.

use super::world::{ALICE, ISSUER, PrivateWorld};
use super::{anyone, assert_reason, judge};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_model::Verdict;
use beleg_signature::sigstore::{Artifact, BundlePolicy, ManagedKey, Verified, verify_bundle};
use beleg_trust::{Check, DecidedBy, IdentityRule, KeyState, Matcher, Reason};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fs;

const CONTENT: &[u8] = b"an artifact\n";

/// After everything that the world signs.
pub(super) fn later() -> Timestamp {
    "2100-01-01T00:00:00Z".parse().unwrap()
}

fn alice() -> BundlePolicy {
    BundlePolicy::identities(vec![IdentityRule::new(
        "alice",
        Matcher::exact(ALICE),
        Matcher::exact(ISSUER),
    )])
}

fn judged(bundle: &Value, policy: &BundlePolicy) -> Verified {
    let root = PrivateWorld::shared().root();
    let json = bundle.to_string();
    verify_bundle(json.as_bytes(), &Artifact::Bytes(CONTENT), policy, root, later())
}

#[track_caller]
fn expect(options: &[&str], policy: &BundlePolicy, expected: Reason) -> Verified {
    let bundle = PrivateWorld::shared().made("sign", "artifact.txt", CONTENT, options);
    let verified = judged(&bundle, policy);
    assert_reason(&verified.judgement, expected);
    verified
}

/// Every kind of evidence, with the reason here and whether Python's sigstore accepts it.
#[test]
fn our_verdicts_are_pythons_but_where_we_say_otherwise() {
    let world = PrivateWorld::shared();
    let cases: &[(&[&str], Reason, bool)] = &[
        (&["--format", "v0.1"], Reason::Trusted, true),
        (&["--format", "v0.2"], Reason::Trusted, true),
        (&["--format", "v0.3"], Reason::Trusted, true),
        (&["--tsa"], Reason::Trusted, true),
        (&["--format", "v0.1", "--dsse"], Reason::Trusted, true),
        (&["--dsse"], Reason::Trusted, true),
        (&["--rekor", "v2", "--tsa"], Reason::Trusted, true),
        (&["--rekor", "v2", "--tsa", "--dsse"], Reason::Trusted, true),
        (&["--no-sct"], Reason::CertificateNotLogged, false),
        (&["--expired-leaf"], Reason::LogTimeInvalid, false),
        (&["--expired-leaf", "--rekor", "v2", "--tsa"], Reason::CertificateExpired, false),
        (&["--rekor", "none", "--tsa"], Reason::ProofMissing, false),
        (&["--rekor", "v2"], Reason::TimestampMissing, false),
        (&["--format", "v0.1", "--no-proof"], Reason::ProofMissing, false),
        (&["--format", "v0.2", "--no-proof"], Reason::ProofMissing, false),
        // A certificate with two names: Python's sigstore is content when one of them is the
        // one that is asked for. Here it is nobody in particular.
        (&["--two-sans"], Reason::IdentityAmbiguous, true),
        // An older kind of entry, which Python's sigstore does not know.
        (&["--dsse", "--entry", "intoto"], Reason::Trusted, false),
    ];
    let mut files = Vec::new();
    for (options, expected, _) in cases {
        let out = world.file("sign", "artifact.txt", CONTENT, options);
        let bundle: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        let reason = judged(&bundle, &alice()).judgement.reason;
        assert_eq!(reason, *expected, "{options:?}");
        files.push((out.clone(), out.with_file_name("artifact.txt")));
    }
    for ((options, _, accepted), answer) in cases.iter().zip(world.oracle(&files)) {
        assert_eq!(answer["ok"], *accepted, "{options:?}: {answer}");
    }
}

#[test]
fn tampered_bundles_are_refused_here_and_by_python() {
    let world = PrivateWorld::shared();
    let mut files = Vec::new();
    for (pointer, value) in [
        ("/verificationMaterial/tlogEntries/0/integratedTime", "1700000000"),
        ("/verificationMaterial/tlogEntries/0/inclusionProof/logIndex", "0"),
        ("/verificationMaterial/tlogEntries/0/canonicalizedBody", "e30="),
        ("/messageSignature/signature", "MAYCAQECAQE="),
        ("/messageSignature/messageDigest/digest", "AAAA"),
    ] {
        let out = world.file("sign", "artifact.txt", CONTENT, &[]);
        let mut bundle: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        *bundle.pointer_mut(pointer).unwrap() = value.into();
        fs::write(&out, bundle.to_string()).unwrap();
        let verdict = judged(&bundle, &anyone()).judgement.reason.verdict();
        assert_eq!(verdict, Verdict::Fail, "{pointer}");
        files.push((out.clone(), out.with_file_name("artifact.txt")));
    }
    for (answer, file) in world.oracle(&files).iter().zip(&files) {
        assert_eq!(answer["ok"], false, "{file:?}: {answer}");
    }
}

#[test]
fn another_identity_and_another_issuer_are_told_apart() {
    expect(&["--identity", "mallory@world.test"], &alice(), Reason::IdentityMismatch);
    expect(&["--issuer", "https://other.world.test"], &alice(), Reason::IssuerMismatch);
}

#[test]
fn a_bundle_of_another_world_leads_to_no_trusted_authority() {
    let root = super::root(beleg_signature::sigstore::KnownRoot::Production);
    let bundle = PrivateWorld::shared().made("sign", "artifact.txt", CONTENT, &[]);
    let artifact = Artifact::Bytes(CONTENT);
    let verified =
        verify_bundle(bundle.to_string().as_bytes(), &artifact, &alice(), &root, later());
    assert_reason(&verified.judgement, Reason::LogUnknown);
    let bundle =
        PrivateWorld::shared().made("sign", "a.txt", CONTENT, &["--rekor", "none", "--tsa"]);
    let policy = BundlePolicy { without_transparency_log_unsafe: true, ..alice() };
    let verified = verify_bundle(bundle.to_string().as_bytes(), &artifact, &policy, &root, later());
    assert_reason(&verified.judgement, Reason::TimestampInvalid);
}

#[test]
fn private_deployments_may_do_without_logs_but_not_without_a_time() {
    let without_log = BundlePolicy { without_transparency_log_unsafe: true, ..alice() };
    let verified = expect(&["--rekor", "none", "--tsa"], &without_log, Reason::Trusted);
    assert_eq!(verified.judgement.times.decided_by, DecidedBy::TimestampAuthority);
    expect(&["--rekor", "none"], &without_log, Reason::TimestampMissing);
    let without_sct = BundlePolicy { without_certificate_log_unsafe: true, ..alice() };
    expect(&["--no-sct"], &without_sct, Reason::Trusted);
    let promised = BundlePolicy { inclusion_promise_suffices_unsafe: true, ..alice() };
    expect(&["--format", "v0.1", "--no-proof"], &promised, Reason::Trusted);
    expect(&["--format", "v0.2", "--no-proof"], &promised, Reason::ProofMissing);
}

#[test]
fn the_state_of_a_certificate_is_told_then_and_now() {
    let verified = expect(&[], &alice(), Reason::Trusted);
    let key = verified.judgement.key.unwrap();
    assert_eq!((key.then, key.now), (KeyState::Valid, KeyState::Expired));
}

#[test]
fn the_claims_of_a_workflow_are_told() {
    let policy = BundlePolicy::identities(vec![
        IdentityRule::github_workflow("world/project", "ci.yml").unwrap(),
    ]);
    let options = ["--github-workflow", "world/project/ci.yml"];
    let claims = expect(&options, &policy, Reason::Trusted).claims.unwrap();
    assert_eq!(claims.source_repository.as_deref(), Some("https://github.com/world/project"));
    assert!(claims.source_repository_digest.is_some() && claims.run_invocation_uri.is_some());
    let other = ["--github-workflow", "world/project-evil/ci.yml"];
    expect(&other, &policy, Reason::IdentityMismatch);
    let other = ["--github-workflow", "world/project/ci.yml.evil.yml"];
    expect(&other, &policy, Reason::IdentityMismatch);
}

#[test]
fn a_managed_key_signs_messages_and_statements() {
    let world = PrivateWorld::shared();
    let (path, pem) = world.new_key();
    let (_, other) = world.new_key();
    let right = ManagedKey::from_pem("right", &pem).unwrap();
    let wrong = ManagedKey::from_pem("wrong", &other).unwrap();
    let policy = BundlePolicy::keys(vec![wrong.clone(), right]);
    let key = ["--key", path.to_str().unwrap()];
    for options in [&[][..], &["--dsse"], &["--rekor", "v2", "--tsa"], &["--format", "v0.1"]] {
        let all = [&key[..], options].concat();
        let mut bundle = world.made("sign-key", "artifact.txt", CONTENT, &all);
        let verified = judged(&bundle, &policy);
        assert_reason(&verified.judgement, Reason::Trusted);
        assert_eq!(verified.judgement.rule.as_deref(), Some("right"), "{options:?}");
        let only_wrong = BundlePolicy::keys(vec![wrong.clone()]);
        assert_reason(&judged(&bundle, &only_wrong).judgement, Reason::KeyHintMismatch);
        // Without a hint, all keys are tried.
        bundle["verificationMaterial"]["publicKey"] = serde_json::json!({});
        assert_reason(&judged(&bundle, &policy).judgement, Reason::Trusted);
        assert_reason(&judged(&bundle, &only_wrong).judgement, Reason::BadSignature);
        let two_wrong = BundlePolicy::keys(vec![wrong.clone(), wrong.clone()]);
        assert_reason(&judged(&bundle, &two_wrong).judgement, Reason::BadSignature);
    }
}

/// What the proof says a second time reaches whoever reads it there.
#[test]
fn what_a_log_entry_says_twice_is_the_same() {
    let world = PrivateWorld::shared();
    let root: Value =
        serde_json::from_slice(&fs::read(world.path("trusted_root.json")).unwrap()).unwrap();
    let logs: Vec<&Value> =
        root["tlogs"].as_array().unwrap().iter().map(|log| &log["logId"]["keyId"]).collect();
    for options in [&["--rekor", "v1"][..], &["--rekor", "v2", "--tsa"]] {
        let bundle = world.made("sign", "artifact.txt", CONTENT, options);
        assert_reason(&judged(&bundle, &alice()).judgement, Reason::Trusted);
        let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
        let (proof, id) = (&entry["inclusionProof"], &entry["logId"]["keyId"]);
        let size: u64 = proof["treeSize"].as_str().unwrap().parse().unwrap();
        let index: u64 = proof["logIndex"].as_str().map_or(0, |text| text.parse().unwrap());
        let other = logs.iter().find(|log| **log != id).unwrap();
        for (place, value) in [
            ("/inclusionProof/treeSize", json!(size.saturating_add(1).to_string())),
            ("/inclusionProof/treeSize", json!(size.saturating_add(1_000).to_string())),
            ("/inclusionProof/logIndex", json!(index.saturating_add(1).to_string())),
            ("/inclusionProof/rootHash", json!(STANDARD.encode([7; 32]))),
            ("/logId/keyId", (*other).clone()),
            ("/logId/keyId", json!(STANDARD.encode([7; 32]))),
            ("/kindVersion", json!({ "kind": "dsse", "version": "0.0.1" })),
        ] {
            let mut altered = bundle.clone();
            let entry = &mut altered["verificationMaterial"]["tlogEntries"][0];
            // Where it stands in for nothing, it is added.
            let (parent, name) = place.rsplit_once('/').unwrap();
            entry.pointer_mut(parent).unwrap()[name] = value;
            let judgement = judged(&altered, &alice()).judgement;
            assert!(
                judgement.speaks_against() || judgement.reason == Reason::LogUnknown,
                "{options:?} {place}: {judgement:?}"
            );
        }
    }
}

/// Each of these is read by protobuf's own readers, or by Go's, in place of the other.
#[test]
fn a_member_in_another_spelling_is_refused() {
    let world = PrivateWorld::shared();
    let bundle = world.made("sign", "artifact.txt", CONTENT, &["--dsse"]);
    for (place, name) in [
        ("", "media_type"),
        ("", "MediaType"),
        ("", "dsse_envelope"),
        ("", "message_signature"),
        ("/dsseEnvelope", "payload_type"),
        ("/dsseEnvelope", "PayloadType"),
        ("/verificationMaterial", "tlog_entries"),
        ("/verificationMaterial", "public_key"),
        ("/verificationMaterial", "timestamp_verification_data"),
        ("/verificationMaterial/tlogEntries/0", "inclusion_proof"),
        ("/verificationMaterial/tlogEntries/0/inclusionProof", "tree_size"),
    ] {
        let mut altered = bundle.clone();
        altered.pointer_mut(place).unwrap()[name] = json!("x");
        let judgement = judged(&altered, &alice()).judgement;
        assert_reason(&judgement, Reason::MalformedSignature);
    }
}

#[test]
fn a_bare_signature_of_a_key_is_accepted_where_no_log_is_demanded() {
    let world = PrivateWorld::shared();
    let (path, pem) = world.new_key();
    let strict = BundlePolicy::keys(vec![ManagedKey::from_pem("key", &pem).unwrap()]);
    let lax = BundlePolicy { without_transparency_log_unsafe: true, ..strict.clone() };
    for options in [&[][..], &["--dsse"]] {
        let all = [&["--rekor", "none", "--key", path.to_str().unwrap()][..], options].concat();
        let bundle = world.made("sign-key", "artifact.txt", CONTENT, &all);
        assert_reason(&judged(&bundle, &strict).judgement, Reason::ProofMissing);
        let verified = judged(&bundle, &lax);
        assert_reason(&verified.judgement, Reason::Trusted);
        assert_eq!(verified.judgement.crypto, Check::Good);
        let other = judge(&bundle, &Artifact::Bytes(b"other"), &lax, world.root());
        assert_eq!(other.judgement.reason.verdict(), Verdict::Fail);
    }
}

#[test]
fn one_statement_about_another_file_is_no_statement_about_this_one() {
    let world = PrivateWorld::shared();
    let bundle = world.made("sign", "other.txt", b"other", &["--dsse"]);
    let verified = judged(&bundle, &alice());
    assert_reason(&verified.judgement, Reason::SubjectNotCovered);
    assert!(verified.statement.is_some());
}

#[test]
fn statements_that_can_be_read_in_two_ways_are_refused() {
    let world = PrivateWorld::shared();
    for (payload, expected) in [
        (
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"p"}"#,
            Reason::MalformedStatement,
        ),
        (
            r#"{"_type":"https://in-toto.io/Statement/v9","subject":[{"digest":{"sha256":"00"}}],"predicateType":"p"}"#,
            Reason::UnsupportedFormat,
        ),
        (
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"00"}}],"predicateType":"p","predicateType":"q"}"#,
            Reason::MalformedStatement,
        ),
        (
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"gitCommit":"00"}}],"predicateType":"p"}"#,
            Reason::UnsupportedFormat,
        ),
        ("not JSON", Reason::MalformedStatement),
    ] {
        let path = world.new_path("statement.json");
        fs::write(&path, payload).unwrap();
        let options = ["--dsse", "--statement", path.to_str().unwrap()];
        expect(&options, &alice(), expected);
    }
}
