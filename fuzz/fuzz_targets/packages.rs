//! Every package-manager format; the first byte chooses one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let formats = beleg_sbom::FORMATS;
    let format = formats[usize::from(*choice) % formats.len()];
    let _ = format.parse("file", bytes);
});
