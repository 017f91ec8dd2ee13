//! What a release policy demands, in words for the evidence, and where it demands less than a control
//! does.

use super::policy::{ArtifactRule, ReleasePolicy};
use crate::verify::PolicyInWords;
use crate::weakness::Weakness;
use beleg_model::Input;

/// The control about signed deliveries.
const SIGNED: &str = "SC-4";
/// The control about SBOMs.
const LISTED: &str = "SC-5";

impl PolicyInWords {
    pub(super) fn of_release(policy: &ReleasePolicy, input: &Input) -> Self {
        let advisories = policy.advisories.as_ref().map(|rules| rules.settings());
        let mut settings = advisories.unwrap_or_default();
        settings.extend(crate::kinds::signers_in_words(&policy.signers));
        let tag = policy.tag.as_ref().map(|tag| format!("{} of {}", tag.name, tag.repository));
        let none = || "none".to_owned();
        settings.extend(
            [
                ("release", policy.name.clone()),
                ("rules", listed(policy.artifacts.iter().map(demands))),
                ("exempt", listed(policy.exempt.iter().map(exempt))),
                ("exempt-max-term", format!("{} days", policy.exempt_max_term.as_secs() / 86_400)),
                ("tag", tag.unwrap_or_else(none)),
                ("rebuild", policy.rebuild.clone().unwrap_or_else(none)),
                (PROMISE, policy.promise_suffices_unsafe.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Self::new(input, settings, weaknesses(policy))
    }
}

const PROMISE: &str = "inclusion-promise-suffices-unsafe";

fn listed(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

/// Says what a rule demands, such as `archives (*.zip): 1 signature(s), sbom`.
fn demands(rule: &ArtifactRule) -> String {
    let files: Vec<String> = rule.files.iter().map(ToString::to_string).collect();
    let signatures = match rule.signatures {
        0 => "no signature".to_owned(),
        count => format!("{count} signature(s)"),
    };
    let further = [
        (rule.sbom, "sbom"),
        (rule.provenance.is_some(), "provenance"),
        (rule.summary.is_some(), "summary"),
        (rule.advisories, "advisories"),
        (rule.rebuilt, "rebuilt"),
    ];
    let further = further.iter().filter(|(is_set, _)| *is_set).map(|(_, word)| *word);
    let all: Vec<&str> = std::iter::once(signatures.as_str()).chain(further).collect();
    format!("{} ({}): {}", rule.name, files.join(", "), all.join(", "))
}

fn exempt(exemption: &super::policy::Exemption) -> String {
    format!("{} {}", exemption.names(), exemption.decision.in_words())
}

/// Names what the policy lets pass. One file that nobody speaks for leaves deliveries unsigned; that
/// some files have no SBOM, such as manuals, is in the nature of a release.
fn weaknesses(policy: &ReleasePolicy) -> Vec<Weakness> {
    let unsigned = policy.artifacts.iter().filter(|rule| !is_spoken_for(rule)).map(|rule| {
        let words = format!("the rule `{}` lets unsigned files pass", rule.name);
        Weakness::voids(SIGNED, words)
    });
    let promise = Weakness::of_unsafe(SIGNED, &[(PROMISE, policy.promise_suffices_unsafe)]);
    let is_listed = policy.artifacts.iter().any(|rule| rule.sbom || rule.advisories);
    let unlisted = (!is_listed).then(|| Weakness::voids(LISTED, "no rule demands an SBOM"));
    let advisories = policy.advisories.iter().flat_map(|rules| rules.weaknesses(None));
    unsigned.chain(promise).chain(unlisted).chain(advisories).collect()
}

/// Says whether somebody who may sign must have signed each file, or a statement about it.
fn is_spoken_for(rule: &ArtifactRule) -> bool {
    rule.signatures > 0 || rule.provenance.is_some() || rule.summary.is_some()
}
