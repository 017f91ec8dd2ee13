use super::artifact::Artifact;
use super::certificate::{CertificateClaims, Leaf};
use super::entry;
use super::format;
use super::identity;
use super::keys;
use super::policy::BundlePolicy;
use super::refusal::Refusal;
use super::root::TrustedRoot;
use super::statement::{Statement, SubjectDemand};
use beleg_trust::{Check, DecidedBy, Judgement, MissingEvidence, Reason, Times};
use jiff::Timestamp;
use sigstore_verify::VerificationResult;
use sigstore_verify::types::{
    Artifact as LibraryArtifact, Bundle, KindVersion, SignatureBytes, SignatureContent,
    VerificationMaterialContent,
};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a bundle is worth, and what it says.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What the signature is worth.
    pub judgement: Judgement,
    /// The in-toto statement as it was signed, if the signature fits; also when its signer is not
    /// trusted or the artifact is none of its subjects.
    pub statement: Option<Vec<u8>>,
    /// The type of the statement's predicate.
    pub predicate_type: Option<String>,
    /// The name of the subject that is the artifact; it may be empty.
    pub subject: Option<String>,
    /// What the signing certificate states about the workflow, if the signature fits and the
    /// certificate leads to a trusted authority.
    pub claims: Option<CertificateClaims>,
}

/// Verifies one Sigstore bundle (versions 0.1 to 0.3, JSON) about `artifact`, as at `now`. What is
/// wrong with it is in the judgement; nothing wrong with one bundle stops the next one.
///
/// The library underneath compares three things with the machine's clock besides: no time that a
/// log states may be in the future, and no key of a log or timestamp authority may be used before
/// its validity. That can make it stricter than `now`, never laxer.
#[must_use]
pub fn verify_bundle(
    json: &[u8],
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Verified {
    guarded(|| {
        let bundle = format::parse(json)?;
        Verification { artifact, demand: SubjectDemand::default(), policy, root, now }.of(&bundle)
    })
}

/// Verifies a bundle that was put together from another format outside of this folder (gitsign's
/// CMS), as [`verify_bundle`] does. Give the content rather than its SHA-256 where it is at hand:
/// keys on other curves than P-256 sign other digests.
pub(crate) fn verify_built_bundle(
    bundle: &Bundle,
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Verified {
    guarded(|| {
        Verification { artifact, demand: SubjectDemand::default(), policy, root, now }.of(bundle)
    })
}

/// Turns refusals into judgements, and a panic of the library into one about the verifier.
pub(super) fn guarded(verify: impl FnOnce() -> Result<Verified, Refusal>) -> Verified {
    match catch_unwind(AssertUnwindSafe(verify)) {
        Ok(Ok(verified)) => verified,
        Ok(Err(refusal)) => Verified::of(refusal.into_judgement()),
        Err(_) => Verified::of(Judgement::unknown(Reason::VerifierFailed)),
    }
}

/// Everything that a bundle is verified against.
#[derive(Clone, Copy)]
pub(super) struct Verification<'a> {
    pub(super) artifact: &'a Artifact<'a>,
    pub(super) demand: SubjectDemand<'a>,
    pub(super) policy: &'a BundlePolicy,
    pub(super) root: &'a TrustedRoot,
    pub(super) now: Timestamp,
}

impl Verification<'_> {
    pub(super) fn of(&self, bundle: &Bundle) -> Result<Verified, Refusal> {
        format::check(bundle, self.policy)?;
        let content = Content::read(bundle, self)?;
        let (judgement, claims) = match &bundle.verification_material.content {
            VerificationMaterialContent::PublicKey(key) => {
                (keys::judge(self, bundle, &content, &key.hint)?, None)
            }
            _ => {
                let der = bundle
                    .signing_certificate()
                    .ok_or_else(|| format::malformed("it holds no certificate"))?;
                let leaf = Leaf::read(der).map_err(format::malformed)?;
                (identity::judge(self, bundle, &content, &leaf)?, Some(leaf.claims))
            }
        };
        Ok(content.finish(bundle, judgement, claims))
    }

    /// Sorts the verified times, checks them against the instant of the check, and counts logs
    /// and authorities. `timestamps_first`: how the library orders its list.
    pub(super) fn times(
        &self,
        bundle: &Bundle,
        result: &VerificationResult,
        timestamps_first: bool,
    ) -> Result<Times, Refusal> {
        let tokens =
            bundle.verification_material.timestamp_verification_data.rfc3161_timestamps.len();
        let verified = result.verified_timestamps();
        let authority = if timestamps_first {
            verified.iter().take(tokens).min().copied()
        } else {
            verified.iter().rev().take(tokens).min().copied()
        };
        let log = result.integrated_time();
        if let Some(time) = log.filter(|time| *time > self.now) {
            let note = format!("the log's time {time} lies after the instant of the check");
            return Err(Refusal::new(Reason::LogTimeInvalid, note));
        }
        if let Some(time) = authority.filter(|time| *time > self.now) {
            let note = format!("the timestamp {time} lies after the instant of the check");
            return Err(Refusal::new(Reason::TimestampInvalid, note));
        }
        entry::check_all(bundle, self.root)?;
        self.check_thresholds(bundle)?;
        let decided_by = match (log, authority) {
            (Some(_), _) => DecidedBy::LogTime,
            (None, Some(_)) => DecidedBy::TimestampAuthority,
            (None, None) => DecidedBy::Nothing,
        };
        Ok(Times { log, authority, decided_by, ..Times::NONE })
    }

    fn check_thresholds(&self, bundle: &Bundle) -> Result<(), Refusal> {
        let logs = logs(bundle).len();
        let demanded = self.policy.transparency_log_threshold.get();
        let exempt = self.policy.without_transparency_log_unsafe && logs == 0;
        if !exempt && !reaches(logs, demanded) {
            let note = format!("it is in {logs} different logs, and the policy demands {demanded}");
            return Err(Refusal::new(Reason::ProofMissing, note).missing(MissingEvidence::LogEntry));
        }
        let demanded = self.policy.signed_timestamp_threshold;
        if demanded == 0 {
            return Ok(());
        }
        let tokens = &bundle.verification_material.timestamp_verification_data.rfc3161_timestamps;
        let tokens = tokens.iter().map(|timestamp| &timestamp.signed_timestamp);
        let authorities = self.root.authorities_of(tokens, &signature(bundle)?);
        if !reaches(authorities, demanded) {
            let note = format!(
                "{authorities} different authorities put a timestamp on it, and the policy \
                 demands {demanded}"
            );
            return Err(
                Refusal::new(Reason::TimestampMissing, note).missing(MissingEvidence::TrustedTime)
            );
        }
        Ok(())
    }
}

impl Verified {
    pub(super) fn of(judgement: Judgement) -> Self {
        Self { judgement, statement: None, predicate_type: None, subject: None, claims: None }
    }
}

/// What the signature is over, and whether that is about the artifact.
pub(super) struct Content<'a> {
    /// What the library is to compare.
    pub(super) artifact: LibraryArtifact<'a>,
    statement: Option<Statement>,
    /// The name of the subject that is the artifact; `None` when there is no statement, or when
    /// none is.
    subject: Option<String>,
}

impl<'a> Content<'a> {
    fn read(bundle: &Bundle, verification: &Verification<'a>) -> Result<Self, Refusal> {
        match &bundle.content {
            SignatureContent::MessageSignature(message) => {
                verification.artifact.check(message)?;
                let artifact = verification.artifact.for_library()?;
                Ok(Self { artifact, statement: None, subject: None })
            }
            SignatureContent::DsseEnvelope(envelope) => {
                let statement = Statement::read(envelope)?;
                let covered = statement
                    .covers(verification.artifact, &verification.demand)
                    .map(|(subject, digest)| (subject.name.clone(), digest));
                let (subject, digest) = match covered {
                    Some((name, digest)) => (Some(name), digest),
                    // The library compares some subject with itself: whether the signature fits
                    // is a matter apart from what it is about.
                    None => (None, statement.any_digest().ok_or_else(no_known_digest)?),
                };
                Ok(Self {
                    artifact: LibraryArtifact::from_digest(digest),
                    statement: Some(statement),
                    subject,
                })
            }
            _ => Err(Refusal::new(Reason::UnsupportedFormat, "the content is of an unknown kind")),
        }
    }

    /// Completes a judgement about the signer with what the signature is about.
    fn finish(
        self,
        bundle: &Bundle,
        mut judgement: Judgement,
        claims: Option<CertificateClaims>,
    ) -> Verified {
        let fits = judgement.crypto == Check::Good;
        let Some(statement) = self.statement.filter(|_| fits) else {
            return Verified { claims: claims.filter(|_| fits), ..Verified::of(judgement) };
        };
        if judgement.reason == Reason::Trusted && self.subject.is_none() {
            judgement.reason = Reason::SubjectNotCovered;
            judgement.trust = Check::Bad;
        }
        let payload = match &bundle.content {
            SignatureContent::DsseEnvelope(envelope) => Some(envelope.payload.as_bytes().to_vec()),
            _ => None,
        };
        Verified {
            judgement,
            statement: payload,
            predicate_type: Some(statement.predicate_type),
            subject: self.subject,
            claims,
        }
    }
}

/// Returns the signature that everything in the bundle is about.
pub(super) fn signature(bundle: &Bundle) -> Result<SignatureBytes, Refusal> {
    match &bundle.content {
        SignatureContent::MessageSignature(message) => Ok(message.signature.clone()),
        SignatureContent::DsseEnvelope(envelope) => Ok(envelope.signature.sig.clone()),
        _ => Err(Refusal::new(Reason::UnsupportedFormat, "the content is of an unknown kind")),
    }
}

/// Returns the different logs that the entries prove or promise inclusion in. The id that an entry
/// states counts only under a promise, whose key it selects; a proof's log is the one that its
/// signed checkpoint names (its origin, without the number of the shard).
fn logs(bundle: &Bundle) -> BTreeSet<String> {
    bundle
        .verification_material
        .tlog_entries
        .iter()
        .map(|entry| {
            let proof = entry.inclusion_proof.as_ref();
            match proof.and_then(|proof| proof.checkpoint.checkpoint()) {
                Some(checkpoint) => {
                    let origin = checkpoint.origin();
                    origin.split_once(" - ").map_or(origin, |(name, _)| name).to_owned()
                }
                None => entry.log_id.key_id.to_base64(),
            }
        })
        .collect()
}

/// Says whether a promise stood for a proof of inclusion, which only a policy that allows it lets
/// happen.
pub(super) fn stands_on_a_promise(bundle: &Bundle) -> bool {
    bundle.verification_material.tlog_entries.iter().any(|entry| {
        entry.inclusion_proof.is_none() && entry.kind_version != KindVersion::HashedRekordV002
    })
}

fn reaches(count: usize, demanded: u32) -> bool {
    usize::try_from(demanded).is_ok_and(|demanded| count >= demanded)
}

fn no_known_digest() -> Refusal {
    let note = "no subject of the statement has a SHA-256 or SHA-512 digest";
    Refusal::new(Reason::UnsupportedFormat, note)
}
