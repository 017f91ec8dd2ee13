use super::algorithm::Hash;
use super::attributes::TIMESTAMP_TOKEN;
use super::authorities::Authorities;
use super::certificate::{CODE_SIGNING, Certificate, EMAIL_PROTECTION};
use super::gitsign;
use super::identity::{self, Names};
use super::message::{self, MessageError};
use super::path::{self, Candidates, Path, PathError};
use super::revocation::{Revocation, RevocationLists, Status};
use super::signed_data::{self, SignedData, SignedDataError};
use super::timestamp;
use crate::TrustMaterial;
use crate::claim::Claim;
use crate::sigstore::{
    Artifact, BundlePolicy, TrustedRoot, judge_certificate_identity, verify_built_bundle,
};
use beleg_trust::{
    Check, DecidedBy, Judgement, KeyState, KeyStates, MissingEvidence, Policy, Reason, Signer,
    Times,
};
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

/// What a signer's certificate may be for: S/MIME or code; a certificate without purposes serves
/// for all.
const PURPOSES: &[ObjectIdentifier] = &[EMAIL_PROTECTION, CODE_SIGNING];

const NO_IDENTITIES: &str = "the policy lists no identities that may sign with Sigstore";

/// Judges a CMS signature (PEM or DER) over `claim`.
pub(crate) fn judge(
    signature: &[u8],
    claim: &Claim<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    let material = Material {
        authorities: trust.authorities(),
        lists: trust.revocation_lists(),
        root: trust.trusted_root(),
        nothing: trust.is_absent(),
    };
    judge_with(signature, claim, &material, policy)
}

/// What decides about certificates.
pub(super) struct Material<'a> {
    pub(super) authorities: Option<&'a Authorities>,
    pub(super) lists: Option<&'a RevocationLists>,
    /// What the log entries and certificates of gitsign's signatures are verified against.
    pub(super) root: Option<&'a TrustedRoot>,
    /// There is no trust material of any kind.
    pub(super) nothing: bool,
}

pub(super) fn judge_with(
    signature: &[u8],
    claim: &Claim<'_>,
    material: &Material<'_>,
    policy: &Policy,
) -> Judgement {
    let der = match signed_data::decode(signature) {
        Ok(der) => der,
        Err(error) => return malformed(&error),
    };
    let data = match SignedData::parse(&der) {
        Ok(data) => data,
        Err(error) => return malformed(&error),
    };
    let carried: Result<Vec<Certificate>, _> =
        data.certificates.iter().map(|certificate| Certificate::parse(certificate)).collect();
    let carried = match carried {
        Ok(carried) => carried,
        Err(error) => {
            return Judgement::bad(Reason::MalformedSignature).noting(error.to_string());
        }
    };
    let anchors: Vec<&Certificate> =
        material.authorities.iter().flat_map(|authorities| authorities.anchors()).collect();
    let intermediates: Vec<&Certificate> = carried
        .iter()
        .chain(material.authorities.iter().flat_map(|authorities| authorities.intermediates()))
        .collect();
    let candidates = Candidates { anchors: &anchors, intermediates: &intermediates };
    let known = intermediates.iter().chain(&anchors).copied();
    let Some(leaf) = timestamp::find(&data.signer.id, known) else {
        return Judgement::of(Reason::UnknownKey, Check::Unknown, Check::Bad)
            .missing(MissingEvidence::PublicKey)
            .noting("the signer's certificate is neither in the signature nor at hand");
    };
    let payload = match claim.payload.whole() {
        Ok(payload) => payload,
        Err(error) => return error.judge(),
    };
    let (data, payload, times) = (&data, payload.as_ref(), Times::NONE);
    let mut examination =
        Examination { data, leaf, claim, payload, material, candidates, policy, times };
    let mut judgement = examination.judge();
    judgement.times = Times { decided_by: judgement.times.decided_by, ..examination.times };
    judgement
}

fn malformed(error: &SignedDataError) -> Judgement {
    let reason = match error {
        SignedDataError::Signers(count) if *count > 1 => Reason::TooManySignatures,
        _ => Reason::MalformedSignature,
    };
    Judgement::bad(reason).noting(error.to_string())
}

/// One signature, and what it is measured against.
struct Examination<'a> {
    data: &'a SignedData<'a>,
    leaf: &'a Certificate,
    claim: &'a Claim<'a>,
    /// What the signature covers, whole.
    payload: &'a [u8],
    material: &'a Material<'a>,
    candidates: Candidates<'a>,
    policy: &'a Policy,
    /// What is known about times so far.
    times: Times,
}

impl Examination<'_> {
    fn judge(&mut self) -> Judgement {
        let info = &self.data.signer;
        let signer = self.signer();
        if let Some(signed) = &info.signed {
            match signed.attributes.signing_time() {
                Ok(time) => self.times.signature = time,
                Err(error) => return MessageError::from(error).judgement().by(signer),
            }
        }
        if let Err(error) = message::check(self.data, self.leaf, self.payload) {
            return error.judgement().by(signer);
        }
        if gitsign::is_fulcio(self.leaf) {
            self.judge_gitsign(signer)
        } else {
            self.judge_certificate(signer)
        }
    }

    /// Names the signer by the certificate alone; the identity is added once it is vouched for.
    fn signer(&self) -> Signer {
        let digest = self.data.signer.digest.oid;
        let hash = Hash::of(digest).map_or(digest.to_string(), |hash| hash.name().to_owned());
        let key = self.leaf.key().map_or("a key that cannot be read".to_owned(), |key| key.name());
        Signer {
            identity: None,
            issuer: Some(self.leaf.issuer_name()),
            fingerprint: self.leaf.fingerprint(),
            primary_fingerprint: None,
            public_key: Some(self.leaf.public_key()),
            algorithm: format!("{key} {hash}"),
        }
    }

    /// Judges a signature that fits, by a certificate of an ordinary authority.
    fn judge_certificate(&mut self, signer: Signer) -> Judgement {
        if self.material.authorities.is_none() {
            return self.without_authorities().by(signer);
        }
        let (time, decided_by) = match self.time() {
            Ok(decided) => decided,
            Err(error) => {
                return Judgement::untrusted(Reason::TimestampInvalid).by(signer).noting(error);
            }
        };
        let path = match path::build(self.leaf, &self.candidates, PURPOSES, time) {
            Ok(path) => path,
            Err(error) => return self.no_path(&error).by(signer).decided_by(decided_by),
        };
        if !path::serves(self.leaf, PURPOSES)
            || self.leaf.extensions.key_usage.is_some_and(|usage| !usage.signs)
        {
            return Judgement::untrusted(Reason::CertificateNotForSigning)
                .by(signer)
                .decided_by(decided_by);
        }
        let revocation = self.revocation(&path);
        let mut judgement = match revocation {
            Found::Revoked(revocation) if !self.stands(&revocation, decided_by) => {
                Judgement::untrusted(Reason::CertificateRevoked).by(signer).noting(format!(
                    "the certificate, or one above it, was revoked at {}",
                    revocation.at
                ))
            }
            _ => identity::judge(&Names::of(self.leaf), signer, self.claim, self.policy),
        };
        if revocation == Found::Unknown {
            judgement = self.without_list(judgement);
        }
        judgement.key = Some(self.key_states(time, &revocation, decided_by));
        judgement.decided_by(decided_by)
    }

    fn without_authorities(&self) -> Judgement {
        let judgement = if self.material.nothing {
            Judgement::of(Reason::NoTrustMaterial, Check::Good, Check::Unknown)
        } else {
            Judgement::untrusted(Reason::CertificateUntrusted)
        };
        judgement.missing(MissingEvidence::TrustedRoot)
    }

    /// Returns the time that decides: a trusted authority's, or the instant of the check. The
    /// signing time within the signature is a claim, which whoever holds the key chooses.
    fn time(&mut self) -> Result<(Timestamp, DecidedBy), String> {
        let info = &self.data.signer;
        let token = info.unsigned.value(TIMESTAMP_TOKEN).map_err(|error| error.to_string())?;
        let Some(token) = token else { return Ok((self.policy.now, DecidedBy::CheckTime)) };
        let none = RevocationLists::default();
        let lists = self.material.lists.unwrap_or(&none);
        let now = self.policy.now;
        let time = timestamp::verify(token.whole, info.signature, &self.candidates, lists, now)
            .map_err(|error| error.to_string())?;
        self.times.authority = Some(time);
        Ok((time, DecidedBy::TimestampAuthority))
    }

    fn no_path(&self, error: &PathError) -> Judgement {
        let note = error.to_string();
        match error {
            PathError::Validity(..) => {
                let judgement = Judgement::untrusted(Reason::CertificateExpired).noting(note);
                let claimed = self
                    .times
                    .signature
                    .filter(|time| (self.leaf.not_before..=self.leaf.not_after).contains(time));
                match claimed {
                    Some(claimed) if self.times.authority.is_none() => judgement.noting(format!(
                        "it was valid at the claimed time {claimed}, for which nobody vouches"
                    )),
                    _ => judgement,
                }
            }
            PathError::Weak(..) => Judgement::untrusted(Reason::WeakAlgorithm).noting(note),
            PathError::Unsupported(..) | PathError::UnsupportedSignature(..) => {
                Judgement::of(Reason::UnsupportedSignature, Check::Good, Check::Unknown)
                    .noting(note)
            }
            PathError::Purpose(_) => {
                Judgement::untrusted(Reason::CertificateNotForSigning).noting(note)
            }
            PathError::UnknownIssuer(_)
            | PathError::Signature(_)
            | PathError::Limit
            | PathError::NotAuthority(_)
            | PathError::PathLength(_) => {
                Judgement::untrusted(Reason::CertificateUntrusted).noting(note)
            }
        }
    }

    /// Asks the lists about every certificate of the path that somebody issued; the worst counts.
    fn revocation(&self, path: &Path<'_>) -> Found {
        let mut found = Found::Good;
        for (certificate, issuer) in path.issued() {
            let status = self.material.lists.map_or(Status::Unknown, |lists| {
                lists.status(certificate, issuer, self.policy.now)
            });
            match status {
                Status::Revoked(revocation) => found = found.or_revoked(revocation),
                Status::Unknown if found == Found::Good => found = Found::Unknown,
                Status::Unknown | Status::Listed => {}
            }
        }
        found
    }

    /// Notes that no current list says whether the certificate, or one above it, was revoked. Whoever
    /// gives lists wants to know; whoever gives none has decided to do without.
    fn without_list(&self, judgement: Judgement) -> Judgement {
        let judgement = judgement.missing(MissingEvidence::RevocationList);
        if self.material.lists.is_none() || judgement.reason != Reason::Trusted {
            return judgement;
        }
        let note = "no complete and current revocation list of an authority in its path is at hand";
        Judgement { trust: Check::Unknown, reason: Reason::RevocationUnknown, ..judgement }
            .noting(note)
    }

    /// Says whether a signature stands though its certificate was revoked: only what is proved
    /// to have been signed before, by a key that nobody calls compromised.
    fn stands(&self, revocation: &Revocation, decided_by: DecidedBy) -> bool {
        decided_by == DecidedBy::TimestampAuthority
            && revocation.soft
            && self.times.authority.is_some_and(|time| time < revocation.at)
    }

    fn key_states(&self, then: Timestamp, found: &Found, decided_by: DecidedBy) -> KeyStates {
        let state = |time: Timestamp| match found {
            Found::Revoked(revocation) if !revocation.soft => KeyState::RevokedHard,
            Found::Revoked(revocation) if revocation.at <= time => KeyState::RevokedSoft,
            _ if time < self.leaf.not_before => KeyState::NotYetValid,
            _ if time > self.leaf.not_after => KeyState::Expired,
            _ => KeyState::Valid,
        };
        let then = if decided_by == DecidedBy::TimestampAuthority {
            state(then)
        } else {
            KeyState::Unknown
        };
        KeyStates { then, now: state(self.policy.now) }
    }

    /// Judges a signature that fits, by a certificate that claims to be Fulcio's.
    fn judge_gitsign(&mut self, signer: Signer) -> Judgement {
        let info = &self.data.signer;
        let names = Names::of(self.leaf);
        let message = message::signed_bytes(self.data, self.payload);
        let claims = format!(
            "the certificate claims the identity {}, by the issuer {}",
            names.text().unwrap_or_else(|| "of nobody".to_owned()),
            self.leaf.extensions.fulcio_issuer.as_deref().unwrap_or("nobody"),
        );
        let bundle = match gitsign::bundle_of(info, self.leaf, message) {
            Ok(Some(bundle)) => bundle,
            Ok(None) => return self.without_entry(signer, &claims, None),
            Err(error @ (gitsign::BundleError::Kind(_) | gitsign::BundleError::OtherForm)) => {
                return self.without_entry(signer, &claims, Some(error.to_string()));
            }
            Err(error) => {
                return Judgement::untrusted(Reason::MalformedSignature)
                    .by(signer)
                    .noting(error.to_string());
            }
        };
        let Some(root) = self.material.root else {
            return Judgement::of(Reason::NoTrustMaterial, Check::Good, Check::Unknown)
                .by(signer)
                .missing(MissingEvidence::TrustedRoot)
                .noting(claims);
        };
        // Sigstore vouches for anybody: without a list, all the world could sign.
        if self.policy.identities.is_empty() {
            return Judgement::of(Reason::NoTrustMaterial, Check::Good, Check::Unknown)
                .by(signer)
                .noting(claims)
                .noting(NO_IDENTITIES);
        }
        let allowed = BundlePolicy::identities(self.policy.identities.clone());
        let content = Artifact::Bytes(message);
        let verified =
            verify_built_bundle(&bundle, &content, &allowed, root, self.policy.now).judgement;
        self.times.log = verified.times.log;
        self.times.authority = verified.times.authority;
        let decided_by = verified.times.decided_by;
        if verified.reason != Reason::Trusted {
            let signer = verified.signer.clone().unwrap_or(signer);
            return verified.by(signer).decided_by(decided_by);
        }
        let issuer = self.leaf.extensions.fulcio_issuer.clone();
        let signer = Signer { issuer, ..signer };
        let mut judgement = identity::judge(&names, signer, self.claim, self.policy);
        judgement.key = verified.key;
        judgement.rule = verified.rule;
        judgement.notes.extend(verified.notes);
        judgement.decided_by(decided_by)
    }
}

impl Examination<'_> {
    /// Judges gitsign's signature without an entry of the log that could be read. Only if an
    /// authority of the trusted root issued the certificate, to somebody whom the policy names, is
    /// the entry all that is missing: anybody can make a chain at home.
    fn without_entry(&self, signer: Signer, claims: &str, why: Option<String>) -> Judgement {
        let refused = self.certificate_alone(&signer);
        let judgement = refused.unwrap_or_else(|| {
            Judgement::of(Reason::EvidenceMissing, Check::Good, Check::Unknown).by(signer)
        });
        let judgement = judgement.missing(MissingEvidence::LogEntry).noting(claims);
        why.into_iter().fold(judgement, Judgement::noting)
    }

    /// Judges what the certificate is worth whenever it was used; nothing when it could be trusted.
    fn certificate_alone(&self, signer: &Signer) -> Option<Judgement> {
        let Some(root) = self.material.root else {
            let judgement = Judgement::of(Reason::NoTrustMaterial, Check::Good, Check::Unknown);
            return Some(judgement.by(signer.clone()).missing(MissingEvidence::TrustedRoot));
        };
        if self.policy.identities.is_empty() {
            let judgement = Judgement::of(Reason::NoTrustMaterial, Check::Good, Check::Unknown);
            return Some(judgement.by(signer.clone()).noting(NO_IDENTITIES));
        }
        let authorities: Vec<Certificate> = root
            .authority_certificates()
            .iter()
            .filter_map(|der| Certificate::parse(der).ok())
            .collect();
        let anchors: Vec<&Certificate> = authorities.iter().collect();
        let candidates = Candidates { anchors: &anchors, ..self.candidates };
        // It was made for minutes: the first of them stands for all.
        let path = path::build(self.leaf, &candidates, PURPOSES, self.leaf.not_before);
        if let Err(error) = path {
            return Some(self.no_path(&error).by(signer.clone()));
        }
        let allowed = BundlePolicy::identities(self.policy.identities.clone());
        let named = judge_certificate_identity(&self.leaf.der, &allowed);
        if named.reason != Reason::Trusted {
            return Some(named.by(signer.clone()));
        }
        let names = Names::of(self.leaf);
        let judgement = identity::judge(&names, signer.clone(), self.claim, self.policy);
        (judgement.reason != Reason::Trusted).then_some(judgement)
    }
}

/// What the lists say about a whole path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Good,
    Unknown,
    Revoked(Revocation),
}

impl Found {
    fn or_revoked(self, revocation: Revocation) -> Self {
        match self {
            Self::Revoked(known) if known.is_worse_than(&revocation) => self,
            _ => Self::Revoked(revocation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tlv;
    use super::*;
    use crate::artifact::Payload;
    use proptest::prelude::*;

    fn judge_bytes(bytes: &[u8]) -> Judgement {
        let now = Timestamp::UNIX_EPOCH;
        let claim = Claim {
            payload: Payload::Bytes(b"x"),
            namespace: "file",
            email: None,
            time: now,
            time_is: DecidedBy::CheckTime,
        };
        let authorities = Authorities::default();
        let material =
            Material { authorities: Some(&authorities), lists: None, root: None, nothing: false };
        judge_with(bytes, &claim, &material, &Policy::at(now))
    }

    #[test]
    fn gigantic_and_empty_signatures_are_malformed() {
        for bytes in [&b""[..], &vec![0x30; 9 << 20], &[b'-'; 5 << 20], b"\xff"] {
            assert_eq!(judge_bytes(bytes).reason, Reason::MalformedSignature);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_are_never_trusted(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            prop_assert_ne!(judge_bytes(&bytes).trust, Check::Good);
            let der = tlv::encode(tlv::SEQUENCE, &bytes);
            prop_assert_ne!(judge_bytes(&der).trust, Check::Good);
        }
    }
}
