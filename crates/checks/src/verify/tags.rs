use super::policy::Demands;
use super::{Identity, Item, TrustLocators, Verified};
use crate::failure::chain;
use beleg_engine::{CheckError, Ctx};
use beleg_git::{TagResult, TagsResult, tag_findings, verify_tags as verify};
use beleg_model::{Finding, Outcome};
use beleg_signature::TrustMaterial;
use beleg_store::Stores;
use beleg_trust::Policy;

/// Tags, and who may have signed them.
#[derive(Clone, Debug)]
pub struct SignedTags {
    /// The repository's folder.
    pub repository: String,
    /// Names, or patterns with `*`; all tags when empty.
    pub tags: Vec<String>,
    /// The policy's file: who may sign what.
    pub policy: Option<String>,
    /// Who may sign.
    pub trust: TrustLocators,
    /// The identities that may sign with Sigstore's certificates (gitsign).
    pub identities: Vec<Identity>,
    /// Allows one to sign what another tagged.
    pub allow_signing_for_others: bool,
}

/// Verifies annotated tags.
///
/// # Errors
/// When the result has no JSON form: a bug.
pub fn verify_tags(tags: &SignedTags, stores: &Stores, ctx: &Ctx) -> Result<Verified, CheckError> {
    let (trust, inputs) = match tags.trust.load(stores, ctx.now) {
        Ok(material) => material,
        Err(finding) => return Ok(Verified::could_not_look(*finding)),
    };
    let demands = Demands {
        policy: tags.policy.as_deref(),
        identities: &tags.identities,
        allow_signing_for_others: tags.allow_signing_for_others,
    };
    let (policy, policy_input) = match demands.read(stores, ctx) {
        Ok(policy) => policy,
        Err(findings) => return Ok(Verified::could_not_begin(findings)),
    };
    let all = ["**".to_owned()];
    let patterns = if tags.tags.is_empty() { &all[..] } else { &tags.tags };
    let result = match read(&tags.repository, patterns, &trust, &policy, stores, ctx) {
        Ok(result) => result,
        Err(finding) => return Ok(Verified::could_not_look(*finding)),
    };
    let (population, findings) = tag_findings(&result);
    let details = serde_json::to_value(&result)
        .map_err(|error| CheckError::new("the result has no JSON form", error))?;
    let outcome = Outcome::judge(population, findings)
        .with_inputs(inputs)
        .with_inputs(policy_input)
        .with_details(details);
    let items = result.tags.iter().filter(|tag| is_trusted(tag)).map(item).collect();
    Ok(Verified::new(outcome, items))
}

/// Verifies tags of a repository on this machine.
pub(crate) fn read(
    repository: &str,
    patterns: &[String],
    trust: &TrustMaterial,
    policy: &Policy,
    stores: &Stores,
    ctx: &Ctx,
) -> Result<TagsResult, Box<Finding>> {
    let refuse = |rule, message: String, remedy: &str| {
        Box::new(Finding::of(rule, repository, message).with_remedy(remedy))
    };
    let Some(path) = stores.local_path(repository) else {
        let message = "Only repositories on this machine can be read.".to_owned();
        let remedy = "Clone the repository, and name the clone.";
        return Err(refuse(&beleg_git::rules::REPOSITORY_UNREADABLE, message, remedy));
    };
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let cancelled = || ctx.cancel.is_cancelled();
    let progress = |done, total| ctx.progress.at(done, Some(total));
    verify(&path, &patterns, trust, policy, &cancelled, &progress).map_err(|error| {
        let message = format!("The tags could not be read: {}.", chain(&error));
        refuse(error.rule(), message, error.remedy())
    })
}

fn is_trusted(tag: &TagResult) -> bool {
    tag.judgement.reason == beleg_trust::Reason::Trusted
}

/// Says who signed a tag, and what it names.
pub(crate) fn item(tag: &TagResult) -> Item {
    let judgement = &tag.judgement;
    let mut facts = vec![("tag", format!("refs/tags/{} {}", tag.name, tag.oid))];
    facts.extend(tag.peeled.as_ref().map(|to| ("names", format!("{} {}", to.kind, to.oid))));
    let signer = judgement
        .signer_in_words()
        .map(|signer| ("signature", format!("{}, {signer}", judgement.reason)));
    facts.extend(signer);
    Item { name: tag.name.clone(), verdict: judgement.reason.verdict(), facts }
}
