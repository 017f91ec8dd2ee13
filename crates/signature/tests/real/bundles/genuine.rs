//! Genuine bundles of Sigstore's public instances and of GitHub's own.

use super::{anyone, assert_reason, digest, judge, now, root, test_bundle, test_data};
use beleg_signature::sigstore::{
    Artifact, BundlePolicy, KnownRoot, ManagedKey, TrustedRoot, verify_bundle,
};
use beleg_trust::{Check, DecidedBy, IdentityRule, KeyState, Matcher, Reason};

const CONDA: &str = "bundles/signed-package-2.1.0-hb0f4dca_0.conda";

#[test]
fn genuine_bundles_of_all_versions_pass() {
    let v2_text = "upstream/sigstore-python/staging-rekor-v2.txt";
    for (bundle, artifact, known) in [
        ("bundles/conda-attestation.sigstore.json", CONDA, KnownRoot::Production),
        ("bundles/conda-attestation-rekor2.sigstore.json", CONDA, KnownRoot::Staging),
        (
            "bundles/cosign-v3-blob.sigstore.json",
            "bundles/cosign-v3-blob.txt",
            KnownRoot::Production,
        ),
        (
            "upstream/sigstore-python/staging-rekor-v2.txt.sigstore.json",
            v2_text,
            KnownRoot::Staging,
        ),
    ] {
        let content = test_data(artifact);
        let artifact = Artifact::Bytes(&content);
        let verified = judge(&test_bundle(bundle), &artifact, &anyone(), &root(known));
        assert_reason(&verified.judgement, Reason::Trusted);
        assert_eq!(verified.judgement.crypto, Check::Good, "{bundle}");
        assert_eq!(verified.judgement.rule.as_deref(), Some("anyone"));
        let key = verified.judgement.key.unwrap();
        assert_eq!((key.then, key.now), (KeyState::Valid, KeyState::Expired), "{bundle}");
    }
}

#[test]
fn a_digest_stands_for_the_content() {
    let sha512 = digest(
        "sha512:46d4e2f74c4877316640000a6fdf8a8b59f1e0847667973e9859f774dd31b8f1e0937813b777fb66a2\
         ac67d50540fe34640966eee9fc2ccca387082b4c85cd3c",
    );
    let provenance = test_bundle("bundles/sigstore.js@2.0.0-provenance.sigstore.json");
    let production = root(KnownRoot::Production);
    let digests = [sha512];
    let artifact = Artifact::Digests(&digests);
    let verified = judge(&provenance, &artifact, &anyone(), &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    assert_eq!(verified.predicate_type.as_deref(), Some("https://slsa.dev/provenance/v1"));
    assert_eq!(verified.subject.as_deref(), Some("pkg:npm/sigstore@2.0.0"));
    let statement: serde_json::Value =
        serde_json::from_slice(&verified.statement.unwrap()).unwrap();
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    let claims = verified.claims.unwrap();
    assert_eq!(
        claims.source_repository.as_deref(),
        Some("https://github.com/sigstore/sigstore-js")
    );
    assert_eq!(claims.source_repository_ref.as_deref(), Some("refs/heads/main"));

    let digests =
        [digest("sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf")];
    let verified = judge(
        &test_bundle("upstream/sigstore-python/a.dsse.staging-rekor-v2.txt.sigstore.json"),
        &Artifact::Digests(&digests),
        &anyone(),
        &root(KnownRoot::Staging),
    );
    assert_reason(&verified.judgement, Reason::Trusted);
}

#[test]
fn the_log_and_the_authority_say_when() {
    let production = root(KnownRoot::Production);
    let content = test_data("bundles/cosign-v3-blob.txt");
    let verified = judge(
        &test_bundle("bundles/cosign-v3-blob.sigstore.json"),
        &Artifact::Bytes(&content),
        &anyone(),
        &production,
    );
    let times = verified.judgement.times;
    assert!(times.log.is_some() && times.authority.is_some());
    assert_eq!(times.decided_by, DecidedBy::LogTime);

    let content = test_data(CONDA);
    let verified = judge(
        &test_bundle("bundles/conda-attestation-rekor2.sigstore.json"),
        &Artifact::Bytes(&content),
        &anyone(),
        &root(KnownRoot::Staging),
    );
    let times = verified.judgement.times;
    assert!(times.log.is_none() && times.authority.is_some());
    assert_eq!(times.decided_by, DecidedBy::TimestampAuthority);
}

#[test]
fn what_is_signed_after_the_instant_of_the_check_does_not_count_yet() {
    let content = test_data(CONDA);
    for (bundle, known, expected) in [
        ("bundles/conda-attestation.sigstore.json", KnownRoot::Production, Reason::LogTimeInvalid),
        (
            "bundles/conda-attestation-rekor2.sigstore.json",
            KnownRoot::Staging,
            Reason::TimestampInvalid,
        ),
    ] {
        let verified = verify_bundle(
            &test_data(bundle),
            &Artifact::Bytes(&content),
            &anyone(),
            &root(known),
            "2020-01-01T00:00:00Z".parse().unwrap(),
        );
        assert_reason(&verified.judgement, expected);
    }
}

#[test]
fn a_managed_key_is_selected_by_its_digest() {
    let pem = String::from_utf8(test_data("managed-key/key.pub")).unwrap();
    let key = ManagedKey::from_pem("release", &pem).unwrap();
    let content = test_data("managed-key/artifact.txt");
    let bundle = test_bundle("managed-key/bundle.sigstore.json");
    let production = root(KnownRoot::Production);
    let policy = BundlePolicy::keys(vec![key.clone()]);
    let verified = judge(&bundle, &Artifact::Bytes(&content), &policy, &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    let signer = verified.judgement.signer.unwrap();
    assert_eq!(signer.identity.as_deref(), Some("release"));
    assert!(signer.fingerprint.starts_with("sha256:"));
    let signed = verified.judgement.times.log.unwrap();

    let policy = BundlePolicy::keys(vec![key.clone().until(signed)]);
    let verified = judge(&bundle, &Artifact::Bytes(&content), &policy, &production);
    assert_reason(&verified.judgement, Reason::KeyExpired);
    let later = signed.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
    let policy = BundlePolicy::keys(vec![key.until(later)]);
    let verified = judge(&bundle, &Artifact::Bytes(&content), &policy, &production);
    assert_reason(&verified.judgement, Reason::Trusted);
    assert_eq!(verified.judgement.key.unwrap().now, KeyState::Expired);
}

#[test]
fn githubs_private_attestations_need_a_policy_for_their_lack_of_logs() {
    let bundle = test_bundle("bundles/github-private-attestation.sigstore.json");
    let digests =
        [digest("sha256:76f1fe8593bf227cca2c089e3c16dc95014a8d3e89c5dd220530469ca043c428")];
    let artifact = Artifact::Digests(&digests);
    let github = root(KnownRoot::GitHub);
    let strict = judge(&bundle, &artifact, &anyone(), &github);
    assert_reason(&strict.judgement, Reason::ProofMissing);
    let policy = BundlePolicy { without_transparency_log_unsafe: true, ..anyone() };
    let unlogged = judge(&bundle, &artifact, &policy, &github);
    assert_reason(&unlogged.judgement, Reason::CertificateNotLogged);
    // What the root knows no log for is not demanded under it, a timestamp is.
    let policy = anyone().under(&github);
    assert_eq!(policy.signed_timestamp_threshold, 1);
    let strict = anyone().under(&root(KnownRoot::Production));
    assert_reason(&judge(&bundle, &artifact, &strict, &github).judgement, Reason::ProofMissing);
    let verified = judge(&bundle, &artifact, &policy, &github);
    assert_reason(&verified.judgement, Reason::IssuerMismatch);
    let releases = Matcher::exact("https://dotcom.releases.github.com");
    let mut rule = IdentityRule::new("releases", releases, Matcher::exact(""));
    rule.issuer = None;
    let policy = BundlePolicy { identities: vec![rule], ..policy };
    let verified = judge(&bundle, &artifact, &policy, &github);
    assert_reason(&verified.judgement, Reason::Trusted);
    assert_eq!(verified.judgement.times.decided_by, DecidedBy::TimestampAuthority);
}

#[test]
fn a_username_identity_is_read() {
    let bundle = test_bundle("bundles/othername.sigstore.json");
    let root = TrustedRoot::from_json(&test_data("trusted_roots/scaffolding.json")).unwrap();
    let digests = [message_digest(&bundle)];
    let identity = IdentityRule::new(
        "user",
        Matcher::exact("foo!oidc.local"),
        Matcher::pattern("http**").unwrap(),
    );
    let policy = BundlePolicy::identities(vec![identity]);
    let verified = judge(&bundle, &Artifact::Digests(&digests), &policy, &root);
    assert_reason(&verified.judgement, Reason::Trusted);
}

#[test]
fn the_library_s_own_forgeries_are_refused_for_their_own_reasons() {
    let (production, staging) = (root(KnownRoot::Production), root(KnownRoot::Staging));
    for (name, expected) in [
        ("bundles/bundle_cve_2022_36056.txt.sigstore", Reason::LogEntryMismatch),
        ("bundles/bundle_invalid_version.txt.sigstore", Reason::UnsupportedFormat),
        ("bundles/bundle_no_cert_v1.txt.sigstore", Reason::ProofMissing),
        ("bundles/bundle_no_checkpoint.txt.sigstore", Reason::ProofMissing),
        ("bundles/bundle_no_log_entry.txt.sigstore", Reason::ProofMissing),
        ("bundles/bundle_v3_no_signed_time.txt.sigstore.json", Reason::TimestampMissing),
        ("bundles/dsse-2sigs.sigstore.json", Reason::TooManySignatures),
        ("bundles/dsse.sigstore.json", Reason::ProofMissing),
    ] {
        let bundle = test_bundle(name);
        let digests = [message_digest(&bundle)];
        let root = if name.contains("cve_2022") { &staging } else { &production };
        let verified = judge(&bundle, &Artifact::Digests(&digests), &anyone(), root);
        assert_eq!(verified.judgement.reason, expected, "{name}: {:?}", verified.judgement.notes);
        assert!(verified.statement.is_none());
    }
}

#[test]
fn a_certificate_log_with_another_key_is_noticed() {
    let root = TrustedRoot::from_json(&test_data("invalid-ct-key_fail/trusted_root.json"));
    let bundle = test_bundle("invalid-ct-key_fail/bundle.sigstore.json");
    let digests = [message_digest(&bundle)];
    let verified = judge(&bundle, &Artifact::Digests(&digests), &anyone(), &root.unwrap());
    assert_reason(&verified.judgement, Reason::CertificateNotLogged);
}

#[test]
fn without_trust_material_nothing_is_decided() {
    let content = test_data(CONDA);
    let verified = verify_bundle(
        &test_data("bundles/conda-attestation.sigstore.json"),
        &Artifact::Bytes(&content),
        &BundlePolicy::default(),
        &root(KnownRoot::Production),
        now(),
    );
    assert_reason(&verified.judgement, Reason::NoTrustMaterial);
    assert_eq!(verified.judgement.crypto, Check::Good);
}

/// The digest that a message signature states, or any.
fn message_digest(bundle: &serde_json::Value) -> beleg_model::Digest {
    use base64::Engine as _;
    let stated = bundle["messageSignature"]["messageDigest"]["digest"].as_str();
    let bytes = stated
        .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok());
    beleg_model::Digest::sha256(bytes.unwrap_or([0; 32]))
}
