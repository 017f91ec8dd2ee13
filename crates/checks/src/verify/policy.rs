use super::Identity;
use super::signers::rules;
use crate::failure::{policy_unreadable, unreadable};
use crate::rules;
use crate::weakness::Weakness;
use beleg_engine::Ctx;
use beleg_model::{Digest, Finding, Input};
use beleg_store::Stores;
use beleg_trust::{MAX_POLICY_BYTES, Match, Policy, Rules};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What is demanded of commits and tags beyond good signatures.
pub(crate) struct Demands<'a> {
    /// The policy's file.
    pub(crate) policy: Option<&'a str>,
    /// The identities that may sign with Sigstore's certificates.
    pub(crate) identities: &'a [Identity],
    /// Allows one to sign what another made.
    pub(crate) allow_signing_for_others: bool,
}

/// A policy as it was in force, for the evidence of what was verified under it.
#[derive(Clone, Debug)]
pub(crate) struct PolicyInWords {
    /// What it says, by name.
    pub(crate) settings: BTreeMap<String, String>,
    /// Where it demands little.
    pub(crate) weaknesses: Vec<Weakness>,
}

impl PolicyInWords {
    /// Adds to what a policy says which one it is.
    pub(crate) fn new(
        input: &Input,
        mut settings: BTreeMap<String, String>,
        weaknesses: Vec<Weakness>,
    ) -> Self {
        let digest = input.digest.as_ref().map_or_else(String::new, ToString::to_string);
        settings.insert("policy".to_owned(), input.locator.clone());
        settings.insert("policy-digest".to_owned(), digest);
        Self { settings, weaknesses }
    }

    /// Says what rules for commits demand.
    pub(crate) fn of_rules(rules: &Rules, input: &Input) -> Self {
        let weak = rules.weak_algorithms_until.map(|time| time.to_string());
        let all: Vec<String> = rules.rules.iter().map(ToString::to_string).collect();
        let settings = [
            ("policy-default", rules.default.to_string()),
            ("policy-rules", all.join(" | ")),
            ("weak-algorithms-until", weak.clone().unwrap_or_else(|| "never".to_owned())),
            ("web-flow", rules.web_flow.join(", ")),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).into();
        let weak = weak.map(|time| {
            Weakness::told(format!("weak algorithms count until {time} (`weak-algorithms-until`)"))
        });
        let for_others = rules.rules.iter().filter(|rule| rule.signer_is == Match::None);
        let for_others = for_others.map(|rule| {
            let name = &rule.name;
            Weakness::told(format!("the rule `{name}` lets one sign what others made (`match`)"))
        });
        Self::new(input, settings, for_others.chain(weak).collect())
    }
}

impl Demands<'_> {
    /// Reads the policy, and names its file as an input of the check.
    ///
    /// # Errors
    /// With the findings to report, when it cannot be read or used.
    pub(crate) fn read(
        &self,
        stores: &Stores,
        ctx: &Ctx,
    ) -> Result<(Policy, Option<Input>), Vec<Finding>> {
        let mut policy = Policy::at(ctx.now);
        policy.require_signer_is_committer = !self.allow_signing_for_others;
        policy.identities = rules(self.identities).map_err(|finding| vec![*finding])?;
        let Some(locator) = self.policy else { return Ok((policy, None)) };
        let limit = u64::try_from(MAX_POLICY_BYTES).unwrap_or(u64::MAX);
        let bytes = stores
            .read(locator, limit)
            .map_err(|error| vec![unreadable(&rules::POLICY_UNREADABLE, locator, &error)])?;
        let rules =
            Rules::parse(locator, &bytes).map_err(|error| policy_unreadable(&error.problems))?;
        let input = Input {
            name: "policy".to_owned(),
            locator: locator.to_owned(),
            digest: Some(Digest::sha256(Sha256::digest(&bytes).into())),
            as_of: None,
        };
        Ok((policy.with_rules(rules), Some(input)))
    }
}
