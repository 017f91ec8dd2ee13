//! One signature file and one artifact: which format it is, and what it is worth.

use super::signers::Signers;
use beleg_attestation::provenance::{CertificateClaims, Statement, SummaryKind, Voice, summarise};
use beleg_model::text::shown;
use beleg_model::{Digest, Verdict};
use beleg_signature::sigstore::{self, Verified as VerifiedBundle};
use beleg_signature::{
    Artifact, Content, EnvelopeRule, SignatureFile, SignedList, no_bundle, verify_artifact,
    verify_envelope, without_trusted_root,
};
use beleg_trust::{Format, Judgement, Policy, Reason};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How a clear-signed text begins.
pub(super) const CLEAR_SIGNED: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";

/// What an artifact is known by.
pub(crate) struct Target {
    pub(crate) artifact: Artifact,
    /// Its digests, by which statements and bundles name it.
    pub(crate) digests: Vec<Digest>,
}

/// A file with a signature in it.
#[derive(Clone, Debug)]
pub(crate) struct SignatureBytes {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// What one signature says about one artifact.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SignatureResult {
    /// The file that holds the signature.
    pub(crate) source: String,
    /// That file's digest.
    pub(crate) source_digest: Digest,
    /// The signature's format.
    pub(crate) signature: Format,
    #[serde(flatten)]
    pub(crate) judgement: Judgement,
    /// The type of the statement's predicate, where there is a statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) predicate_type: Option<String>,
    /// The statement itself, if its signature fits.
    #[serde(skip)]
    pub(crate) statement: Option<StatementBytes>,
    /// What the certificate says about the build.
    #[serde(skip)]
    pub(crate) claims: Option<CertificateClaims>,
    /// Whether somebody named this file as the signature, and did not merely leave it beside.
    #[serde(skip)]
    pub(crate) is_named: bool,
}

/// A statement, and when it was read.
#[derive(Clone, Debug)]
pub(crate) struct StatementBytes {
    pub(crate) bytes: Vec<u8>,
    now: Timestamp,
}

/// A file on this machine as content that can be read again.
pub(crate) struct FileContent(pub(crate) PathBuf);

impl Content for FileContent {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(&self.0)?))
    }
}

impl SignatureResult {
    pub(crate) fn is_trusted(&self) -> bool {
        self.judgement.reason == Reason::Trusted
    }

    /// Returns the name that the policy has for who signed: of the identity's rule or of the key.
    pub(crate) fn signer_name(&self) -> Option<&str> {
        let judgement = &self.judgement;
        let key = || judgement.signer.as_ref()?.identity.as_deref();
        judgement.rule.as_deref().or_else(key)
    }

    /// Returns what a trusted statement says, and what that means for the artifact: a test that
    /// failed, or a summary that says `FAILED`, is signed too.
    pub(crate) fn said(&self) -> Option<(Reason, String)> {
        if !self.is_trusted() {
            return None;
        }
        let StatementBytes { bytes, now } = self.statement.as_ref()?;
        let statement = match Statement::parse(bytes) {
            Ok(statement) => statement,
            // Whoever verified the signature reads less of it. What it says may be bad.
            Err(error) => return Some((error.reason(), error.to_string())),
        };
        // A result that cannot be read may be a bad one.
        let is_result = Voice::of(statement.predicate_type()) == Voice::Result;
        let summary = match summarise(&statement) {
            Ok(summary) if is_result && summary.kind == SummaryKind::Unrecognised => {
                let what = shown(statement.predicate_type().as_bytes());
                let note = format!("it states a result in `{what}`, which is not read");
                return Some((Reason::UnsupportedStatement, note));
            }
            Ok(summary) if summary.is_to_come(*now) => {
                let note = "it says that it came out at a time that is still to come".to_owned();
                return Some((Reason::SummaryStale, note));
            }
            Ok(summary) => summary,
            Err(error) if is_result => return Some((error.reason(), error.to_string())),
            // What the others say is judged where a policy demands it.
            Err(error) => return Some((Reason::Trusted, error.to_string())),
        };
        // The type stands before them.
        let lines = summary.lines.iter().filter(|(label, _)| label != "predicate");
        let lines: Vec<String> = lines.map(|(label, value)| format!("{label} {value}")).collect();
        let reason = match summary.verdict {
            Some(Verdict::Fail) => Reason::SummaryFailed,
            Some(Verdict::Unknown) => Reason::SummaryStale,
            Some(Verdict::Pass) | None => Reason::Trusted,
        };
        Some((reason, lines.join(", ")))
    }

    /// Returns what it is worth as a signature of the file: a statement's signature is good whatever
    /// the statement says, and one that says what anybody could say of any file signs none.
    pub(crate) fn worth(&self) -> Reason {
        let Some(StatementBytes { bytes, .. }) =
            self.statement.as_ref().filter(|_| self.is_trusted())
        else {
            return self.judgement.reason;
        };
        let Ok(statement) = Statement::parse(bytes) else { return Reason::MalformedStatement };
        match Voice::of(statement.predicate_type()) {
            Voice::Maker => Reason::Trusted,
            Voice::Result => self.said().map_or(Reason::UnsupportedStatement, |(reason, _)| reason),
            Voice::About => Reason::NotVouchedFor,
            // Whoever names it as the signature knows what its type means.
            Voice::Unrecognised if self.is_named => Reason::Trusted,
            Voice::Unrecognised => Reason::UnsupportedStatement,
        }
    }

    /// Says whether there is a signature at all in what is named like one.
    pub(crate) fn is_signature(&self) -> bool {
        use Reason::{MalformedSignature, UnsupportedFormat};
        self.signature != Format::Unrecognised
            && ![MalformedSignature, UnsupportedFormat].contains(&self.judgement.reason)
    }

    /// Says whether it is an attestation about something else, which says nothing here.
    pub(crate) fn is_about_another(&self) -> bool {
        self.judgement.reason == Reason::SubjectNotCovered
    }
}

impl SignatureBytes {
    /// Judges everything in the file about `target`. A file may hold several bundles.
    pub(crate) fn judge(
        &self,
        target: &Target,
        signers: &Signers,
        policy: &Policy,
    ) -> Vec<SignatureResult> {
        let format = SignatureFile::detect(&self.name, &self.bytes);
        match format {
            _ if self.is_clear_signed() && self.is_itself(target) => {
                vec![self.judge_clear_signed(signers, policy)]
            }
            Format::Sigstore => self.judge_sigstore(target, signers, policy),
            Format::Dsse => match sigstore::documents(&self.bytes) {
                Ok(lines) if lines.len() > 1 => self.judge_lines(&lines, target, signers, policy),
                _ => vec![self.judge_dsse(target, signers, policy)],
            },
            Format::Unrecognised if sigstore::is_npm_version(&self.bytes) => {
                let artifact = sigstore::Artifact::Digests(&target.digests);
                let (keys, now) = (&signers.bundles, policy.now);
                let verified = sigstore::verify_npm_version(&self.bytes, &artifact, keys, now);
                vec![self.result(Format::Raw, verified.judgement)]
            }
            _ => {
                let material = &signers.material;
                let (artifact, keys) = (&target.artifact, signers.keys.as_slice());
                let judgement =
                    verify_artifact(artifact, &self.bytes, &self.name, keys, material, policy);
                vec![self.result(format, judgement)]
            }
        }
    }

    /// Judges the file as a Sigstore bundle, or what becomes one, and as nothing else: the other
    /// formats demand no log.
    pub(crate) fn judge_bundle(
        &self,
        target: &Target,
        signers: &Signers,
        policy: &Policy,
    ) -> Vec<SignatureResult> {
        match SignatureFile::detect(&self.name, &self.bytes) {
            Format::Sigstore => self.judge_sigstore(target, signers, policy),
            format => vec![self.result(format, no_bundle(&self.bytes))],
        }
    }

    fn judge_sigstore(
        &self,
        target: &Target,
        signers: &Signers,
        policy: &Policy,
    ) -> Vec<SignatureResult> {
        let Some(root) = signers.material.trusted_root() else {
            let judgement = without_trusted_root();
            return vec![self.result(Format::Sigstore, judgement)];
        };
        let name = target.artifact.name();
        let file_name = name.rsplit('/').next().unwrap_or(name);
        let (bundles, now) = (&signers.bundles, policy.now);
        let verify = |artifact: &sigstore::Artifact<'_>| {
            sigstore::verify_file(&self.bytes, file_name, artifact, bundles, root, now)
        };
        let mut verified = verify(&sigstore::Artifact::Digests(&target.digests));
        // Keys on other curves sign other digests, and Ed25519 the content itself.
        let is_needed = |one: &VerifiedBundle| one.judgement.reason == Reason::ContentNeeded;
        if verified.iter().any(is_needed) {
            match target.artifact.content() {
                Ok(content) => verified = verify(&sigstore::Artifact::Bytes(&content)),
                Err(why) => verified
                    .iter_mut()
                    .filter(|one| is_needed(one))
                    .for_each(|one| one.judgement = (*why).clone()),
            }
        }
        if verified.is_empty() {
            let judgement = Judgement::nothing_signed();
            return vec![self.result(Format::Sigstore, judgement)];
        }
        verified.into_iter().map(|verified| self.bundle_result(verified, now)).collect()
    }

    /// Says whether this is a clear-signed text (RFC 9580, section 7).
    pub(crate) fn is_clear_signed(&self) -> bool {
        self.bytes.starts_with(CLEAR_SIGNED)
    }

    /// Says whether this file is the target.
    pub(crate) fn is_itself(&self, target: &Target) -> bool {
        target.digests.contains(&Digest::sha256(Sha256::digest(&self.bytes).into()))
    }

    /// Judges a clear-signed file as what it signs. Nothing stands in it but the signed text and the
    /// signature: what could be read beside them is refused.
    fn judge_clear_signed(&self, signers: &Signers, policy: &Policy) -> SignatureResult {
        let (keys, material) = (signers.keys.as_slice(), &signers.material);
        let signed = SignedList::verify_inline(&self.bytes, keys, material, policy);
        self.result(Format::Openpgp, signed.signature().clone())
    }

    /// Says whether this is no signature of a file, but the file encrypted with OpenPGP.
    pub(crate) fn is_encrypted_file(&self) -> bool {
        self.name.ends_with(".gpg") && SignatureFile::is_encrypted(&self.bytes)
    }

    /// Says whether this is an SBOM that carries its signature within itself.
    pub(crate) fn is_signed_sbom(&self) -> bool {
        self.bytes.trim_ascii_start().starts_with(b"{")
            && serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(&self.bytes).is_ok_and(
                |members| ["bomFormat", "signature"].iter().all(|name| members.contains_key(*name)),
            )
    }

    pub(super) fn bundle_result(
        &self,
        verified: VerifiedBundle,
        now: Timestamp,
    ) -> SignatureResult {
        SignatureResult {
            predicate_type: verified.predicate_type,
            statement: verified.statement.map(|bytes| StatementBytes { bytes, now }),
            claims: verified.claims.map(Into::into),
            ..self.result(Format::Sigstore, verified.judgement)
        }
    }

    /// Judges each line of a file of attestations (in-toto attestation framework, "Bundle"), which
    /// may be about different things.
    fn judge_lines(
        &self,
        lines: &[&[u8]],
        target: &Target,
        signers: &Signers,
        policy: &Policy,
    ) -> Vec<SignatureResult> {
        let whole = Digest::sha256(Sha256::digest(&self.bytes).into());
        let line = |bytes: &&[u8]| Self { name: self.name.clone(), bytes: bytes.to_vec() };
        let judged = lines.iter().flat_map(|bytes| line(bytes).judge(target, signers, policy));
        judged.map(|result| SignatureResult { source_digest: whole.clone(), ..result }).collect()
    }

    fn judge_dsse(&self, target: &Target, signers: &Signers, policy: &Policy) -> SignatureResult {
        let keys = signers.keys.as_slice();
        let (artifact, material) = (&target.artifact, &signers.material);
        let judgement = verify_artifact(artifact, &self.bytes, &self.name, keys, material, policy);
        let rule =
            EnvelopeRule { payload_type: beleg_dsse::PAYLOAD_TYPE, threshold: NonZeroUsize::MIN };
        let statement = verify_envelope(&self.bytes, &rule, keys, policy).payload;
        SignatureResult {
            predicate_type: statement.as_deref().and_then(predicate_type),
            statement: statement.map(|bytes| StatementBytes { bytes, now: policy.now }),
            ..self.result(Format::Dsse, judgement)
        }
    }

    pub(crate) fn result(&self, signature: Format, judgement: Judgement) -> SignatureResult {
        SignatureResult {
            source: self.name.clone(),
            source_digest: Digest::sha256(Sha256::digest(&self.bytes).into()),
            signature,
            judgement,
            predicate_type: None,
            statement: None,
            claims: None,
            is_named: false,
        }
    }
}

fn predicate_type(statement: &[u8]) -> Option<String> {
    let statement = Statement::parse(statement).ok()?;
    Some(statement.predicate_type().to_owned())
}
