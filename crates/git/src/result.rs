use beleg_model::Digest;
use beleg_signature::MaterialProblem;
use beleg_trust::{Format, Judgement, Reason};
use serde::{Deserialize, Serialize};

/// What was found out about a range of commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeResult {
    /// The range as given.
    pub range: String,
    /// The commit that the range's end named.
    pub head: String,
    /// What that end stands for: the whole name of its ref, with the steps behind it, or the whole
    /// id.
    pub head_name: String,
    /// The commit that the range's start named; absent for a whole history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// What that start stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_name: Option<String>,
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
    /// The digest of the policy.
    pub policy_digest: Digest,
    /// The branch that the rules were applied for, if the policy has any and one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Rules for commits that held for none, while the default held for some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused_rules: Vec<String>,
    /// How many commits of other repositories the range's end names, which were not looked at.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub submodules: u64,
    /// Starts of rules that are not in the repository; their rules hold for all commits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_starts: Vec<String>,
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
    /// What it is worth, and why.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// Who claims to have committed; absent when the commit cannot be read.
    pub committer: Option<Identity>,
    /// Who claims to be the author; absent when the commit cannot be read.
    pub author: Option<Identity>,
    /// The algorithm that the object was hashed with again.
    pub hash_algorithm: HashAlgorithm,
    /// The object was made to collide under SHA-1.
    pub collision: bool,
    /// It is signed, and carries a header that neither the signature covers nor anything here
    /// verifies: the signature of its form under the other hash.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsigned_header: bool,
    /// The signed tags that a merge commit carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merge_tags: Vec<EmbeddedTag>,
}

/// What was found out about tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagsResult {
    /// The names and patterns as given.
    pub patterns: Vec<String>,
    /// Those that match no tag.
    pub unmatched: Vec<String>,
    /// How the repository names its objects.
    pub hash_algorithm: HashAlgorithm,
    /// Every tag that a pattern matches, by name.
    pub tags: Vec<TagResult>,
    /// Replace refs of the repository, which were not followed.
    pub replace_refs: Vec<String>,
    /// The digest of the trust material.
    pub trust_digest: Digest,
    /// What of the trust material could not be understood.
    pub material_problems: Vec<MaterialProblem>,
    /// The digest of the policy.
    pub policy_digest: Digest,
    /// Rules for tags that held for none, while the default held for some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused_rules: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What was found out about one tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagResult {
    /// The name that the repository keeps it under, without `refs/tags/` and without control
    /// characters.
    pub name: String,
    /// What the ref names: the tag object, or for a lightweight tag the object itself; empty when
    /// the ref cannot be read.
    pub oid: String,
    /// The object behind all nested tags; absent when it cannot be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peeled: Option<Peeled>,
    /// The first line of the message, without control characters, at most 200 characters.
    pub subject: String,
    /// The signature's format; absent when there is none.
    pub signature: Option<Format>,
    /// What it is worth, and why.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// Who claims to have tagged; absent when there is no tag object or it cannot be read.
    pub tagger: Option<Identity>,
    /// The tags that this one names, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<EmbeddedTag>,
    /// The algorithm that the objects were hashed with again.
    pub hash_algorithm: HashAlgorithm,
    /// The tag object was made to collide under SHA-1.
    pub collision: bool,
    /// It is signed, and carries a header that the signature does not cover.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsigned_header: bool,
}

/// What a tag names in the end. It was read and hashed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peeled {
    /// The object id.
    pub oid: String,
    /// `commit`, `tree` or `blob`.
    pub kind: String,
}

/// A tag within something else: within a merge commit, or named by another tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddedTag {
    /// The tag object's id.
    pub oid: String,
    /// Its own name; absent when it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The id of what it names; absent when it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Who claims to have tagged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagger: Option<Identity>,
    /// The signature's format; absent when there is none.
    pub signature: Option<Format>,
    /// What it is worth, and why.
    #[serde(flatten)]
    pub judgement: Judgement,
}

/// A name and an address as a commit claims them, without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address, as it stands between `<` and `>`.
    pub email: String,
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

impl HashAlgorithm {
    /// Returns how many bytes an id has.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

impl CommitResult {
    /// States `judgement` about a commit of which nothing else is known.
    pub(crate) fn of(oid: String, algorithm: HashAlgorithm, judgement: Judgement) -> Self {
        Self {
            oid,
            subject: String::new(),
            signature: None,
            committer: None,
            author: None,
            hash_algorithm: algorithm,
            collision: judgement.reason == Reason::Sha1Collision,
            unsigned_header: false,
            merge_tags: Vec::new(),
            judgement,
        }
    }

    /// Returns the first twelve digits of the object id.
    #[must_use]
    pub fn short_oid(&self) -> &str {
        self.oid.get(..12).unwrap_or(&self.oid)
    }
}
