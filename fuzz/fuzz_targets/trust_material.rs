//! Every kind of trust file, and policies for commits.
#![no_main]

use beleg_signature::{TrustFiles, TrustMaterial};
use beleg_trust::Rules;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let files = TrustFiles {
        allowed_signers: Some(bytes),
        revoked_keys: Some(bytes),
        keyring: Some(bytes),
        authorities: Some(bytes),
        revocation_lists: Some(bytes),
        trusted_root: Some(bytes),
    };
    let _ = TrustMaterial::parse(&files);
    let _ = Rules::parse("policy.toml", bytes);
});
