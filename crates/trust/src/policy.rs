use crate::PatternList;
use jiff::Timestamp;
use std::num::NonZeroUsize;

/// Says what is demanded of a signature beyond being good.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The instant of the check: decides which algorithms are weak, and whether a key has been
    /// revoked or has expired since it signed.
    pub now: Timestamp,
    /// Demands that the signer is the committer: the committer's address must match the
    /// principals of the allowed signer, or be in a valid user id of the OpenPGP certificate.
    /// Without it, anyone who may sign may sign in another's name.
    pub require_signer_is_committer: bool,
    /// Who may sign at all, among those in the trust material; everyone in it when `None`.
    pub signers: Option<PatternList>,
    /// How much work is done at most.
    pub limits: Limits,
}

/// Bounds the work of one verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commits walked on either side of the range.
    pub commits: u64,
    /// Threads that verify.
    pub workers: NonZeroUsize,
}

impl Policy {
    /// Demands that every signer is the committer and allows everyone in the trust material.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now, require_signer_is_committer: true, signers: None, limits: Limits::default() }
    }
}

impl Default for Limits {
    /// Allows a million commits and two threads.
    fn default() -> Self {
        Self { commits: 1_000_000, workers: NonZeroUsize::MIN.saturating_add(1) }
    }
}
