//! Evidence packs.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let report = beleg_ledger::pack::verify(bytes, None);
    assert!(!report.is_sound(), "nobody signed this");
});
