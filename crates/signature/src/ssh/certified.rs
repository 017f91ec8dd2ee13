use super::allowed_signers::Entry;
use super::certificate::Certificate;
use super::lines::{Vouched, judge_lines};
use super::signature::Parsed;
use crate::claim::Claim;
use beleg_model::text::shown;
use beleg_trust::{Judgement, KeyState, KeyStates, Policy, Reason, Signer};

/// The one critical option that a signature can fulfil: the FIDO key knew who touched it.
const VERIFY_REQUIRED: &str = "verify-required";

/// Judges a good signature by a certified key. `lines` are those of the allowed-signers file that
/// hold the certificate's authority as one (`cert-authority`); there is at least one.
pub(super) fn judge(
    certificate: &Certificate,
    parsed: &Parsed,
    signer: &Signer,
    lines: &[&Entry],
    claim: &Claim<'_>,
    policy: &Policy,
) -> Judgement {
    if let Some((reason, note)) = unusable(certificate, parsed) {
        return Judgement::untrusted(reason).noting(note);
    }
    // A claimed time that is still to come proves nothing: it must hold now too.
    let state = match certificate.state_at(claim.time.min(policy.now)) {
        KeyState::Valid => certificate.state_at(claim.time),
        state => state,
    };
    if state != KeyState::Valid {
        let end = if state == KeyState::Expired { "had expired" } else { "did not count yet" };
        let mut judgement = Judgement::untrusted(Reason::CertificateExpired)
            .noting(format!("the certificate {end}"))
            .decided_by(claim.time_is);
        let now = certificate.state_at(policy.now);
        judgement.key = Some(KeyStates { then: state, now });
        return judgement;
    }
    let vouched = lines
        .iter()
        .map(|entry| vouched(certificate, entry, claim))
        .filter(|vouched| !vouched.principals.is_empty());
    let judgement = judge_lines(vouched, signer, claim, policy);
    if judgement.signer.is_some() {
        return judgement;
    }
    let principals = shown(certificate.principals.join(",").as_bytes());
    judgement.noting(format!(
        "no line of the allowed-signers file lets the authority vouch for `{principals}`"
    ))
}

/// Says why nobody may sign with such a certificate. Unlike `ssh-keygen -Y verify`, which does not
/// look at critical options, this refuses those that a signature cannot fulfil, as
/// PROTOCOL.certkeys demands: `force-command` and `source-address` limit a certificate to logins.
fn unusable(certificate: &Certificate, parsed: &Parsed) -> Option<(Reason, String)> {
    if !certificate.for_users {
        let note = "the certificate is for a host, not for a user";
        return Some((Reason::CertificateNotForSigning, note.to_owned()));
    }
    for option in &certificate.critical_options {
        let note = if option != VERIFY_REQUIRED {
            format!("the certificate's critical option `{option}` says nothing about signatures")
        } else if !parsed.is_user_verified() {
            "the certificate demands a FIDO key that knows who touched it".to_owned()
        } else {
            continue;
        };
        return Some((Reason::CertificateNotForSigning, note));
    }
    // To a login, such a certificate stands for everyone; OpenSSH takes it for no signature.
    if certificate.principals.is_empty() {
        return Some((Reason::IdentityAmbiguous, "the certificate names no principal".to_owned()));
    }
    None
}

/// Returns what a line says: it lets the authority vouch for those of the certificate's principals
/// that it matches. The principals of a certificate are names, not patterns.
fn vouched<'a>(certificate: &'a Certificate, entry: &'a Entry, claim: &Claim<'a>) -> Vouched<'a> {
    let principals: Vec<&str> = certificate
        .principals
        .iter()
        .map(String::as_str)
        .filter(|principal| entry.principals.matches(principal))
        .collect();
    Vouched {
        entry,
        certificate: Some(certificate),
        committer: claim.email.filter(|email| {
            principals.iter().any(|principal| principal.eq_ignore_ascii_case(email))
        }),
        shown: shown(principals.join(",").as_bytes()),
        principals,
    }
}
