//! Git commits read from a local repository, hashed again and verified one by one.

mod commit;
mod findings;
mod loose;
mod objects;
mod range;
mod result;
mod verify;
mod walk;

pub use commit::MAX_SIGNATURE_BYTES;
pub use findings::findings;
pub use objects::MAX_COMMIT_BYTES;
pub use result::{CommitResult, HashAlgorithm, Identity, RangeResult, Times};
pub use verify::verify_range;
