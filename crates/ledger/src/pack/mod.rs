//! Packs: a window of time of the ledger in one ZIP file that anybody can check offline.
//!
//! [`create`] takes every entry recorded in the window, the entry before and the entry after it
//! (which show that none was left out), the plans and the later evidence that belong to the same
//! runs, the payloads, and any extra files such as a report. [`verify`] needs the file only, and,
//! so that it can tell *whose* ledger this is, the public key from elsewhere.
//!
//! Every byte is accounted for. The container has one written form; every member's digest stands
//! in a manifest that the ledger's key has signed.

mod create;
pub(crate) mod format;
mod verify;
pub(crate) mod zip;

pub use create::{PackError, PackRequest, create};
pub use verify::{PackReport, verify};

/// The most bytes a pack may have: 1 GiB.
pub const MAX_PACK: usize = 1 << 30;
