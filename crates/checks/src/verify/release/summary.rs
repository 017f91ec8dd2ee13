//! The verification summary (SLSA VSA v1) of a release: what its consumers need to know, signed.

use super::Examined;
use super::policy::ReleasePolicy;
use crate::verify::Verified;
use beleg_attestation::provenance::{
    self, Resource, SummaryKind, VERIFICATION_SUMMARY_V1, VerificationSummary,
};
use beleg_dsse::{
    CanonicalError, Envelope, PAYLOAD_TYPE, ResourceDescriptor, STATEMENT_TYPE, Signer, Statement,
    canonical_json,
};
use beleg_engine::Ctx;
use beleg_model::{Digest, Input, Verdict};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What a summary is made of.
#[derive(Clone, Debug)]
pub struct Facts {
    verifier: Option<String>,
    resource: String,
    policy: Input,
    verdict: Verdict,
    subjects: Vec<(String, Digest)>,
    /// The tag that the release was compared with.
    tag: Option<Resource>,
    time: Timestamp,
}

/// Says why no summary was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SummaryError {
    /// A summary about nothing would be valid for everything.
    #[error("the release has no artifact that a summary could be about")]
    NoSubject,
    /// Nobody says who verifies.
    #[error("the release policy names no `verifier`, the URI by which consumers know you")]
    NoVerifier,
    /// The statement has no canonical form.
    #[error("the summary has no JSON form")]
    Json(#[source] CanonicalError),
    /// The envelope has no JSON form.
    #[error("the summary's envelope has no JSON form")]
    Envelope(#[source] serde_json::Error),
}

impl Facts {
    pub(super) fn of(
        policy: &ReleasePolicy,
        input: &Input,
        verified: &Verified,
        examined: Examined,
        ctx: &Ctx,
    ) -> Self {
        Self {
            verifier: policy.verifier.clone(),
            resource: policy.resource.clone(),
            policy: input.clone(),
            verdict: verified.outcome.verdict,
            subjects: examined.subjects,
            tag: examined.tag,
            time: ctx.now,
        }
    }
}

/// Signs the summary of a release as a DSSE envelope in JSON, with a newline at its end. Only a
/// release that passed is stated as `PASSED`; `version` is that of this build.
///
/// # Errors
/// When the release has no artifact, or the statement has no JSON form.
pub fn sign_summary(
    facts: &Facts,
    version: &str,
    signer: &Signer,
) -> Result<Vec<u8>, SummaryError> {
    if facts.subjects.is_empty() {
        return Err(SummaryError::NoSubject);
    }
    let verifier = facts.verifier.clone().ok_or(SummaryError::NoVerifier)?;
    let digest = |digest: &Digest| {
        BTreeMap::from([(digest.algorithm().to_owned(), digest.hex().to_owned())])
    };
    let passed = facts.verdict == Verdict::Pass;
    let summary = VerificationSummary {
        verifier,
        verifier_versions: BTreeMap::from([("beleg".to_owned(), version.to_owned())]),
        time_verified: Some(facts.time),
        resource: facts.resource.clone(),
        policy: Resource {
            uri: Some(uri_of(&facts.policy.locator)),
            name: None,
            digests: facts.policy.digest.as_ref().map(digest).unwrap_or_default(),
        },
        // A signed tag is what somebody attests about a commit.
        inputs: facts.tag.iter().cloned().collect(),
        passed,
        // No level of SLSA's tracks is claimed: the policy's demands are its own.
        levels: Vec::new(),
        dependency_levels: BTreeMap::new(),
        slsa_version: Some("1.0".to_owned()),
    };
    let subject = |(name, sha256): &(String, Digest)| ResourceDescriptor {
        name: name.clone(),
        digest: digest(sha256),
    };
    let statement = Statement {
        statement_type: STATEMENT_TYPE.to_owned(),
        subject: facts.subjects.iter().map(subject).collect(),
        predicate_type: VERIFICATION_SUMMARY_V1.to_owned(),
        predicate: summary.predicate(),
    };
    let payload = canonical_json(&statement).map_err(SummaryError::Json)?;
    let envelope = Envelope::sign(PAYLOAD_TYPE, &payload, signer);
    let mut bytes = serde_json::to_vec_pretty(&envelope).map_err(SummaryError::Envelope)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Names a policy, as the specification demands (SLSA "VSA" v1, `policy`); its digest says which
/// one it was. Where it lies on this machine is nobody else's business.
fn uri_of(locator: &str) -> String {
    let name = || locator.rsplit('/').next().unwrap_or(locator);
    if locator.contains("://") { locator.to_owned() } else { name().to_owned() }
}

/// Says whether bytes are an envelope with a verification summary, whoever signed it.
#[must_use]
pub fn is_summary(bytes: &[u8]) -> bool {
    let payload = Envelope::read(bytes).and_then(|envelope| envelope.unverified_payload());
    let statement = payload.ok().and_then(|payload| provenance::Statement::parse(&payload).ok());
    statement
        .is_some_and(|it| SummaryKind::of(it.predicate_type()) == SummaryKind::VerificationSummary)
}
