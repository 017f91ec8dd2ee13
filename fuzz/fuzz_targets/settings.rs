//! Configuration files.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let problems = beleg_settings::Problems::default();
    let source = beleg_settings::SourceText { file: "f.toml", text };
    beleg_settings::parse(source, &problems, |section| {
        let _ = (section.text("a"), section.texts("b"), section.count("c"), section.duration("d"));
        let _ = section.tables("e", |section| section.to_json());
    });
});
