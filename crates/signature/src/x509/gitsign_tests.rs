#![expect(clippy::unwrap_used, reason = "a test may panic")]
//! gitsign's signatures as a private Sigstore world makes them (`tests/worlds`), verified against
//! that world's trusted root.

use super::judge::{Material, judge_with};
use crate::artifact::Payload;
use crate::claim::Claim;
use crate::sigstore::TrustedRoot;
use beleg_trust::IdentityRule;
use beleg_trust::Matcher;
use beleg_trust::{
    Check, DecidedBy, Judgement, MissingEvidence, PatternList, Policy, Reason, Signer,
};
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use der::asn1::SetOfVec;
use der::{Any, Decode as _, Encode as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const PAYLOAD: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nx\n";
const ALICE: &str = "alice@world.test";

struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        world.run("new", &[]);
        fs::write(world.path("payload"), PAYLOAD).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs the payload as gitsign does.
    fn sign(&self, more: &[&str]) -> Vec<u8> {
        let (payload, out) = (self.path("payload"), self.path("signature"));
        let args = ["--payload", payload.to_str().unwrap(), "--out", out.to_str().unwrap()];
        self.run("cms", &[&args[..], more].concat());
        fs::read(out).unwrap()
    }

    fn run(&self, command: &str, more: &[&str]) {
        let tools = std::env::var_os("BELEG_TOOLS").map(PathBuf::from).unwrap_or_else(|| {
            PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/beleg/tools")
        });
        let worlds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
        let output = Command::new(tools.join("venv/bin/python"))
            .current_dir(worlds)
            .args(["-m", "worlds.sigstore_world", command])
            .arg(self.path("world"))
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn root(&self) -> TrustedRoot {
        TrustedRoot::from_json(&fs::read(self.path("world/trusted_root.json")).unwrap()).unwrap()
    }
}

fn judge(
    signature: &[u8],
    payload: &[u8],
    root: Option<&TrustedRoot>,
    policy: &Policy,
) -> Judgement {
    let claim = Claim {
        payload: Payload::Bytes(payload),
        namespace: "git",
        email: Some(ALICE),
        time: policy.now,
        time_is: DecidedBy::CommitterDate,
    };
    let material = Material { authorities: None, lists: None, root, nothing: false };
    judge_with(signature, &claim, &material, policy)
}

/// Allows everybody for whom the world's issuer vouches.
fn policy() -> Policy {
    let identity = Matcher::pattern("**").unwrap();
    let rule = IdentityRule::new("all", identity, Matcher::exact("https://identity.world.test"));
    Policy { identities: vec![rule], ..Policy::at("2040-01-01T00:00:00Z".parse().unwrap()) }
}

#[test]
fn an_embedded_log_entry_proves_when_gitsign_signed() {
    let world = World::new();
    let root = world.root();
    for more in [&["--embed-log"][..], &["--embed-log", "--tsa"]] {
        let signature = world.sign(more);
        let judgement = judge(&signature, PAYLOAD, Some(&root), &policy());
        assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
        assert_eq!(judgement.times.decided_by, DecidedBy::LogTime);
        assert!(judgement.times.log.is_some());
        assert_eq!(judgement.signer_matches_committer, Some(true));
        let Signer { identity, issuer, .. } = judgement.signer.unwrap();
        assert_eq!(identity.as_deref(), Some(ALICE));
        assert_eq!(issuer.as_deref(), Some("https://identity.world.test"));
        let judgement = judge(&signature, b"tree of another", Some(&root), &policy());
        assert_eq!((judgement.reason, judgement.crypto), (Reason::DigestMismatch, Check::Bad));
        let unlisted = Policy { identities: Vec::new(), ..policy() };
        let judgement = judge(&signature, PAYLOAD, Some(&root), &unlisted);
        assert_eq!((judgement.reason, judgement.trust), (Reason::NoTrustMaterial, Check::Unknown));
        let other = IdentityRule::new(
            "other",
            Matcher::exact(ALICE),
            Matcher::exact("https://other.world.test"),
        );
        let other = Policy { identities: vec![other], ..policy() };
        let judgement = judge(&signature, PAYLOAD, Some(&root), &other);
        assert_eq!(judgement.reason, Reason::IssuerMismatch);
        let nobody = Policy { signers: Some(PatternList::parse("bob@*").unwrap()), ..policy() };
        let judgement = judge(&signature, PAYLOAD, Some(&root), &nobody);
        assert_eq!(judgement.reason, Reason::PrincipalNotAllowed);
    }
}

#[test]
fn without_a_log_entry_or_a_trusted_root_evidence_is_missing() {
    let world = World::new();
    let (old, new) = (world.sign(&[]), world.sign(&["--embed-log"]));
    let root = world.root();
    for (signature, root, reason, missing) in [
        (&old, Some(&root), Reason::EvidenceMissing, MissingEvidence::LogEntry),
        (&new, None, Reason::NoTrustMaterial, MissingEvidence::TrustedRoot),
    ] {
        let judgement = judge(signature, PAYLOAD, root, &policy());
        assert_eq!(
            (judgement.reason, judgement.crypto, judgement.trust),
            (reason, Check::Good, Check::Unknown)
        );
        assert_eq!(judgement.missing, [missing]);
        assert_eq!(judgement.signer.unwrap().identity, None);
    }
    let judgement = judge(&old, PAYLOAD, None, &policy());
    assert_eq!(judgement.reason, Reason::NoTrustMaterial);
    assert_eq!(judgement.missing, [MissingEvidence::TrustedRoot, MissingEvidence::LogEntry]);
}

/// Anybody can make such a chain at home; only one of the trusted root lacks nothing but the log.
#[test]
fn a_chain_made_at_home_and_a_strangers_name_are_refused_before_the_log_is_missed() {
    let (world, home) = (World::new(), World::new());
    let root = world.root();
    let judgement = judge(&home.sign(&[]), PAYLOAD, Some(&root), &policy());
    assert_eq!(judgement.reason, Reason::CertificateUntrusted, "{judgement:?}");
    let signature = world.sign(&[]);
    let other = IdentityRule::new(
        "other",
        Matcher::exact("bob@world.test"),
        Matcher::exact("https://identity.world.test"),
    );
    let other = Policy { identities: vec![other], ..policy() };
    let judgement = judge(&signature, PAYLOAD, Some(&root), &other);
    assert_eq!(judgement.reason, Reason::IdentityMismatch);
    let workflow = world.sign(&["--identity", "https://ci.world.test/workflow"]);
    let judgement = judge(&workflow, PAYLOAD, Some(&root), &policy());
    assert_eq!(judgement.reason, Reason::SignerNotCommitter);
    let unlisted = Policy { identities: Vec::new(), ..policy() };
    let judgement = judge(&signature, PAYLOAD, Some(&root), &unlisted);
    assert_eq!((judgement.reason, judgement.trust), (Reason::NoTrustMaterial, Check::Unknown));
}

/// Early versions of gitsign kept the parts of the log's entry in attributes of their own; under the
/// identifier of today's entry stood the log's time.
#[test]
fn a_log_entry_in_the_form_of_early_versions_is_missing_evidence_and_no_malformed_signature() {
    let world = World::new();
    let der = super::signed_data::decode(&world.sign(&["--embed-log"])).unwrap();
    let mut data: SignedData = ContentInfo::from_der(&der).unwrap().content.decode_as().unwrap();
    let mut signer = data.signer_infos.0.as_slice().first().unwrap().clone();
    let mut attributes = signer.unsigned_attrs.take().unwrap().into_vec();
    let time = Any::new(der::Tag::Integer, vec![0x64, 0, 0, 0]).unwrap();
    for attribute in &mut attributes {
        attribute.values = SetOfVec::try_from(vec![time.clone()]).unwrap();
    }
    signer.unsigned_attrs = Some(SetOfVec::try_from(attributes).unwrap());
    data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    let content = Any::from_der(&data.to_der().unwrap()).unwrap();
    let content_type = der::asn1::ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
    let early = ContentInfo { content_type, content }.to_der().unwrap();
    let judgement = judge(&early, PAYLOAD, Some(&world.root()), &policy());
    assert_eq!(judgement.reason, Reason::EvidenceMissing, "{judgement:?}");
    assert!(judgement.notes.iter().any(|note| note.contains("early versions")), "{judgement:?}");
}

#[test]
fn what_another_world_logged_proves_nothing() {
    let (world, other) = (World::new(), World::new());
    let signature = world.sign(&["--embed-log"]);
    let judgement = judge(&signature, PAYLOAD, Some(&other.root()), &policy());
    assert_ne!(judgement.reason, Reason::Trusted);
    let ci = world.sign(&["--embed-log", "--identity", "https://ci.world.test/workflow"]);
    let root = world.root();
    let judgement = judge(&ci, PAYLOAD, Some(&root), &policy());
    assert_eq!(judgement.reason, Reason::SignerNotCommitter);
    let anybody = Policy { require_signer_is_committer: false, ..policy() };
    let judgement = judge(&ci, PAYLOAD, Some(&root), &anybody);
    assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
    for more in ["--expired-leaf", "--no-sct"] {
        let signature = world.sign(&["--embed-log", more]);
        let judgement = judge(&signature, PAYLOAD, Some(&root), &policy());
        assert_ne!(judgement.reason, Reason::Trusted, "{more}");
    }
}

/// The signature over signed attributes, with the attributes as content and none signed.
#[test]
fn signed_attributes_are_no_content() {
    let world = World::new();
    let der = super::signed_data::decode(&world.sign(&[])).unwrap();
    let mut data: SignedData = ContentInfo::from_der(&der).unwrap().content.decode_as().unwrap();
    let mut signer = data.signer_infos.0.as_slice().first().unwrap().clone();
    let payload = signer.signed_attrs.take().unwrap().to_der().unwrap();
    data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    let content = Any::from_der(&data.to_der().unwrap()).unwrap();
    let content_type = der::asn1::ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
    let forged = ContentInfo { content_type, content }.to_der().unwrap();
    let judgement = judge(&forged, &payload, None, &policy());
    assert_eq!((judgement.reason, judgement.crypto), (Reason::BadSignature, Check::Bad));
    assert!(judgement.notes.iter().any(|note| note.contains("presented as the content")));
}
