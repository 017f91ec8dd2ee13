use super::artifact::Artifact;
use super::entry;
use super::format::{self, MAX_LOG_ENTRIES, malformed};
use super::policy::BundlePolicy;
use super::refusal::Refusal;
use super::root::TrustedRoot;
use super::spelling;
use super::statement::{PAYLOAD_TYPE, SubjectDemand};
use super::verify::{Verification, Verified, guarded};
use beleg_trust::Reason;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sigstore_verify::types::{
    Bundle, CertificateContent, DerCertificate, DsseEnvelope, DsseSignature, KeyId, MediaType,
    PayloadBytes, SignatureBytes, SignatureContent, TransparencyLogEntry, VerificationMaterial,
    VerificationMaterialContent,
};

/// The only version of attestations and provenance objects (PEP 740, "Appendix 1" and "2").
const VERSION: u64 = 1;
/// Attestations in one provenance object.
const MAX_ATTESTATIONS: usize = 100;

/// An attestation object (PEP 740).
#[derive(Deserialize)]
struct Attestation {
    version: u64,
    verification_material: Material,
    envelope: Envelope,
}

#[derive(Deserialize)]
struct Material {
    certificate: DerCertificate,
    transparency_entries: Vec<Value>,
}

#[derive(Deserialize)]
struct Envelope {
    statement: PayloadBytes,
    signature: SignatureBytes,
}

/// What an index serves about one distribution file (PEP 740): attestations, grouped by the
/// publisher that the index says made them. That is the index's word; who signed is in each
/// certificate, and the policy decides.
#[derive(Deserialize)]
struct Provenance {
    version: u64,
    attestation_bundles: Vec<AttestationBundle>,
}

#[derive(Deserialize)]
struct AttestationBundle {
    attestations: Vec<Value>,
}

/// Verifies one attestation of PyPI (PEP 740) about the distribution file `filename`. Its
/// statement must be about exactly one subject, with that name and the artifact's SHA-256 digest.
/// [`IdentityRule::github_workflow`](super::IdentityRule::github_workflow) and
/// [`gitlab_pipeline`](super::IdentityRule::gitlab_pipeline) make policies of trusted publishers.
#[must_use]
pub fn verify_pypi_attestation(
    json: &[u8],
    filename: &str,
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Verified {
    guarded(|| {
        let attestation = format::value(json)?;
        verify(attestation, &verification(filename, artifact, policy, root, now))
    })
}

/// Verifies every attestation of a provenance object of PyPI (PEP 740), in its order. The list is
/// empty when the object holds none, which is nobody's pass; an object that cannot be read yields
/// one judgement that says so.
#[must_use]
pub fn verify_pypi_provenance(
    json: &[u8],
    filename: &str,
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Vec<Verified> {
    match attestations(json) {
        Ok(attestations) => {
            let verification = verification(filename, artifact, policy, root, now);
            attestations
                .into_iter()
                .map(|attestation| guarded(|| verify(attestation, &verification)))
                .collect()
        }
        Err(refusal) => vec![Verified::of(refusal.into_judgement())],
    }
}

fn verification<'a>(
    filename: &'a str,
    artifact: &'a Artifact<'a>,
    policy: &'a BundlePolicy,
    root: &'a TrustedRoot,
    now: Timestamp,
) -> Verification<'a> {
    let demand = SubjectDemand { name: Some(filename), of_python: true, only: true };
    Verification { artifact, demand, policy, root, now }
}

fn attestations(json: &[u8]) -> Result<Vec<Value>, Refusal> {
    let provenance: Provenance = serde_json::from_value(format::value(json)?)
        .map_err(|error| malformed(error.to_string()))?;
    check_version(provenance.version)?;
    let attestations: Vec<Value> =
        provenance.attestation_bundles.into_iter().flat_map(|bundle| bundle.attestations).collect();
    if attestations.len() > MAX_ATTESTATIONS {
        return Err(malformed(format!("it has more than {MAX_ATTESTATIONS} attestations")));
    }
    Ok(attestations)
}

fn verify(attestation: Value, verification: &Verification<'_>) -> Result<Verified, Refusal> {
    let attestation: Attestation =
        serde_json::from_value(attestation).map_err(|error| malformed(error.to_string()))?;
    check_version(attestation.version)?;
    verification.of(&bundle(attestation)?)
}

fn bundle(attestation: Attestation) -> Result<Bundle, Refusal> {
    let Attestation { verification_material: material, envelope, .. } = attestation;
    if material.transparency_entries.len() > MAX_LOG_ENTRIES {
        return Err(malformed(format!("it has more than {MAX_LOG_ENTRIES} log entries")));
    }
    for logged in &material.transparency_entries {
        spelling::check(logged)?;
        entry::check_index(logged)?;
    }
    let entries: Vec<TransparencyLogEntry> = material
        .transparency_entries
        .into_iter()
        .map(serde_json::from_value)
        .collect::<Result<_, _>>()
        .map_err(|error| malformed(error.to_string()))?;
    let certificate = CertificateContent::new(material.certificate);
    Ok(Bundle::new(
        MediaType::Bundle0_3,
        VerificationMaterial::new(VerificationMaterialContent::Certificate(certificate))
            .with_tlog_entries(entries),
        SignatureContent::DsseEnvelope(DsseEnvelope::new(
            PAYLOAD_TYPE,
            envelope.statement,
            DsseSignature::new(envelope.signature, KeyId::default()),
        )),
    ))
}

fn check_version(version: u64) -> Result<(), Refusal> {
    if version == VERSION {
        return Ok(());
    }
    let note = format!("version {version} of PyPI's attestations is not known here");
    Err(Refusal::new(Reason::UnsupportedFormat, note))
}
