//! beleg's ledger: an append-only Merkle log of what was promised and what was found, and packs
//! of it that anybody can check offline.
//!
//! This crate reads no clock, opens no file and no socket: it works over [`Storage`], and time
//! and randomness are handed in. It never takes an entry back, and it never believes an object
//! before it has led to a signed root.
//!
//! # What stands in storage
//!
//! | path | what |
//! |---|---|
//! | `checkpoint` | size and root of the log, signed (C2SP tlog-checkpoint in a signed-note) |
//! | `tile/<level>/<index>[.p/<width>]` | hashes of the Merkle tree (C2SP tlog-tiles) |
//! | `tile/entries/<index>[.p/<width>]` | the entries, each after its length |
//! | `append/<size, 20 digits>` | the append that follows on that many entries |
//! | `payload/<commitment>` | a signed statement and the salt of its commitment |
//! | `key.pub` | the log's public key, as text |
//! | `cosigned/<size, 20 digits>` | a former checkpoint that others have signed too |
//!
//! # How an append is made safe
//!
//! There is no lock, and a plain folder has no conditional replacement. There is only "create,
//! if absent", and that is enough:
//!
//! 1. The payloads are stored. No entry names them yet.
//! 2. `append/<n>` is *created*, where `n` is the size of the log before. It holds the new
//!    entries and the signed checkpoint they lead to. Of all writers at size `n` one wins, and
//!    from this moment on the entries stand. A record is never changed or deleted. A writer that
//!    lost takes in the winner's record and tries again behind it.
//! 3. The tiles are written, payloads that the append erases are deleted, and at last
//!    `checkpoint` is replaced.
//!
//! Whoever opens the log rolls it forward: while `append/<size of the checkpoint>` exists, it is
//! verified (signature, form, times, and the root recomputed from the tiles and its entries) and
//! step 3 is done again. A record that does not verify is an error that names it.
//!
//! Why this survives a crash between any two steps, and other writers at any point:
//!
//! - Before step 2 nothing has happened but a payload too many, which no entry names.
//! - After step 2 the record decides everything that follows. The tiles are a function of the
//!   entries; a partial tile's path has its width in it. So whoever does step 3, however often
//!   and in whatever order with others, writes the same bytes to the same paths.
//! - Partial tiles are removed only when the full tile is there, and every reader looks for the
//!   full tile when a partial one is gone. An old checkpoint therefore stays usable.
//! - A writer that was asleep may put an older `checkpoint` in the place of a newer one. It looks
//!   before it writes, but it may fall asleep in between. The old checkpoint is still a true
//!   statement about the same log, its tiles are there, and the records behind it lead whoever
//!   opens the log forward to the newest state. Nothing is lost.
//!
//! # What can be noticed, and what cannot
//!
//! [`verify`] notices every changed, missing or foreign object among tiles and append records (a
//! payload that no entry names is remarked), every rewritten entry (each append
//! has signed its own root), tiles that are left over from a longer log, and missing append
//! records. It cannot notice that the *whole* storage was put back to an earlier state, nor a
//! second history that the holder of the key has signed from the start. For that somebody else
//! must have kept a later checkpoint: a witness, or whoever received a pack. With
//! [`Log::check_since`], [`verify_since`] and a pack's consistency proofs the log shows them that
//! it still begins with what they have seen.

pub mod merkle;
pub mod pack;

mod checkpoint;
mod entry;
mod error;
mod ledger;
mod log;
mod parallel;
mod payload;
mod problem;
mod record;
mod runs;
mod statement;
mod storage;
mod tile;
mod time;
mod tree;
mod verify;

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]
mod tests;

pub use checkpoint::{Checkpoint, CheckpointError, MAX_CHECKPOINT, MAX_SIZE, cosigners};
pub use entry::{Entry, EntryError, MAX_ENTRY, MAX_REASON};
pub use error::LedgerError;
pub use ledger::{Draft, Ledger, MAX_ATTEMPTS, Randomness};
pub use log::Log;
pub use payload::{Commitment, MAX_PAYLOAD, PLAN_TYPE, PayloadError};
pub use problem::{MAX_PROBLEMS, Problem};
pub use record::{MAX_BATCH, MAX_RECORD, RecordError};
pub use runs::{RunSummary, Unfinished};
pub use storage::{Created, Found, Storage, StorageError};
pub use tile::TileError;
pub use time::{ClockJump, SKEW, Tail};
pub use verify::{Erasure, VerifyReport, verify, verify_since};

/// Where the signed checkpoint stands.
const CHECKPOINT: &str = "checkpoint";
/// Where the public key stands.
const KEY: &str = "key.pub";
/// The folder of the checkpoints that others have signed too.
const COSIGNED: &str = "cosigned/";
