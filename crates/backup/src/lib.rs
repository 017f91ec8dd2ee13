//! Makes encrypted backups, and shows that one can be restored.
//!
//! A backup is a tar archive, optionally compressed with zstd, encrypted with age; beside it lies
//! a signed manifest of every entry. A restore test streams the ciphertext through decryption,
//! decompression and the archive into a scratch folder, compares every entry with the manifest,
//! opens the databases it finds and wipes the scratch again. What several regions hold is judged
//! from their listings and manifests alone.
//!
//! This crate opens no socket, asks no clock and reads no environment. It never writes outside
//! the scratch folder or the writer that it is given, never follows a symbolic link out of a
//! folder, and never acts on restored content except to probe it.

mod beneath;
mod create;
pub mod findings;
pub mod formats;
pub mod keys;
mod manifest;
mod measure;
mod name;
mod paths;
pub mod probes;
mod regions;
mod restore;
pub mod rules;
mod scratch;
#[cfg(test)]
mod testing;
mod watch;

pub use create::{
    Account, CreateError, Created, Exclusion, MAX_LEVEL, PatternError, Source, Summary, backup,
};
pub use manifest::{
    Entries, Entry, EntryKind, FIRST_PREDICATE_TYPE, Facts, LeftOut, MAX_ENTRIES, MAX_MANIFEST,
    MAX_RECIPIENTS, Manifest, ManifestError, Omissions, Owner, PREDICATE_TYPE, WhyLeftOut,
};
pub use measure::Measure;
pub use name::{BackupName, NameError};
pub use paths::{MAX_DEPTH, MAX_NAME, MAX_PATH, Refusal, shown};
pub use regions::{
    ListedObject, ManifestState, OldVersion, Older, Policy, Region, RegionCopy, RegionFacts,
    Survey, Unlisted, sampled, survey,
};
pub use restore::{
    Cause, Difference, Limits, MAX_AGE_HEADER, Recognised, Remark, RestoreError, Restored, Timings,
    restore,
};
pub use scratch::{Disposal, Scratch, ScratchError, Swept, Wiped};
pub use watch::Watch;
