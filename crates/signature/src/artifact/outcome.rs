//! What a plain key's good signature is worth, and what several signatures are worth together.

use super::PublicKey;
use beleg_trust::{Check, Judgement, Policy, Reason, Signer};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

/// The most signatures of one thing that are looked at.
pub(super) const MAX_SIGNATURES: usize = 64;

/// Judges a signature that fits the content and was made by `key`.
pub(super) fn made_by(key: &PublicKey, algorithm: String, policy: &Policy) -> Judgement {
    let listed = policy.signers.as_ref().is_none_or(|signers| signers.matches(key.name()));
    let judgement = if listed {
        Judgement::trusted()
    } else {
        Judgement::untrusted(Reason::PrincipalNotAllowed)
    };
    judgement.by(signer(key, algorithm))
}

/// Describes the holder of a plain key.
pub(super) fn signer(key: &PublicKey, algorithm: String) -> Signer {
    Signer {
        identity: Some(key.name().to_owned()),
        issuer: None,
        fingerprint: key.fingerprint().to_owned(),
        primary_fingerprint: None,
        public_key: Some(key.public_key()),
        algorithm,
    }
}

/// Judges a signature whose key is in no trust material.
pub(super) fn by_unknown_key(fingerprint: String, algorithm: String) -> Judgement {
    let signer = Signer {
        identity: None,
        issuer: None,
        fingerprint,
        primary_fingerprint: None,
        public_key: None,
        algorithm,
    };
    Judgement::of(Reason::UnknownKey, Check::Unknown, Check::Bad).by(signer)
}

/// Judges several signatures over one thing as one: it is trusted when at least `threshold`
/// different signers are, and no signature speaks against it. Signatures of unknown keys count for nothing,
/// for anyone can add them.
pub(super) fn together(mut judgements: Vec<Judgement>, threshold: NonZeroUsize) -> Judgement {
    let count = judgements.len();
    let is_trusted = |judgement: &Judgement| judgement.reason == Reason::Trusted;
    let trusted: BTreeSet<String> =
        judgements.iter().filter(|judgement| is_trusted(judgement)).filter_map(person).collect();
    let names: Vec<String> = judgements
        .iter()
        .filter(|judgement| is_trusted(judgement))
        .filter_map(|judgement| judgement.signer.as_ref())
        .map(|signer| signer.identity.clone().unwrap_or_else(|| signer.fingerprint.clone()))
        .collect();
    let decisive = judgements
        .iter()
        .position(Judgement::speaks_against)
        .or_else(|| judgements.iter().position(is_trusted))
        .or_else(|| position_of_best(&judgements));
    let Some(decisive) = decisive else {
        return Judgement::of(Reason::Unsigned, Check::None, Check::None);
    };
    let mut judgement = judgements.swap_remove(decisive);
    if is_trusted(&judgement) && trusted.len() < threshold.get() {
        judgement.reason = Reason::ThresholdNotMet;
        judgement.trust = Check::Bad;
    }
    if count > 1 || threshold.get() > 1 {
        let by = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        judgement.notes.push(format!(
            "of {count} signatures, {} are by different allowed signers{by}",
            trusted.len()
        ));
    }
    judgement
}

/// Returns what tells one signer from another: the certificate where several keys belong to it, and
/// else the key itself, which may be named in two formats.
fn person(judgement: &Judgement) -> Option<String> {
    let signer = judgement.signer.as_ref()?;
    let key = signer.primary_fingerprint.as_ref().or(signer.public_key.as_ref());
    Some(key.unwrap_or(&signer.fingerprint).clone())
}

/// Returns the one that says most: a good signature of someone not allowed before one that could
/// not be examined.
fn position_of_best(judgements: &[Judgement]) -> Option<usize> {
    let (position, _) = judgements
        .iter()
        .enumerate()
        .min_by_key(|(_, judgement)| (judgement.trust, judgement.crypto))?;
    Some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(fingerprint: &str, judgement: Judgement) -> Judgement {
        judgement.by(Signer {
            identity: None,
            issuer: None,
            fingerprint: fingerprint.to_owned(),
            primary_fingerprint: None,
            public_key: None,
            algorithm: String::new(),
        })
    }

    #[test]
    fn one_signer_counts_once_however_often_they_sign() {
        let two = NonZeroUsize::MIN.saturating_add(1);
        let once = vec![by("a", Judgement::trusted()), by("a", Judgement::trusted())];
        let judgement = together(once, two);
        assert_eq!((judgement.reason, judgement.trust), (Reason::ThresholdNotMet, Check::Bad));
        let both = vec![by("a", Judgement::trusted()), by("b", Judgement::trusted())];
        assert_eq!(together(both, two).reason, Reason::Trusted);
    }

    #[test]
    fn unknown_signatures_beside_a_trusted_one_change_nothing_and_a_bad_one_does() {
        let unknown = || by_unknown_key("x".to_owned(), String::new());
        let one = NonZeroUsize::MIN;
        let judgement = together(vec![unknown(), by("a", Judgement::trusted())], one);
        assert_eq!(judgement.reason, Reason::Trusted);
        let bad = Judgement::bad(Reason::BadSignature);
        let judgement = together(vec![by("a", Judgement::trusted()), bad], one);
        assert_eq!(judgement.reason, Reason::BadSignature);
        for revoked in [Reason::KeyRevoked, Reason::CertificateRevoked] {
            let revoked = by("b", Judgement::untrusted(revoked));
            let both = vec![by("a", Judgement::trusted()), revoked.clone()];
            assert_eq!(together(both, one).reason, revoked.reason);
        }
        assert_eq!(together(vec![unknown()], one).reason, Reason::UnknownKey);
        assert_eq!(together(Vec::new(), one).reason, Reason::Unsigned);
    }
}
