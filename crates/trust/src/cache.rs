//! Remembers which signatures fitted. That a signature fits its content and its key is
//! mathematics: it does not change with time, trust or policy. Who made it and whether he was
//! allowed is judged anew each time, so that a revocation, an expiry or another policy counts at
//! once. Only good fits are remembered; a bad one is checked again.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// The length of an entry, in bytes.
const ENTRY: usize = 17;
/// Changes whenever a signature could be judged in another way than before.
const VERSION: u8 = 1;

/// A store for what this crate has verified; the caller keeps it, in memory or in a file.
///
/// Whoever can write to it can make a forged signature fit: it must be protected as well as the
/// trust material. Damaged, truncated and exchanged entries are noticed and count as absent.
pub trait ResultCache: fmt::Debug + Send + Sync {
    /// Returns what was put under `key` (a SHA-256 digest).
    fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>>;
    /// Keeps 17 bytes under `key`.
    fn put(&self, key: &[u8; 32], entry: &[u8]);
}

/// Says whether a signature fits, from the cache or by `verify`. `parts` are all the bytes that
/// decide: the kind of signature, the key, the signature, the content.
#[must_use]
pub fn fits(
    cache: Option<&dyn ResultCache>,
    parts: &[&[u8]],
    verify: impl FnOnce() -> bool,
) -> bool {
    let Some(cache) = cache else { return verify() };
    let key = key(parts);
    let entry = entry(&key);
    if cache.get(&key).is_some_and(|found| found == entry) {
        return true;
    }
    let good = verify();
    if good {
        cache.put(&key, &entry);
    }
    good
}

/// Hashes each part with its length, and the version of this program: an entry that an older
/// version made is not used.
fn key(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [env!("CARGO_PKG_VERSION").as_bytes(), &[VERSION]].iter().chain(parts) {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Binds an entry to its key, so that one that was stored under another is noticed.
fn entry(key: &[u8; 32]) -> Vec<u8> {
    let bound = Sha256::new().chain_update(b"beleg: fits").chain_update(key).finalize();
    [VERSION].into_iter().chain(bound).take(ENTRY).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::collections::HashMap;
    use std::sync::Mutex;

    #[derive(Debug, Default)]
    struct Memory(Mutex<HashMap<[u8; 32], Vec<u8>>>);

    impl ResultCache for Memory {
        fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
            self.0.lock().unwrap().get(key).cloned()
        }
        fn put(&self, key: &[u8; 32], entry: &[u8]) {
            self.0.lock().unwrap().insert(*key, entry.to_vec());
        }
    }

    #[test]
    fn only_a_good_fit_of_the_very_same_bytes_is_remembered() {
        let cache = Memory::default();
        let ask = |parts: &[&[u8]], truth: bool| fits(Some(&cache), parts, || truth);
        assert!(!ask(&[b"k", b"s"], false));
        assert!(cache.0.lock().unwrap().is_empty());
        assert!(ask(&[b"k", b"s"], true));
        assert!(fits(Some(&cache), &[b"k", b"s"], || panic!("it is remembered")));
        for other in [&[&b"k"[..], b"t"][..], &[b"ks", b""], &[b"ks"], &[b"k", b"s", b""]] {
            assert!(!ask(other, false), "{other:?}");
        }
    }

    #[test]
    fn damaged_and_exchanged_entries_count_as_absent() {
        let cache = Memory::default();
        assert!(fits(Some(&cache), &[b"a"], || true));
        let good = cache.0.lock().unwrap().values().next().unwrap().clone();
        assert_eq!(good.len(), ENTRY);
        let other = key(&[b"b"]);
        for entry in [good.clone(), Vec::new(), vec![1], vec![1; ENTRY], vec![0xff; 4096]] {
            cache.put(&other, &entry);
            assert!(!fits(Some(&cache), &[b"b"], || false), "{entry:?}");
        }
    }
}
