use super::certificate::Leaf;
use super::policy::BundlePolicy;
use super::refusal::Refusal;
use super::verify::{Content, Verification, stands_on_a_promise};
use beleg_model::text::shown;
use beleg_trust::IdentityRule;
use beleg_trust::{Check, Judgement, KeyState, KeyStates, MissingEvidence, Reason, Signer};
use sigstore_verify::VerificationPolicy;
use sigstore_verify::types::{Bundle, DerCertificate};

/// Judges a bundle whose signer has a certificate.
pub(super) fn judge(
    verification: &Verification<'_>,
    bundle: &Bundle,
    content: &Content<'_>,
    leaf: &Leaf,
) -> Result<Judgement, Refusal> {
    let Verification { policy, root, .. } = verification;
    // Who it is is decided below: the library knows one exact identity only.
    let mut demanded = VerificationPolicy::any_identity();
    if policy.without_certificate_log_unsafe {
        demanded = demanded.skip_sct();
    }
    if bundle.verification_material.tlog_entries.is_empty()
        && policy.without_transparency_log_unsafe
    {
        demanded = demanded.skip_tlog_unsafe();
    }
    let result = root
        .verifier()
        .verify(content.artifact.clone(), bundle, &demanded)
        .map_err(|error| Refusal::from_library(&error, bundle, Some(leaf), root))?;
    let times = verification.times(bundle, &result, true)?;
    let (mut judgement, rule) = judge_identity(leaf, policy);
    judgement.times = times;
    judgement.rule = rule.map(|rule| rule.name.clone());
    judgement.key = Some(KeyStates { then: KeyState::Valid, now: state(leaf, verification) });
    if stands_on_a_promise(bundle) {
        judgement = judgement
            .missing(MissingEvidence::InclusionProof)
            .noting("the log's promise of inclusion stands for a proof");
    }
    Ok(judgement.by(signer(leaf)))
}

/// Judges whether a policy names whom a certificate (as DER) names, and who vouches for that. It
/// says nothing about who issued it, and when.
pub(crate) fn judge_certificate_identity(der: &[u8], policy: &BundlePolicy) -> Judgement {
    match Leaf::read(&DerCertificate::new(der.to_vec())) {
        Ok(leaf) => judge_identity(&leaf, policy).0,
        Err(error) => Judgement::untrusted(Reason::MalformedSignature).noting(error),
    }
}

fn judge_identity<'a>(
    leaf: &Leaf,
    policy: &'a BundlePolicy,
) -> (Judgement, Option<&'a IdentityRule>) {
    let rules = &policy.identities;
    if rules.is_empty() && policy.keys.is_empty() {
        return (Judgement::of(Reason::NoTrustMaterial, Check::Good, Check::Unknown), None);
    }
    let Some(identity) = leaf.identity() else {
        let note = format!("the certificate has {} names", leaf.names.len());
        return (Judgement::untrusted(Reason::IdentityAmbiguous).noting(note), None);
    };
    // The rule that came furthest says why it is refused.
    let best = rules
        .iter()
        .map(|rule| (stage(rule, identity, leaf), rule))
        .min_by_key(|(stage, _)| *stage);
    match best {
        Some((Stage::Allowed, rule)) => (Judgement::trusted(), Some(rule)),
        Some((Stage::OtherRepository, rule)) => {
            (Judgement::untrusted(Reason::SourceMismatch), Some(rule))
        }
        Some((Stage::OtherIssuer, rule)) => {
            (Judgement::untrusted(Reason::IssuerMismatch), Some(rule))
        }
        Some((Stage::OtherIdentity, _)) | None => {
            (Judgement::untrusted(Reason::IdentityMismatch), None)
        }
    }
}

/// How far a rule carries an identity, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Allowed,
    OtherRepository,
    OtherIssuer,
    OtherIdentity,
}

fn stage(rule: &IdentityRule, identity: &str, leaf: &Leaf) -> Stage {
    let repository = leaf.claims.source_repository.as_deref();
    let vouched = match (&rule.issuer, &leaf.issuer) {
        (Some(demanded), Some(issuer)) => demanded.matches(issuer),
        (None, None) => true,
        _ => false,
    };
    if !rule.identity.matches(identity) {
        Stage::OtherIdentity
    } else if !vouched {
        Stage::OtherIssuer
    } else if rule
        .source_repository
        .as_ref()
        .is_some_and(|demanded| !repository.is_some_and(|actual| demanded.matches(actual)))
    {
        Stage::OtherRepository
    } else {
        Stage::Allowed
    }
}

fn signer(leaf: &Leaf) -> Signer {
    Signer {
        identity: leaf.identity().map(|identity| shown(identity.as_bytes())),
        issuer: leaf.issuer.as_ref().map(|issuer| shown(issuer.as_bytes())),
        fingerprint: leaf.fingerprint.clone(),
        primary_fingerprint: None,
        public_key: leaf.public_key.clone(),
        algorithm: leaf.algorithm.to_owned(),
    }
}

fn state(leaf: &Leaf, verification: &Verification<'_>) -> KeyState {
    if verification.now < leaf.not_before {
        KeyState::NotYetValid
    } else if verification.now > leaf.not_after {
        KeyState::Expired
    } else {
        KeyState::Valid
    }
}
