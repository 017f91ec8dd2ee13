use super::embedded;
use super::objects::{Kind, ObjectProblem, Objects};
use super::result::{EmbeddedTag, Peeled, TagResult, TagsResult};
use super::signature::judge_object;
use super::tag::Tag;
use crate::GitError;
use beleg_model::text::shown;
use beleg_signature::TrustMaterial;
use beleg_trust::{Check, Glob, Judgement, Policy, Reason};
use beleg_trust::{DefaultRule, Match, Scope};
use git2::{Odb, Oid};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Most tags that name each other.
const MAX_NESTED: usize = 10;

/// Verifies every tag of the repository at `repo` that one of `patterns` matches: names with or without
/// `refs/tags/`, or patterns as [`Glob`] reads them. `cancel` and `progress` (done, total) are
/// asked and told on the calling thread. A pattern that matches nothing is in
/// [`TagsResult::unmatched`], which is nobody's pass.
///
/// # Errors
/// When the repository or a pattern cannot be read, or on cancellation; what is wrong with a
/// single tag is in its result.
pub fn verify_tags(
    repo: &Path,
    patterns: &[&str],
    trust: &TrustMaterial,
    policy: &Policy,
    cancel: &dyn Fn() -> bool,
    progress: &dyn Fn(u64, u64),
) -> Result<TagsResult, GitError> {
    let objects = Objects::open(repo)?;
    let odb = objects.database()?;
    let names: Vec<&str> = patterns.iter().map(|name| short_name(name)).collect();
    let globs: Vec<Option<Glob>> =
        names.iter().map(|pattern| glob(pattern)).collect::<Result<_, _>>()?;
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut chosen = Vec::new();
    for (name, oid) in objects.tags()? {
        let matching = (0usize..).zip(names.iter().zip(&globs)).filter(|(_, (text, glob))| {
            text.as_bytes() == name || glob.as_ref().is_some_and(|glob| glob.matches(&name))
        });
        let indices: Vec<usize> = matching.map(|(index, _)| index).collect();
        used.extend(indices.iter());
        if !indices.is_empty() {
            chosen.push((name, oid));
        }
    }
    let total = u64::try_from(chosen.len()).unwrap_or(u64::MAX);
    let judging = Judging { objects: &objects, odb: &odb, trust, policy };
    let mut tags = Vec::with_capacity(chosen.len());
    for (done, (name, oid)) in (0u64..).zip(&chosen) {
        if cancel() {
            return Err(GitError::Cancelled);
        }
        progress(done, total);
        tags.push(match oid {
            Some(oid) => judging.guarded(name, *oid),
            None => judging.without_object(name),
        });
    }
    progress(total, total);
    let unused = (0usize..).zip(patterns).filter(|(index, _)| !used.contains(index));
    Ok(TagsResult {
        unused_rules: unused_rules(policy, &tags),
        patterns: patterns.iter().map(|text| (*text).to_owned()).collect(),
        unmatched: unused.map(|(_, text)| (*text).to_owned()).collect(),
        hash_algorithm: objects.algorithm(),
        tags,
        replace_refs: objects.replace_refs()?,
        trust_digest: trust.digest().clone(),
        material_problems: trust.problems().to_vec(),
        policy_digest: policy.digest(),
    })
}

/// Returns the rules for tags that held for none, where the default held for some.
fn unused_rules(policy: &Policy, tags: &[TagResult]) -> Vec<String> {
    let used: BTreeSet<&str> =
        tags.iter().filter_map(|tag| tag.judgement.rule.as_deref()).collect();
    let rules = policy.rules.iter().filter(|rules| {
        // What a default refuses is seen anyway.
        rules.default == DefaultRule::Signed && used.contains("default")
    });
    let rules = rules.flat_map(|rules| &rules.rules);
    let unused = rules
        .filter(|rule| matches!(rule.scope, Scope::Tags(_)) && !used.contains(rule.name.as_str()));
    unused.map(|rule| rule.name.clone()).collect()
}

/// Takes `refs/tags/` off the whole name of a tag.
pub fn short_name(tag: &str) -> &str {
    tag.strip_prefix("refs/tags/").unwrap_or(tag)
}

/// Reads a pattern; what holds no wildcard is a name, and names may hold anything.
fn glob(pattern: &str) -> Result<Option<Glob>, GitError> {
    if !pattern.contains(['*', '?']) {
        return Ok(None);
    }
    Glob::parse(pattern).map(Some).map_err(|source| {
        let pattern = shown(pattern.as_bytes());
        GitError::Pattern { pattern, source }
    })
}

struct Judging<'a> {
    objects: &'a Objects,
    odb: &'a Odb<'a>,
    trust: &'a TrustMaterial,
    policy: &'a Policy,
}

impl Judging<'_> {
    /// Judges one tag; a panic of a cryptographic library says nothing about the others.
    fn guarded(&self, name: &[u8], oid: Oid) -> TagResult {
        catch_unwind(AssertUnwindSafe(|| self.judge(name, oid))).unwrap_or_else(|_| {
            self.result(name, oid.to_string(), Judgement::unknown(Reason::VerifierFailed))
        })
    }

    /// States that a tag's ref names nothing that could be judged.
    fn without_object(&self, name: &[u8]) -> TagResult {
        let judgement = Judgement::unknown(Reason::UnreadableObject);
        self.result(name, String::new(), judgement.noting("its ref cannot be read"))
    }

    fn judge(&self, name: &[u8], oid: Oid) -> TagResult {
        match self.objects.is_a(Kind::Tag, self.odb, oid) {
            Ok(true) => {}
            Ok(false) => {
                let judgement = Judgement::of(Reason::LightweightTag, Check::None, Check::None);
                let mut result = self.result(name, oid.to_string(), judgement);
                result.peeled = self.peeled_unread(oid);
                return result;
            }
            Err(problem) => return self.result(name, oid.to_string(), judge_object(&problem)),
        }
        let tag = match self.read(oid) {
            Ok(tag) => tag,
            Err(judgement) => return self.result(name, oid.to_string(), *judgement),
        };
        let (format, judgement) = self.by_rules(name, &tag);
        let judgement = with_name(judgement, &tag, name);
        let mut result = self.result(name, oid.to_string(), judgement);
        result.signature = format;
        result.subject.clone_from(&tag.subject);
        result.unsigned_header = tag.has_unsigned_header;
        result.tagger = tag.tagger.as_ref().map(|tagger| tagger.identity.clone());
        self.peel(&tag, &mut result);
        result
    }

    /// Judges a tag's signature by the rule that it is under.
    fn by_rules(&self, name: &[u8], tag: &Tag) -> (Option<beleg_trust::Format>, Judgement) {
        let Some(rules) = &self.policy.rules else {
            return embedded::judge(tag, self.trust, self.policy);
        };
        let rule = rules.of_tag(name);
        let demands = rule.map_or_else(
            || self.policy.clone(),
            |rule| Policy {
                require_signer_is_committer: rule.signer_is != Match::None,
                signers: rule.signers.clone(),
                ..self.policy.clone()
            },
        );
        let (format, mut judgement) = embedded::judge(tag, self.trust, &demands);
        let is_forge = judgement.signer.as_ref().is_some_and(|signer| {
            rules.web_flow.iter().any(|key| {
                *key == signer.fingerprint || signer.primary_fingerprint.as_ref() == Some(key)
            })
        });
        let refused = match judgement.reason {
            Reason::Trusted if is_forge => Some(Reason::WebFlowNotAllowed),
            Reason::Trusted if rule.is_none() && rules.default == DefaultRule::Refuse => {
                Some(Reason::NoRule)
            }
            _ => None,
        };
        if let Some(reason) = refused {
            judgement.trust = Check::Bad;
            judgement.reason = reason;
        }
        judgement.rule = Some(rule.map_or("default", |rule| rule.name.as_str()).to_owned());
        (format, judgement)
    }

    /// Follows nested tags to the object behind them. A good signature on an id stands for an
    /// object only if that object is there with this id.
    fn peel(&self, outer: &Tag, result: &mut TagResult) {
        let (mut object, mut kind) = (outer.object.clone(), outer.kind);
        while kind == Kind::Tag {
            if result.nested.len() >= MAX_NESTED {
                let note = format!("more than {MAX_NESTED} tags name each other");
                let judgement = Judgement::of(Reason::MalformedTag, Check::Unknown, Check::Bad);
                return worsen(result, judgement.noting(note));
            }
            let read = self.oid(&object).and_then(|oid| self.read(oid));
            let inner = match read {
                Ok(inner) => inner,
                Err(judgement) => {
                    result.nested.push(embedded::of(object, (*judgement).clone()));
                    return worsen(result, *judgement);
                }
            };
            let nested: EmbeddedTag = embedded::named(object, &inner, self.trust, self.policy);
            if nested.judgement.crypto == Check::Bad {
                let note = format!("a tag that it names is `{}`", nested.judgement.reason);
                worsen(result, nested.judgement.clone().noting(note));
            }
            result.nested.push(nested);
            (object, kind) = (inner.object, inner.kind);
        }
        let read = self.oid(&object).and_then(|oid| {
            let read = self.objects.read(self.odb, oid, kind);
            read.map_err(|problem| Box::new(judge_object(&problem)))
        });
        match read {
            Ok(_) => result.peeled = Some(Peeled { oid: object, kind: kind.word().to_owned() }),
            Err(judgement) => worsen(result, judgement.noting("this is the object it names")),
        }
    }

    /// Returns what a lightweight tag names, if it can be read.
    fn peeled_unread(&self, oid: Oid) -> Option<Peeled> {
        [Kind::Commit, Kind::Tree, Kind::Blob].into_iter().find_map(|kind| {
            self.objects.read(self.odb, oid, kind).ok()?;
            Some(Peeled { oid: oid.to_string(), kind: kind.word().to_owned() })
        })
    }

    fn read(&self, oid: Oid) -> Result<Tag, Box<Judgement>> {
        let content = self
            .objects
            .read(self.odb, oid, Kind::Tag)
            .map_err(|problem: ObjectProblem| Box::new(judge_object(&problem)))?;
        Tag::parse(&content, self.objects.algorithm()).map_err(|error| {
            let judgement = Judgement::of(Reason::MalformedTag, Check::Unknown, Check::Bad);
            Box::new(judgement.noting(error.to_string()))
        })
    }

    fn oid(&self, hex: &str) -> Result<Oid, Box<Judgement>> {
        self.objects.parse_oid(hex).ok_or_else(|| Box::new(judge_object(&ObjectProblem::Missing)))
    }

    fn result(&self, name: &[u8], oid: String, judgement: Judgement) -> TagResult {
        TagResult {
            name: shown(name),
            oid,
            peeled: None,
            subject: String::new(),
            signature: None,
            tagger: None,
            nested: Vec::new(),
            hash_algorithm: self.objects.algorithm(),
            collision: judgement.reason == Reason::Sha1Collision,
            unsigned_header: false,
            judgement,
        }
    }
}

/// Refuses a signature that was made for another name: `git update-ref` can put an old release's
/// tag under a new name.
fn with_name(judgement: Judgement, tag: &Tag, name: &[u8]) -> Judgement {
    if tag.name == name {
        return judgement;
    }
    let note = format!("the tag's own name is `{}`", shown(&tag.name));
    if judgement.crypto != Check::Good {
        return judgement.noting(note);
    }
    let mut mismatch =
        Judgement { trust: Check::Bad, reason: Reason::TagNameMismatch, ..judgement.clone() };
    if judgement.reason != Reason::Trusted {
        mismatch = mismatch.noting(format!("apart from that it would be `{}`", judgement.reason));
    }
    mismatch.noting(note)
}

/// Replaces a result's reason by a worse one; the signer and the times stay.
fn worsen(result: &mut TagResult, by: Judgement) {
    let weight = |reason: Reason| (reason.verdict(), reason.severity());
    let current = &mut result.judgement;
    if weight(by.reason) > weight(current.reason) {
        current.reason = by.reason;
        current.trust = Check::Bad;
        if by.reason.verdict() == beleg_model::Verdict::Unknown {
            current.trust = Check::Unknown;
        }
    }
    current.notes.extend(by.notes);
}
