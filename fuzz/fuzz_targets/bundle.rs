//! Sigstore bundles, and what becomes one.
#![no_main]

use beleg_signature::sigstore::{Artifact, BundlePolicy, KnownRoot, TrustedRoot, verify_file};
use beleg_trust::Reason;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fuzz_target!(|bytes: &[u8]| {
    static ROOT: OnceLock<TrustedRoot> = OnceLock::new();
    let root = ROOT.get_or_init(|| TrustedRoot::known(KnownRoot::Production).unwrap());
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let content = Artifact::Bytes(b"content");
    for verified in verify_file(bytes, "a", &content, &BundlePolicy::default(), root, now) {
        assert_ne!(verified.judgement.reason, Reason::Trusted);
    }
});
