use super::Identity;
use super::signers::rules;
use crate::failure::{policy_unreadable, unreadable};
use beleg_engine::Ctx;
use beleg_model::{Digest, Finding, Input};
use beleg_store::Stores;
use beleg_trust::{MAX_POLICY_BYTES, Policy, Rules};
use sha2::{Digest as _, Sha256};

/// What is demanded of commits and tags beyond good signatures.
pub(crate) struct Demands<'a> {
    /// The policy's file.
    pub(crate) policy: Option<&'a str>,
    /// The identities that may sign with Sigstore's certificates.
    pub(crate) identities: &'a [Identity],
    /// Allows one to sign what another made.
    pub(crate) allow_signing_for_others: bool,
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
            .map_err(|error| vec![unreadable("policy-unreadable", locator, &error)])?;
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
