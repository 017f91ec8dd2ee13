use super::keyring::Keyring;
use super::large_rsa;
use super::revoker::ByRevokers;
use super::signature::{SignatureError, dearmored, parse};
use crate::artifact::{ContentError, Payload};
use crate::claim::Claim;
use crate::key_material;
use beleg_model::Verdict;
use beleg_model::text::shown;
use beleg_trust::{
    Check, DecidedBy, Judgement, KeyState, KeyStates, MissingEvidence, Policy, Reason, Signer, fits,
};
use jiff::Timestamp;
use sequoia_openpgp as openpgp;

use openpgp::Cert;
use openpgp::cert::ValidCert;
use openpgp::cert::amalgamation::key::{
    ErasedKeyAmalgamation, SubordinateKeyAmalgamation, ValidErasedKeyAmalgamation,
};
use openpgp::cert::amalgamation::{ValidAmalgamation as _, ValidateAmalgamation as _};
use openpgp::crypto::hash::Hash as _;
use openpgp::packet::Signature;
use openpgp::packet::key::PublicParts;
use openpgp::packet::signature::subpacket::SubpacketValue;
use openpgp::policy::{AsymmetricAlgorithm, HashAlgoSecurity, Policy as _, StandardPolicy};
use openpgp::serialize::MarshalInto as _;
use openpgp::types::{HashAlgorithm, RevocationStatus, RevocationType, SignatureType};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// How far a signer's clock may be ahead.
const CLOCK_SKEW: Duration = Duration::from_secs(30 * 60);

/// Judges an armored OpenPGP signature over `claim`. With `None` for `keyring`, every key is
/// unknown.
pub(crate) fn judge(
    armor: &[u8],
    claim: &Claim<'_>,
    keyring: Option<&Keyring>,
    policy: &Policy,
) -> Judgement {
    judge_as(SignatureType::Binary, armor, claim, keyring, policy)
}

/// Judges an armored signature over a text in its canonical form (RFC 9580, section 5.2.1.2):
/// lines end with CR LF.
pub(crate) fn judge_text(
    armor: &[u8],
    claim: &Claim<'_>,
    keyring: Option<&Keyring>,
    policy: &Policy,
) -> Judgement {
    judge_as(SignatureType::Text, armor, claim, keyring, policy)
}

fn judge_as(
    kind: SignatureType,
    armor: &[u8],
    claim: &Claim<'_>,
    keyring: Option<&Keyring>,
    policy: &Policy,
) -> Judgement {
    match dearmored(armor) {
        Ok(bytes) => judge_packets(kind, &bytes, claim, keyring, policy),
        Err(error) => malformed(error),
    }
}

fn malformed(error: SignatureError) -> Judgement {
    let reason = match error {
        SignatureError::Count(count) if count > 1 => Reason::TooManySignatures,
        _ => Reason::MalformedSignature,
    };
    Judgement::bad(reason).noting(error.to_string())
}

fn judge_packets(
    kind: SignatureType,
    bytes: &[u8],
    claim: &Claim<'_>,
    keyring: Option<&Keyring>,
    policy: &Policy,
) -> Judgement {
    let signature = match parse(bytes) {
        Ok(signature) => signature,
        Err(error) => return malformed(error),
    };
    let issuers = signature.get_issuers();
    let Some(issuer) = issuers.first() else { return malformed(SignatureError::NoIssuer) };
    let Some(made) = signature.signature_creation_time() else {
        return malformed(SignatureError::NoTime);
    };
    let claimed_signer = Signer {
        identity: None,
        issuer: None,
        fingerprint: issuer.to_string(),
        primary_fingerprint: None,
        public_key: None,
        algorithm: format!("{} {}", signature.pk_algo(), signature.hash_algo()),
    };
    let strict = StandardPolicy::at(SystemTime::from(policy.now));
    let lenient = timestamp(made).is_some_and(|made| policy.accepts_weak_algorithms_at(made));
    let standard = if lenient { accepting_weak(strict.clone()) } else { strict.clone() };
    let bytes = bytes.to_vec();
    let examination = Examination {
        signature: &signature,
        kind,
        bytes,
        made,
        claim,
        keyring,
        policy,
        standard,
        strict,
        lenient,
    };
    // The same key may be in two certificates; the first that is trusted decides.
    let mut best: Option<Judgement> = None;
    let candidates = issuers
        .iter()
        .flat_map(|issuer| keyring.into_iter().flat_map(move |keyring| keyring.keys(issuer)));
    for key in candidates {
        let judgement = examination.judge(&key, &claimed_signer);
        let better = match &best {
            None => true,
            Some(best) => (judgement.trust, judgement.crypto) < (best.trust, best.crypto),
        };
        if better {
            best = Some(judgement);
        }
    }
    let mut judgement = best.unwrap_or_else(|| {
        let unreadable = || {
            let mut notes = issuers.iter().filter_map(|issuer| keyring?.unreadable(issuer));
            notes.next()
        };
        match unreadable() {
            Some(note) => Judgement::unknown(Reason::UnsupportedSignature).noting(note),
            None => Judgement::of(Reason::UnknownKey, Check::Unknown, Check::Bad),
        }
        .by(claimed_signer)
    });
    judgement.times.signature = timestamp(made);
    judgement
}

/// One signature, and what it is measured against.
struct Examination<'a> {
    signature: &'a Signature,
    kind: SignatureType,
    /// The signature as it came, without its armor.
    bytes: Vec<u8>,
    made: SystemTime,
    claim: &'a Claim<'a>,
    /// Where those may be who may revoke another's certificate.
    keyring: Option<&'a Keyring>,
    policy: &'a Policy,
    /// Which algorithms count for this signature.
    standard: StandardPolicy<'static>,
    /// Which algorithms count without what the policy lets pass.
    strict: StandardPolicy<'static>,
    /// The policy lets weak algorithms pass for this signature.
    lenient: bool,
}

/// Accepts SHA-1, and RSA and DSA of 1024 bits. MD5 and shorter keys stay refused.
fn accepting_weak(mut policy: StandardPolicy<'static>) -> StandardPolicy<'static> {
    policy.accept_hash(HashAlgorithm::SHA1);
    policy.accept_asymmetric_algo(AsymmetricAlgorithm::RSA1024);
    policy.accept_asymmetric_algo(AsymmetricAlgorithm::DSA1024);
    policy
}

impl Examination<'_> {
    /// Judges the signature under the assumption that `key` made it.
    fn judge(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>, claimed: &Signer) -> Judgement {
        let signer = Signer {
            identity: None,
            issuer: None,
            fingerprint: key.key().fingerprint().to_hex(),
            primary_fingerprint: Some(key.cert().fingerprint().to_hex()),
            public_key: key_material::of_openpgp(key.key().mpis()),
            algorithm: claimed.algorithm.clone(),
        };
        if let Some(judgement) = self.crypto(key) {
            // Whose key a signature names that does not fit.
            let named = key.cert().userids().next().filter(|_| judgement.crypto == Check::Bad);
            let identity = named.map(|user| shown(user.userid().value()));
            return judgement.by(Signer { identity, ..signer });
        }
        let mut judgement = self.trust(key, signer);
        judgement.key.get_or_insert_with(|| KeyStates {
            then: self.state(key, self.made),
            now: self.state(key, SystemTime::from(self.policy.now)),
        });
        if self.lenient
            && let Some(why) = self.weakness(key)
        {
            judgement.notes.push(format!("the policy lets a weak algorithm pass: {why}"));
        }
        judgement.decided_by(DecidedBy::SignatureTime)
    }

    /// Says why the signature would be weak if the policy did not let it pass.
    fn weakness(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>) -> Option<String> {
        let security = HashAlgoSecurity::CollisionResistance;
        let of_signature = self.strict.signature(self.signature, security).err();
        let of_key = || {
            let error = key.with_policy(&self.strict, self.made).err()?;
            matches!(cause(&error), Some(openpgp::Error::PolicyViolation(..))).then_some(error)
        };
        of_signature.or_else(of_key).map(|error| chain(&error))
    }

    /// Returns the state of the key and its certificate at `time`. What is revoked hard was so
    /// at every time.
    fn state(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>, time: SystemTime) -> KeyState {
        if let Some((kind, _)) = self.revocation(key, time) {
            return match kind {
                RevocationType::Soft => KeyState::RevokedSoft,
                RevocationType::Hard => KeyState::RevokedHard,
            };
        }
        if time < key.key().creation_time() {
            return KeyState::NotYetValid;
        }
        let now = SystemTime::from(self.policy.now);
        // A certificate may have lost the self-signatures of that time; see `state_when_made`.
        let state = key.with_policy(&self.standard, time);
        let state = match state {
            Err(error) if matches!(cause(&error), Some(openpgp::Error::Expired(_))) => {
                return KeyState::Expired;
            }
            Err(_) => key.with_policy(&self.standard, now),
            state => state,
        };
        match state {
            Ok(state) if expired(&state, time).is_some() => KeyState::Expired,
            Ok(_) => KeyState::Valid,
            Err(_) => KeyState::Unknown,
        }
    }

    /// Checks the mathematics; `None` means that they are good.
    fn crypto(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>) -> Option<Judgement> {
        if self.signature.typ() != self.kind {
            let note = format!("the signature's type is {}", self.signature.typ());
            return Some(Judgement::unknown(Reason::UnsupportedSignature).noting(note));
        }
        if self.made < key.key().creation_time() {
            let note = "the signature claims to be older than its key";
            return Some(
                Judgement::of(Reason::OutsideValidity, Check::Unknown, Check::Bad)
                    .noting(note)
                    .decided_by(DecidedBy::SignatureTime),
            );
        }
        let mut failure = None;
        let verify = || match self.fits(key) {
            Ok(()) => true,
            Err(error) => {
                failure = Some(error);
                false
            }
        };
        let fits = match (key.key().to_vec(), self.claim.payload) {
            (Ok(key), Payload::Bytes(bytes)) => {
                let parts = [&b"openpgp"[..], &key, &self.bytes, bytes];
                fits(self.policy.cache.as_deref(), &parts, verify)
            }
            // What cannot be written, or is not at hand, cannot be remembered either.
            _ => fits(None, &[], verify),
        };
        if fits {
            return None;
        }
        let error = failure?;
        if let Some(note) = large_rsa::beyond(key.key(), self.signature.hash_algo()) {
            return Some(Judgement::unknown(Reason::UnsupportedSignature).noting(note));
        }
        if let Some(error) = error.downcast_ref::<ContentError>() {
            return Some(error.judge());
        }
        Some(match error.downcast_ref::<openpgp::Error>() {
            Some(
                openpgp::Error::UnsupportedPublicKeyAlgorithm(_)
                | openpgp::Error::UnsupportedEllipticCurve(_)
                | openpgp::Error::UnsupportedHashAlgorithm(_),
            ) => Judgement::unknown(Reason::UnsupportedSignature).noting(error.to_string()),
            _ => Judgement::bad(Reason::BadSignature),
        })
    }

    /// Verifies the signature with `key`, as `verify_message` does, but block by block.
    fn fits(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>) -> openpgp::Result<()> {
        let signature = self.signature;
        let mut hash = signature.hash_algo().context()?.for_signature(signature.version());
        if let Some(salt) = signature.salt() {
            hash.update(salt);
        }
        self.claim.payload.stream(&mut |block| hash.update(block))?;
        large_rsa::vouch(signature, key.key(), |own| {
            *own = hash.clone();
            signature.hash(own)
        });
        signature.verify_hash(key.key(), hash)
    }

    /// Judges the maker of a signature that fits.
    fn trust(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>, signer: Signer) -> Judgement {
        let standard = &self.standard;
        if let Some(what) = unknown_critical(self.signature) {
            return Judgement::of(Reason::UnsupportedSignature, Check::Good, Check::Unknown)
                .noting(format!("its signer marked {what} as critical, which is not known here"))
                .by(signer);
        }
        let security = HashAlgoSecurity::CollisionResistance;
        if let Err(error) = standard.signature(self.signature, security) {
            return Judgement::untrusted(Reason::WeakAlgorithm).noting(chain(&error)).by(signer);
        }
        let now = SystemTime::from(self.policy.now);
        if let Some((_, status)) = self.revocation(key, self.made) {
            return Judgement::untrusted(Reason::KeyRevoked).noting(status).by(signer);
        }
        let (state, mut notes) = match self.state_when_made(key, now) {
            Ok(state) => state,
            Err((reason, note)) if reason.verdict() == Verdict::Unknown => {
                let judgement = Judgement::of(reason, Check::Good, Check::Unknown);
                return judgement.noting(note).by(signer);
            }
            Err((reason, note)) => return Judgement::untrusted(reason).noting(note).by(signer),
        };
        let users = self.user_ids(key, &state, now);
        let matching = self.claim.email.and_then(|claimed| {
            users.iter().find(|(email, _)| !email.is_empty() && email.eq_ignore_ascii_case(claimed))
        });
        let as_another = self.claim.email.is_some() && matching.is_none();
        let identity = matching.or_else(|| users.first_key_value()).map(|(_, user)| user.clone());
        let signer = Signer { identity, ..signer };
        let refuse = |reason: Reason| Judgement::untrusted(reason).by(signer.clone());
        let listed = |signers: &beleg_trust::PatternList| {
            users.keys().any(|email| !email.is_empty() && signers.matches(email))
        };
        let mut judgement = if let Some(note) = expired(&state, self.made) {
            refuse(Reason::KeyExpired).noting(note)
        } else if !state.for_signing() {
            refuse(Reason::KeyNotForSigning)
        } else if let Err(error) = self.signature.signature_alive(now, CLOCK_SKEW) {
            refuse(Reason::OutsideValidity).noting(chain(&error))
        } else if self.policy.require_signer_is_committer && as_another {
            refuse(Reason::SignerNotCommitter)
        } else if self.policy.signers.as_ref().is_some_and(|signers| !listed(signers)) {
            refuse(Reason::PrincipalNotAllowed)
        } else {
            let (state_now, changes) = self.changes_since(key, &state, now);
            notes.extend(changes);
            let states = KeyStates { then: KeyState::Valid, now: state_now };
            Judgement { key: Some(states), ..Judgement::trusted().by(signer) }
        };
        judgement.signer_matches_committer = self.claim.email.map(|_| matching.is_some());
        judgement.notes.extend(notes);
        self.with_revocation_doubt(judgement, key)
    }

    /// Takes trust back when the certificate may have been revoked: what it holds cannot be read
    /// whole, or somebody may have done it whose own certificate is not at hand.
    fn with_revocation_doubt(
        &self,
        judgement: Judgement,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
    ) -> Judgement {
        if judgement.reason != Reason::Trusted {
            return judgement;
        }
        let unknown = KeyStates { then: KeyState::Unknown, now: KeyState::Unknown };
        let in_doubt = |judgement| Judgement {
            trust: Check::Unknown,
            reason: Reason::RevocationUnknown,
            key: Some(unknown),
            ..judgement
        };
        let doubts = self.keyring.map(|keyring| keyring.doubts(key.cert())).unwrap_or_default();
        if !doubts.is_empty() {
            return doubts.into_iter().fold(in_doubt(judgement), Judgement::noting);
        }
        let others = ByRevokers::of(key.cert(), self.keyring, &self.standard);
        let Some(revoker) = others.absent else { return judgement };
        let note = format!(
            "the certificate names the revoker {revoker}, who seems to have revoked it, and whose \
             own certificate is not in the keyring"
        );
        in_doubt(judgement).missing(MissingEvidence::PublicKey).noting(note)
    }

    /// Returns the key's state when the signature claims to have been made. A certificate may
    /// hold only a newer self-signature than that (keyservers drop older ones); then, as gpg
    /// does, that one is taken.
    fn state_when_made<'a>(
        &'a self,
        key: &ErasedKeyAmalgamation<'a, PublicParts>,
        now: SystemTime,
    ) -> Result<(ValidErasedKeyAmalgamation<'a, PublicParts>, Vec<String>), (Reason, String)> {
        let error = match key.with_policy(&self.standard, self.made) {
            Ok(state) => return Ok((state, Vec::new())),
            Err(error) => error,
        };
        if matches!(cause(&error), Some(openpgp::Error::NoBindingSignature(_)))
            && let Ok(state) = key.with_policy(&self.standard, now)
        {
            let note = "the certificate holds no self-signature as old as this signature; a \
                        newer one was taken";
            return Ok((state, vec![note.to_owned()]));
        }
        let hash = self.signature.hash_algo();
        let by_primary = large_rsa::beyond(key.cert().primary_key().key(), hash);
        if let Some(note) = by_primary.or_else(|| large_rsa::beyond(key.key(), hash)) {
            return Err((Reason::UnsupportedSignature, note));
        }
        let is_unbound = matches!(cause(&error), Some(openpgp::Error::NoBindingSignature(_)));
        if is_unbound && !has_self_signature(key.cert()) {
            return Err((Reason::CertificateIncomplete, chain(&error)));
        }
        let reason = match cause(&error) {
            Some(openpgp::Error::PolicyViolation(..)) => Reason::WeakAlgorithm,
            Some(openpgp::Error::Expired(_)) => Reason::KeyExpired,
            _ => Reason::KeyNotForSigning,
        };
        Err((reason, chain(&error)))
    }

    /// Says how the key or its certificate is revoked at `time`: hard if any revocation is. A hard
    /// one, as compromised or without a reason, is in force at every time.
    fn revocation(
        &self,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
        time: SystemTime,
    ) -> Option<(RevocationType, String)> {
        let of_certificate = key.cert().revocation_status(&self.standard, time);
        // The primary key is revoked with its certificate.
        let subkey = SubordinateKeyAmalgamation::<PublicParts>::try_from(key.clone()).ok();
        let of_key = subkey.as_ref().map_or(RevocationStatus::NotAsFarAsWeKnow, |subkey| {
            subkey.revocation_status(&self.standard, time)
        });
        let mut by_others = ByRevokers::of(key.cert(), self.keyring, &self.standard).verified;
        by_others.retain(|revocation| {
            is_hard(revocation) || revocation.signature_creation_time().is_none_or(|at| at <= time)
        });
        let by_holder = |status| match status {
            RevocationStatus::Revoked(revocations) => revocations,
            _ => Vec::new(),
        };
        let found = [
            ("the certificate", by_holder(of_certificate)),
            ("the certificate", by_others),
            ("the key", by_holder(of_key)),
        ];
        let mut found: Vec<(RevocationType, String)> = found
            .into_iter()
            .filter_map(|(what, revocations)| {
                let hard = revocations.iter().copied().find(|revocation| is_hard(revocation));
                let kind = if hard.is_some() { RevocationType::Hard } else { RevocationType::Soft };
                let first = hard.or_else(|| revocations.first().copied())?;
                let why = first.reason_for_revocation().map_or_else(
                    || "no reason given".to_owned(),
                    |(code, text)| match shown(text) {
                        text if text.is_empty() => code.to_string(),
                        text => format!("{code}: {text}"),
                    },
                );
                let when = first.signature_creation_time().and_then(timestamp);
                let when = when.map_or_else(|| "an unknown time".to_owned(), |t| t.to_string());
                Some((kind, format!("{what} was revoked at {when} ({why})")))
            })
            .collect();
        found.sort_by_key(|(kind, _)| *kind != RevocationType::Hard);
        found.into_iter().next()
    }

    /// Returns the certificate's user ids by address, valid when the signature was made or now.
    fn user_ids(
        &self,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
        state: &ValidErasedKeyAmalgamation<'_, PublicParts>,
        now: SystemTime,
    ) -> BTreeMap<String, String> {
        let mut users = BTreeMap::new();
        add_user_ids(&mut users, state.valid_cert());
        if let Ok(certificate) = key.cert().with_policy(&self.standard, now) {
            add_user_ids(&mut users, &certificate);
        }
        users
    }

    /// Says what became of the key after the signature, which stays good.
    fn changes_since(
        &self,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
        state: &ValidErasedKeyAmalgamation<'_, PublicParts>,
        now: SystemTime,
    ) -> (KeyState, Vec<String>) {
        let revoked = self.revocation(key, now);
        let current = key.with_policy(&self.standard, now);
        let expired = expired(current.as_ref().unwrap_or(state), now);
        let state = match (&revoked, &current) {
            (None, Ok(_)) if expired.is_none() => KeyState::Valid,
            _ => self.state(key, now),
        };
        let notes = [expired, revoked.map(|(_, status)| status)].into_iter().flatten();
        let since = |what| format!("{what}, by its own claim after this signature was made");
        (state, notes.map(since).collect())
    }
}

/// Says what a signer marked as critical that nobody here knows: whoever does not understand it must
/// not rely on the signature (RFC 9580, section 5.2.3.7).
fn unknown_critical(signature: &Signature) -> Option<String> {
    let critical = signature.hashed_area().iter().filter(|subpacket| subpacket.critical());
    critical.into_iter().find_map(|subpacket| match subpacket.value() {
        SubpacketValue::NotationData(notation) => {
            Some(format!("the notation `{}`", shown(notation.name().as_bytes())))
        }
        SubpacketValue::Unknown { .. } => Some(format!("a part of the type {}", subpacket.tag())),
        _ => None,
    })
}

/// Says whether a certificate holds anything that its own primary key signed about it, valid or not.
fn has_self_signature(certificate: &Cert) -> bool {
    let primary = certificate.primary_key();
    let by_users = certificate.userids().any(|user| user.self_signatures().next().is_some());
    let by_attributes =
        certificate.user_attributes().any(|user| user.self_signatures().next().is_some());
    let bad = certificate.bad_signatures().next().is_some();
    primary.self_signatures().next().is_some() || by_users || by_attributes || bad
}

/// Says whether a revocation is in force at every time: as compromised, or without a reason.
fn is_hard(revocation: &Signature) -> bool {
    revocation
        .reason_for_revocation()
        .is_none_or(|(code, _)| code.revocation_type() == RevocationType::Hard)
}

/// Says when the key, or its certificate's primary key, had expired at `time`.
fn expired(
    state: &ValidErasedKeyAmalgamation<'_, PublicParts>,
    time: SystemTime,
) -> Option<String> {
    let of_certificate = state.valid_cert().primary_key().key_expiration_time();
    let of_key = state.key_expiration_time();
    [("the certificate", of_certificate), ("the key", of_key)].into_iter().find_map(
        |(what, expiry)| {
            let expiry = expiry.filter(|expiry| *expiry <= time)?;
            let when = timestamp(expiry).map(|when| when.to_string()).unwrap_or_default();
            Some(format!("{what} expired at {when}"))
        },
    )
}

fn add_user_ids(users: &mut BTreeMap<String, String>, certificate: &ValidCert<'_>) {
    for user in certificate.userids() {
        if matches!(user.revocation_status(), RevocationStatus::Revoked(_)) {
            continue;
        }
        // A user id without an address still says whose certificate it is.
        let email = user.userid().email().ok().flatten().unwrap_or_default();
        users.insert(email.to_owned(), shown(user.userid().value()));
    }
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}

/// Returns the error that a policy's or an amalgamation's context stands around.
fn cause(error: &openpgp::anyhow::Error) -> Option<&openpgp::Error> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

fn chain(error: &openpgp::anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
