use super::allowed_signers::Entry;
use super::certificate::Certificate;
use crate::claim::Claim;
use beleg_trust::{DecidedBy, Judgement, KeyState, KeyStates, Policy, Reason, Signer};
use jiff::Timestamp;

/// What one line of the allowed-signers file says about a good signature.
pub(super) struct Vouched<'a> {
    pub(super) entry: &'a Entry,
    /// The certificate, if the line is about its authority.
    pub(super) certificate: Option<&'a Certificate>,
    /// The claimed address, if the signer may sign as it.
    pub(super) committer: Option<&'a str>,
    /// The principals that are named one by one.
    pub(super) principals: Vec<&'a str>,
    /// All principals, for people.
    pub(super) shown: String,
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

/// Judges whether the maker of a good signature is allowed, line by line; the first line that
/// allows everything decides, otherwise the one that came furthest. Without lines, nobody is.
pub(super) fn judge_lines<'a>(
    lines: impl Iterator<Item = Vouched<'a>>,
    signer: &Signer,
    claim: &Claim<'_>,
    policy: &Policy,
) -> Judgement {
    let best = lines
        .map(|vouched| (vouched.stage(claim, policy), vouched))
        .min_by_key(|(stage, _)| *stage);
    let Some((stage, vouched)) = best else {
        return Judgement::untrusted(Reason::PrincipalNotAllowed);
    };
    let reason = match stage {
        Stage::Allowed => Reason::Trusted,
        Stage::NotListed => Reason::PrincipalNotAllowed,
        Stage::NotCommitter => Reason::SignerNotCommitter,
        Stage::OutsideValidity => Reason::OutsideValidity,
        Stage::WrongNamespace => Reason::WrongNamespace,
    };
    let mut judgement = if reason == Reason::Trusted {
        Judgement::trusted()
    } else {
        let line = vouched.entry.line;
        Judgement::untrusted(reason)
            .noting(format!("line {line} of the allowed-signers file decided"))
    };
    if claim.time > policy.now {
        let note = format!("the claimed time {} is still to come, and proves nothing", claim.time);
        judgement = judgement.noting(note);
    }
    judgement.signer_matches_committer = claim.email.map(|_| vouched.committer.is_some());
    judgement.key = Some(vouched.states(claim, policy));
    let identity = vouched.committer.map_or_else(|| vouched.shown.clone(), ToOwned::to_owned);
    let decided_by = if vouched.is_bounded() { claim.time_is } else { DecidedBy::Nothing };
    judgement.by(Signer { identity: Some(identity), ..signer.clone() }).decided_by(decided_by)
}

impl Vouched<'_> {
    fn stage(&self, claim: &Claim<'_>, policy: &Policy) -> Stage {
        let options = &self.entry.options;
        let namespaces = options.namespaces.as_ref();
        let as_another = claim.email.is_some() && self.committer.is_none();
        if namespaces.is_some_and(|namespaces| !namespaces.matches(claim.namespace)) {
            Stage::WrongNamespace
        } else if self.state_then(claim, policy) != KeyState::Valid {
            Stage::OutsideValidity
        } else if policy.require_signer_is_committer && as_another {
            Stage::NotCommitter
        } else if policy.signers.as_ref().is_some_and(|signers| {
            !self.committer.iter().chain(&self.principals).any(|name| signers.matches(name))
        }) {
            Stage::NotListed
        } else {
            Stage::Allowed
        }
    }

    fn is_bounded(&self) -> bool {
        self.entry.options.is_bounded() || self.certificate.is_some_and(Certificate::is_bounded)
    }

    fn states(&self, claim: &Claim<'_>, policy: &Policy) -> KeyStates {
        KeyStates { then: self.state_then(claim, policy), now: self.state_at(policy.now) }
    }

    /// Returns the state when it was signed. A claimed time that is still to come proves nothing:
    /// what does not hold yet now did not hold when it was signed either.
    fn state_then(&self, claim: &Claim<'_>, policy: &Policy) -> KeyState {
        match self.state_at(claim.time.min(policy.now)) {
            KeyState::Valid => self.state_at(claim.time),
            state => state,
        }
    }

    fn state_at(&self, time: Timestamp) -> KeyState {
        match self.certificate.map(|one| one.state_at(time)) {
            None | Some(KeyState::Valid) => self.entry.options.state_at(time),
            Some(state) => state,
        }
    }
}
