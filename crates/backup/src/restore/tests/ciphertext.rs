//! Encrypted objects that are cut off, extended, changed, or not for us.

use super::*;
use proptest::prelude::*;
use std::io::Cursor;
use std::sync::LazyLock;

const CHUNK: usize = (64 << 10) + 16;

struct Sample {
    kit: Kit,
    ciphertext: Vec<u8>,
    manifest: Manifest,
}

/// A backup of three chunks, uncompressed.
static LARGE: LazyLock<Sample> = LazyLock::new(|| sample(150_000, None));
/// A backup of one chunk, compressed.
static SMALL: LazyLock<Sample> = LazyLock::new(|| sample(10, Some(3)));

fn sample(size: usize, level: Option<i32>) -> Sample {
    let folder = small_folder();
    fs::write(folder.path().join("large"), vec![5; size]).unwrap();
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder.path(), level);
    let manifest = kit.open(&created);
    Sample { kit, ciphertext, manifest }
}

fn cause(sample: &Sample, ciphertext: &[u8]) -> Cause {
    sample.kit.restore(ciphertext, &sample.manifest).result.unwrap_err().cause
}

/// Where the age stream begins: after the header's last line and the 16-byte nonce.
fn payload(ciphertext: &[u8]) -> usize {
    let mac = ciphertext.windows(4).position(|window| window == b"--- ").unwrap();
    ciphertext[mac..].iter().position(|byte| *byte == b'\n').unwrap() + mac + 1 + 16
}

#[test]
fn a_cut_anywhere_is_truncated() {
    let whole = SMALL.ciphertext.as_slice();
    let promised = whole.len() as u64;
    for cut in 0..whole.len() {
        let cause = cause(&SMALL, &whole[..cut]);
        let found = cut as u64;
        let is_told = matches!(
            cause, Cause::Truncated { promised: p, found: f } if (p, f) == (promised, found)
        );
        assert!(is_told, "cut at {cut}: {cause}");
    }
}

#[test]
fn a_cut_at_a_chunk_boundary_is_truncated() {
    let whole = LARGE.ciphertext.as_slice();
    let start = payload(whole);
    assert!(whole.len() > start + 2 * CHUNK);
    for cut in [start, start + CHUNK, start + 2 * CHUNK, start + CHUNK + 1, whole.len() - 1] {
        let cause = cause(&LARGE, &whole[..cut]);
        assert!(matches!(cause, Cause::Truncated { .. }), "cut at {cut}: {cause}");
    }
}

/// Only the age stream's own mark of its last chunk shows this cut: the tar inside is whole.
#[test]
fn a_missing_last_chunk_with_nothing_but_padding_in_it_is_truncated() {
    let mut archive = tar_of(&[("two", b"two two")]);
    archive.resize((64 << 10) + 512, 0);
    let (ciphertext, manifest) = LARGE.kit.pose(&archive, &LARGE.manifest);
    let whole = LARGE.kit.restore(&ciphertext, &manifest);
    assert!(whole.result.is_ok());
    let cut = payload(&ciphertext) + CHUNK;
    let trial = LARGE.kit.restore(&ciphertext[..cut], &manifest);
    let error = trial.result.unwrap_err();
    assert!(matches!(error.cause, Cause::Truncated { .. }), "{}", error.cause);
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn bytes_after_the_end_are_told() {
    for sample in [&*SMALL, &*LARGE] {
        let whole = sample.ciphertext.as_slice();
        for tail in [&b"x"[..], &[0; 100], &vec![1; CHUNK], whole] {
            let longer = [whole, tail].concat();
            let cause = cause(sample, &longer);
            assert!(matches!(cause, Cause::TrailingBytes { .. }), "{}: {cause}", tail.len());
        }
    }
}

/// The last chunk is as long as a chunk can be, so that the age stream ends without noticing
/// what comes after it.
#[test]
fn bytes_after_a_full_last_chunk_are_told() {
    let mut archive = tar_of(&[("two", b"two two")]);
    archive.resize(64 << 10, 0);
    let (ciphertext, manifest) = LARGE.kit.pose(&archive, &LARGE.manifest);
    assert_eq!(ciphertext.len(), payload(&ciphertext) + CHUNK);
    assert!(LARGE.kit.restore(&ciphertext, &manifest).result.is_ok());
    let longer = [ciphertext.as_slice(), b"x"].concat();
    let error = LARGE.kit.restore(&longer, &manifest).result.unwrap_err();
    assert!(matches!(error.cause, Cause::TrailingBytes { .. }));
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let whole = SMALL.ciphertext.as_slice();
    for at in 0..whole.len() {
        let mut changed = whole.to_vec();
        changed[at] ^= 1;
        let result = SMALL.kit.restore(&changed, &SMALL.manifest).result;
        match result {
            Err(_) => (),
            // The age crate reads some malformed headers. The digest still tells.
            Ok(restored) => assert!(
                restored.differences.iter().any(|d| matches!(d, Difference::Ciphertext { .. })),
                "byte {at}"
            ),
        }
    }
    let start = payload(whole);
    let mut changed = whole.to_vec();
    changed[start + 5] ^= 1;
    assert!(matches!(cause(&SMALL, &changed), Cause::NotAuthentic));
}

#[test]
fn a_tampered_chunk_in_the_middle_is_not_authentic_and_names_how_far_it_came() {
    let mut changed = LARGE.ciphertext.clone();
    let at = payload(&changed) + 2 * CHUNK + 100;
    changed[at] ^= 0x80;
    let error = LARGE.kit.restore(&changed, &LARGE.manifest).result.unwrap_err();
    assert!(matches!(error.cause, Cause::NotAuthentic));
    assert!(error.examined > 0 && error.examined < LARGE.manifest.facts.entries);
    let mut swapped = LARGE.ciphertext.clone();
    let (first, second) = swapped[payload(&LARGE.ciphertext)..].split_at_mut(CHUNK);
    first.swap_with_slice(&mut second[..CHUNK]);
    assert!(matches!(cause(&LARGE, &swapped), Cause::NotAuthentic));
}

#[test]
fn a_wrong_identity_is_said_to_be_one() {
    let mut other = Kit::new();
    other.signer = beleg_dsse::Signer::generate("x").unwrap();
    let trial = other.restore(&SMALL.ciphertext, &SMALL.manifest);
    assert!(matches!(trial.result.unwrap_err().cause, Cause::NoMatchingIdentity));
    other.identities.clear();
    let trial = other.restore(&SMALL.ciphertext, &SMALL.manifest);
    assert!(matches!(trial.result.unwrap_err().cause, Cause::NoMatchingIdentity));
}

#[test]
fn something_that_is_not_age_is_said_to_be_none() {
    let size = SMALL.ciphertext.len();
    for bytes in [vec![0; size], vec![b'a'; size], b"age-encryption.org/v2\n".repeat(30)] {
        let cause = cause(&SMALL, &bytes[..size]);
        assert!(matches!(cause, Cause::NotAge), "{cause}");
    }
}

#[test]
fn an_endless_header_is_given_up() {
    let stanza = b"-> X25519 aaaa\naaaa\n".repeat(100_000);
    let endless = [&b"age-encryption.org/v1\n"[..], &stanza].concat();
    let one_line = [&b"age-encryption.org/v1\n-> "[..], &vec![b'a'; 2_000_000]].concat();
    for bytes in [endless, one_line] {
        let mut manifest = SMALL.manifest.clone();
        manifest.facts.ciphertext.size = ByteCount(bytes.len() as u64);
        let error = SMALL.kit.restore(&bytes, &manifest).result.unwrap_err();
        assert!(matches!(error.cause, Cause::HeaderTooLong | Cause::NotAge), "{}", error.cause);
    }
}

/// age does not say who encrypted: anyone can make a backup that our identity opens.
#[test]
fn another_backup_under_this_ones_name_has_another_digest() {
    let (other, created) = SMALL.kit.backup(small_folder().path(), Some(3));
    assert_ne!(created.summary.facts.ciphertext, SMALL.manifest.facts.ciphertext);
    let mut manifest = SMALL.manifest.clone();
    // Even where the lengths happen to fit.
    manifest.facts.ciphertext.size = ByteCount(other.len() as u64);
    manifest.facts.archive.size = created.summary.facts.archive.size;
    let restored = SMALL.kit.restore(&other, &manifest).result.unwrap();
    assert!(restored.differences.iter().any(|d| matches!(d, Difference::Ciphertext { .. })));
    assert!(restored.differences.iter().any(|d| matches!(d, Difference::Archive { .. })));
    let missing = Difference::Missing { path: "large".to_owned() };
    assert!(restored.differences.contains(&missing));
}

#[test]
fn a_source_that_fails_says_nothing_about_the_backup() {
    struct Failing(Cursor<Vec<u8>>);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::TimedOut.into()),
                count => Ok(count),
            }
        }
    }
    for keep in [0, 50, 1000, CHUNK + 1000] {
        let start = LARGE.ciphertext[..keep].to_vec();
        let limits = Limits::promised_by(&LARGE.manifest);
        let source = Failing(Cursor::new(start));
        let trial = LARGE.kit.restore_from(source, &LARGE.manifest, &limits, &Watch::idle());
        let error = trial.result.unwrap_err();
        assert!(matches!(error.cause, Cause::Source(_)), "{keep}: {}", error.cause);
    }
}

#[test]
fn a_cancelled_restore_says_so_at_any_moment() {
    let limits = Limits::promised_by(&LARGE.manifest);
    for after in [0, 1, 5, 20] {
        let asked = std::cell::Cell::new(0);
        let cancelled = || {
            asked.set(asked.get() + 1);
            asked.get() > after
        };
        let watch = Watch { cancelled: &cancelled, ..Watch::idle() };
        let source = LARGE.ciphertext.as_slice();
        let trial = LARGE.kit.restore_from(source, &LARGE.manifest, &limits, &watch);
        assert!(
            matches!(trial.result.as_ref().unwrap_err().cause, Cause::Cancelled),
            "after {after}"
        );
        assert!(trial.is_contained());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_are_never_a_restored_backup(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        with_header in any::<bool>(),
    ) {
        let start = if with_header { payload(&SMALL.ciphertext) } else { 0 };
        let bytes = [&SMALL.ciphertext[..start], &bytes].concat();
        prop_assert!(SMALL.kit.restore(&bytes, &SMALL.manifest).result.is_err());
    }
}
