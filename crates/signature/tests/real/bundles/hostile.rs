//! Genuine bundles that somebody changed; each change has its own reason.

use super::{anyone, assert_reason, digest, judge, now, root, test_bundle, test_data};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_model::Verdict;
use beleg_signature::sigstore::{
    Artifact, BundlePolicy, CosignSignature, KnownRoot, MAX_BUNDLE_BYTES, ManagedKey,
    verify_bundle, verify_cosign_blob, verify_cosign_image, verify_npm_attestations,
    verify_pypi_attestation, verify_pypi_provenance,
};
use beleg_trust::{Check, IdentityRule, Matcher, MissingEvidence, Reason};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::OnceLock;

const V01: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
const V02: &str = "application/vnd.dev.sigstore.bundle+json;version=0.2";
const V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A bundle over a message: Rekor v1 with promise and proof, and a timestamp.
fn blob() -> Value {
    test_bundle("bundles/cosign-v3-blob.sigstore.json")
}

/// A bundle over a statement: Rekor v1 with promise and proof.
fn attestation() -> Value {
    test_bundle("bundles/conda-attestation.sigstore.json")
}

#[track_caller]
fn expect_blob(bundle: &Value, expected: Reason) {
    expect_blob_with(bundle, &anyone(), expected);
}

#[track_caller]
fn expect_blob_with(bundle: &Value, policy: &BundlePolicy, expected: Reason) {
    let content = test_data("bundles/cosign-v3-blob.txt");
    let verified = judge(bundle, &Artifact::Bytes(&content), policy, &root(KnownRoot::Production));
    assert_reason(&verified.judgement, expected);
}

#[track_caller]
fn expect_attestation(bundle: &Value, expected: Reason) {
    let content = test_data("bundles/signed-package-2.1.0-hb0f4dca_0.conda");
    let verified =
        judge(bundle, &Artifact::Bytes(&content), &anyone(), &root(KnownRoot::Production));
    assert_reason(&verified.judgement, expected);
    if expected != Reason::Trusted {
        assert!(verified.statement.is_none());
        assert!(verified.claims.is_none());
    }
}

fn entry(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0]
}

/// Changes one bit of base64 content.
fn flip(value: &mut Value) {
    let mut bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    let last = bytes.len().saturating_sub(1);
    *bytes.get_mut(last).unwrap() ^= 1;
    *value = json!(STANDARD.encode(bytes));
}

#[test]
fn another_artifact_is_a_digest_mismatch_or_no_subject() {
    let production = root(KnownRoot::Production);
    let artifact = Artifact::Bytes(b"another");
    let verified = judge(&blob(), &artifact, &anyone(), &production);
    assert_reason(&verified.judgement, Reason::DigestMismatch);
    let verified = judge(&attestation(), &artifact, &anyone(), &production);
    assert_reason(&verified.judgement, Reason::SubjectNotCovered);
    assert_eq!((verified.judgement.crypto, verified.judgement.trust), (Check::Good, Check::Bad));
    assert_eq!(verified.subject, None);
}

#[test]
fn a_subject_with_one_right_and_one_wrong_digest_is_not_the_artifact() {
    let content = test_data("bundles/signed-package-2.1.0-hb0f4dca_0.conda");
    let right = {
        use sha2::{Digest as _, Sha256};
        digest(&format!("sha256:{}", hex::encode(Sha256::digest(&content))))
    };
    let wrong = digest(&format!("sha256:{}", "0".repeat(64)));
    let production = root(KnownRoot::Production);
    let digests = [right];
    let verified = judge(&attestation(), &Artifact::Digests(&digests), &anyone(), &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    let digests = [wrong];
    let verified = judge(&attestation(), &Artifact::Digests(&digests), &anyone(), &production);
    assert_reason(&verified.judgement, Reason::SubjectNotCovered);
}

#[test]
fn a_changed_signature_or_payload_does_not_fit() {
    let mut bundle = attestation();
    flip(&mut bundle["dsseEnvelope"]["signatures"][0]["sig"]);
    expect_attestation(&bundle, Reason::BadSignature);

    let mut bundle = attestation();
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(payload).unwrap().replacen('{', "{ ", 1);
    bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(text));
    expect_attestation(&bundle, Reason::BadSignature);

    // The timestamp is over the signature: it is the first to notice.
    let mut bundle = blob();
    flip(&mut bundle["messageSignature"]["signature"]);
    expect_blob(&bundle, Reason::TimestampInvalid);
    bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
    expect_blob(&bundle, Reason::BadSignature);
}

#[test]
fn a_swapped_log_entry_is_another_signatures() {
    let mut bundle = blob();
    let mut foreign = test_bundle("bundles/bundle_v3_github.whl.sigstore");
    *entry(&mut bundle) = entry(&mut foreign).take();
    // Its time is long before this certificate's.
    expect_blob(&bundle, Reason::LogTimeInvalid);

    let mut bundle = blob();
    *entry(&mut bundle) = entry(&mut attestation()).take();
    expect_blob(&bundle, Reason::LogEntryMismatch);

    let mut bundle = blob();
    flip(&mut entry(&mut bundle)["canonicalizedBody"]);
    expect_blob(&bundle, Reason::LogPromiseInvalid);
}

#[test]
fn a_wrong_root_hash_or_path_or_checkpoint_proves_nothing() {
    let mut bundle = blob();
    flip(&mut entry(&mut bundle)["inclusionProof"]["rootHash"]);
    expect_blob(&bundle, Reason::LogProofInvalid);

    let mut bundle = blob();
    flip(&mut entry(&mut bundle)["inclusionProof"]["hashes"][0]);
    expect_blob(&bundle, Reason::LogProofInvalid);

    let mut bundle = blob();
    let checkpoint = &mut entry(&mut bundle)["inclusionProof"]["checkpoint"]["envelope"];
    let text = checkpoint.as_str().unwrap().to_owned();
    let (note, signature) = text.rsplit_once(' ').unwrap();
    let mut signature = json!(signature.trim_end());
    flip(&mut signature);
    *checkpoint = json!(format!("{note} {}\n", signature.as_str().unwrap()));
    expect_blob(&bundle, Reason::LogProofInvalid);

    let mut bundle = blob();
    entry(&mut bundle)["inclusionProof"]["logIndex"] = json!("0");
    expect_blob(&bundle, Reason::LogProofInvalid);
}

#[test]
fn a_tampered_promise_or_time_is_not_the_logs_word() {
    let mut bundle = attestation();
    flip(&mut entry(&mut bundle)["inclusionPromise"]["signedEntryTimestamp"]);
    expect_attestation(&bundle, Reason::LogPromiseInvalid);
    let mut bundle = attestation();
    entry(&mut bundle)["integratedTime"] = json!("1700000000");
    expect_attestation(&bundle, Reason::LogPromiseInvalid);
    let mut bundle = attestation();
    entry(&mut bundle)["integratedTime"] = json!("99999999999");
    let verified = judge(&bundle, &Artifact::Bytes(b""), &anyone(), &root(KnownRoot::Production));
    assert_ne!(verified.judgement.reason.verdict(), Verdict::Pass);
}

#[test]
fn a_log_that_nobody_trusts_is_unknown() {
    let mut bundle = attestation();
    entry(&mut bundle)["logId"]["keyId"] = json!(STANDARD.encode([7; 32]));
    expect_attestation(&bundle, Reason::LogUnknown);
    let content = test_data("bundles/cosign-v3-blob.txt");
    let verified = judge(&blob(), &Artifact::Bytes(&content), &anyone(), &root(KnownRoot::GitHub));
    assert_ne!(verified.judgement.reason.verdict(), Verdict::Pass);
}

#[test]
fn stripped_evidence_is_missed() {
    let mut bundle = attestation();
    entry(&mut bundle).as_object_mut().unwrap().remove("inclusionProof");
    expect_attestation(&bundle, Reason::ProofMissing);

    let mut bundle = attestation();
    entry(&mut bundle)["inclusionProof"]["checkpoint"] = json!({});
    expect_attestation(&bundle, Reason::ProofMissing);

    let mut bundle = attestation();
    bundle["verificationMaterial"]["tlogEntries"] = json!([]);
    expect_attestation(&bundle, Reason::ProofMissing);

    // Without the promise nobody says when.
    let mut bundle = attestation();
    entry(&mut bundle).as_object_mut().unwrap().remove("inclusionPromise");
    expect_attestation(&bundle, Reason::TimestampMissing);
}

#[test]
fn a_second_entry_without_proof_does_not_hide_behind_the_first() {
    let mut bundle = attestation();
    let mut second = entry(&mut bundle).clone();
    second.as_object_mut().unwrap().remove("inclusionProof");
    bundle["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap().push(second);
    expect_attestation(&bundle, Reason::ProofMissing);
}

#[test]
fn an_older_media_type_does_not_lessen_the_demands() {
    for older in [V01, V02] {
        let mut bundle = attestation();
        bundle["mediaType"] = json!(older);
        expect_attestation(&bundle, Reason::FormatDowngraded);
    }
    let mut bundle = attestation();
    bundle["mediaType"] = json!(V01);
    entry(&mut bundle).as_object_mut().unwrap().remove("inclusionProof");
    expect_attestation(&bundle, Reason::FormatDowngraded);

    // Rewritten throughout, it looks like a genuine one of version 0.1, which the policy refuses
    // as long as it does not let promises suffice.
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    let certificate = material.remove("certificate").unwrap();
    material.insert("x509CertificateChain".to_owned(), json!({ "certificates": [certificate] }));
    expect_attestation(&bundle, Reason::ProofMissing);
    let content = test_data("bundles/signed-package-2.1.0-hb0f4dca_0.conda");
    let policy = BundlePolicy { inclusion_promise_suffices_unsafe: true, ..anyone() };
    let verified =
        judge(&bundle, &Artifact::Bytes(&content), &policy, &root(KnownRoot::Production));
    assert_reason(&verified.judgement, Reason::Trusted);
    assert_eq!(verified.judgement.missing, [MissingEvidence::InclusionProof]);
}

#[test]
fn a_newer_media_type_does_not_make_a_chain_a_certificate() {
    let mut bundle = test_bundle("bundles/sigstore.js@2.0.0-provenance.sigstore.json");
    bundle["mediaType"] = json!(V03);
    expect_attestation(&bundle, Reason::MalformedSignature);
}

#[test]
fn an_envelope_has_one_signature() {
    let mut bundle = attestation();
    let signatures = bundle["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
    let second = signatures.first().unwrap().clone();
    signatures.push(second);
    expect_attestation(&bundle, Reason::TooManySignatures);
    bundle["dsseEnvelope"]["signatures"] = json!([]);
    expect_attestation(&bundle, Reason::MalformedSignature);
}

#[test]
fn another_payload_type_is_not_a_statement() {
    let mut bundle = attestation();
    bundle["dsseEnvelope"]["payloadType"] = json!("application/octet-stream");
    expect_attestation(&bundle, Reason::UnsupportedFormat);
}

#[test]
fn a_hint_at_another_key_is_refused() {
    let pem = String::from_utf8(test_data("managed-key/key.pub")).unwrap();
    let content = test_data("managed-key/artifact.txt");
    let key = ManagedKey::from_pem("release", &pem).unwrap();
    let production = root(KnownRoot::Production);
    let policy = BundlePolicy::keys(vec![key.clone()]);
    let mut bundle = test_bundle("managed-key/bundle.sigstore.json");
    bundle["verificationMaterial"]["publicKey"]["hint"] = json!("another key");
    // A name that anybody may have given it says nothing; the digest of another key does.
    let verified = judge(&bundle, &Artifact::Bytes(&content), &policy, &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    for hint in [STANDARD.encode([7; 32]), "07".repeat(32), format!("sha256:{}", "07".repeat(32))] {
        bundle["verificationMaterial"]["publicKey"]["hint"] = json!(hint);
        let verified = judge(&bundle, &Artifact::Bytes(&content), &policy, &production);
        assert_reason(&verified.judgement, Reason::KeyHintMismatch);
    }
    let policy = BundlePolicy::keys(vec![key.known_as(STANDARD.encode([7; 32]))]);
    bundle["verificationMaterial"]["publicKey"]["hint"] = json!(STANDARD.encode([7; 32]));
    let verified = judge(&bundle, &Artifact::Bytes(&content), &policy, &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    // Identities alone allow no key, and keys alone no identity.
    let verified = judge(&bundle, &Artifact::Bytes(&content), &anyone(), &production);
    assert_reason(&verified.judgement, Reason::UnknownKey);
    expect_blob_with(&blob(), &policy, Reason::IdentityMismatch);
}

#[test]
fn a_key_bundle_without_its_log_entry_needs_a_policy_for_that() {
    let pem = String::from_utf8(test_data("managed-key/key.pub")).unwrap();
    let key = ManagedKey::from_pem("release", &pem).unwrap();
    let content = test_data("managed-key/artifact.txt");
    let production = root(KnownRoot::Production);
    let mut bundle = test_bundle("managed-key/bundle.sigstore.json");
    let artifact = Artifact::Bytes(&content);
    bundle["verificationMaterial"]["tlogEntries"] = json!([]);
    let strict = BundlePolicy::keys(vec![key]);
    let verified = judge(&bundle, &artifact, &strict, &production);
    assert_reason(&verified.judgement, Reason::ProofMissing);
    let lax = BundlePolicy { without_transparency_log_unsafe: true, ..strict };
    let verified = judge(&bundle, &artifact, &lax, &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    assert_eq!(verified.judgement.missing, [MissingEvidence::LogEntry]);
    // Not even a timestamp is left, and the signature is all there is.
    bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
    let verified = judge(&bundle, &artifact, &lax, &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    let demanding = BundlePolicy { signed_timestamp_threshold: 1, ..lax.clone() };
    let verified = judge(&bundle, &artifact, &demanding, &production);
    assert_reason(&verified.judgement, Reason::TimestampMissing);
    flip(&mut bundle["messageSignature"]["signature"]);
    let verified = judge(&bundle, &artifact, &lax, &production);
    assert_reason(&verified.judgement, Reason::BadSignature);
}

#[test]
fn thresholds_count_different_logs_and_authorities() {
    let mut bundle = blob();
    let twice = entry(&mut bundle).clone();
    bundle["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap().push(twice);
    let two = NonZeroU32::new(2).unwrap();
    let policy = BundlePolicy { transparency_log_threshold: two, ..anyone() };
    expect_blob(&bundle, Reason::Trusted);
    expect_blob_with(&bundle, &policy, Reason::ProofMissing);

    let mut bundle = blob();
    let stamps = &mut bundle["verificationMaterial"]["timestampVerificationData"];
    let stamps = stamps["rfc3161Timestamps"].as_array_mut().unwrap();
    let twice = stamps.first().unwrap().clone();
    stamps.push(twice);
    let policy = BundlePolicy { signed_timestamp_threshold: 1, ..anyone() };
    expect_blob_with(&bundle, &policy, Reason::Trusted);
    let policy = BundlePolicy { signed_timestamp_threshold: 2, ..anyone() };
    expect_blob_with(&bundle, &policy, Reason::TimestampMissing);
}

#[test]
fn a_timestamp_over_another_signature_is_not_this_ones() {
    let mut bundle = blob();
    let other = test_bundle("managed-key/bundle.sigstore.json");
    bundle["verificationMaterial"]["timestampVerificationData"] =
        other["verificationMaterial"]["timestampVerificationData"].clone();
    expect_blob(&bundle, Reason::TimestampInvalid);
}

#[test]
fn an_untrusted_authority_signs_for_nobody() {
    let mut bundle = blob();
    let foreign = test_bundle("bundles/conda-attestation-rekor2.sigstore.json");
    bundle["verificationMaterial"]["certificate"] =
        foreign["verificationMaterial"]["certificate"].clone();
    expect_blob(&bundle, Reason::LogTimeInvalid);

    let policy = BundlePolicy { without_transparency_log_unsafe: true, ..anyone() };
    let content = test_data("bundles/signed-package-2.1.0-hb0f4dca_0.conda");
    let mut foreign = foreign;
    foreign["verificationMaterial"]["tlogEntries"] = json!([]);
    let verified =
        judge(&foreign, &Artifact::Bytes(&content), &policy, &root(KnownRoot::Production));
    assert_ne!(verified.judgement.reason.verdict(), Verdict::Pass);
}

#[test]
fn another_identity_or_issuer_or_repository_is_not_allowed() {
    let rule = |identity: &str, issuer: &str| {
        let identity = Matcher::pattern(identity).unwrap();
        IdentityRule::new("rule", identity, Matcher::pattern(issuer).unwrap())
    };
    let policy = |rule| BundlePolicy::identities(vec![rule]);
    expect_blob_with(&blob(), &policy(rule("mallory@*", "**")), Reason::IdentityMismatch);
    let issuer = "https://issuer.invalid";
    expect_blob_with(&blob(), &policy(rule("**", issuer)), Reason::IssuerMismatch);
    let mut elsewhere = rule("**", "**");
    elsewhere.source_repository = Some(Matcher::exact("https://forge.invalid/o/r"));
    expect_blob_with(&blob(), &policy(elsewhere.clone()), Reason::SourceMismatch);
    // One rule that fits suffices, wherever it stands.
    let several = BundlePolicy::identities(vec![elsewhere, rule("**", issuer), rule("**", "**")]);
    expect_blob_with(&blob(), &several, Reason::Trusted);
}

#[test]
fn limits_hold() {
    let mut bundle = blob();
    let one = entry(&mut bundle).clone();
    bundle["verificationMaterial"]["tlogEntries"] = json!(vec![one; 10_000]);
    expect_blob(&bundle, Reason::MalformedSignature);

    let mut bundle = blob();
    let stamps = &mut bundle["verificationMaterial"]["timestampVerificationData"];
    let one = stamps["rfc3161Timestamps"][0].clone();
    stamps["rfc3161Timestamps"] = json!(vec![one; 33]);
    expect_blob(&bundle, Reason::MalformedSignature);

    let mut bundle = blob();
    let hash = entry(&mut bundle)["inclusionProof"]["hashes"][0].clone();
    entry(&mut bundle)["inclusionProof"]["hashes"] = json!(vec![hash; 65]);
    expect_blob(&bundle, Reason::MalformedSignature);

    let mut bundle = test_bundle("bundles/sigstore.js@2.0.0-provenance.sigstore.json");
    let chain = &mut bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
    *chain = json!(vec![chain[0].clone(); 11]);
    expect_blob(&bundle, Reason::MalformedSignature);
}

#[test]
fn truncated_deep_huge_and_doubled_json_is_malformed() {
    let production = root(KnownRoot::Production);
    let text = blob().to_string();
    let doubled = text.replacen('{', "{\"messageSignature\":{},", 1);
    let half = text.get(..text.len().checked_div(2).unwrap()).unwrap();
    for json in [
        half.as_bytes(),
        doubled.as_bytes(),
        b"",
        b"null",
        b"[]",
        "[".repeat(1_000_000).as_bytes(),
        &vec![b' '; MAX_BUNDLE_BYTES.saturating_add(1)],
    ] {
        let verified = verify_bundle(json, &Artifact::Bytes(b""), &anyone(), &production, now());
        assert_reason(&verified.judgement, Reason::MalformedSignature);
    }
    let mut both = blob();
    both["dsseEnvelope"] = attestation()["dsseEnvelope"].take();
    expect_blob(&both, Reason::MalformedSignature);
    let mut both = blob();
    both["verificationMaterial"]["publicKey"] = json!({ "hint": "" });
    expect_blob(&both, Reason::MalformedSignature);
    let mut unstated = blob();
    unstated.as_object_mut().unwrap().remove("mediaType");
    expect_blob(&unstated, Reason::MalformedSignature);
    let mut unknown = blob();
    entry(&mut unknown)["kindVersion"]["version"] = json!("9.9.9");
    expect_blob(&unknown, Reason::UnsupportedFormat);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_bytes_never_pass(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let verified =
            verify_bundle(&bytes, &Artifact::Bytes(b""), &anyone(), production(), now());
        prop_assert_eq!(verified.judgement.reason, Reason::MalformedSignature);
    }

    #[test]
    fn arbitrary_bytes_never_pass_in_any_other_format(
        text in "(\\{\"(attestations|attestation_bundles|base64Signature|version)\":)?.{0,60}",
    ) {
        let (artifact, policy) = (Artifact::Bytes(b""), anyone());
        let (json, root) = (text.as_bytes(), production());
        let mut verified = vec![
            verify_cosign_blob(json, &artifact, &policy, root, now()),
            verify_pypi_attestation(json, "name", &artifact, &policy, root, now()),
        ];
        verified.extend(verify_pypi_provenance(json, "name", &artifact, &policy, root, now()));
        let all = verify_npm_attestations(json, "name", "1", &artifact, &policy, root, now());
        verified.extend(all.into_iter().map(|one| one.verified));
        for name in ["signature", "certificate", "bundle", "rfc3161timestamp"] {
            let name = match name {
                "signature" => "dev.cosignproject.cosign/signature".to_owned(),
                name => format!("dev.sigstore.cosign/{name}"),
            };
            let annotations = [(name, text.clone())].into();
            let signature = CosignSignature { payload: json, annotations: &annotations };
            let image = digest(&format!("sha256:{}", "0".repeat(64)));
            verified.push(verify_cosign_image(&signature, &image, &policy, root, now()));
        }
        for one in verified {
            prop_assert_ne!(one.judgement.reason.verdict(), Verdict::Pass);
            prop_assert_ne!(one.judgement.reason, Reason::VerifierFailed);
        }
    }

    /// The promise, the proof, the certificate and the signature leave no byte uncovered that
    /// matters; what may differ is the spelling.
    #[test]
    fn a_bundle_with_a_changed_byte_never_passes_for_another_artifact(
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut json = test_data("bundles/cosign-v3-blob.sigstore.json");
        let position = position.index(json.len());
        *json.get_mut(position).unwrap() = byte;
        let verified =
            verify_bundle(&json, &Artifact::Bytes(b"another"), &anyone(), production(), now());
        prop_assert_ne!(verified.judgement.reason.verdict(), Verdict::Pass);
    }
}

fn production() -> &'static beleg_signature::sigstore::TrustedRoot {
    static ROOT: OnceLock<beleg_signature::sigstore::TrustedRoot> = OnceLock::new();
    ROOT.get_or_init(|| root(KnownRoot::Production))
}
