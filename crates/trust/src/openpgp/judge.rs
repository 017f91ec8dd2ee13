use super::keyring::Keyring;
use super::packets;
use crate::judgement::Claim;
use crate::text::shown;
use crate::{Check, DecidedBy, Judgement, Policy, Reason, Signer};
use jiff::Timestamp;
use sequoia_openpgp as openpgp;

use openpgp::armor::{Kind, Reader, ReaderMode};
use openpgp::cert::ValidCert;
use openpgp::cert::amalgamation::key::{
    ErasedKeyAmalgamation, SubordinateKeyAmalgamation, ValidErasedKeyAmalgamation,
};
use openpgp::cert::amalgamation::{ValidAmalgamation as _, ValidateAmalgamation as _};
use openpgp::packet::Signature;
use openpgp::packet::key::PublicParts;
use openpgp::parse::Parse as _;
use openpgp::policy::{HashAlgoSecurity, Policy as _, StandardPolicy};
use openpgp::types::{RevocationStatus, SignatureType};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::{Duration, SystemTime};

const BEGIN: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END: &[u8] = b"-----END PGP SIGNATURE-----";
/// Largest signature without its armor, in bytes.
const MAX_SIGNATURE: u64 = 1 << 20;
/// How far a signer's clock may be ahead.
const CLOCK_SKEW: Duration = Duration::from_secs(30 * 60);

#[derive(Debug, thiserror::Error)]
enum SignatureError {
    #[error("the armor is not one PGP SIGNATURE block")]
    Armor,
    #[error("the packets cannot be read: {0}")]
    Packets(#[from] packets::PacketError),
    #[error("it holds {0} packets where git accepts one signature")]
    Count(usize),
    #[error("the packet is no signature that can be read")]
    NoSignature,
    #[error("it names no key")]
    NoIssuer,
    #[error("it names no creation time")]
    NoTime,
}

/// Judges an armored OpenPGP signature over `claim`. With `None` for `keyring`, every key is
/// unknown.
pub(crate) fn judge(
    armor: &[u8],
    claim: &Claim<'_>,
    keyring: Option<&Keyring>,
    policy: &Policy,
) -> Judgement {
    let malformed = |error: SignatureError| {
        Judgement::bad(Reason::MalformedSignature).noting(error.to_string())
    };
    let signature = match parse(armor) {
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
        fingerprint: issuer.to_string(),
        primary_fingerprint: None,
        algorithm: format!("{} {}", signature.pk_algo(), signature.hash_algo()),
    };
    let standard = StandardPolicy::at(SystemTime::from(policy.now));
    let examination = Examination { signature: &signature, made, claim, policy, standard };
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
        Judgement::of(Reason::UnknownKey, Check::Unknown, Check::Bad).by(claimed_signer)
    });
    judgement.signature_time = timestamp(made);
    judgement
}

/// One signature, and what it is measured against.
struct Examination<'a> {
    signature: &'a Signature,
    made: SystemTime,
    claim: &'a Claim<'a>,
    policy: &'a Policy,
    standard: StandardPolicy<'static>,
}

impl Examination<'_> {
    /// Judges the signature under the assumption that `key` made it.
    fn judge(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>, claimed: &Signer) -> Judgement {
        let signer = Signer {
            identity: None,
            fingerprint: key.key().fingerprint().to_hex(),
            primary_fingerprint: Some(key.cert().fingerprint().to_hex()),
            algorithm: claimed.algorithm.clone(),
        };
        if let Some(judgement) = self.crypto(key) {
            return judgement.by(signer);
        }
        let mut judgement = self.trust(key, signer);
        judgement.decided_by = DecidedBy::SignatureTime;
        judgement
    }

    /// Checks the mathematics; `None` means that they are good.
    fn crypto(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>) -> Option<Judgement> {
        if self.signature.typ() != SignatureType::Binary {
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
        let Err(error) = self.signature.verify_message(key.key(), self.claim.payload) else {
            return None;
        };
        Some(match error.downcast_ref::<openpgp::Error>() {
            Some(
                openpgp::Error::UnsupportedPublicKeyAlgorithm(_)
                | openpgp::Error::UnsupportedEllipticCurve(_)
                | openpgp::Error::UnsupportedHashAlgorithm(_),
            ) => Judgement::unknown(Reason::UnsupportedSignature).noting(error.to_string()),
            _ => Judgement::bad(Reason::BadSignature),
        })
    }

    /// Judges the maker of a signature that fits.
    fn trust(&self, key: &ErasedKeyAmalgamation<'_, PublicParts>, signer: Signer) -> Judgement {
        let standard = &self.standard;
        let security = HashAlgoSecurity::CollisionResistance;
        if let Err(error) = standard.signature(self.signature, security) {
            return Judgement::untrusted(Reason::WeakAlgorithm).noting(chain(&error)).by(signer);
        }
        let now = SystemTime::from(self.policy.now);
        if let Some(status) = self.revocation(key, self.made) {
            return Judgement::untrusted(Reason::KeyRevoked).noting(status).by(signer);
        }
        let (state, mut notes) = match self.state_when_made(key, now) {
            Ok(state) => state,
            Err((reason, note)) => return Judgement::untrusted(reason).noting(note).by(signer),
        };
        let users = self.user_ids(key, &state, now);
        let matching = users
            .iter()
            .find(|(email, _)| !email.is_empty() && email.eq_ignore_ascii_case(self.claim.email));
        let identity = matching.or_else(|| users.first_key_value()).map(|(_, user)| user.clone());
        let signer = Signer { identity, ..signer };
        let refuse = |reason: Reason| Judgement::untrusted(reason).by(signer.clone());
        let listed = |signers: &crate::PatternList| {
            users.keys().any(|email| !email.is_empty() && signers.matches(email))
        };
        let mut judgement = if let Some(note) = expired(&state, self.made) {
            refuse(Reason::KeyExpired).noting(note)
        } else if !state.for_signing() {
            refuse(Reason::KeyNotForSigning)
        } else if let Err(error) = self.signature.signature_alive(now, CLOCK_SKEW) {
            refuse(Reason::OutsideValidity).noting(chain(&error))
        } else if self.policy.require_signer_is_committer && matching.is_none() {
            refuse(Reason::SignerNotCommitter)
        } else if self.policy.signers.as_ref().is_some_and(|signers| !listed(signers)) {
            refuse(Reason::PrincipalNotAllowed)
        } else {
            notes.extend(self.changes_since(key, &state, now));
            Judgement::of(Reason::Trusted, Check::Good, Check::Good).by(signer)
        };
        judgement.signer_matches_committer = matching.is_some();
        judgement.notes.extend(notes);
        judgement
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
        let reason = match cause(&error) {
            Some(openpgp::Error::PolicyViolation(..)) => Reason::WeakAlgorithm,
            Some(openpgp::Error::Expired(_)) => Reason::KeyExpired,
            _ => Reason::KeyNotForSigning,
        };
        Err((reason, chain(&error)))
    }

    /// Says how the key or its certificate is revoked at `time`. A revocation as compromised is
    /// in force at every time.
    fn revocation(
        &self,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
        time: SystemTime,
    ) -> Option<String> {
        let of_certificate = key.cert().revocation_status(&self.standard, time);
        // The primary key is revoked with its certificate.
        let subkey = SubordinateKeyAmalgamation::<PublicParts>::try_from(key.clone()).ok();
        let of_key = subkey.as_ref().map_or(RevocationStatus::NotAsFarAsWeKnow, |subkey| {
            subkey.revocation_status(&self.standard, time)
        });
        [("the certificate", of_certificate), ("the key", of_key)].into_iter().find_map(
            |(what, status)| {
                let RevocationStatus::Revoked(revocations) = status else { return None };
                let first = revocations.first()?;
                let why = first.reason_for_revocation().map_or_else(
                    || "no reason given".to_owned(),
                    |(code, text)| match shown(text) {
                        text if text.is_empty() => code.to_string(),
                        text => format!("{code}: {text}"),
                    },
                );
                let when = first.signature_creation_time().and_then(timestamp);
                let when = when.map_or_else(|| "an unknown time".to_owned(), |t| t.to_string());
                Some(format!("{what} was revoked at {when} ({why})"))
            },
        )
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

    /// Notes what happened to the key after the signature; it stays good.
    fn changes_since(
        &self,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
        state: &ValidErasedKeyAmalgamation<'_, PublicParts>,
        now: SystemTime,
    ) -> Vec<String> {
        let current = key.with_policy(&self.standard, now).ok();
        let expired = expired(current.as_ref().unwrap_or(state), now);
        let revoked = self.revocation(key, now);
        let since = |what| format!("{what}, by its own claim after this signature was made");
        [expired, revoked].into_iter().flatten().map(since).collect()
    }
}

fn parse(armor: &[u8]) -> Result<Signature, SignatureError> {
    if !armor.starts_with(BEGIN) {
        return Err(SignatureError::Armor);
    }
    let end = armor.windows(END.len()).position(|window| window == END);
    let end = end.and_then(|at| at.checked_add(END.len())).ok_or(SignatureError::Armor)?;
    let (block, after) = armor.split_at_checked(end).ok_or(SignatureError::Armor)?;
    if !after.iter().all(u8::is_ascii_whitespace) {
        return Err(SignatureError::Armor);
    }
    let mut bytes = Vec::new();
    Reader::from_bytes(block, ReaderMode::Tolerant(Some(Kind::Signature)))
        .take(MAX_SIGNATURE)
        .read_to_end(&mut bytes)
        .map_err(|_| SignatureError::Armor)?;
    let (packets, stopped) = packets::split(&bytes);
    if let Some(error) = stopped {
        return Err(error.into());
    }
    if packets.len() != 1 || packets.iter().any(|packet| packet.tag != packets::SIGNATURE) {
        return Err(SignatureError::Count(packets.len()));
    }
    match openpgp::Packet::from_bytes(&packets::canonical(&packets)) {
        Ok(openpgp::Packet::Signature(signature)) => Ok(signature),
        _ => Err(SignatureError::NoSignature),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    #[test]
    fn broken_armor_is_refused() {
        let begin = String::from_utf8_lossy(BEGIN);
        let end = String::from_utf8_lossy(END);
        for armor in [
            String::new(),
            begin.to_string(),
            format!("{begin}\n\n{end}"),
            format!("{begin}\n\n%%\n{end}"),
            format!("{begin}\n\nwgA=\n{end}\nmore"),
        ] {
            assert!(parse(armor.as_bytes()).is_err(), "{armor}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_packets_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut packet = vec![0xc2, 0xff, 0, 0];
            packet.extend(u16::try_from(body.len()).unwrap_or(0).to_be_bytes());
            packet.extend(body);
            let armor = format!(
                "-----BEGIN PGP SIGNATURE-----\n\n{}\n-----END PGP SIGNATURE-----\n",
                STANDARD.encode(packet)
            );
            let _ = parse(armor.as_bytes());
        }
    }
}
