use super::Canonical;
use crate::{Glob, PatternList};
use jiff::Timestamp;
use std::fmt;
use std::num::NonZeroU32;

/// The rules of a policy, in the order in which they are tried. Each path that a commit changes is
/// under the first rule that matches the branch and the path, and a commit must satisfy every rule
/// that one of its paths is under; what changes nothing is under the first rule without paths. A
/// tag is under the first rule whose `tags` match its name.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What holds where no rule matches.
    pub default: Default,
    /// The fingerprints of forges' own keys, as [`Signer`](crate::Signer) shows them. What they
    /// sign is nobody's approval.
    pub web_flow: Vec<String>,
    /// Until when algorithms that have become weak are accepted.
    pub weak_algorithms_until: Option<Timestamp>,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// What holds for a commit or a tag that no rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It is refused.
    Refuse,
    /// It must be signed by anyone in the trust material, in his own name.
    Signed,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, which no other rule has.
    pub name: String,
    /// What it is about.
    pub scope: Scope,
    /// Who may sign; everyone in the trust material when `None`.
    pub signers: Option<PatternList>,
    /// In whose name the signer must sign.
    pub signer_is: Match,
    /// Accepts merge commits that a forge's own key signed.
    pub web_flow_merges: bool,
    /// Which kinds of approval by a second person count; none is demanded when empty.
    pub approval: Vec<Approval>,
    /// How many different people must have signed: the commit itself, a tag by which it was merged,
    /// and the merge that brought it in. The commit's own signature is needed in any case.
    pub threshold: NonZeroU32,
    /// The commit from which on the rule holds: it is not applied to that commit's ancestors.
    pub from: Option<String>,
}

/// What a rule is about.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Commits.
    Commits {
        /// Branches, without `refs/heads/`; all when empty.
        branches: Vec<Glob>,
        /// Paths that the commit changes relative to its first parent, and those that a merge does
        /// not leave as its parents' changes make them; all when empty.
        paths: Vec<Glob>,
    },
    /// Tags, by their names without `refs/tags/`.
    Tags(Vec<Glob>),
}

/// In whose name a commit must be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The signer is the committer, or the tagger.
    Committer,
    /// The signer is the author.
    Author,
    /// The signer is the committer or the author.
    Either,
    /// The signer is anyone who may sign.
    None,
}

/// A way in which somebody else than the author approves a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approval {
    /// The commit, or a tag by which it was merged, is signed by somebody else than its author. The
    /// author's name is a claim of the signer.
    SignatureOfOther,
    /// A `Reviewed-by:` line names somebody else; a claim of the commit's signer.
    Trailer,
    /// It came in through a merge commit signed by somebody else than its author and its signer.
    MergeSigner,
}

/// Says in a line what is demanded, for evidence: `` `main`: branches main; match committer; …``.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |globs: &[Glob]| {
            let globs: Vec<String> = globs.iter().map(ToString::to_string).collect();
            if globs.is_empty() { "all".to_owned() } else { globs.join(" ") }
        };
        write!(f, "`{}`: ", self.name)?;
        match &self.scope {
            Scope::Commits { branches, paths } => {
                write!(f, "branches {}; paths {}", listed(branches), listed(paths))?;
            }
            Scope::Tags(tags) => write!(f, "tags {}", listed(tags))?,
        }
        let signers = self.signers.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
        let (threshold, whose) = (self.threshold, self.signer_is.word());
        write!(f, "; signers {signers}; match {whose}; threshold {threshold}")?;
        if self.web_flow_merges {
            f.write_str("; web-flow-merges")?;
        }
        let approval: Vec<&str> = self.approval.iter().map(|approval| approval.word()).collect();
        if !approval.is_empty() {
            write!(f, "; approval {}", approval.join(" "))?;
        }
        self.from.as_ref().map_or(Ok(()), |from| write!(f, "; from {from}"))
    }
}

impl fmt::Display for Default {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Rules {
    /// Returns the rule for a tag; `None` stands for the default.
    #[must_use]
    pub fn of_tag(&self, name: &[u8]) -> Option<&Rule> {
        self.rules.iter().find(|rule| match &rule.scope {
            Scope::Tags(tags) => tags.iter().any(|glob| glob.matches(name)),
            Scope::Commits { .. } => false,
        })
    }

    /// Says whether a rule for commits asks which branch they are on.
    #[must_use]
    pub fn ask_for_branch(&self) -> bool {
        self.rules.iter().any(|rule| match &rule.scope {
            Scope::Commits { branches, .. } => !branches.is_empty(),
            Scope::Tags(_) => false,
        })
    }

    pub(super) fn write(&self, canonical: &mut Canonical) {
        canonical.value("default", &self.default.word());
        canonical.list("web-flow", &self.web_flow);
        canonical.optional("weak-algorithms-until", self.weak_algorithms_until.as_ref());
        canonical.value("rules", &self.rules.len());
        self.rules.iter().for_each(|rule| rule.write(canonical));
    }
}

impl Rule {
    fn write(&self, canonical: &mut Canonical) {
        canonical.value("name", &self.name);
        match &self.scope {
            Scope::Commits { branches, paths } => {
                canonical.list("branches", branches);
                canonical.list("paths", paths);
            }
            Scope::Tags(tags) => canonical.list("tags", tags),
        }
        canonical.optional("signers", self.signers.as_ref());
        canonical.value("match", &self.signer_is.word());
        canonical.flag("web-flow-merges", self.web_flow_merges);
        let approval: Vec<&str> = self.approval.iter().map(|approval| approval.word()).collect();
        canonical.list("approval", &approval);
        canonical.value("threshold", &self.threshold);
        canonical.optional("from", self.from.as_ref());
    }
}

impl Default {
    fn word(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Signed => "signed",
        }
    }
}

impl Match {
    fn word(self) -> &'static str {
        match self {
            Self::Committer => "committer",
            Self::Author => "author",
            Self::Either => "either",
            Self::None => "none",
        }
    }
}

impl Approval {
    fn word(self) -> &'static str {
        match self {
            Self::SignatureOfOther => "signature-of-other",
            Self::Trailer => "trailer",
            Self::MergeSigner => "merge-signer",
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_rule_is_said_in_a_line_with_all_that_it_demands() {
        let text = "schema = 1\ndefault = \"signed\"\n[[rule]]\nname = \"main\"\n\
                    branches = [\"main\", \"release/**\"]\nsigners = [\"*@example.org\"]\n\
                    match = \"either\"\nweb-flow-merges = \"allow\"\nthreshold = 2\n\
                    approval = [\"merge-signer\"]\nfrom = \"4b825dc642cb6eb9a060e54bf8d69288fbee4904\"\n\
                    [[rule]]\nname = \"tags\"\ntags = [\"v*\"]\n";
        let rules = Rules::parse("policy.toml", text.as_bytes()).unwrap();
        let said: Vec<String> = rules.rules.iter().map(ToString::to_string).collect();
        let main = "`main`: branches main release/**; paths all; signers *@example.org; match either; \
                    threshold 2; web-flow-merges; approval merge-signer; \
                    from 4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let tags = "`tags`: tags v*; signers all; match committer; threshold 1";
        assert_eq!(
            (said, rules.default.to_string()),
            (vec![main.into(), tags.into()], "signed".into())
        );
    }
}
