use crate::{Check, DecidedBy, Format, Judgement, MaterialProblem, Reason, Signer};
use beleg_model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was found out about a range of commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeResult {
    /// The range as given.
    pub range: String,
    /// The commit that the range's end named.
    pub head: String,
    /// The commit that the range's start named; absent for a whole history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// How the repository names its objects.
    pub hash_algorithm: HashAlgorithm,
    /// Every commit of the range: no commit before one of its children, and apart from that the
    /// newest committer date first.
    pub commits: Vec<CommitResult>,
    /// Replace refs of the repository, which were not followed.
    pub replace_refs: Vec<String>,
    /// The repository has a grafts file, which was not followed.
    pub grafts: bool,
    /// Commits of the range whose parents the shallow clone left out.
    pub shallow_boundary: Vec<String>,
    /// How many parents are left out there; the history behind them is unknown.
    pub beyond_boundary: u64,
    /// The digest of the trust material.
    pub trust_digest: Digest,
    /// What of the trust material could not be understood.
    pub material_problems: Vec<MaterialProblem>,
}

/// What was found out about one commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitResult {
    /// The object id, 40 or 64 hex digits.
    pub oid: String,
    /// The first line of the message, without control characters, at most 200 characters.
    pub subject: String,
    /// The signature's format; absent when there is none.
    pub signature: Option<Format>,
    /// Whether the signature fits.
    pub crypto: Check,
    /// Whether its maker was allowed.
    pub trust: Check,
    /// Who made it.
    pub signer: Option<Signer>,
    /// Why.
    pub reason: Reason,
    /// All times that are claimed, and which one decided.
    pub times: Times,
    /// Who claims to have committed; absent when the commit cannot be read.
    pub committer: Option<Identity>,
    /// Who claims to be the author; absent when the commit cannot be read.
    pub author: Option<Identity>,
    /// The signer's address is the committer's.
    pub signer_matches_committer: bool,
    /// The algorithm that the object was hashed with again.
    pub hash_algorithm: HashAlgorithm,
    /// The object was made to collide under SHA-1.
    pub collision: bool,
    /// What else people should know, as sentences.
    pub notes: Vec<String>,
}

/// A name and an address as a commit claims them, without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address, as it stands between `<` and `>`.
    pub email: String,
}

/// The times that a commit and its signature claim. None of them is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The committer date.
    pub committer: Option<Timestamp>,
    /// The author date.
    pub author: Option<Timestamp>,
    /// The creation time within the signature; OpenPGP only.
    pub signature: Option<Timestamp>,
    /// Which of them decided about validity.
    pub decided_by: DecidedBy,
}

/// The hash that names a repository's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HashAlgorithm {
    /// SHA-1, with collision detection.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl CommitResult {
    /// States `judgement` about a commit of which nothing else is known.
    pub(crate) fn of(oid: String, algorithm: HashAlgorithm, judgement: Judgement) -> Self {
        Self {
            oid,
            subject: String::new(),
            signature: None,
            crypto: judgement.crypto,
            trust: judgement.trust,
            signer: judgement.signer,
            reason: judgement.reason,
            times: Times {
                committer: None,
                author: None,
                signature: judgement.signature_time,
                decided_by: judgement.decided_by,
            },
            committer: None,
            author: None,
            signer_matches_committer: judgement.signer_matches_committer,
            hash_algorithm: algorithm,
            collision: judgement.reason == Reason::Sha1Collision,
            notes: judgement.notes,
        }
    }

    /// Returns the first twelve digits of the object id.
    #[must_use]
    pub fn short_oid(&self) -> &str {
        self.oid.get(..12).unwrap_or(&self.oid)
    }
}
