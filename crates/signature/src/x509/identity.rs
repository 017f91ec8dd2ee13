//! Who a certificate names, and whether that person may sign here.

use super::certificate::Certificate;
use crate::claim::Claim;
use beleg_model::text::shown;
use beleg_trust::{Judgement, Policy, Reason, Signer};

/// What a certificate names its holder, each name once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    emails: Vec<String>,
    uris: Vec<String>,
    /// The addresses stand within the subject's name, where older certificates have them.
    pub(super) from_subject: bool,
}

impl Names {
    /// Returns the addresses and URIs of the subject alternative name; without any, the
    /// addresses within the subject (RFC 8550, section 3, allows both).
    pub(super) fn of(certificate: &Certificate) -> Self {
        let extensions = &certificate.extensions;
        let from_subject = extensions.emails.is_empty() && extensions.uris.is_empty();
        let emails = if from_subject { &certificate.subject_emails } else { &extensions.emails };
        let mut names = Self {
            emails: Vec::new(),
            uris: Vec::new(),
            from_subject: from_subject && !emails.is_empty(),
        };
        for email in emails {
            if !names.emails.iter().any(|other| is_same_address(other, email)) {
                names.emails.push(email.clone());
            }
        }
        for uri in &extensions.uris {
            if !names.uris.contains(uri) {
                names.uris.push(uri.clone());
            }
        }
        names
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.emails.iter().chain(&self.uris)
    }

    /// Writes all names for people.
    pub(super) fn text(&self) -> Option<String> {
        let all: Vec<&str> = self.all().map(String::as_str).collect();
        (!all.is_empty()).then(|| shown(all.join(", ").as_bytes()))
    }
}

/// Judges whether the holder of a valid certificate may sign. Who commits under an address that
/// the certificate names is that person; whoever has several names otherwise has none of them
/// for sure, so that all of them must be allowed.
pub(super) fn judge(
    names: &Names,
    signer: Signer,
    claim: &Claim<'_>,
    policy: &Policy,
) -> Judgement {
    let committer =
        claim.email.and_then(|email| names.emails.iter().find(|name| is_same_address(name, email)));
    let identity = committer.cloned().or_else(|| names.text());
    let reason = reason(names, committer, claim, policy);
    let mut judgement =
        if reason == Reason::Trusted { Judgement::trusted() } else { Judgement::untrusted(reason) };
    judgement.signer_matches_committer = claim.email.map(|_| committer.is_some());
    if names.from_subject {
        judgement = judgement.noting(
            "the address stands within the certificate's subject, not in its alternative name",
        );
    }
    judgement.by(Signer { identity: identity.or(signer.identity), ..signer })
}

fn reason(names: &Names, committer: Option<&String>, claim: &Claim<'_>, policy: &Policy) -> Reason {
    if policy.require_signer_is_committer && claim.email.is_some() && committer.is_none() {
        return Reason::SignerNotCommitter;
    }
    let Some(signers) = &policy.signers else { return Reason::Trusted };
    if let Some(committer) = committer {
        let allowed = signers.matches(committer);
        return if allowed { Reason::Trusted } else { Reason::PrincipalNotAllowed };
    }
    let total = names.all().count();
    let allowed = names.all().filter(|name| signers.matches(name)).count();
    match (total, allowed) {
        (0, _) => Reason::IdentityAmbiguous,
        _ if allowed == total => Reason::Trusted,
        (_, 0) => Reason::PrincipalNotAllowed,
        _ => Reason::IdentityAmbiguous,
    }
}

/// Compares addresses: the host without case, the rest exactly (RFC 5280, section 7.5).
fn is_same_address(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((local, host)), Some((other_local, other_host))) => {
            local == other_local && host.eq_ignore_ascii_case(other_host)
        }
        _ => false,
    }
}
