use super::policy::ManagedKey;
use super::refusal::Refusal;
use super::verify::{Content, Verification, signature, stands_on_a_promise};
use crate::key_material;
use beleg_model::text::shown;
use beleg_trust::{
    DecidedBy, Judgement, KeyState, KeyStates, MissingEvidence, Reason, Signer, Times,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sigstore_verify::PublicKeyVerificationPolicy;
use sigstore_verify::crypto::{KeyAlgorithm, verify_signature, verify_signature_prehashed};
use sigstore_verify::types::{Artifact, Bundle, SignatureContent};

/// Judges a bundle whose signer has a key alone. A hint is a claim of whoever put the bundle
/// together: the digest of another key says that none at hand is meant, any other name says only
/// which key to try first. What fits none of the keys is then a forgery, whatever it is called.
pub(super) fn judge(
    verification: &Verification<'_>,
    bundle: &Bundle,
    content: &Content<'_>,
    hint: &str,
) -> Result<Judgement, Refusal> {
    let keys = &verification.policy.keys;
    if keys.is_empty() {
        let policy = &verification.policy;
        let nothing = policy.identities.is_empty() && !policy.other_signers;
        let reason = if nothing { Reason::NoTrustMaterial } else { Reason::UnknownKey };
        return Err(Refusal::new(
            reason,
            "it is signed with a key, and none of that kind is given",
        )
        .missing(MissingEvidence::PublicKey));
    }
    let hints = [hint, key_id(bundle)];
    let mut candidates: Vec<&ManagedKey> =
        keys.iter().filter(|key| !hints.iter().any(|hint| key.is_excluded_by(hint))).collect();
    candidates.sort_by_key(|key| !hints.iter().any(|hint| key.is_meant_by(hint)));
    if candidates.is_empty() {
        let named: Vec<_> = hints.into_iter().filter(|hint| !hint.is_empty()).collect();
        let note = format!("it says that the key `{}` signed it", named.join("`, `"));
        return Err(Refusal::new(Reason::KeyHintMismatch, note));
    }
    let mut refused = None;
    for key in &candidates {
        match judge_key(verification, bundle, content, key) {
            Ok(judgement) => return Ok(judgement),
            Err(refusal) => {
                // What is wrong with the evidence of a signature that fits says more.
                let says_more = refused.as_ref().is_none_or(|first: &Refusal| {
                    first.reason == Reason::BadSignature && refusal.reason != Reason::BadSignature
                });
                if says_more {
                    refused = Some(refusal);
                }
            }
        }
    }
    Err(refused.unwrap_or_else(|| Refusal::new(Reason::UnknownKey, "")))
}

/// Returns the key id that an envelope's signature states.
fn key_id(bundle: &Bundle) -> &str {
    match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => envelope.signature.keyid.as_str(),
        _ => "",
    }
}

fn judge_key(
    verification: &Verification<'_>,
    bundle: &Bundle,
    content: &Content<'_>,
    key: &ManagedKey,
) -> Result<Judgement, Refusal> {
    let mut times = verify(verification, bundle, content, key)?;
    let mut judgement = Judgement::trusted();
    if let Some(expires) = key.expires() {
        let proved = times.log.or(times.authority);
        if proved.is_none() {
            times.decided_by = DecidedBy::CheckTime;
        }
        let then = proved.unwrap_or(verification.now);
        if then >= expires {
            judgement = Judgement::untrusted(Reason::KeyExpired)
                .noting(format!("the key counts up to {expires}"));
        }
        judgement.key =
            Some(KeyStates { then: state(then, expires), now: state(verification.now, expires) });
    } else {
        times.decided_by = DecidedBy::Nothing;
    }
    judgement.times = times;
    judgement.rule = Some(key.name().to_owned());
    if bundle.verification_material.tlog_entries.is_empty() {
        judgement = judgement.missing(MissingEvidence::LogEntry);
    } else if stands_on_a_promise(bundle) {
        judgement = judgement
            .missing(MissingEvidence::InclusionProof)
            .noting("the log's promise of inclusion stands for a proof");
    }
    Ok(judgement.by(signer(key)))
}

/// Verifies the signature and all evidence with one key. The library refuses a bundle with neither
/// log entries nor timestamps; where the policy demands neither, the signature is all there is.
fn verify(
    verification: &Verification<'_>,
    bundle: &Bundle,
    content: &Content<'_>,
    key: &ManagedKey,
) -> Result<Times, Refusal> {
    let Verification { policy, root, .. } = verification;
    let material = &bundle.verification_material;
    let logged = !material.tlog_entries.is_empty();
    let stamped = !material.timestamp_verification_data.rfc3161_timestamps.is_empty();
    if !logged && !policy.without_transparency_log_unsafe {
        return Err(Refusal::new(Reason::ProofMissing, "the bundle holds no log entry")
            .missing(MissingEvidence::LogEntry));
    }
    if !logged && !stamped {
        if policy.signed_timestamp_threshold > 0 {
            return Err(Refusal::new(Reason::TimestampMissing, "the bundle holds no timestamp")
                .missing(MissingEvidence::TrustedTime));
        }
        verify_bare(bundle, content, key)?;
        return Ok(Times::NONE);
    }
    let mut demanded = PublicKeyVerificationPolicy::new(key.spki().clone());
    if !logged {
        demanded = demanded.skip_tlog_unsafe();
    }
    let result = root
        .verifier()
        .verify(content.artifact.clone(), bundle, &demanded)
        .map_err(|error| Refusal::from_library(&error, bundle, None, root))?;
    verification.times(bundle, &result, false)
}

/// Verifies a signature that comes without any evidence.
fn verify_bare(bundle: &Bundle, content: &Content<'_>, key: &ManagedKey) -> Result<(), Refusal> {
    let unsupported = |note: String| Refusal::new(Reason::UnsupportedSignature, note);
    let algorithm =
        KeyAlgorithm::from_spki(key.spki()).map_err(|error| unsupported(error.to_string()))?;
    let signature = signature(bundle)?;
    let verdict = match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => {
            let scheme = algorithm.default_signing_scheme();
            verify_signature(key.spki(), &envelope.pae(), &signature, scheme)
        }
        SignatureContent::MessageSignature(message) => {
            let scheme = match &message.message_digest {
                Some(digest) => algorithm
                    .resolve_signing_scheme(digest.algorithm)
                    .map_err(|error| unsupported(error.to_string()))?,
                None => algorithm.default_signing_scheme(),
            };
            match &content.artifact {
                Artifact::Blob(bytes) => verify_signature(key.spki(), bytes, &signature, scheme),
                Artifact::Digest(digest) if scheme.hash_algorithm() == Some(digest.algorithm()) => {
                    let digest = digest.as_bytes();
                    verify_signature_prehashed(key.spki(), digest, &signature, scheme)
                }
                _ => {
                    let note = format!("{} needs the content", scheme.name());
                    return Err(
                        Refusal::new(Reason::ContentNeeded, note).missing(MissingEvidence::Content)
                    );
                }
            }
        }
        _ => {
            let note = "the content is of an unknown kind";
            return Err(Refusal::new(Reason::UnsupportedFormat, note));
        }
    };
    verdict.map_err(|error| Refusal::new(Reason::BadSignature, error.to_string()))
}

pub(super) fn signer(key: &ManagedKey) -> Signer {
    let algorithm = KeyAlgorithm::from_spki(key.spki())
        .map_or("unknown", |algorithm| algorithm.default_signing_scheme().name());
    Signer {
        identity: Some(shown(key.name().as_bytes())),
        issuer: None,
        fingerprint: format!("sha256:{}", hex::encode(Sha256::digest(key.spki().as_bytes()))),
        primary_fingerprint: None,
        public_key: Some(key_material::of_spki(key.spki().as_bytes())),
        algorithm: algorithm.to_owned(),
    }
}

fn state(time: Timestamp, expires: Timestamp) -> KeyState {
    if time < expires { KeyState::Valid } else { KeyState::Expired }
}
