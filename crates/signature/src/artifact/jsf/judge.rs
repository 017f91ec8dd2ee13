use super::document::{Document, DocumentError};
use super::key::{EmbeddedKeyError, decode, fingerprint_of_jwk, fingerprint_of_path};
use crate::artifact::algorithm::Scheme;
use crate::artifact::content::Hash;
use crate::artifact::outcome::{by_unknown_key, made_by, signer, together};
use crate::artifact::{Artifact, PublicKey};
use beleg_model::text::shown;
use beleg_trust::{Check, Judgement, Policy, Reason};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::num::NonZeroUsize;

/// Verifies the signature within a JSON document, such as a CycloneDX SBOM (JSON Signature Format
/// 0.82, with the canonical form of RFC 8785). At least `threshold` of the keys must have signed.
/// The key that the document carries only says which of `keys` signed.
#[must_use]
pub fn verify_jsf(
    document: &[u8],
    keys: &[PublicKey],
    threshold: NonZeroUsize,
    policy: &Policy,
) -> Judgement {
    let document = match Document::parse(document) {
        Ok(document) => document,
        Err(error) => return judge_document(&error),
    };
    let judgements = document
        .signatures
        .iter()
        .enumerate()
        .map(|(index, signature)| match document.signed_bytes(index) {
            Ok(message) => judge_one(signature, &message, keys, policy),
            Err(error) => judge_document(&error),
        })
        .collect();
    together(judgements, threshold)
}

/// Judges an artifact that is itself the signed document.
pub(in crate::artifact) fn judge(
    artifact: &Artifact,
    document: &[u8],
    keys: &[PublicKey],
    policy: &Policy,
) -> Judgement {
    let Ok(stated) = artifact.digest(Hash::Sha256) else {
        return Judgement::unknown(Reason::ContentNeeded);
    };
    if stated != Sha256::digest(document).to_vec() {
        let note = "such a signature covers the document that it is in, and no other file";
        return Judgement::of(Reason::SubjectNotCovered, Check::Unknown, Check::Bad).noting(note);
    }
    verify_jsf(document, keys, NonZeroUsize::MIN, policy)
}

fn judge_document(error: &DocumentError) -> Judgement {
    let judgement = match error {
        DocumentError::Unsigned => Judgement::of(Reason::Unsigned, Check::None, Check::None),
        DocumentError::TooMany => Judgement::bad(Reason::TooManySignatures),
        DocumentError::Excludes => Judgement::bad(Reason::ContentExcluded),
        DocumentError::Extensions => Judgement::unknown(Reason::UnsupportedSignature),
        DocumentError::Json(_) | DocumentError::NoObject | DocumentError::Canonical(_) => {
            Judgement::bad(Reason::MalformedStatement)
        }
        DocumentError::Malformed(_) => Judgement::bad(Reason::MalformedSignature),
    };
    judgement.noting(error.to_string())
}

/// Says why a signature is refused before it is compared with the document.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("it names no algorithm, has no value in base64url, or a key id that is no text")]
    Members,
    #[error("`{0}` is a message authentication code, which everyone who can check can make")]
    Mac(String),
    #[error("the algorithm is `{0}`")]
    Algorithm(String),
    #[error(transparent)]
    EmbeddedKey(#[from] EmbeddedKeyError),
    #[error("its public key is not that of its certificate")]
    TwoKeys,
}

impl Refusal {
    fn judge(&self) -> Judgement {
        let unchecked = |reason| Judgement::of(reason, Check::Unknown, Check::Bad);
        let judgement = match self {
            Self::Members => Judgement::bad(Reason::MalformedSignature),
            Self::Mac(_) => unchecked(Reason::WeakAlgorithm),
            Self::Algorithm(_) => Judgement::unknown(Reason::UnsupportedSignature),
            // A key that cannot be used is not among those that may sign.
            Self::EmbeddedKey(EmbeddedKeyError::Key(_)) => unchecked(Reason::UnknownKey),
            Self::EmbeddedKey(_) => Judgement::bad(Reason::MalformedSignature),
            Self::TwoKeys => Judgement::bad(Reason::KeyHintMismatch),
        };
        judgement.noting(self.to_string())
    }
}

/// What one signature says about itself.
struct Parsed<'a> {
    scheme: Scheme,
    value: Vec<u8>,
    /// The fingerprint of the key that it carries.
    embedded: Option<String>,
    key_id: Option<&'a str>,
}

fn judge_one(
    signature: &Map<String, Value>,
    message: &[u8],
    keys: &[PublicKey],
    policy: &Policy,
) -> Judgement {
    let parsed = match parse(signature) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal.judge(),
    };
    let candidates = candidates(&parsed, keys);
    let described = |key: &PublicKey| key.material().described(parsed.scheme);
    let fitting =
        candidates.iter().find(|key| key.material().fits(parsed.scheme, message, &parsed.value));
    match (fitting, candidates.first(), parsed.embedded) {
        (Some(key), _, _) => made_by(key, described(key), policy),
        (None, Some(key), Some(_)) => {
            Judgement::bad(Reason::BadSignature).by(signer(key, described(key)))
        }
        (None, None, Some(fingerprint)) => {
            let algorithm = signature.get("algorithm").and_then(Value::as_str);
            by_unknown_key(fingerprint, algorithm.unwrap_or_default().to_owned())
        }
        (None, _, None) => Judgement::bad(Reason::BadSignature).noting(format!(
            "it fits this document under none of the {} keys, and carries no key of its own",
            keys.len()
        )),
    }
}

fn parse(signature: &Map<String, Value>) -> Result<Parsed<'_>, Refusal> {
    let text = |name: &str| signature.get(name).map(Value::as_str);
    let algorithm = text("algorithm").flatten().ok_or(Refusal::Members)?;
    let value = text("value").flatten().and_then(decode).ok_or(Refusal::Members)?;
    let key_id = match text("keyId") {
        Some(None) => return Err(Refusal::Members),
        Some(key_id) => key_id,
        None => None,
    };
    let scheme = scheme_of(algorithm)?;
    let of_jwk = signature.get("publicKey").map(fingerprint_of_jwk).transpose()?;
    let of_path = signature.get("certificatePath").map(fingerprint_of_path).transpose()?;
    if let (Some(of_jwk), Some(of_path)) = (&of_jwk, &of_path)
        && of_jwk != of_path
    {
        return Err(Refusal::TwoKeys);
    }
    Ok(Parsed { scheme, value, embedded: of_jwk.or(of_path), key_id })
}

/// Returns the trusted keys that may have signed: the embedded one alone, those whose name is the
/// key id, or all.
fn candidates<'a>(parsed: &Parsed<'_>, keys: &'a [PublicKey]) -> Vec<&'a PublicKey> {
    if let Some(fingerprint) = &parsed.embedded {
        return keys.iter().filter(|key| key.fingerprint() == fingerprint).collect();
    }
    let named: Vec<&PublicKey> =
        keys.iter().filter(|key| Some(key.name()) == parsed.key_id).collect();
    if named.is_empty() { keys.iter().collect() } else { named }
}

/// Returns the scheme of a JWA name (RFC 7518, RFC 8037; JSF says `Ed25519`, not `EdDSA`).
fn scheme_of(algorithm: &str) -> Result<Scheme, Refusal> {
    Ok(match algorithm {
        "RS256" => Scheme::RsaPkcs1(Hash::Sha256),
        "RS384" => Scheme::RsaPkcs1(Hash::Sha384),
        "RS512" => Scheme::RsaPkcs1(Hash::Sha512),
        "PS256" => Scheme::RsaPss(Hash::Sha256),
        "PS384" => Scheme::RsaPss(Hash::Sha384),
        "PS512" => Scheme::RsaPss(Hash::Sha512),
        "ES256" => Scheme::EcdsaFixed(Hash::Sha256),
        "ES384" => Scheme::EcdsaFixed(Hash::Sha384),
        "ES512" => Scheme::EcdsaFixed(Hash::Sha512),
        "Ed25519" => Scheme::Ed25519,
        "HS256" | "HS384" | "HS512" => return Err(Refusal::Mac(algorithm.to_owned())),
        _ => return Err(Refusal::Algorithm(shown(algorithm.as_bytes()))),
    })
}
