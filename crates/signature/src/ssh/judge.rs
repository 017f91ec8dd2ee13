use super::allowed_signers::Entry;
use super::certified;
use super::lines::{Vouched, judge_lines};
use super::revoked::Revoked;
use super::signature::{self, Fit, Parsed};
use crate::TrustMaterial;
use crate::artifact::ContentError;
use crate::claim::Claim;
use crate::key_material;
use beleg_model::text::shown;
use beleg_trust::{
    Check, Judgement, KeyState, KeyStates, MissingEvidence, Policy, Reason, Signer, fits,
};

/// Judges an armored SSH signature over `claim`, against the allowed signers and the revoked keys
/// of `trust`. Without allowed signers, every key is unknown.
pub(crate) fn judge(
    armor: &[u8],
    claim: &Claim<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    let parsed = match signature::parse(armor) {
        Ok(parsed) => parsed,
        Err(error) => {
            return Judgement::bad(Reason::MalformedSignature).noting(error.to_string());
        }
    };
    let signer = signer(&parsed);
    let mut judgement = judge_parsed(armor, &parsed, &signer, claim, trust, policy);
    let signer = judgement.signer.get_or_insert(signer);
    // Whose key a signature names that does not fit.
    if judgement.crypto == Check::Bad {
        let allowed = trust.allowed_signers();
        let mut lines = allowed.into_iter().flat_map(|allowed| allowed.entries_of(&parsed.key));
        signer.identity = lines.next().map(|entry| shown(entry.principals.to_string().as_bytes()));
    }
    with_revocation_doubt(with_remarks(judgement, &parsed), trust)
}

/// Says who signed, as far as the signature tells.
fn signer(parsed: &Parsed) -> Signer {
    Signer {
        identity: None,
        issuer: parsed.certificate.as_ref().map(|certificate| certificate.authority.fingerprint()),
        fingerprint: parsed.key.fingerprint(),
        primary_fingerprint: None,
        public_key: key_material::of_ssh(&parsed.key),
        algorithm: parsed.algorithm(),
    }
}

fn judge_parsed(
    armor: &[u8],
    parsed: &Parsed,
    signer: &Signer,
    claim: &Claim<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    // The namespace is part of the signed bytes (PROTOCOL.sshsig, section 2): as a signature for
    // this purpose, this one is bad.
    if parsed.namespace != claim.namespace {
        let namespace = shown(parsed.namespace.as_bytes());
        return Judgement::bad(Reason::WrongNamespace)
            .noting(format!("the signature was made in the namespace `{namespace}`"));
    }
    let fit = match remembered_fit(armor, parsed, claim, policy) {
        Err(error) => return error.judge(),
        Ok(Fit::Bad) => return Judgement::bad(Reason::BadSignature),
        Ok(fit) => fit,
    };
    let certificate = parsed.certificate.as_ref();
    let fit = match certificate.map_or(Fit::Good, |certificate| certificate.fit()) {
        Fit::Good => fit,
        Fit::Bad => {
            return Judgement::bad(Reason::BadSignature)
                .noting("the key that the certificate names as its authority did not sign it");
        }
        // A weak signature is refused whatever else cannot be checked.
        Fit::Weak => Fit::Weak,
        Fit::Unsupported if fit == Fit::Weak => Fit::Weak,
        Fit::Unsupported => Fit::Unsupported,
    };
    let crypto = if fit == Fit::Good { Check::Good } else { Check::Unknown };
    let revoked = trust.revoked_keys().and_then(|list| list.find(&parsed.key, certificate));
    if let Some(revoked) = revoked {
        return judge_revoked(revoked, crypto);
    }
    let authority = certificate.map(|certificate| &certificate.authority);
    let lines: Vec<&Entry> = trust
        .allowed_signers()
        .into_iter()
        .flat_map(|allowed| allowed.entries_of(authority.unwrap_or(&parsed.key)))
        .filter(|entry| entry.options.cert_authority == authority.is_some())
        .collect();
    // Where nothing says who may sign, no authority was looked for either.
    let unknown = if authority.is_some() && trust.allowed_signers().is_some() {
        Reason::CertificateUntrusted
    } else {
        Reason::UnknownKey
    };
    match fit {
        Fit::Weak => Judgement::of(Reason::WeakAlgorithm, crypto, Check::Bad),
        // By a key that nobody allowed it is not trusted anyway.
        _ if lines.is_empty() => Judgement::of(unknown, crypto, Check::Bad),
        Fit::Good => match certificate {
            Some(certificate) => {
                certified::judge(certificate, parsed, signer, &lines, claim, policy)
            }
            None => {
                judge_lines(lines.iter().map(|entry| plain(entry, claim)), signer, claim, policy)
            }
        },
        Fit::Unsupported | Fit::Bad => Judgement::unknown(Reason::UnsupportedSignature),
    }
}

/// Says whether the signature fits, from the cache where it holds that.
fn remembered_fit(
    armor: &[u8],
    parsed: &Parsed,
    claim: &Claim<'_>,
    policy: &Policy,
) -> Result<Fit, ContentError> {
    let digest = claim.payload.digest(parsed.hash())?;
    let mut found = None;
    let parts = [&b"ssh"[..], claim.namespace.as_bytes(), armor, &digest];
    let remembered =
        fits(policy.cache.as_deref(), &parts, || *found.insert(parsed.fit(&digest)) == Fit::Good);
    // What the cache knows to fit was never asked for.
    Ok(if remembered { Fit::Good } else { found.unwrap_or(Fit::Bad) })
}

fn judge_revoked(revoked: Revoked, crypto: Check) -> Judgement {
    let (reason, note) = match revoked {
        Revoked::Key => (Reason::KeyRevoked, "the list of revoked keys names the key"),
        Revoked::Certificate => {
            (Reason::CertificateRevoked, "the list of revoked keys names the certificate")
        }
        Revoked::Authority => (
            Reason::CertificateRevoked,
            "the list of revoked keys names the key of the certificate's authority",
        ),
    };
    let mut judgement = Judgement::of(reason, crypto, Check::Bad).noting(note);
    judgement.key = Some(KeyStates { then: KeyState::RevokedHard, now: KeyState::RevokedHard });
    judgement
}

/// Returns what a line says about a good signature by its own key.
fn plain<'a>(entry: &'a Entry, claim: &Claim<'a>) -> Vouched<'a> {
    Vouched {
        entry,
        certificate: None,
        committer: claim.email.filter(|email| entry.principals.matches_address(email)),
        principals: entry.principals.literals().collect(),
        shown: shown(entry.principals.to_string().as_bytes()),
    }
}

/// Adds what people should know about a certificate and a FIDO key.
fn with_remarks(judgement: Judgement, parsed: &Parsed) -> Judgement {
    let judgement = match &parsed.certificate {
        Some(certificate) => {
            let (id, serial) = (shown(&certificate.key_id), certificate.serial);
            judgement.noting(format!("the certificate's id is `{id}`, its serial number {serial}"))
        }
        None => judgement,
    };
    if parsed.is_untouched() {
        judgement.noting("the FIDO key signed without anyone touching it")
    } else {
        judgement
    }
}

/// Takes trust back when the list of revoked keys could not be read whole: what is missing from
/// it might be this key.
fn with_revocation_doubt(judgement: Judgement, trust: &TrustMaterial) -> Judgement {
    let incomplete = trust.revoked_keys().is_some_and(|list| list.is_incomplete());
    if !incomplete || judgement.reason != Reason::Trusted {
        return judgement;
    }
    let unknown = KeyStates { then: KeyState::Unknown, now: KeyState::Unknown };
    Judgement {
        trust: Check::Unknown,
        reason: Reason::RevocationUnknown,
        key: Some(unknown),
        ..judgement
    }
    .missing(MissingEvidence::RevocationList)
    .noting("the list of revoked keys could not be read whole")
}
