use super::allowed_signers::{AllowedSigners, Entry};
use super::signature::{self, Fit};
use crate::judgement::Claim;
use crate::text::shown;
use crate::{Check, DecidedBy, Judgement, Policy, Reason, Signer};
use jiff::Timestamp;
use ssh_key::SshSig;
use ssh_key::public::KeyData;

/// The namespace of git's signatures (PROTOCOL.sshsig, section 2; gpg-interface.c in git).
const NAMESPACE: &str = "git";

/// Judges an armored SSH signature over `claim`. With `None` for `allowed`, every key is unknown.
pub(crate) fn judge(
    armor: &[u8],
    claim: &Claim<'_>,
    allowed: Option<&AllowedSigners>,
    policy: &Policy,
) -> Judgement {
    let parsed = match signature::parse(armor) {
        Ok(parsed) => parsed,
        Err(error) => {
            return Judgement::bad(Reason::MalformedSignature).noting(error.to_string());
        }
    };
    let key = parsed.public_key();
    let signer = Signer {
        identity: None,
        fingerprint: signature::fingerprint(key),
        primary_fingerprint: None,
        algorithm: signature::algorithm(&parsed),
    };
    // The namespace is part of the signed bytes: as a signature for git, this one is bad.
    if parsed.namespace() != NAMESPACE {
        let namespace = shown(parsed.namespace().as_bytes());
        return Judgement::bad(Reason::WrongNamespace)
            .by(signer)
            .noting(format!("the signature was made in the namespace `{namespace}`"));
    }
    if let KeyData::Certificate(certificate) = key {
        let authority = certificate.signature_key();
        let allowed = entries(allowed, authority, true).next().is_some();
        return not_checkable(allowed, Reason::SshCertificateUnsupported).by(signer);
    }
    let known: Vec<&Entry> = entries(allowed, key, false).collect();
    match signature::fit(&parsed, claim.payload) {
        Fit::Bad => Judgement::bad(Reason::BadSignature).by(signer),
        Fit::Weak => Judgement::of(Reason::WeakAlgorithm, Check::Unknown, Check::Bad).by(signer),
        Fit::Unsupported => {
            not_checkable(!known.is_empty(), Reason::UnsupportedSignature).by(signer)
        }
        Fit::Good => with_touch_note(judge_signer(&known, signer, claim, policy), &parsed),
    }
}

/// Judges whether the maker of a good signature is allowed, line by line; the first line that
/// allows everything decides, otherwise the one that came furthest.
fn judge_signer(known: &[&Entry], signer: Signer, claim: &Claim<'_>, policy: &Policy) -> Judgement {
    let best = known
        .iter()
        .map(|entry| (stage(entry, claim, policy), *entry))
        .min_by_key(|(stage, _)| *stage);
    let Some((stage, entry)) = best else {
        return Judgement::untrusted(Reason::UnknownKey).by(signer);
    };
    let is_committer = entry.principals.matches(claim.email);
    let identity = if is_committer {
        claim.email.to_owned()
    } else {
        shown(entry.principals.to_string().as_bytes())
    };
    let signer = Signer { identity: Some(identity), ..signer };
    let reason = match stage {
        Stage::Allowed => Reason::Trusted,
        Stage::NotListed => Reason::PrincipalNotAllowed,
        Stage::NotCommitter => Reason::SignerNotCommitter,
        Stage::OutsideValidity => Reason::OutsideValidity,
        Stage::WrongNamespace => Reason::WrongNamespace,
    };
    let mut judgement = if reason == Reason::Trusted {
        Judgement::of(reason, Check::Good, Check::Good)
    } else {
        Judgement::untrusted(reason)
            .noting(format!("line {} of the allowed-signers file decided", entry.line))
    };
    judgement.signer_matches_committer = is_committer;
    let decided_by = if entry.options.valid_after.is_some() || entry.options.valid_before.is_some()
    {
        DecidedBy::CommitterDate
    } else {
        DecidedBy::Nothing
    };
    judgement.by(signer).decided_by(decided_by)
}

/// How far a line carries a signature, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Allowed,
    NotListed,
    NotCommitter,
    OutsideValidity,
    WrongNamespace,
}

fn stage(entry: &Entry, claim: &Claim<'_>, policy: &Policy) -> Stage {
    let is_committer = entry.principals.matches(claim.email);
    let options = &entry.options;
    if options.namespaces.as_ref().is_some_and(|namespaces| !namespaces.matches(NAMESPACE)) {
        Stage::WrongNamespace
    } else if !within(claim.time, options.valid_after, options.valid_before) {
        Stage::OutsideValidity
    } else if policy.require_signer_is_committer && !is_committer {
        Stage::NotCommitter
    } else if policy.signers.as_ref().is_some_and(|signers| {
        let as_committer = is_committer && signers.matches(claim.email);
        !as_committer && !entry.principals.literals().any(|principal| signers.matches(principal))
    }) {
        Stage::NotListed
    } else {
        Stage::Allowed
    }
}

/// Says whether `time` lies in the validity; both ends belong to it, as in OpenSSH.
fn within(time: Timestamp, after: Option<Timestamp>, before: Option<Timestamp>) -> bool {
    after.is_none_or(|after| time >= after) && before.is_none_or(|before| time <= before)
}

fn entries<'a>(
    allowed: Option<&'a AllowedSigners>,
    key: &KeyData,
    cert_authority: bool,
) -> impl Iterator<Item = &'a Entry> {
    allowed
        .map(|allowed| allowed.entries_of(key).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .filter(move |entry| entry.options.cert_authority == cert_authority)
}

/// Judges a signature that cannot be checked: by a key nobody allowed it is not trusted anyway.
fn not_checkable(allowed: bool, reason: Reason) -> Judgement {
    if allowed {
        Judgement::unknown(reason)
    } else {
        Judgement::of(Reason::UnknownKey, Check::Unknown, Check::Bad)
    }
}

fn with_touch_note(judgement: Judgement, signature: &SshSig) -> Judgement {
    if signature::untouched(signature) {
        judgement.noting("the FIDO key signed without anyone touching it")
    } else {
        judgement
    }
}
