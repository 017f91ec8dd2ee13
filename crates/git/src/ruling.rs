//! Which rules of the policy a commit is under, and what each makes of its signature.

use super::changes::{ChangesError, Comparison};
use super::commit::{self, Commit};
use super::header::Claimed;
use super::merge::own_changes;
use super::objects::{ObjectProblem, Objects};
use super::result::EmbeddedTag;
use super::signature::{self, Signed};
use super::walk::Graph;
use beleg_signature::TrustMaterial;
use beleg_signature::{People, Person};
use beleg_trust::{Check, Format, Judgement, Policy, Reason, Signer};
use beleg_trust::{DefaultRule, Match, Rule, Rules, Scope};
use git2::{Odb, Oid};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The rules of a policy as they hold for one range.
pub(crate) struct Rulings<'a> {
    trust: &'a TrustMaterial,
    pub(crate) rules: &'a Rules,
    /// The rules for commits of this branch, as indices.
    here: Vec<usize>,
    /// What each rule demands of a single signature, by index.
    demands: Vec<Policy>,
    /// The ancestors of each rule's start, by index; none when it has no known start.
    older: Vec<Option<&'a HashSet<Oid>>>,
    /// What is demanded where the default is to accept what is signed.
    signed: Policy,
    /// Demands nothing but a good signature of someone in the trust material.
    anyone: Policy,
    people: People<'a>,
}

/// A rule by its index; `None` is the default.
pub(crate) type RuleIndex = Option<usize>;

/// What is known about a commit besides its own judgement, for rules that ask for other people.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The rules that it is under and not older than.
    pub(crate) within: Vec<RuleIndex>,
    /// Who signed it, if that person may; never a forge.
    pub(crate) signer: Option<Person>,
    /// Who signed the tags that it merges, each with the parent that the tag names.
    pub(crate) tag_signers: Vec<(Oid, Person)>,
    /// The author's address, if it can be read in one way only.
    pub(crate) author: Option<String>,
    /// The addresses in `Reviewed-by` lines, lower-case.
    pub(crate) reviewers: Vec<String>,
    /// It is a merge that changes nothing by itself.
    pub(crate) plain_merge: bool,
}

/// A commit that is being judged.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) objects: &'a Objects,
    pub(crate) odb: &'a Odb<'a>,
    pub(crate) oid: Oid,
    pub(crate) commit: &'a Commit,
    pub(crate) merge_tags: &'a [EmbeddedTag],
    /// Commits that were read and hashed already.
    pub(crate) contents: &'a HashMap<Oid, Vec<u8>>,
    /// The commits that were walked.
    pub(crate) graph: &'a Graph,
}

impl<'a> Rulings<'a> {
    /// Lays the rules out for commits of `branch`; `older` holds the ancestors of their starts.
    pub(crate) fn new(
        trust: &'a TrustMaterial,
        policy: &Policy,
        rules: &'a Rules,
        branch: Option<&str>,
        starts: &HashMap<String, Oid>,
        older: &'a HashMap<Oid, Option<HashSet<Oid>>>,
    ) -> Self {
        let is_here = |rule: &Rule| match &rule.scope {
            Scope::Tags(_) => false,
            Scope::Commits { branches, .. } => {
                branches.is_empty()
                    || branch.is_some_and(|branch| {
                        branches.iter().any(|glob| glob.matches(branch.as_bytes()))
                    })
            }
        };
        let all = rules.rules.iter().enumerate();
        let with = |require_signer_is_committer, signers| Policy {
            require_signer_is_committer,
            signers,
            ..policy.clone()
        };
        let start = |rule: &Rule| rule.from.as_ref().and_then(|from| starts.get(from));
        Self {
            trust,
            rules,
            here: all.filter(|(_, rule)| is_here(rule)).map(|(index, _)| index).collect(),
            demands: rules
                .rules
                .iter()
                .map(|rule| with(rule.signer_is != Match::None, rule.signers.clone()))
                .collect(),
            older: rules
                .rules
                .iter()
                .map(|rule| start(rule).and_then(|start| older.get(start)?.as_ref()))
                .collect(),
            signed: policy.clone(),
            anyone: with(false, None),
            people: People::new(trust, policy.now),
        }
    }

    /// Judges a commit by every rule that it is under.
    pub(crate) fn judge(&self, subject: &Subject<'_>) -> (Option<Format>, Judgement, Facts) {
        let mut facts = self.facts(subject);
        let (rules, plain_merge) = match self.rules_of(subject) {
            Ok(found) => found,
            Err(error) => {
                let (format, judgement) = self.by_anyone(subject);
                if judgement.crypto == Check::Bad {
                    return (format, judgement, facts);
                }
                let note = format!("which paths it changes is not known: {error}");
                let unknown = Judgement { signer: judgement.signer, ..unreadable(note) };
                return (format, unknown, facts);
            }
        };
        let (older, within): (Vec<RuleIndex>, Vec<RuleIndex>) =
            rules.into_iter().partition(|index| self.is_older(*index, subject.oid));
        if let (true, Some(index)) = (within.is_empty(), older.first()) {
            let (format, judgement) = self.judge_by(*index, subject);
            return (format, outside(judgement), facts);
        }
        let mut worst: Option<(Option<Format>, Judgement)> = None;
        for index in &within {
            let (format, judgement) = self.judge_by(*index, subject);
            let weight = |reason: Reason| (reason.verdict(), reason.severity());
            let heavier = worst
                .as_ref()
                .is_none_or(|(_, worst)| weight(judgement.reason) > weight(worst.reason));
            if heavier {
                worst = Some((format, judgement));
            }
        }
        let Some((format, mut judgement)) = worst else {
            let note = "the policy has no rule and no default for it".to_owned();
            return (None, unreadable(note), facts);
        };
        if judgement.reason == Reason::Trusted {
            let names: Vec<&str> = within.iter().map(|index| self.name(*index)).collect();
            judgement.rule = Some(names.join(", "));
            facts.signer = judgement
                .signer
                .as_ref()
                .filter(|signer| !self.is_forge(signer))
                .map(|signer| self.people.person(signer, subject.commit.committer.time));
            facts.plain_merge = plain_merge;
        }
        facts.within = within;
        (format, judgement, facts)
    }

    /// Returns a rule's name.
    pub(crate) fn name(&self, index: RuleIndex) -> &str {
        self.rule(index).map_or("default", |rule| rule.name.as_str())
    }

    pub(crate) fn rule(&self, index: RuleIndex) -> Option<&'a Rule> {
        self.rules.rules.get(index?)
    }

    /// Says whether a rule asks for other people than the one who signs.
    pub(crate) fn asks_for_others(&self, index: RuleIndex) -> bool {
        self.rule(index).is_some_and(|rule| !rule.approval.is_empty() || rule.threshold.get() > 1)
    }

    fn facts(&self, subject: &Subject<'_>) -> Facts {
        let commit = subject.commit;
        let trusted = |tag: &&EmbeddedTag| tag.judgement.reason == Reason::Trusted;
        let tags = subject.merge_tags.iter().filter(trusted);
        Facts {
            within: Vec::new(),
            signer: None,
            tag_signers: tags
                .filter_map(|tag| {
                    let parent = subject.objects.parse_oid(tag.target.as_ref()?)?;
                    let signer = tag.judgement.signer.as_ref()?;
                    let time = tag.judgement.times.committer;
                    Some((parent, signer, time)).filter(|(_, signer, _)| !self.is_forge(signer))
                })
                .map(|(parent, signer, time)| (parent, self.people.person(signer, time)))
                .collect(),
            author: commit.author.exact_email.clone(),
            reviewers: commit.reviewers.clone(),
            plain_merge: false,
        }
    }

    fn is_older(&self, index: RuleIndex, oid: Oid) -> bool {
        let older = index.and_then(|index| self.older.get(index).copied().flatten());
        older.is_some_and(|older| older.contains(&oid))
    }

    /// Returns the rules that the commit is under, for each changed path the first that matches,
    /// and whether it is a merge that changes nothing by itself. What a merge changes by itself
    /// counts whichever of its parents is the first.
    fn rules_of(&self, subject: &Subject<'_>) -> Result<(BTreeSet<RuleIndex>, bool), ChangesError> {
        let mut found = BTreeSet::new();
        let is_merge = subject.commit.parents.len() > 1;
        let by_path = self.here.iter().any(|index| !self.paths(*index).is_empty());
        let by_others = self.here.iter().any(|index| self.asks_for_others(Some(*index)));
        let own = (is_merge && (by_path || by_others)).then(|| own_changes(subject));
        let is_plain = matches!(&own, Some(Ok(own)) if own.is_empty());
        if by_path {
            for path in own.transpose()?.unwrap_or_default() {
                found.insert(self.first_match(Some(&path)));
            }
            let new = subject.objects.parse_oid(&subject.commit.tree);
            let old = first_parent_tree(subject)?;
            Comparison::new(subject.objects, subject.odb).changed(old, new, &mut |path| {
                found.insert(self.first_match(Some(path)));
                Ok(())
            })?;
        }
        if found.is_empty() {
            found.insert(self.first_match(None));
        }
        Ok((found, is_plain))
    }

    fn first_match(&self, path: Option<&[u8]>) -> RuleIndex {
        self.here.iter().copied().find(|index| {
            let globs = self.paths(*index);
            globs.is_empty() || path.is_some_and(|path| globs.iter().any(|glob| glob.matches(path)))
        })
    }

    fn paths(&self, index: usize) -> &'a [beleg_trust::Glob] {
        match self.rules.rules.get(index).map(|rule| &rule.scope) {
            Some(Scope::Commits { paths, .. }) => paths,
            _ => &[],
        }
    }

    fn judge_by(&self, index: RuleIndex, subject: &Subject<'_>) -> (Option<Format>, Judgement) {
        let (format, mut judgement) = match self.rule(index) {
            Some(rule) => self.judge_by_rule(rule, index, subject),
            None => self.judge_by_default(subject),
        };
        judgement.rule = Some(self.name(index).to_owned());
        (format, judgement)
    }

    fn judge_by_default(&self, subject: &Subject<'_>) -> (Option<Format>, Judgement) {
        let committer = &subject.commit.committer;
        let (format, judgement) = self.judge_as(committer, subject, &self.signed);
        let judgement = self.without_forge(judgement);
        let judgement = match self.rules.default {
            DefaultRule::Refuse if judgement.reason == Reason::Trusted => {
                Judgement { trust: Check::Bad, reason: Reason::NoRule, ..judgement }
            }
            DefaultRule::Refuse | DefaultRule::Signed => judgement,
        };
        (format, judgement)
    }

    fn judge_by_rule(
        &self,
        rule: &Rule,
        index: RuleIndex,
        subject: &Subject<'_>,
    ) -> (Option<Format>, Judgement) {
        let Some(demands) = index.and_then(|index| self.demands.get(index)) else {
            let note = "the rule's demands are not known".to_owned();
            return (None, unreadable(note));
        };
        let commit = subject.commit;
        let by_author = || {
            let (format, judgement) = self.judge_as(&commit.author, subject, demands);
            (format, self.about_author(judgement, commit))
        };
        let (format, judgement) = match rule.signer_is {
            Match::Author => by_author(),
            Match::Committer | Match::None => self.judge_as(&commit.committer, subject, demands),
            Match::Either => {
                let (format, first) = self.judge_as(&commit.committer, subject, demands);
                let second = (first.reason == Reason::SignerNotCommitter).then(|| by_author().1);
                let second = second.filter(|second| second.reason == Reason::Trusted);
                (format, second.unwrap_or(first))
            }
        };
        let forge = judgement.signer.as_ref().is_some_and(|signer| self.is_forge(signer));
        if forge && rule.web_flow_merges && commit.parents.len() > 1 {
            let (format, judgement) = self.by_anyone(subject);
            let note = "the forge's own key signed it: that says where it was merged, not who \
                        approved it";
            return (format, judgement.noting(note));
        }
        (format, self.without_forge(judgement))
    }

    fn by_anyone(&self, subject: &Subject<'_>) -> (Option<Format>, Judgement) {
        self.judge_as(&subject.commit.committer, subject, &self.anyone)
    }

    fn judge_as(
        &self,
        by: &Claimed,
        subject: &Subject<'_>,
        policy: &Policy,
    ) -> (Option<Format>, Judgement) {
        let commit = subject.commit;
        let signed = Signed {
            signature: &commit.signature,
            payload: &commit.payload,
            by,
            time: commit.committer.time,
            malformed: Reason::MalformedCommit,
        };
        signature::judge(&signed, self.trust, policy)
    }

    /// Says about the author what was judged as if he were the committer.
    fn about_author(&self, mut judgement: Judgement, commit: &Commit) -> Judgement {
        if judgement.reason == Reason::SignerNotCommitter {
            judgement.reason = Reason::SignerNotAuthor;
        }
        if judgement.signer_matches_committer.is_some() {
            let time = commit.committer.time;
            let signer = judgement.signer.as_ref();
            let person = signer.map(|signer| self.people.person(signer, time));
            let committer = commit.committer.exact_email.as_deref();
            judgement.signer_matches_committer =
                Some(person.zip(committer).is_some_and(|(person, email)| person.is(email)));
        }
        judgement
    }

    /// Refuses what a forge's own key signed, where a person should have.
    fn without_forge(&self, judgement: Judgement) -> Judgement {
        let about_signer = matches!(
            judgement.reason,
            Reason::Trusted
                | Reason::SignerNotCommitter
                | Reason::SignerNotAuthor
                | Reason::PrincipalNotAllowed
        );
        if about_signer && judgement.signer.as_ref().is_some_and(|signer| self.is_forge(signer)) {
            return Judgement { trust: Check::Bad, reason: Reason::WebFlowNotAllowed, ..judgement };
        }
        judgement
    }

    fn is_forge(&self, signer: &Signer) -> bool {
        self.rules.web_flow.iter().any(|key| {
            *key == signer.fingerprint || signer.primary_fingerprint.as_ref() == Some(key)
        })
    }
}

/// States about a commit that its rule does not reach back to it. What is forged stays so.
fn outside(judgement: Judgement) -> Judgement {
    if judgement.crypto == Check::Bad {
        return judgement;
    }
    let note = format!("without the rule's start it would be `{}`", judgement.reason);
    Judgement { reason: Reason::OutsideRule, ..judgement }.noting(note)
}

fn unreadable(note: String) -> Judgement {
    Judgement::unknown(Reason::UnreadableObject).noting(note)
}

/// Returns the tree of the first parent; the empty one for a commit without parents.
fn first_parent_tree(subject: &Subject<'_>) -> Result<Option<Oid>, ChangesError> {
    subject.commit.parents.first().map(|parent| tree_of(subject, parent)).transpose()
}

/// Returns the tree of another commit, which was hashed again.
pub(super) fn tree_of(subject: &Subject<'_>, parent: &str) -> Result<Oid, ChangesError> {
    let objects = subject.objects;
    let oid = objects.parse_oid(parent).ok_or(ChangesError::Malformed)?;
    let content = match subject.contents.get(&oid) {
        Some(content) => Cow::Borrowed(content),
        None => objects
            .commit(subject.odb, oid)
            .map(Cow::Owned)
            .map_err(|problem: ObjectProblem| ChangesError::Object(oid, problem))?,
    };
    commit::tree(&content, objects.algorithm())
        .and_then(|tree| objects.parse_oid(&tree))
        .ok_or(ChangesError::Malformed)
}
