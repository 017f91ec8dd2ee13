use super::cache::FileCache;
use super::policy::{Demands, PolicyInWords};
use super::{Identity, Item, TrustLocators, Verified};
use crate::failure::chain;
use crate::rules;
use beleg_engine::{CheckError, Ctx};
use beleg_git::{RangeResult, findings, verify_range};
use beleg_model::{Digest, Finding, Input, Metric, Outcome, Verdict};
use beleg_store::Stores;
use beleg_trust::{Policy, ResultCache};
use serde_json::{Value, json};
use std::sync::Arc;

/// The name of the input that is the range's end.
pub(crate) const HEAD_INPUT: &str = "head commit";
/// How many commits evidence lists one by one; beyond that it counts them by reason.
const MOST_LISTED: usize = 20_000;

/// A range of commits, and who may have signed them.
#[derive(Clone, Debug)]
pub struct CommitRange {
    /// The repository's folder.
    pub repository: String,
    /// `A..B`, `A..`, `..B` or `B`.
    pub range: String,
    /// The branch that the policy's rules are chosen by; the range's end if it names one.
    pub branch: Option<String>,
    /// The policy's file: who may sign what.
    pub policy: Option<String>,
    /// Who may sign.
    pub trust: TrustLocators,
    /// The identities that may sign with Sigstore's certificates (gitsign).
    pub identities: Vec<Identity>,
    /// The file that remembers from run to run which signatures fit; whoever can write it can
    /// make a forged one fit.
    pub cache: Option<String>,
    /// Allows one to sign what another committed.
    pub allow_signing_for_others: bool,
}

/// Verifies every commit of a range.
///
/// # Errors
/// When the result has no JSON form: a bug.
pub fn verify_commits(
    commits: &CommitRange,
    stores: &Stores,
    ctx: &Ctx,
) -> Result<Verified, CheckError> {
    let locator = commits.repository.as_str();
    let Some(repository) = stores.local_path(locator) else {
        return Ok(Verified::could_not_look(
            Finding::of(
                &rules::REPOSITORY_UNREADABLE,
                locator,
                "Only repositories on this machine can be read.",
            )
            .with_remedy("Clone the repository, and name the clone."),
        ));
    };
    let (trust, inputs) = match commits.trust.load(stores, ctx.now) {
        Ok(material) => material,
        Err(finding) => return Ok(Verified::could_not_look(*finding)),
    };
    let demands = Demands {
        policy: commits.policy.as_deref(),
        identities: &commits.identities,
        allow_signing_for_others: commits.allow_signing_for_others,
    };
    let (policy, policy_input) = match demands.read(stores, ctx) {
        Ok(policy) => policy,
        Err(findings) => return Ok(Verified::could_not_begin(findings)),
    };
    let in_words = policy.rules.as_deref().zip(policy_input.as_ref());
    let in_words = in_words.map(|(rules, input)| PolicyInWords::of_rules(rules, input));
    let cache = match commits.cache.as_deref().map(|cache| open_cache(cache, stores)).transpose() {
        Ok(cache) => cache,
        Err(finding) => return Ok(Verified::could_not_look(*finding)),
    };
    let remembered = cache.clone().map(|cache| cache as Arc<dyn ResultCache>);
    let policy = Policy { branch: commits.branch.clone(), cache: remembered, ..policy };
    let inputs: Vec<Input> = inputs.into_iter().chain(policy_input).collect();
    let cancelled = || ctx.cancel.is_cancelled();
    let progress = |done, total| ctx.progress.at(done, Some(total));
    let verified =
        verify_range(&repository, &commits.range, &trust, &policy, &cancelled, &progress);
    let result = match verified {
        Ok(result) => result,
        Err(error) => {
            let message = format!("The commits could not be walked: {}.", chain(&error));
            let finding = Finding::of(error.rule(), locator, message);
            let mut verified = Verified::could_not_look(finding.with_remedy(error.remedy()));
            verified.outcome = verified.outcome.with_inputs(inputs);
            return Ok(verified);
        }
    };
    let (population, mut findings) = findings(&result);
    // The next run is slower then; this one is as good as without.
    if let Some(Err(error)) = cache.map(|cache| cache.save()) {
        let message = format!("The cache of signatures could not be written: {error}.");
        let cache = commits.cache.as_deref().unwrap_or(locator);
        findings.push(Finding::of(&rules::CACHE_NOT_WRITTEN, cache, message));
    }
    let head = end(HEAD_INPUT, &result.head_name, &result.head, &result);
    let base = result.base_name.as_ref().zip(result.base.as_ref());
    let base = base.map(|(name, oid)| end("base commit", name, oid, &result));
    let outcome = Outcome::judge(population, findings)
        .with_metric("commits", Metric::Count(result.commits.len().try_into().unwrap_or(u64::MAX)))
        .with_inputs(inputs)
        .with_inputs([head])
        .with_inputs(base)
        .with_details(details(&result)?);
    let items = vec![item(&result, outcome.verdict)];
    Ok(Verified::new(outcome, items).under(in_words))
}

/// Names one end of the range, by the whole name of its ref and by its id.
fn end(what: &str, name: &str, oid: &str, result: &RangeResult) -> Input {
    let commit = result.commits.first().filter(|commit| commit.oid == oid);
    Input {
        name: what.to_owned(),
        locator: name.to_owned(),
        digest: Digest::git_commit(oid).ok(),
        as_of: commit.and_then(|commit| commit.judgement.times.committer),
    }
}

/// Says which commits the range is.
fn item(result: &RangeResult, verdict: Verdict) -> Item {
    let named = |name: &str, oid: &str| match name == oid {
        true => oid.to_owned(),
        false => format!("{name} ({oid})"),
    };
    let mut facts = vec![("head", named(&result.head_name, &result.head))];
    let base = result.base_name.as_ref().zip(result.base.as_ref());
    facts.extend(base.map(|(name, oid)| ("base", named(name, oid))));
    facts.extend(result.branch.as_ref().map(|branch| ("branch", format!("refs/heads/{branch}"))));
    facts.push(("commits", result.commits.len().to_string()));
    Item { name: result.range.clone(), verdict, facts }
}

fn open_cache(locator: &str, stores: &Stores) -> Result<Arc<FileCache>, Box<Finding>> {
    let opened = match stores.local_path(locator) {
        Some(path) => FileCache::open(&path).map_err(|error| error.to_string()),
        None => Err("it is no file on this machine".to_owned()),
    };
    opened.map(Arc::new).map_err(|why| {
        let message = format!("The cache of signatures cannot be read: {why}.");
        let remedy = "Name another file, or delete this one.";
        Box::new(Finding::of(&rules::CACHE_UNREADABLE, locator, message).with_remedy(remedy))
    })
}

/// Returns what evidence holds about the range: every commit, if they are not too many.
fn details(result: &RangeResult) -> Result<Value, CheckError> {
    let mut listed = result.clone();
    let all = listed.commits.len();
    listed.commits.truncate(MOST_LISTED);
    let mut details = serde_json::to_value(&listed)
        .map_err(|error| CheckError::new("the result has no JSON form", error))?;
    if let Some(details) = details.as_object_mut().filter(|_| all > MOST_LISTED) {
        details.insert("commits-listed".to_owned(), json!(MOST_LISTED));
        details.insert("commits-verified".to_owned(), json!(all));
    }
    Ok(details)
}
