use super::algorithm::{Material, Scheme};
use super::content::Hash;
use super::outcome::{made_by, together};
use super::{Artifact, PublicKey, subject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_dsse::{Envelope, EnvelopeError};
use beleg_model::text::shown;
use beleg_trust::{Check, Judgement, Policy, Reason};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::num::NonZeroUsize;

/// What is demanded of a DSSE envelope.
#[derive(Clone, Copy, Debug)]
pub struct EnvelopeRule<'a> {
    /// The payload type; any other is refused.
    pub payload_type: &'a str,
    /// How many different keys must have signed.
    pub threshold: NonZeroUsize,
}

/// An envelope's judgement and payload.
#[derive(Clone, Debug)]
pub struct VerifiedEnvelope {
    /// What its signatures are worth together.
    pub judgement: Judgement,
    /// The payload; only of a trusted envelope.
    pub payload: Option<Vec<u8>>,
}

/// The signed bytes and their digests, made once for all signatures and keys.
struct Signed {
    bytes: Vec<u8>,
    digests: [Vec<u8>; 3],
}

/// Verifies a DSSE envelope (DSSE protocol, version 1) that was signed with plain keys: Ed25519,
/// ECDSA in ASN.1, RSA with either padding. A signature that fits none of the keys counts for
/// nothing, and a key counts once.
#[must_use]
pub fn verify_envelope(
    envelope: &[u8],
    rule: &EnvelopeRule<'_>,
    keys: &[PublicKey],
    policy: &Policy,
) -> VerifiedEnvelope {
    let (judgement, payload) = match judge(envelope, rule, keys, policy) {
        Ok((judgement, payload)) => (judgement, Some(payload)),
        Err(refusal) => (refusal.judge(), None),
    };
    let payload = payload.filter(|_| judgement.reason == Reason::Trusted);
    VerifiedEnvelope { judgement, payload }
}

/// Judges an envelope with an in-toto Statement: it must name the artifact among its subjects.
pub(super) fn judge_statement(
    artifact: &Artifact,
    envelope: &[u8],
    keys: &[PublicKey],
    policy: &Policy,
) -> Judgement {
    let rule =
        EnvelopeRule { payload_type: beleg_dsse::PAYLOAD_TYPE, threshold: NonZeroUsize::MIN };
    let VerifiedEnvelope { judgement, payload } = verify_envelope(envelope, &rule, keys, policy);
    let Some(payload) = payload else { return judgement };
    match subject::judge(artifact, &payload) {
        None => judgement,
        Some(refused) => match judgement.signer {
            Some(signer) => refused.by(signer),
            None => refused,
        },
    }
}

/// Says why an envelope is refused before it is known who signed it.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    #[error("the payload's type is `{0}`")]
    PayloadType(String),
    #[error("it says that the key `{0}` signed it")]
    UnknownKey(String),
    #[error("it does not say which key made it, and none was given")]
    NoKeys,
    #[error("its signatures fit under none of the {0} keys")]
    NoneFits(usize),
}

impl Refusal {
    fn judge(&self) -> Judgement {
        let judgement = match self {
            Self::Envelope(EnvelopeError::TooManySignatures) => {
                Judgement::bad(Reason::TooManySignatures)
            }
            Self::Envelope(_) => Judgement::bad(Reason::MalformedSignature),
            Self::PayloadType(_) => {
                Judgement::of(Reason::UnexpectedPredicate, Check::Unknown, Check::Bad)
            }
            Self::UnknownKey(_) | Self::NoKeys => {
                Judgement::of(Reason::UnknownKey, Check::Unknown, Check::Bad)
            }
            Self::NoneFits(_) => Judgement::bad(Reason::BadSignature),
        };
        judgement.noting(self.to_string())
    }
}

fn judge(
    envelope: &[u8],
    rule: &EnvelopeRule<'_>,
    keys: &[PublicKey],
    policy: &Policy,
) -> Result<(Judgement, Vec<u8>), Refusal> {
    let envelope = Envelope::read(envelope)?;
    let payload = envelope.unverified_payload()?;
    let signed = Signed::of(envelope.signed_bytes()?);
    if envelope.payload_type() != rule.payload_type {
        return Err(Refusal::PayloadType(shown(envelope.payload_type().as_bytes())));
    }
    let mut judgements = Vec::new();
    let mut unfitting = 0usize;
    let mut others_hint = None;
    for signature in envelope.signatures() {
        let decoded = STANDARD.decode(&signature.sig).unwrap_or_default();
        let fitting = keys.iter().find_map(|key| {
            let scheme = signed.scheme_that_fits(key.material(), &decoded)?;
            Some(made_by(key, key.material().described(scheme), policy))
        });
        if let Some(judgement) = fitting {
            judgements.push(judgement);
            continue;
        }
        unfitting = unfitting.saturating_add(1);
        let hint = &signature.keyid;
        if !hint.is_empty() && !keys.iter().any(|key| is_hint_of(hint, key)) {
            others_hint = Some(shown(hint.as_bytes()));
        }
    }
    if judgements.is_empty() && unfitting > 0 {
        return Err(match others_hint {
            // Without any key nothing says that it does not fit.
            None if keys.is_empty() => Refusal::NoKeys,
            Some(hint) => Refusal::UnknownKey(hint),
            None => Refusal::NoneFits(keys.len()),
        });
    }
    let mut judgement = together(judgements, rule.threshold);
    if unfitting > 0 {
        judgement.notes.push(format!("{unfitting} more signatures fit under no key at hand"));
    }
    Ok((judgement, payload))
}

/// Says whether a hint, which nobody signs, names the key: by its name or its fingerprint.
fn is_hint_of(hint: &str, key: &PublicKey) -> bool {
    let digest = key.fingerprint().strip_prefix("sha256:");
    hint == key.name() || hint == key.fingerprint() || Some(hint) == digest
}

impl Signed {
    fn of(bytes: Vec<u8>) -> Self {
        let digests = [
            Sha256::digest(&bytes).to_vec(),
            Sha384::digest(&bytes).to_vec(),
            Sha512::digest(&bytes).to_vec(),
        ];
        Self { bytes, digests }
    }

    fn scheme_that_fits(&self, material: &Material, signature: &[u8]) -> Option<Scheme> {
        if !material.takes_length(signature.len()) {
            return None;
        }
        let [sha256, sha384, sha512] = &self.digests;
        let mut schemes = material.schemes().iter().copied();
        schemes.find(|scheme| {
            let digest = match scheme.hash() {
                None => return material.fits(*scheme, &self.bytes, signature),
                Some(Hash::Sha256) => sha256,
                Some(Hash::Sha384) => sha384,
                Some(Hash::Sha512) => sha512,
            };
            material.fits_digest(*scheme, digest, signature)
        })
    }
}
