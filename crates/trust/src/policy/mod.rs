//! What is demanded of a signature beyond being good.

mod identity;
mod parse;
mod rules;

use crate::PatternList;
use crate::cache::ResultCache;
use beleg_model::Digest;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::num::NonZeroUsize;
use std::sync::Arc;

pub use identity::{GITHUB_ISSUER, IdentityRule};
pub use parse::{MAX_POLICY_BYTES, PolicyError};
pub use rules::{Approval, Default as DefaultRule, Match, Rule, Rules, Scope};

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
    /// The identities that may sign with Sigstore's certificates (gitsign). Nobody may when it is
    /// empty: Sigstore vouches for anybody's identity.
    pub identities: Vec<IdentityRule>,
    /// Signatures that claim to be older than this may use algorithms that have become weak
    /// (SHA-1, RSA and DSA of 1024 bits). The time is the signature's own claim, and who can forge
    /// a weak signature can backdate it too; `None`, the default, accepts none.
    pub weak_algorithms_until: Option<Timestamp>,
    /// The rules for branches, paths and tags. With rules, those decide who may sign, and
    /// `signers` and `require_signer_is_committer` only apply where the rules' default is
    /// [`DefaultRule::Signed`].
    pub rules: Option<Arc<Rules>>,
    /// The branch that commits are verified for, without `refs/heads/`; taken from the range's
    /// end when `None`.
    pub branch: Option<String>,
    /// Remembers which signatures fitted, from one run to the next.
    pub cache: Option<Arc<dyn ResultCache>>,
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
        Self {
            now,
            require_signer_is_committer: true,
            signers: None,
            identities: Vec::new(),
            weak_algorithms_until: None,
            rules: None,
            branch: None,
            cache: None,
            limits: Limits::default(),
        }
    }

    /// Takes over rules, and what they say about weak algorithms.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.weak_algorithms_until = rules.weak_algorithms_until;
        self.rules = Some(Arc::new(rules));
        self
    }

    /// Says whether a signature that claims to have been made at `time` may use an algorithm
    /// that has become weak.
    #[must_use]
    pub fn accepts_weak_algorithms_at(&self, time: Timestamp) -> bool {
        self.weak_algorithms_until.is_some_and(|until| time < until)
    }

    /// Returns the digest of everything that is demanded. The instant of the check, the branch,
    /// the cache and the limits are no demands and are not part of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut canonical = Canonical::new(b"beleg signature policy v1");
        canonical.flag("require-signer-is-committer", self.require_signer_is_committer);
        canonical.optional("signers", self.signers.as_ref());
        let identities: Vec<String> =
            self.identities.iter().map(|identity| format!("{identity:?}")).collect();
        canonical.list("identities", &identities);
        canonical.optional("weak-algorithms-until", self.weak_algorithms_until.as_ref());
        canonical.flag("rules", self.rules.is_some());
        if let Some(rules) = &self.rules {
            rules.write(&mut canonical);
        }
        canonical.finish()
    }
}

impl Default for Limits {
    /// Allows a million commits and two threads.
    fn default() -> Self {
        Self { commits: 1_000_000, workers: NonZeroUsize::MIN.saturating_add(1) }
    }
}

/// Hashes named values one after the other, each with its length, so that no two policies have
/// the same bytes.
struct Canonical(Sha256);

impl Canonical {
    fn new(label: &[u8]) -> Self {
        let mut canonical = Self(Sha256::new());
        canonical.bytes(label);
        canonical
    }

    fn value(&mut self, name: &str, value: &impl ToString) {
        self.bytes(name.as_bytes());
        self.bytes(value.to_string().as_bytes());
    }

    fn flag(&mut self, name: &str, flag: bool) {
        self.value(name, &flag);
    }

    fn optional<T: ToString>(&mut self, name: &str, value: Option<&T>) {
        self.list(name, value);
    }

    fn list<'a, T: ToString + 'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a T>) {
        let values: Vec<&T> = values.into_iter().collect();
        self.value(name, &values.len());
        for value in values {
            self.bytes(value.to_string().as_bytes());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(bytes);
    }

    fn finish(self) -> Digest {
        Digest::sha256(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_demand_changes_the_digest_and_the_instant_does_not() {
        let policy = || Policy::at(Timestamp::UNIX_EPOCH);
        let signers = PatternList::parse("a@x").unwrap();
        let rules = |text: &str| Rules::parse("policy.toml", text.as_bytes()).unwrap();
        let refuse = "schema = 1\ndefault = \"refuse\"\n";
        let rule = |rest: &str| rules(&format!("{refuse}[[rule]]\nname = \"a\"\n{rest}\n"));
        let all = [
            policy(),
            Policy { require_signer_is_committer: false, ..policy() },
            Policy { signers: Some(signers), ..policy() },
            Policy { weak_algorithms_until: Some(Timestamp::UNIX_EPOCH), ..policy() },
            policy().with_rules(rules(refuse)),
            policy().with_rules(rules("schema = 1\ndefault = \"signed\"\n")),
            policy().with_rules(rules(&format!("{refuse}web-flow = [\"{}\"]\n", "a".repeat(40)))),
            policy().with_rules(rule("")),
            policy().with_rules(rule("branches = [\"a\"]")),
            policy().with_rules(rule("paths = [\"a\"]")),
            policy().with_rules(rule("tags = [\"a\"]")),
            policy().with_rules(rule("signers = [\"a\"]")),
            policy().with_rules(rule("signers = [\"a\", \"b\"]")),
            policy().with_rules(rule("match = \"either\"")),
            policy().with_rules(rule("web-flow-merges = \"allow\"")),
            policy().with_rules(rule("approval = [\"trailer\"]")),
            policy().with_rules(rule("threshold = 2")),
            policy().with_rules(rule(&format!("from = \"{}\"", "a".repeat(40)))),
        ];
        let digests: BTreeSet<String> =
            all.iter().map(|policy| policy.digest().to_string()).collect();
        assert_eq!(digests.len(), all.len());
        let later = Policy { now: Timestamp::MAX, branch: Some("x".to_owned()), ..policy() };
        assert_eq!(later.digest(), policy().digest());
    }
}
