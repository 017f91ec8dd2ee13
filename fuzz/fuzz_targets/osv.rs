//! OSV's archives.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = beleg_advisory::Limits::default();
    let _ = beleg_advisory::sources::osv::read_zip("osv", "PyPI", bytes, &limits, beleg_ecosystem::Registry::built_in());
});
