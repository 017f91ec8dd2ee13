//! Backup manifests behind a good signature, and names of backups.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let signer = beleg_dsse::Signer::from_seed("fuzz", [1; 32]).unwrap();
    let envelope = beleg_dsse::Envelope::sign(beleg_dsse::PAYLOAD_TYPE, bytes, &signer);
    let signed = beleg_dsse::canonical_json(&envelope).unwrap();
    let trusted = [signer.verifier().clone()];
    // Small manifests are kept in memory; there is no file to make.
    let none = || Err(std::io::ErrorKind::Unsupported.into());
    let _ = beleg_backup::Manifest::read(signed.as_slice(), &trusted, none);
    let _ = std::str::from_utf8(bytes).map(beleg_backup::BackupName::parse);
});
