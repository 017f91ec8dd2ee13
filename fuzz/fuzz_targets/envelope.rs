//! DSSE envelopes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ =
        beleg_dsse::Envelope::parse(bytes).and_then(|envelope| envelope.unverified_payload());
});
