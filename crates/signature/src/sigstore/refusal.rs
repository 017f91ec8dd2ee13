use super::certificate::Leaf;
use super::root::TrustedRoot;
use beleg_model::Verdict;
use beleg_model::text::shown;
use beleg_trust::{Check, Judgement, MissingEvidence, Reason};
use sigstore_verify::bundle::Error as Structure;
use sigstore_verify::types::{Bundle, KindVersion};
use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

/// Why a bundle is not accepted.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    note: String,
    missing: Vec<MissingEvidence>,
}

impl Refusal {
    /// Refuses for `reason`; `note` may hold text from outside.
    pub(super) fn new(reason: Reason, note: impl AsRef<str>) -> Self {
        Self { reason, note: shown(note.as_ref().as_bytes()), missing: Vec::new() }
    }

    pub(super) fn missing(mut self, missing: MissingEvidence) -> Self {
        self.missing.push(missing);
        self
    }

    /// Makes a judgement of it, before anything is known about the signature itself. What is
    /// wrong with the signature or its evidence is `crypto`; what is wrong with its maker leaves
    /// `crypto` open, for the check ended before.
    pub(super) fn into_judgement(self) -> Judgement {
        let (crypto, trust) = match self.reason {
            reason if reason.verdict() == Verdict::Unknown => (Check::Unknown, Check::Unknown),
            Reason::BadSignature
            | Reason::DigestMismatch
            | Reason::MalformedSignature
            | Reason::MalformedStatement
            | Reason::TooManySignatures
            | Reason::FormatDowngraded
            | Reason::LogEntryMismatch
            | Reason::LogProofInvalid
            | Reason::LogPromiseInvalid => (Check::Bad, Check::Bad),
            _ => (Check::Unknown, Check::Bad),
        };
        let mut judgement = Judgement::of(self.reason, crypto, trust);
        judgement.missing = self.missing;
        if self.note.is_empty() { judgement } else { judgement.noting(self.note) }
    }

    /// Translates what the library says about `bundle`.
    pub(super) fn from_library(
        error: &Error,
        bundle: &Bundle,
        leaf: Option<&Leaf>,
        root: &TrustedRoot,
    ) -> Self {
        let note = error.to_string();
        let refusal = Self::new(reason(error, bundle, leaf, root), note);
        match refusal.reason {
            Reason::ProofMissing => refusal.missing(MissingEvidence::InclusionProof),
            Reason::TimestampMissing => refusal.missing(MissingEvidence::TrustedTime),
            Reason::ContentNeeded => refusal.missing(MissingEvidence::Content),
            _ => refusal,
        }
    }
}

fn reason(error: &Error, bundle: &Bundle, leaf: Option<&Leaf>, root: &TrustedRoot) -> Reason {
    match error {
        Error::IdentityMismatch { .. } => Reason::IdentityMismatch,
        Error::IssuerMismatch { .. } => Reason::IssuerMismatch,
        Error::SignatureInvalid(_) => Reason::BadSignature,
        // The artifact was compared with the bundle before the library was asked; what is left
        // is the digest within the log entry.
        Error::ArtifactMismatch(_) => Reason::LogEntryMismatch,
        Error::UnsupportedArtifact(_) => Reason::ContentNeeded,
        Error::Certificate(error) => certificate(error, bundle, leaf),
        Error::TransparencyLog(error) => log(error, bundle, root),
        Error::Timestamp(TimestampError::NoVerifiedTimestamp(_)) => Reason::TimestampMissing,
        Error::Timestamp(_) => Reason::TimestampInvalid,
        Error::UnsupportedBundle(_) => Reason::UnsupportedFormat,
        Error::Bundle(error) => structure(error),
        Error::Crypto(sigstore_verify::crypto::Error::UnsupportedAlgorithm(_)) => {
            Reason::UnsupportedSignature
        }
        // "no CT log keys in trusted root"; everything else about the root was checked when it
        // was read.
        Error::InvalidTrustRoot(_) => Reason::CertificateNotLogged,
        Error::InvalidBundle(_) | Error::Types(_) | Error::Crypto(_) => Reason::MalformedSignature,
        _ => Reason::UnsupportedFormat,
    }
}

fn certificate(error: &CertificateError, bundle: &Bundle, leaf: Option<&Leaf>) -> Reason {
    match error {
        CertificateError::Malformed(_) => Reason::MalformedSignature,
        CertificateError::Expired { .. } | CertificateError::NotYetValid { .. } => {
            outside_validity(bundle, leaf)
        }
        CertificateError::Sct(_) => Reason::CertificateNotLogged,
        // The library passes webpki's errors on as text only.
        CertificateError::ChainInvalid(text)
            if text.contains("CertExpired") || text.contains("CertNotValidYet") =>
        {
            outside_validity(bundle, leaf)
        }
        CertificateError::ChainInvalid(text) if text.contains("RequiredEkuNotFound") => {
            Reason::CertificateNotForSigning
        }
        _ => Reason::CertificateUntrusted,
    }
}

/// The library verified the promises before the certificate; if one of them proves a time at
/// which the certificate was not valid, the log's time is to blame, otherwise a timestamp's.
fn outside_validity(bundle: &Bundle, leaf: Option<&Leaf>) -> Reason {
    let logged_outside = bundle
        .verification_material
        .tlog_entries
        .iter()
        .filter(|entry| {
            entry.kind_version != KindVersion::HashedRekordV002 && entry.inclusion_promise.is_some()
        })
        .filter_map(|entry| entry.integrated_time)
        .any(|time| leaf.is_some_and(|leaf| !leaf.covers(time)));
    if logged_outside { Reason::LogTimeInvalid } else { Reason::CertificateExpired }
}

fn log(error: &TransparencyLogError, bundle: &Bundle, root: &TrustedRoot) -> Reason {
    let unknown = || {
        let entries = &bundle.verification_material.tlog_entries;
        entries.iter().any(|entry| !root.has_log(&entry.log_id.key_id))
    };
    match error {
        TransparencyLogError::UnknownLog { .. } => Reason::LogUnknown,
        TransparencyLogError::Checkpoint(_) | TransparencyLogError::InclusionPromise(_)
            if unknown() =>
        {
            Reason::LogUnknown
        }
        TransparencyLogError::InclusionPromise(_) => Reason::LogPromiseInvalid,
        TransparencyLogError::IntegratedTime(_) => Reason::LogTimeInvalid,
        TransparencyLogError::EntryMismatch(_) | TransparencyLogError::MalformedEntry(_) => {
            Reason::LogEntryMismatch
        }
        _ => Reason::LogProofInvalid,
    }
}

fn structure(error: &Structure) -> Reason {
    match error {
        Structure::MissingInclusionPromise(_)
        | Structure::MissingInclusionProof(_)
        | Structure::MissingCheckpoint => Reason::ProofMissing,
        Structure::MissingSigningTimeEvidence | Structure::MissingTimestamp => {
            Reason::TimestampMissing
        }
        Structure::LogIndexOutOfRange { .. } | Structure::CheckpointRootMismatch => {
            Reason::LogProofInvalid
        }
        Structure::CertificateChainNotAllowed(_) => Reason::MalformedSignature,
        _ => Reason::UnsupportedFormat,
    }
}
