//! Who signed a git commit, and was that allowed: signatures against explicit trust material.
//!
//! Commits are read from a local repository by their id, hashed again, and their SSH (SSHSIG) or
//! OpenPGP signature is checked in this process. Whether the signature fits (`crypto`) is kept
//! apart from whether its maker was allowed (`trust`), and every result carries one stable
//! [`Reason`].
//!
//! This crate never starts a program, opens a socket, writes a file, asks the clock or the
//! environment, follows replace refs or grafts, or trusts a key because a commit or a signature
//! carries it. libgit2 reads the repository's configuration, and the user's and the machine's,
//! for the object format alone; no hook, filter or credential helper is run.

mod error;
mod git;
mod judgement;
mod material;
mod openpgp;
mod policy;
mod reason;
mod ssh;
mod text;

pub use error::TrustError;
pub use git::{
    CommitResult, HashAlgorithm, Identity, MAX_COMMIT_BYTES, MAX_SIGNATURE_BYTES, RangeResult,
    Times, findings, verify_range,
};
pub use judgement::{Check, DecidedBy, Format, Judgement, Signer};
pub use material::{MaterialProblem, TrustMaterial, TrustSource};
pub use openpgp::{Keyring, MAX_CERTIFICATES, MAX_KEYRING_BYTES};
pub use policy::{Limits, Policy};
pub use reason::Reason;
pub use ssh::{
    AllowedSigners, MAX_ALLOWED_SIGNERS_BYTES, MAX_ALLOWED_SIGNERS_LINES, PatternError, PatternList,
};
