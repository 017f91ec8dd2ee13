//! Git commits and tags, read from a local repository by their ids, hashed again and verified one
//! by one against trust material and a policy.
//!
//! This crate never starts a program, opens a socket, writes a file, asks the clock or the
//! environment, or follows replace refs or grafts. libgit2 reads the repository's configuration,
//! and the user's and the machine's, for the object format alone; no hook, filter or credential
//! helper is run. What a signature is worth, `signature` says.

mod approval;
mod bases;
mod changes;
mod commit;
mod embedded;
mod error;
mod findings;
mod header;
mod loose;
mod merge;
mod objects;
mod range;
mod result;
mod revision;
pub mod rules;
mod ruling;
mod signature;
mod tag;
mod tag_findings;
mod tags;
mod verify;
mod walk;

pub use commit::MAX_SIGNATURE_BYTES;
pub use error::GitError;
pub use findings::findings;
pub use objects::MAX_COMMIT_BYTES;
pub use result::{
    CommitResult, EmbeddedTag, HashAlgorithm, Identity, Peeled, RangeResult, TagResult, TagsResult,
};
pub use tag_findings::tag_findings;
pub use tags::{short_name, verify_tags};
pub use verify::verify_range;
