//! Git commits and tags read from a local repository, hashed again and verified one by one.

mod approval;
mod bases;
mod changes;
mod commit;
mod embedded;
mod findings;
mod header;
mod loose;
mod merge;
mod objects;
mod person;
mod range;
mod result;
mod revision;
mod ruling;
mod signature;
mod tag;
mod tag_findings;
mod tags;
mod verify;
mod walk;

pub use commit::MAX_SIGNATURE_BYTES;
pub use findings::{findings, material_finding};
pub use objects::MAX_COMMIT_BYTES;
pub use person::distinct_signers;
pub use result::{
    CommitResult, EmbeddedTag, HashAlgorithm, Identity, Peeled, RangeResult, TagResult, TagsResult,
};
pub use tag_findings::tag_findings;
pub use tags::{short_name, verify_tags};
pub use verify::verify_range;
