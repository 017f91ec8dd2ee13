//! What rules ask of other people than a commit's signer: approval by a second person, and
//! several signers. It is judged when every commit's own signature is, because the signer of a
//! merge answers for what the merge brought in.

use super::result::CommitResult;
use super::ruling::{Facts, Rulings};
use super::walk::Way;
use beleg_signature::Person;
use beleg_trust::{Approval, Rule};
use beleg_trust::{Check, Judgement, Reason};
use git2::Oid;
use std::collections::HashMap;

/// Refuses commits that lack the people whom their rules ask for. `facts` stand in the order of
/// `results`.
pub(crate) fn demand(
    results: &mut [CommitResult],
    facts: &[Option<Facts>],
    oids: &[Oid],
    brought_in_by: &HashMap<Oid, Way>,
    rulings: &Rulings<'_>,
) {
    // Only whoever signed a merge that is itself good answers for what it brought in. This is
    // read from the facts, which hold a signer for such commits alone.
    let by_oid: HashMap<Oid, &Facts> =
        oids.iter().zip(facts).filter_map(|(oid, facts)| Some((*oid, facts.as_ref()?))).collect();
    for ((result, facts), oid) in results.iter_mut().zip(facts).zip(oids) {
        let Some(facts) = facts else { continue };
        if result.judgement.reason != Reason::Trusted || facts.plain_merge {
            continue;
        }
        let others = Others::of(brought_in_by.get(oid), &by_oid);
        for index in facts.within.iter().filter(|index| rulings.asks_for_others(**index)) {
            let Some(rule) = rulings.rule(*index) else { continue };
            match judge(rule, facts, &others) {
                Ok(notes) => result.judgement.notes.extend(notes),
                Err((reason, note)) => {
                    let refused = Judgement {
                        trust: Check::Bad,
                        reason,
                        rule: Some(rule.name.clone()),
                        ..result.judgement.clone()
                    };
                    result.judgement = refused.noting(note);
                    break;
                }
            }
        }
    }
}

/// Who else than its own signer stands behind a commit.
#[derive(Default)]
struct Others<'a> {
    /// Who signed the merge that brought it in.
    merger: Option<&'a Person>,
    /// Who signed the tags by which it was merged.
    tag_signers: Vec<&'a Person>,
}

impl<'a> Others<'a> {
    /// A merged tag stands for what it names, which was there when it was signed: for what came in
    /// through that parent, and not for the merge that carries it.
    fn of(way: Option<&Way>, by_oid: &HashMap<Oid, &'a Facts>) -> Self {
        let Some(way) = way else { return Self::default() };
        let Some(merge) = by_oid.get(&way.merge) else { return Self::default() };
        let tags = merge.tag_signers.iter().filter(|(parent, _)| *parent == way.parent);
        Self {
            merger: merge.signer.as_ref(),
            tag_signers: tags.map(|(_, person)| person).collect(),
        }
    }
}

fn judge(
    rule: &Rule,
    facts: &Facts,
    others: &Others<'_>,
) -> Result<Option<String>, (Reason, String)> {
    let note = if rule.approval.is_empty() {
        None
    } else {
        let approved = rule.approval.iter().find_map(|kind| approval(*kind, rule, facts, others));
        Some(approved.ok_or_else(|| {
            (Reason::NotApproved, "nobody but its author and signer stands behind it".to_owned())
        })?)
    };
    let people = distinct(rule, facts, others);
    if u64::from(rule.threshold.get()) > people {
        let wanted = rule.threshold;
        let note = format!("{wanted} different people should have signed, and {people} did");
        return Err((Reason::ThresholdNotMet, note));
    }
    Ok(note)
}

/// Returns how a second person approved it.
fn approval(kind: Approval, rule: &Rule, facts: &Facts, others: &Others<'_>) -> Option<String> {
    // Without a clear author nobody can be somebody else.
    let author = facts.author.as_deref()?;
    let signers = rule.signers.as_ref();
    match kind {
        Approval::SignatureOfOther => facts
            .signer
            .iter()
            .chain(others.tag_signers.iter().copied())
            .any(|person| !person.is(author) && person.is_listed(signers))
            .then(|| "approved by the signature of somebody else than its author".to_owned()),
        Approval::Trailer => {
            let itself = |reviewer: &str| {
                let signer = facts.signer.as_ref();
                reviewer.eq_ignore_ascii_case(author)
                    || signer.is_none_or(|signer| signer.is(author) && signer.is(reviewer))
            };
            let listed = |reviewer: &str| signers.is_none_or(|signers| signers.matches(reviewer));
            let reviewer = facts.reviewers.iter().find(|name| !itself(name) && listed(name))?;
            Some(format!(
                "approved by the line `Reviewed-by: {reviewer}`, which is a claim of its signer"
            ))
        }
        Approval::MergeSigner => others
            .merger
            .filter(|merger| {
                let signed_too = facts.signer.as_ref().is_none_or(|signer| signer.may_be(merger));
                !merger.is(author) && !signed_too && merger.is_listed(signers)
            })
            .map(|_| "approved by the signer of the merge that brought it in".to_owned()),
    }
}

/// Counts the signers that the rule lists and of whom no two may be one person.
fn distinct(rule: &Rule, facts: &Facts, others: &Others<'_>) -> u64 {
    let tag_signers = others.tag_signers.iter().copied();
    let all = facts.signer.iter().chain(tag_signers).chain(others.merger);
    Person::distinct(all.filter(|person| person.is_listed(rule.signers.as_ref())))
}
