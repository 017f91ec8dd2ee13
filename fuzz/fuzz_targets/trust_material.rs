//! Allowed-signers files and keyrings.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = beleg_trust::TrustMaterial::parse(Some(bytes), None);
    let _ = beleg_trust::TrustMaterial::parse(None, Some(bytes));
});
