//! os-release files.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = beleg_sbom::OsRelease::parse(bytes);
});
