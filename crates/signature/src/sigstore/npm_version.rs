use super::artifact::Artifact;
use super::format::{self, malformed};
use super::keys;
use super::policy::{BundlePolicy, ManagedKey};
use super::refusal::Refusal;
use super::verify::{Verified, guarded};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_trust::{DecidedBy, Judgement, MissingEvidence, Reason};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sigstore_verify::crypto::VerificationKey;
use sigstore_verify::types::SignatureBytes;

/// Signatures of one version; the registry makes one.
const MAX_SIGNATURES: usize = 10;

/// What npm's registry says about one version of a package, as `npm view NAME@VERSION --json`
/// prints it.
#[derive(Deserialize)]
struct Version {
    name: String,
    version: String,
    dist: Distribution,
}

#[derive(Deserialize)]
struct Distribution {
    integrity: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    keyid: String,
    sig: String,
}

/// Says whether a file is what npm's registry says about one version, with its signatures.
#[must_use]
pub fn is_npm_version(json: &[u8]) -> bool {
    let value = format::value(json).unwrap_or(Value::Null);
    value.get("version").is_some() && value.pointer("/dist/signatures").is_some()
}

/// Verifies the signature that npm's registry puts on each version (npm, "About registry
/// signatures"): over its name, version and SHA-512. Every signature has to fit a key of `policy`,
/// the one that it names or any other; a key counts up to its end, by the instant of the check,
/// for nothing signed says when a version was published.
#[must_use]
pub fn verify_npm_version(
    json: &[u8],
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    now: Timestamp,
) -> Verified {
    guarded(|| {
        let version: Version = serde_json::from_value(format::value(json)?)
            .map_err(|error| malformed(error.to_string()))?;
        let signatures = &version.dist.signatures;
        if signatures.is_empty() {
            return Ok(Verified::of(Judgement::nothing_signed()));
        }
        if signatures.len() > MAX_SIGNATURES {
            return Err(malformed(format!("it has more than {MAX_SIGNATURES} signatures")));
        }
        check_integrity(&version.dist.integrity, artifact)?;
        let Version { name, version, dist } = &version;
        let message = format!("{name}@{version}:{}", dist.integrity);
        let mut judged = Judgement::nothing_signed();
        for signature in signatures {
            judged = judge(signature, &message, policy, now)?;
            if judged.reason != Reason::Trusted {
                break;
            }
        }
        Ok(Verified::of(judged.noting(format!("the registry signed it as `{name}@{version}`"))))
    })
}

/// Compares the stated digest (W3C, "Subresource Integrity"), which is signed as it is written.
fn check_integrity(stated: &str, artifact: &Artifact<'_>) -> Result<(), Refusal> {
    let digest = stated.strip_prefix("sha512-").and_then(|text| STANDARD.decode(text).ok());
    let digest = digest.ok_or_else(|| {
        Refusal::new(Reason::UnsupportedFormat, "its integrity is not one SHA-512")
    })?;
    let actual = artifact.hex("sha512").ok_or_else(|| {
        Refusal::new(Reason::ContentNeeded, "it is listed by its SHA-512")
            .missing(MissingEvidence::Content)
    })?;
    if actual == hex::encode(digest) {
        return Ok(());
    }
    Err(Refusal::new(Reason::DigestMismatch, "the registry states another digest"))
}

fn judge(
    signature: &Signature,
    message: &str,
    policy: &BundlePolicy,
    now: Timestamp,
) -> Result<Judgement, Refusal> {
    let bytes = STANDARD.decode(&signature.sig).map_err(|_| malformed("it is no base64"))?;
    let bytes = SignatureBytes::new(bytes);
    let fits = |key: &&ManagedKey| {
        VerificationKey::from_spki(key.spki())
            .is_ok_and(|it| it.verify(message.as_bytes(), &bytes).is_ok())
    };
    let note = format!("it names the key `{}`", signature.keyid);
    if policy.keys.is_empty() {
        return Err(Refusal::new(Reason::UnknownKey, note).missing(MissingEvidence::PublicKey));
    }
    let key = policy.keys.iter().find(fits);
    let key = key.ok_or_else(|| Refusal::new(Reason::BadSignature, note))?;
    let judgement = match key.expires() {
        Some(expires) if now >= expires => Judgement::untrusted(Reason::KeyExpired)
            .noting(format!("the key counts up to {expires}")),
        _ => Judgement::trusted(),
    };
    let mut judgement = judgement.by(keys::signer(key)).decided_by(DecidedBy::CheckTime);
    judgement.rule = Some(key.name().to_owned());
    Ok(judgement)
}
