//! What an SBOM says it describes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = beleg_sbom::cyclonedx::Limits::default();
    let _ = beleg_sbom::subject_of(bytes, &limits);
});
