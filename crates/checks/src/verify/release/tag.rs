//! The tag that a release is made from.

use super::policy::TagRule;
use crate::rules;
use crate::verify::signers::Signers;
use crate::verify::{Item, finding_of, tags};
use beleg_attestation::provenance::Resource;
use beleg_engine::Ctx;
use beleg_git::{TagResult, short_name};
use beleg_model::{Digest, Finding, Verdict};
use beleg_store::Stores;
use beleg_trust::{Policy, Reason};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is known about the tag.
pub(super) struct ExaminedTag {
    pub(super) item: Item,
    pub(super) findings: Vec<Finding>,
    /// The commit that it names, if its signature is trusted: nothing else may be compared with.
    pub(super) commit: Option<Digest>,
    pub(super) details: Value,
    /// Its full name and object id; absent when there is none.
    pub(super) object: Option<Resource>,
}

/// Verifies the tag: it must be there, annotated, signed by an allowed signer, and name a commit.
pub(super) fn examine(
    rule: &TagRule,
    signers: &Signers,
    stores: &Stores,
    ctx: &Ctx,
) -> ExaminedTag {
    let identities = signers.bundles.identities.clone();
    let policy = Policy { identities, ..Policy::at(ctx.now) };
    let patterns = [rule.name.clone()];
    let place = format!("tag {}", rule.name);
    let nothing = |finding: Finding| ExaminedTag {
        item: Item { name: place.clone(), verdict: finding.verdict, facts: Vec::new() },
        findings: vec![finding],
        commit: None,
        details: Value::Null,
        object: None,
    };
    let material = &signers.material;
    let result = match tags::read(&rule.repository, &patterns, material, &policy, stores, ctx) {
        Ok(result) => result,
        Err(finding) => return nothing(*finding),
    };
    // The policy names one tag, and no pattern: another one that happens to match is not it.
    let name = short_name(&rule.name);
    let Some(tag) = result.tags.iter().find(|tag| tag.name == name) else {
        let repository = &rule.repository;
        let message = format!("There is no tag of this name in `{repository}`.");
        let remedy = "Fetch the tags, or correct `[tag]`: its `name` is the whole name, such as \
                      \"v1.2.0\".";
        let place = place.as_str();
        return nothing(Finding::of(&rules::TAG_MISSING, place, message).with_remedy(remedy));
    };
    let reason = tag.judgement.reason;
    let mut item = tags::item(tag);
    item.name.clone_from(&place);
    let mut findings = Vec::new();
    if reason.verdict() != Verdict::Pass {
        let mut message = format!("It {}.", reason.meaning());
        for note in &tag.judgement.notes {
            message.push_str(&format!(" Note: {note}."));
        }
        findings.push(finding_of(reason, place.as_str(), message));
    }
    let peeled = tag.peeled.as_ref().filter(|peeled| peeled.kind == "commit");
    let commit = peeled.and_then(|peeled| Digest::git_commit(&peeled.oid).ok());
    let commit = commit.filter(|_| reason == Reason::Trusted);
    if commit.is_none() && reason == Reason::Trusted {
        let what = tag.peeled.as_ref().map_or("nothing that can be read", |of| of.kind.as_str());
        let message = format!("It is signed, but names no commit: {what}.");
        item.verdict = Verdict::Fail;
        item.facts.push(("names", what.to_owned()));
        findings.push(Finding::of(&rules::TAG_NOT_OF_COMMIT, place.as_str(), message));
    }
    ExaminedTag { item, findings, commit, details: json!(tag), object: object(tag) }
}

/// Names the tag as in-toto does (attestation framework, "DigestSet"): a tag object's id is no
/// commit's.
fn object(tag: &TagResult) -> Option<Resource> {
    if tag.oid.is_empty() {
        return None;
    }
    let is_lightweight = tag.peeled.as_ref().is_some_and(|peeled| peeled.oid == tag.oid);
    let algorithm = if is_lightweight { "gitCommit" } else { "gitTag" };
    Some(Resource {
        uri: None,
        name: Some(format!("refs/tags/{}", tag.name)),
        digests: BTreeMap::from([(algorithm.to_owned(), tag.oid.clone())]),
    })
}
