use crate::checkpoint::CheckpointError;
use crate::entry::EntryError;
use crate::payload::PayloadError;
use crate::record::RecordError;
use crate::storage::StorageError;
use std::error::Error;

/// Says why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The storage failed. Nothing is known about what it holds.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no ledger in the storage.
    #[error("there is no ledger here: `checkpoint` does not exist")]
    NotFound,
    /// There is a ledger in the storage already.
    #[error("there is a ledger here already")]
    Exists,
    /// The ledger belongs to another key.
    #[error("the ledger's key is `{found}`, not `{expected}`")]
    OtherKey {
        /// The key that was given.
        expected: String,
        /// What `key.pub` holds.
        found: String,
    },
    /// An object is missing, damaged or was changed.
    #[error("`{path}` is missing, damaged or was changed")]
    Corrupt {
        /// The object's path.
        path: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// There is no such entry.
    #[error("there is no entry {index}; the ledger has {size}")]
    NoEntry {
        /// What was asked for.
        index: u64,
        /// How many there are.
        size: u64,
    },
    /// The entry's payload was erased.
    #[error("the payload of entry {index} was erased: {reason}")]
    Erased {
        /// The entry.
        index: u64,
        /// Why.
        reason: String,
    },
    /// The entry is not of the sort that was asked for, or cannot be written.
    #[error("entry {index} was refused")]
    Entry {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        source: EntryError,
    },
    /// What should be recorded cannot be.
    #[error("the payload was refused")]
    Payload(#[from] PayloadError),
    /// What should be recorded is too much for one append.
    #[error("the append was refused")]
    Append(#[source] RecordError),
    /// A plan promises the same check twice.
    #[error("the plan has the run key `{0}` twice")]
    DoubleKey(String),
    /// The ledger is shorter than it was.
    #[error("the ledger has {has} entries and had {had}: it was put back to an earlier state")]
    PutBack {
        /// How many there were.
        had: u64,
        /// How many there are.
        has: u64,
    },
    /// The ledger begins otherwise than it did.
    #[error("the first {0} entries of the ledger are not those it had: there are two histories")]
    Forked(u64),
    /// Other writers were always faster. Nothing was appended.
    #[error("other writers were faster {0} times")]
    Contended(u32),
}

impl LedgerError {
    pub(crate) fn corrupt(
        path: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Corrupt { path: path.into(), source: source.into() }
    }

    pub(crate) fn checkpoint(source: CheckpointError) -> Self {
        Self::corrupt(crate::CHECKPOINT, source)
    }
}
