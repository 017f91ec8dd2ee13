//! The tag that a release is made from.

use super::policy::TagRule;
use crate::verify::signers::Signers;
use crate::verify::{Item, finding_of, tags};
use beleg_engine::Ctx;
use beleg_model::{Digest, Finding, Severity, Verdict};
use beleg_store::Stores;
use beleg_trust::{Policy, Reason, short_name};
use serde_json::{Value, json};

/// What is known about the tag.
pub(super) struct ExaminedTag {
    pub(super) item: Item,
    pub(super) findings: Vec<Finding>,
    /// The commit that it names, if its signature is trusted: nothing else may be compared with.
    pub(super) commit: Option<Digest>,
    pub(super) details: Value,
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
        let (severity, place) = (Severity::High, place.as_str());
        return nothing(Finding::fault("tag-missing", severity, place, message, remedy));
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
    ExaminedTag { item, findings, commit, details: json!(tag) }
}
