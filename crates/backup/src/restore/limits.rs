use super::Cause;
use crate::Manifest;
use beleg_model::ByteCount;

/// How much a restore may take. The archive's length is no limit of its own: it must be exactly
/// what the manifest promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of files that may be written to scratch.
    pub bytes: ByteCount,
    /// The most entries in the archive, promised or not.
    pub entries: u64,
    /// The most archive bytes for each byte of ciphertext so far, after the first MiB.
    pub ratio: u64,
    /// The greatest window that zstd may ask for, as a power of two of bytes.
    pub window_log: u32,
}

impl Limits {
    /// How many entries that nobody promised are read before the restore gives up.
    pub const UNPROMISED_ENTRIES: u64 = 10_000;
    /// 128 MiB: what `zstd --long=27` and `zstd --ultra -22` ask for, and the most that `zstd`
    /// itself decompresses without being told to.
    pub const WINDOW_LOG: u32 = 27;
    /// The greatest window of the format's decoder.
    pub const MAX_WINDOW_LOG: u32 = 31;

    /// Allows what the manifest promises, and a little that it does not so that it can be named.
    #[must_use]
    pub fn promised_by(manifest: &Manifest) -> Self {
        let facts = &manifest.facts;
        let ratio = facts.archive.size.0.checked_div(facts.ciphertext.size.0).unwrap_or(0);
        Self {
            bytes: facts.content,
            entries: facts.entries.saturating_add(Self::UNPROMISED_ENTRIES),
            // One part of an archive compresses better than the whole.
            ratio: ratio.saturating_mul(4).saturating_add(100_000),
            window_log: Self::WINDOW_LOG,
        }
    }

    /// Refuses a backup that could not be restored whole, before anything is read.
    pub(super) fn allow(&self, manifest: &Manifest) -> Result<(), Cause> {
        let promised = manifest.facts.content.0;
        if promised > self.bytes.0 {
            return Err(Cause::TooMuch { promised, limit: self.bytes.0 });
        }
        Ok(())
    }
}
