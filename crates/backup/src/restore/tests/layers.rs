//! What decrypts well and is no archive, or a far too large one.

use super::*;
use crate::formats::FormatError;
use proptest::prelude::*;
use std::io::Write as _;
use std::sync::LazyLock;

/// A kit with the manifests of a compressed and an uncompressed backup, and their archive.
static SAMPLE: LazyLock<(Kit, Manifest, Manifest, Vec<u8>)> = LazyLock::new(|| {
    let folder = small_folder();
    let kit = Kit::new();
    let (ciphertext, plain) = kit.backup(folder.path(), None);
    let (_, packed) = kit.backup(folder.path(), Some(3));
    let identities = kit.identities.iter().map(Identity::as_age);
    let mut archive = Vec::new();
    age::Decryptor::new(ciphertext.as_slice())
        .unwrap()
        .decrypt(identities)
        .unwrap()
        .read_to_end(&mut archive)
        .unwrap();
    let (plain, packed) = (kit.open(&plain), kit.open(&packed));
    (kit, plain, packed, archive)
});

/// Encrypts bytes that are taken for a compressed archive of `archive_size` bytes.
fn packed(bytes: &[u8], archive_size: u64) -> (Vec<u8>, Manifest) {
    let (kit, _, manifest, _) = &*SAMPLE;
    let ciphertext = kit.encrypt(bytes);
    let mut manifest = manifest.clone();
    manifest.facts.ciphertext = Measure::of(&ciphertext);
    manifest.facts.archive.size = ByteCount(archive_size);
    (ciphertext, manifest)
}

fn cause(ciphertext: &[u8], manifest: &Manifest) -> Cause {
    SAMPLE.0.restore(ciphertext, manifest).result.unwrap_err().cause
}

#[test]
fn a_cut_archive_is_damaged_wherever_it_is_cut() {
    let (kit, manifest, _, archive) = &*SAMPLE;
    for cut in (0..archive.len() - 512).step_by(100) {
        let (ciphertext, manifest) = kit.pose(&archive[..cut], manifest);
        let cause = cause(&ciphertext, &manifest);
        assert!(matches!(cause, Cause::Archive(FormatError::Truncated)), "{cut}: {cause}");
    }
}

#[test]
fn a_doubled_archive_and_garbage_after_its_end_are_told() {
    let (kit, plain, packed, archive) = &*SAMPLE;
    for manifest in [plain, packed] {
        for tail in [archive.as_slice(), b"garbage"] {
            let longer = [archive, tail].concat();
            let (ciphertext, posed) = kit.pose(&longer, manifest);
            let cause = cause(&ciphertext, &posed);
            assert!(matches!(cause, Cause::Archive(FormatError::TrailingBytes)), "{cause}");
        }
    }
    let (ciphertext, mut posed) = kit.pose(&[archive, archive.as_slice()].concat(), plain);
    posed.facts.archive = plain.facts.archive.clone();
    assert!(matches!(cause(&ciphertext, &posed), Cause::ArchiveTooLong { .. }));
}

#[test]
fn damaged_compression_is_told() {
    let (_, _, _, archive) = &*SAMPLE;
    let whole = zstd::stream::encode_all(archive.as_slice(), 3).unwrap();
    let size = archive.len() as u64;
    let cut = whole[..whole.len() - 2].to_vec();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    let garbage = [whole.as_slice(), b"garbage"].concat();
    for bytes in [cut, changed, garbage, archive.clone(), vec![]] {
        let (ciphertext, manifest) = packed(&bytes, size);
        let cause = cause(&ciphertext, &manifest);
        assert!(
            matches!(cause, Cause::Decompress(_) | Cause::Archive(_)),
            "{} bytes: {cause}",
            bytes.len()
        );
    }
}

#[test]
fn a_bomb_is_stopped_at_the_size_that_the_manifest_promises() {
    let bomb = zstd::stream::encode_all(io::repeat(0).take(1 << 30), 3).unwrap();
    assert!(bomb.len() < 200_000);
    let (ciphertext, manifest) = packed(&bomb, 10_240);
    assert!(matches!(cause(&ciphertext, &manifest), Cause::ArchiveTooLong { promised: 10_240 }));
}

#[test]
fn a_bomb_that_the_manifest_promises_is_stopped_at_the_ratio() {
    let bomb = zstd::stream::encode_all(io::repeat(0).take(1 << 28), 3).unwrap();
    let (ciphertext, manifest) = packed(&bomb, 1 << 28);
    let limits = Limits { ratio: 1000, ..Limits::promised_by(&manifest) };
    let trial = SAMPLE.0.restore_from(ciphertext.as_slice(), &manifest, &limits, &Watch::idle());
    assert!(matches!(trial.result.unwrap_err().cause, Cause::OverLimit { limit: 1000, .. }));
}

#[test]
fn a_window_above_the_limit_is_told_from_damage() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&SAMPLE.3).unwrap();
    encoder.flush().unwrap();
    let bytes = encoder.finish().unwrap();
    let (ciphertext, manifest) = packed(&bytes, SAMPLE.3.len() as u64);
    let limits = Limits { window_log: 26, ..Limits::promised_by(&manifest) };
    let trial = SAMPLE.0.restore_from(ciphertext.as_slice(), &manifest, &limits, &Watch::idle());
    assert!(matches!(trial.result.unwrap_err().cause, Cause::WindowTooLarge { limit: 26 }));
    // What `zstd --long=27` makes is read without a word.
    let limits = Limits::promised_by(&manifest);
    let trial = SAMPLE.0.restore_from(ciphertext.as_slice(), &manifest, &limits, &Watch::idle());
    assert!(trial.result.is_ok());
}

#[test]
fn more_entries_than_allowed_are_given_up() {
    let mut builder = tar::Builder::new(Vec::new());
    for n in 0..50 {
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("extra{n}"), io::empty()).unwrap();
    }
    let (kit, manifest, _, _) = &*SAMPLE;
    let (ciphertext, manifest) = kit.pose(&builder.into_inner().unwrap(), manifest);
    let limits = Limits { entries: 40, ..Limits::promised_by(&manifest) };
    let trial = kit.restore_from(ciphertext.as_slice(), &manifest, &limits, &Watch::idle());
    let error = trial.result.unwrap_err();
    assert!(matches!(error.cause, Cause::OverLimit { what: "entries", limit: 40 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_and_mutated_archives_never_panic_and_never_equal_the_manifest(
        changes in proptest::collection::vec((any::<usize>(), 1u8..), 1..6),
        zstd in any::<bool>(),
    ) {
        let (kit, plain, packed, archive) = &*SAMPLE;
        let mut archive = archive.clone();
        for (at, with) in changes {
            let at = at % archive.len();
            archive[at] ^= with;
        }
        let manifest = if zstd { packed } else { plain };
        let unchanged = manifest.facts.archive.clone();
        let (ciphertext, mut posed) = kit.pose(&archive, manifest);
        posed.facts.archive = unchanged;
        if let Ok(restored) = kit.restore(&ciphertext, &posed).result {
            // Changes can undo each other.
            let is_same = Measure::of(&archive) == manifest.facts.archive;
            prop_assert!(is_same || !restored.differences.is_empty());
        }
    }
}
