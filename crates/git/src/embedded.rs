//! Tags within something else: the signed tags that a merge commit carries, and those that a tag
//! names.

use super::HashAlgorithm;
use super::commit::Commit;
use super::objects::{self, Kind};
use super::result::EmbeddedTag;
use super::signature::{self, Signed};
use super::tag::Tag;
use beleg_model::text::shown;
use beleg_signature::TrustMaterial;
use beleg_trust::{Check, Format, Judgement, Policy, Reason};

/// Judges a tag object by its content.
pub(crate) fn judge(
    tag: &Tag,
    trust: &TrustMaterial,
    policy: &Policy,
) -> (Option<Format>, Judgement) {
    let Some(tagger) = &tag.tagger else {
        let judgement = Judgement::of(Reason::MalformedTag, Check::Unknown, Check::Bad);
        return (None, judgement.noting("it names no tagger"));
    };
    let signed = Signed {
        signature: &tag.signature,
        payload: &tag.payload,
        by: tagger,
        time: tagger.time,
        malformed: Reason::MalformedTag,
    };
    let (format, mut judgement) = signature::judge(&signed, trust, policy);
    judgement.times.committer = tagger.time;
    (format, judgement)
}

/// Judges a tag that a merge commit carries. It must name one of the merged parents, which are
/// all but the first.
pub(crate) fn merged(
    content: &[u8],
    commit: &Commit,
    algorithm: HashAlgorithm,
    trust: &TrustMaterial,
    policy: &Policy,
) -> EmbeddedTag {
    let oid = match objects::hash(content, Kind::Tag, algorithm) {
        Ok(hash) => hex::encode(hash),
        Err(problem) => {
            return of(String::new(), signature::judge_object(&problem));
        }
    };
    let tag = match Tag::parse(content, algorithm) {
        Ok(tag) => tag,
        Err(error) => return malformed(oid, &error.to_string()),
    };
    let merged = commit.parents.iter().skip(1).any(|parent| *parent == tag.object);
    let mut embedded = named(oid, &tag, trust, policy);
    if (!merged || tag.kind != Kind::Commit) && embedded.judgement.crypto != Check::Bad {
        embedded.judgement.trust = Check::Bad;
        embedded.judgement.reason = Reason::TagNotMerged;
    }
    embedded
}

/// Judges a tag that stands for itself, whatever it names.
pub(crate) fn named(oid: String, tag: &Tag, trust: &TrustMaterial, policy: &Policy) -> EmbeddedTag {
    let (format, judgement) = judge(tag, trust, policy);
    EmbeddedTag {
        name: Some(shown(&tag.name)),
        target: Some(tag.object.clone()),
        tagger: tag.tagger.as_ref().map(|tagger| tagger.identity.clone()),
        signature: format,
        ..of(oid, judgement)
    }
}

pub(crate) fn malformed(oid: String, why: &str) -> EmbeddedTag {
    of(oid, Judgement::of(Reason::MalformedTag, Check::Unknown, Check::Bad).noting(why))
}

/// States a judgement about a tag of which nothing else is known.
pub(crate) fn of(oid: String, judgement: Judgement) -> EmbeddedTag {
    EmbeddedTag { oid, name: None, target: None, tagger: None, signature: None, judgement }
}
