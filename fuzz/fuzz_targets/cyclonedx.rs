//! CycloneDX SBOMs, and what is made of them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = beleg_sbom::cyclonedx::Limits::default();
    if let Ok(bom) = beleg_sbom::cyclonedx::read(bytes, &limits) {
        let _ = bom.packages("sbom.json", beleg_ecosystem::Registry::built_in());
        let _ = beleg_sbom::ntia::check(&bom, "sbom.json", &Default::default());
    }
});
