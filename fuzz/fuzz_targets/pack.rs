//! Evidence packs.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let expected = beleg_ledger::pack::Expectation::default();
    let report = beleg_ledger::pack::verify(&mut std::io::Cursor::new(bytes), &expected).unwrap();
    assert!(!report.is_sound(), "nobody signed this");
});
