//! Sigstore bundles: genuine ones of the public instances and of a private world, and what
//! becomes of them when somebody changes them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod cosign;
mod genuine;
mod hostile;
mod private_world;
mod registries;
mod speed;
mod tuf;
mod world;

use beleg_model::Digest;
use beleg_signature::sigstore::{
    Artifact, BundlePolicy, KnownRoot, TrustedRoot, Verified, verify_bundle,
};
use beleg_trust::{IdentityRule, Judgement, Matcher, Reason};
use jiff::Timestamp;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// After every genuine bundle was signed.
pub(super) const NOW: &str = "2026-11-01T00:00:00Z";

pub(super) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Where the crate that verifies bundles has its genuine ones.
pub(super) fn test_data(name: &str) -> Vec<u8> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--offline", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages.iter().find(|package| package["name"] == "sigstore-verify").unwrap();
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
        manifest.parent().unwrap().join("test_data")
    });
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("`{name}`: {error}"))
}

pub(super) fn test_bundle(name: &str) -> Value {
    serde_json::from_slice(&test_data(name)).unwrap()
}

pub(super) fn root(known: KnownRoot) -> TrustedRoot {
    TrustedRoot::known(known).unwrap()
}

pub(super) fn anyone() -> BundlePolicy {
    let anything = || Matcher::pattern("**").unwrap();
    BundlePolicy::identities(vec![IdentityRule::new("anyone", anything(), anything())])
}

pub(super) fn digest(text: &str) -> Digest {
    text.parse().unwrap()
}

pub(super) fn judge(
    bundle: &Value,
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
) -> Verified {
    verify_bundle(bundle.to_string().as_bytes(), artifact, policy, root, now())
}

/// Says that a judgement is of this reason, and shows the notes when it is not.
#[track_caller]
pub(super) fn assert_reason(judgement: &Judgement, expected: Reason) {
    assert_eq!(judgement.reason, expected, "{:?}", judgement.notes);
}
