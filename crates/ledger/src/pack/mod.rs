//! Packs: a window of time of the ledger in one ZIP file that anybody can check offline.
//!
//! [`create`] takes every entry recorded in the window, the entry before and the entry after it
//! (which show that none was left out), the plans and the later evidence that belong to the same
//! runs, the payloads, and any extra files such as a report. [`verify`] needs the file only, and,
//! so that it can tell *whose* ledger this is, the public key from elsewhere.
//!
//! Every byte is accounted for. The container has one written form; every member's digest stands
//! in a manifest that the ledger's key has signed.

//!
//! Reports in a pack are not believed either: whoever verifies renders them again, from the
//! payloads, and compares.

mod create;
pub(crate) mod format;
mod payloads;
mod report;
mod runs;
mod verify;
mod window;
pub(crate) mod zip;

use beleg_model::RunRecord;
use std::io::Write;

pub use create::{PackError, PackRequest, create};
pub use report::{Checked, Cut, Job, PackReport, Planned, Reports};
pub use verify::{Expectation, checkpoint, verify};

/// Makes the files that show a run.
pub trait Render: Sync {
    /// Returns the plain names of the files that show the run of the `planned` entry `entry`.
    fn names(&self, entry: u64) -> Vec<String>;

    /// Writes the file `name`, which is one of them.
    ///
    /// # Errors
    /// When the run cannot be expressed so.
    fn write(&self, name: &str, run: &RunRecord, out: &mut dyn Write) -> Result<(), RenderFault>;
}

/// Says why a run cannot be rendered.
pub type RenderFault = Box<dyn std::error::Error + Send + Sync>;

/// The most bytes a pack may have: 4 GiB, what ZIP can say.
pub const MAX_PACK: u64 = 4 << 30;
