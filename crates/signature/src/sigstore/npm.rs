use super::artifact::Artifact;
use super::format::{self, malformed};
use super::policy::BundlePolicy;
use super::refusal::Refusal;
use super::root::TrustedRoot;
use super::statement::SubjectDemand;
use super::verify::{Verification, Verified, guarded};
use beleg_trust::{Check, Reason};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Attestations of one package version.
const MAX_ATTESTATIONS: usize = 100;

/// One attestation of a package version, and what it is worth.
#[derive(Clone, Debug)]
pub struct NpmAttestation {
    /// The predicate's type, as the registry states it. A signed statement of another type is
    /// refused.
    pub predicate_type: String,
    /// What it is worth.
    pub verified: Verified,
}

#[derive(Deserialize)]
struct Attestations {
    attestations: Vec<Attestation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attestation {
    predicate_type: String,
    bundle: Value,
}

/// Verifies what npm's registry serves as attestations of version `version` of `package` (such as
/// `@scope/name`): the publish attestation, signed with one of the registry's keys
/// ([`ManagedKey::from_npm_keys`](super::ManagedKey::from_npm_keys)), and the provenance, signed
/// by a workflow's identity. Each must be about exactly one subject, the package's purl, with the
/// artifact's SHA-512 digest.
///
/// The list is empty when the file holds no attestation, which is nobody's pass; a file that
/// cannot be read yields one judgement that says so.
#[must_use]
pub fn verify_npm_attestations(
    json: &[u8],
    package: &str,
    version: &str,
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Vec<NpmAttestation> {
    let name = purl(package, version);
    let demand = SubjectDemand { name: Some(&name), only: true, ..SubjectDemand::default() };
    let verification = Verification { artifact, demand, policy, root, now };
    match attestations(json) {
        Ok(attestations) => {
            attestations.into_iter().map(|attestation| verify(attestation, &verification)).collect()
        }
        Err(refusal) => vec![NpmAttestation {
            predicate_type: String::new(),
            verified: Verified::of(refusal.into_judgement()),
        }],
    }
}

/// Verifies npm's attestations as [`verify_npm_attestations`] does, about the artifact alone: its
/// SHA-512 digest decides, whatever the package is called.
pub(super) fn verify_npm_package(
    json: &[u8],
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Vec<Verified> {
    let demand = SubjectDemand { only: true, ..SubjectDemand::default() };
    let verification = Verification { artifact, demand, policy, root, now };
    match attestations(json) {
        Ok(attestations) => attestations
            .into_iter()
            .map(|attestation| verify(attestation, &verification).verified)
            .collect(),
        Err(refusal) => vec![Verified::of(refusal.into_judgement())],
    }
}

fn attestations(json: &[u8]) -> Result<Vec<Attestation>, Refusal> {
    let file: Attestations = serde_json::from_value(format::value(json)?)
        .map_err(|error| malformed(error.to_string()))?;
    if file.attestations.len() > MAX_ATTESTATIONS {
        return Err(malformed(format!("it has more than {MAX_ATTESTATIONS} attestations")));
    }
    Ok(file.attestations)
}

fn verify(attestation: Attestation, verification: &Verification<'_>) -> NpmAttestation {
    let Attestation { predicate_type, bundle } = attestation;
    let mut verified = guarded(|| verification.of(&format::from_value(bundle)?));
    let judgement = &mut verified.judgement;
    if is_disowned(judgement.reason) && !verification.policy.keys.is_empty() {
        // The registry signs its own with the keys that it publishes, and with no others.
        judgement.reason = Reason::BadSignature;
        judgement.crypto = Check::Bad;
        judgement.trust = Check::Bad;
    }
    if judgement.reason == Reason::Trusted
        && verified.predicate_type.as_deref() != Some(predicate_type.as_str())
    {
        judgement.reason = Reason::UnexpectedPredicate;
        judgement.trust = Check::Bad;
    }
    let predicate_type = beleg_model::text::shown(predicate_type.as_bytes());
    NpmAttestation { predicate_type, verified }
}

/// Says whether an attestation is said to be signed by a key that is not at hand.
fn is_disowned(reason: Reason) -> bool {
    matches!(reason, Reason::KeyHintMismatch | Reason::UnknownKey)
}

/// Writes a package's purl as npm does: the `@` of a scope is percent-encoded.
fn purl(package: &str, version: &str) -> String {
    match package.strip_prefix('@') {
        Some(scoped) => format!("pkg:npm/%40{scoped}@{version}"),
        None => format!("pkg:npm/{package}@{version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_written_as_npm_writes_it() {
        assert_eq!(purl("@scope/name", "1.2.3"), "pkg:npm/%40scope/name@1.2.3");
        assert_eq!(purl("name", "1.2.3"), "pkg:npm/name@1.2.3");
    }
}
