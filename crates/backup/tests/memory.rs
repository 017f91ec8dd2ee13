//! Memory does not grow with the size of a file. It is measured in a process of its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use beleg_backup::{Limits, Manifest, Scratch, Source, Watch, backup, keys, restore};
use beleg_dsse::Signer;
use std::fs::File;
use std::io::{BufReader, BufWriter};

/// The file has three times the bytes that the process may use.
const FILE: u64 = 72 << 20;
const PEAK_KIB: u64 = 24 << 10;

#[test]
fn a_large_file_is_backed_up_and_restored_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::create_dir(&source).unwrap();
    File::create(source.join("large")).unwrap().set_len(FILE).unwrap();
    let (secret, public) = keys::generate();
    let recipients = keys::recipients(&public).unwrap();
    let signer = Signer::generate("backup.example").unwrap();
    for compression in [None, Some(3)] {
        let path = folder.path().join("backup.age");
        let request = Source {
            folder: &source,
            name: "large",
            now: "2026-11-21T02:00:00Z".parse().unwrap(),
            recipients: &recipients,
            compression,
            exclude: &[],
            one_file_system: false,
            allow_empty: false,
            account_name: &|_| None,
        };
        let out = BufWriter::new(File::create(&path).unwrap());
        let mut entries = Vec::new();
        let created = backup(&request, &signer, out, &mut entries, &Watch::idle()).unwrap();
        let bytes = [created.manifest, entries].concat();
        let trusted = [signer.verifier().clone()];
        let manifest = Manifest::read(bytes.as_slice(), &trusted, tempfile::tempfile).unwrap();
        let scratch = Scratch::create(folder.path()).unwrap();
        let restored = restore(
            Box::new(BufReader::new(File::open(&path).unwrap())),
            &keys::identities(&secret).unwrap(),
            &manifest,
            &scratch,
            &Limits::promised_by(&manifest),
            &Watch::idle(),
        )
        .unwrap();
        assert!(restored.differences.is_empty());
        assert_eq!(restored.written, FILE);
        assert_eq!(scratch.wipe().unwrap().bytes, FILE);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    eprintln!("peak resident memory: {peak} KiB for a file of {} KiB", FILE >> 10);
    assert!(peak < PEAK_KIB, "{peak} KiB");
}
