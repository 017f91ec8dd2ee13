//! What PyPI and npm serve.

use super::private_world::later;
use super::world::{PrivateWorld, run_python};
use super::{assert_reason, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_signature::sigstore::{
    Artifact, BundlePolicy, ManagedKey, NpmAttestation, Verified, verify_npm_attestations,
    verify_pypi_attestation, verify_pypi_provenance,
};
use beleg_trust::{IdentityRule, Matcher, Reason};
use serde_json::{Value, json};
use std::fs;

const WHEEL: &str = "project-1.0-py3-none-any.whl";
const CONTENT: &[u8] = b"a distribution\n";

fn publisher() -> BundlePolicy {
    let rule = IdentityRule::github_workflow("world/project", "release.yml").unwrap();
    BundlePolicy::identities(vec![rule])
}

fn provenance(json: &Value, name: &str, content: &[u8], policy: &BundlePolicy) -> Vec<Verified> {
    let (json, artifact) = (json.to_string(), Artifact::Bytes(content));
    let root = PrivateWorld::shared().root();
    verify_pypi_provenance(json.as_bytes(), name, &artifact, policy, root, later())
}

#[track_caller]
fn expect_one(all: &[Verified], expected: Reason) {
    let [one] = all else { panic!("{} attestations", all.len()) };
    assert_reason(&one.judgement, expected);
}

#[test]
fn a_distributions_provenance_passes_for_its_publisher() {
    let json = PrivateWorld::shared().made("pep740", WHEEL, CONTENT, &[]);
    let all = provenance(&json, WHEEL, CONTENT, &publisher());
    expect_one(&all, Reason::Trusted);
    let one = all.first().unwrap();
    assert_eq!(one.subject.as_deref(), Some(WHEEL));
    assert_eq!(
        one.predicate_type.as_deref(),
        Some("https://docs.pypi.org/attestations/publish/v1")
    );
}

#[test]
fn one_attestation_alone_is_read_too() {
    let world = PrivateWorld::shared();
    let json = world.made("pep740", WHEEL, CONTENT, &["--single"]).to_string();
    let artifact = Artifact::Bytes(CONTENT);
    let judged = |json: &str| {
        let policy = publisher();
        verify_pypi_attestation(json.as_bytes(), WHEEL, &artifact, &policy, world.root(), later())
    };
    assert_reason(&judged(&json).judgement, Reason::Trusted);
    let newer = json.replacen("\"version\":1", "\"version\":2", 1);
    assert_reason(&judged(&newer).judgement, Reason::UnsupportedFormat);
    assert_reason(&judged("{}").judgement, Reason::MalformedSignature);
}

#[test]
fn a_distribution_of_another_name_content_or_publisher_is_refused() {
    let json = PrivateWorld::shared().made("pep740", WHEEL, CONTENT, &[]);
    let other = "project-1.1-py3-none-any.whl";
    expect_one(&provenance(&json, other, CONTENT, &publisher()), Reason::SubjectNotCovered);
    expect_one(&provenance(&json, WHEEL, b"other", &publisher()), Reason::SubjectNotCovered);
    let rule = IdentityRule::github_workflow("world/project", "other.yml").unwrap();
    let policy = BundlePolicy::identities(vec![rule]);
    expect_one(&provenance(&json, WHEEL, CONTENT, &policy), Reason::IdentityMismatch);
    // The index's word about the publisher decides nothing.
    let mut lying = json.clone();
    lying["attestation_bundles"][0]["publisher"]["repository"] = json!("mallory/project");
    expect_one(&provenance(&lying, WHEEL, CONTENT, &publisher()), Reason::Trusted);
    let mut empty = json;
    empty["attestation_bundles"] = json!([]);
    assert!(provenance(&empty, WHEEL, CONTENT, &publisher()).is_empty());
}

#[test]
fn pypis_own_verifier_agrees_on_publishers() {
    let script = "\
import json, sys
from pypi_attestations import Distribution, Provenance
from sigstore.verify import Verifier
from worlds import oracle
from pathlib import Path
verifier = oracle.new_verifier(Path(sys.argv[1]))
Verifier.production = staticmethod(lambda offline: verifier)
provenance = Provenance.model_validate_json(Path(sys.argv[2]).read_bytes())
group = provenance.attestation_bundles[0]
try:
    group.attestations[0].verify(group.publisher, Distribution.from_file(Path(sys.argv[3])), offline=True)
    print('ok')
except Exception as error:
    print(type(error).__name__)
";
    let world = PrivateWorld::shared();
    for (workflow, expected) in [
        ("world/project/release.yml", Reason::Trusted),
        ("world/project/other.yml", Reason::IdentityMismatch),
        ("mallory/project/release.yml", Reason::IdentityMismatch),
    ] {
        let out = world.file("pep740", WHEEL, CONTENT, &["--github-workflow", workflow]);
        let mut json: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        expect_one(&provenance(&json, WHEEL, CONTENT, &publisher()), expected);
        json["attestation_bundles"][0]["publisher"] =
            json!({ "kind": "GitHub", "repository": "world/project", "workflow": "release.yml" });
        fs::write(&out, json.to_string()).unwrap();
        let configuration = world.path("trust_config.json");
        let wheel = out.with_file_name(WHEEL);
        let files = [&configuration, &out, &wheel].map(|path| path.to_str().unwrap());
        let answer = run_python(&[&["-c", script][..], &files].concat(), b"");
        let answer = String::from_utf8(answer).unwrap();
        assert_eq!(answer.trim() == "ok", expected == Reason::Trusted, "{workflow}: {answer}");
    }
}

fn npm(json: &Value, package: &str, content: &[u8], policy: &BundlePolicy) -> Vec<NpmAttestation> {
    use sha2::{Digest as _, Sha512};
    let digests = [digest(&format!("sha512:{}", hex::encode(Sha512::digest(content))))];
    let artifact = Artifact::Digests(&digests);
    let (json, root) = (json.to_string(), PrivateWorld::shared().root());
    verify_npm_attestations(json.as_bytes(), package, "1.2.3", &artifact, policy, root, later())
}

fn registry() -> BundlePolicy {
    let keys = fs::read(PrivateWorld::shared().path("npm-keys.json")).unwrap();
    BundlePolicy { keys: ManagedKey::from_npm_keys(&keys).unwrap(), ..publisher() }
}

fn package() -> Value {
    let options = ["--purl", "pkg:npm/%40world/project@1.2.3"];
    PrivateWorld::shared().made("npm", "project.tgz", CONTENT, &options)
}

fn reasons(all: &[NpmAttestation]) -> Vec<Reason> {
    all.iter().map(|one| one.verified.judgement.reason).collect()
}

#[test]
fn a_packages_attestations_pass_for_registry_and_publisher() {
    let all = npm(&package(), "@world/project", CONTENT, &registry());
    assert_eq!(reasons(&all), [Reason::Trusted, Reason::Trusted]);
    let [published, provenance] = all.as_slice() else { panic!("two attestations") };
    assert!(published.predicate_type.ends_with("/publish/v0.1"));
    assert!(published.verified.claims.is_none());
    let claims = provenance.verified.claims.as_ref().unwrap();
    assert_eq!(claims.source_repository.as_deref(), Some("https://github.com/world/project"));
}

#[test]
fn a_package_of_another_name_or_content_is_refused() {
    let json = package();
    let refused = [Reason::SubjectNotCovered, Reason::SubjectNotCovered];
    assert_eq!(reasons(&npm(&json, "@world/other", CONTENT, &registry())), refused);
    assert_eq!(reasons(&npm(&json, "@world/project", b"other", &registry())), refused);
}

#[test]
fn one_attestation_stops_no_other() {
    let mut json = package();
    json["attestations"][0]["bundle"]["dsseEnvelope"]["signatures"][0]["sig"] = json!("AAAA");
    let all = npm(&json, "@world/project", CONTENT, &registry());
    assert_eq!(reasons(&all), [Reason::BadSignature, Reason::Trusted]);
    json["attestations"][0]["bundle"] = json!("nothing");
    let all = npm(&json, "@world/project", CONTENT, &registry());
    assert_eq!(reasons(&all), [Reason::MalformedSignature, Reason::Trusted]);
    let all = npm(&json!({}), "@world/project", CONTENT, &registry());
    assert_eq!(reasons(&all), [Reason::MalformedSignature]);
}

#[test]
fn the_registrys_key_must_be_the_one_that_is_named() {
    let json = package();
    let (_, pem) = PrivateWorld::shared().new_key();
    let keys = vec![ManagedKey::from_pem("other", &pem).unwrap()];
    let policy = BundlePolicy { keys, ..publisher() };
    let all = npm(&json, "@world/project", CONTENT, &policy);
    assert_eq!(reasons(&all), [Reason::BadSignature, Reason::Trusted]);
    // A key that had expired before the log took the attestation in.
    let mut keys: Value =
        serde_json::from_slice(&fs::read(PrivateWorld::shared().path("npm-keys.json")).unwrap())
            .unwrap();
    keys["keys"][0]["expires"] = json!("2001-01-01T00:00:00.000Z");
    let keys = ManagedKey::from_npm_keys(keys.to_string().as_bytes()).unwrap();
    let all = npm(&json, "@world/project", CONTENT, &BundlePolicy { keys, ..publisher() });
    assert_eq!(reasons(&all), [Reason::KeyExpired, Reason::Trusted]);
}

/// npm's key ids are the registry's own names, not the digests that they look like; a key that
/// comes as PEM has none of them.
#[test]
fn a_forged_publish_attestation_is_bad_whatever_key_it_names() {
    let keys = fs::read(PrivateWorld::shared().path("npm-keys.json")).unwrap();
    let keys: Value = serde_json::from_slice(&keys).unwrap();
    let key = keys["keys"][0]["key"].as_str().unwrap();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n");
    let by_pem = vec![ManagedKey::from_pem("npm", &pem).unwrap()];
    for policy in [registry(), BundlePolicy { keys: by_pem, ..publisher() }] {
        let genuine = npm(&package(), "@world/project", CONTENT, &policy);
        assert_eq!(reasons(&genuine), [Reason::Trusted, Reason::Trusted]);
        for hint in ["", "SHA256:nobody", "npm's own", &"07".repeat(32)] {
            let mut json = package();
            let bundle = &mut json["attestations"][0]["bundle"];
            let statement = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
            let statement = String::from_utf8(STANDARD.decode(statement).unwrap()).unwrap();
            let forged = statement.replace("registry.world.test", "registry.evil.test");
            assert_ne!(forged, statement);
            bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(forged));
            bundle["verificationMaterial"]["publicKey"]["hint"] = json!(hint);
            bundle["dsseEnvelope"]["signatures"][0]["keyid"] = json!(hint);
            let all = npm(&json, "@world/project", CONTENT, &policy);
            assert_eq!(reasons(&all), [Reason::BadSignature, Reason::Trusted], "{hint}");
            assert!(all.first().unwrap().verified.judgement.speaks_against(), "{hint}");
        }
    }
}

#[test]
fn a_statement_of_another_type_than_the_registry_states_is_refused() {
    let mut json = package();
    json["attestations"][1]["predicateType"] = json!("https://slsa.dev/provenance/v9");
    let all = npm(&json, "@world/project", CONTENT, &registry());
    assert_eq!(reasons(&all), [Reason::Trusted, Reason::UnexpectedPredicate]);
}

#[test]
fn a_publisher_with_an_asterisk_is_refused() {
    assert!(IdentityRule::github_workflow("world/*", "release.yml").is_err());
    assert!(IdentityRule::gitlab_pipeline("gitlab.invalid", "", ".gitlab-ci.yml").is_err());
    let rule = IdentityRule::gitlab_pipeline("gitlab.invalid", "g/p", ".gitlab-ci.yml").unwrap();
    assert!(rule.identity.matches("https://gitlab.invalid/g/p//.gitlab-ci.yml@refs/heads/main"));
    assert_eq!(rule.issuer, Some(Matcher::exact("https://gitlab.invalid")));
}
