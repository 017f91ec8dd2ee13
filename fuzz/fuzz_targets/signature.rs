//! Every format of signatures over files: none is ever trusted, because nobody may sign.
#![no_main]

use beleg_signature::{Artifact, TrustFiles, TrustMaterial, verify_artifact};
use beleg_trust::{Policy, Reason};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let artifact = Artifact::read("a", Box::new(b"content".to_vec())).unwrap();
    let trust = TrustMaterial::parse(&TrustFiles::default()).unwrap();
    let policy = Policy::at("2026-01-01T00:00:00Z".parse().unwrap());
    let judgement = verify_artifact(&artifact, bytes, "a.sig", &[], &trust, &policy);
    assert_ne!(judgement.reason, Reason::Trusted);
});
