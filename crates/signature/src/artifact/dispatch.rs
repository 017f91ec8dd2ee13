use super::blocks::{Covers, judge_openpgp, judge_ssh, judge_x509};
use super::{Artifact, Payload, PublicKey, SignatureFile, SignedList};
use super::{envelope, jsf, minisign, raw, signify};
use crate::TrustMaterial;
use beleg_trust::{Check, Format, Judgement, Policy, Reason};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The largest file of signatures, in bytes.
pub const MAX_SIGNATURE_FILE_BYTES: usize = 64 << 20;

/// Verifies one signature over one artifact, in whatever plain format it is: OpenPGP, SSH, CMS,
/// minisign, signify, a bare signature, a DSSE envelope with an in-toto Statement, a signed list
/// of digests, or an SBOM signed within itself. `signature_name` is the signature's file name.
///
/// A Sigstore bundle is not verified here: ask [`SignatureFile::detect`] first.
#[must_use]
pub fn verify_artifact(
    artifact: &Artifact,
    signature: &[u8],
    signature_name: &str,
    keys: &[PublicKey],
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    if signature.len() > MAX_SIGNATURE_FILE_BYTES {
        return Judgement::bad(Reason::MalformedSignature)
            .noting("the signature is larger than any real one");
    }
    let judge = || judge(artifact, signature, signature_name, keys, trust, policy);
    // A panic of a cryptographic library says nothing about other artifacts.
    let judgement = catch_unwind(AssertUnwindSafe(judge))
        .unwrap_or_else(|_| Judgement::unknown(Reason::VerifierFailed));
    without_trust_material(judgement, keys, trust)
}

fn judge(
    artifact: &Artifact,
    signature: &[u8],
    signature_name: &str,
    keys: &[PublicKey],
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    let content = Payload::Content(artifact);
    match SignatureFile::detect(signature_name, signature) {
        Format::Ssh => judge_ssh(signature, content, trust, policy),
        Format::Openpgp => judge_openpgp(signature, Covers::Bytes, content, trust, policy),
        Format::X509 => judge_x509(signature, content, trust, policy),
        Format::Dsse => envelope::judge_statement(artifact, signature, keys, policy),
        Format::Minisign => minisign::judge(artifact, signature, keys, policy),
        Format::Signify => signify::judge(artifact, signature, keys, policy),
        Format::Jsf => jsf::judge(artifact, signature, keys, policy),
        Format::Checksums => {
            SignedList::verify_inline(signature, keys, trust, policy).judge(artifact)
        }
        Format::Raw => raw::judge(artifact, signature, keys, policy),
        Format::Sigstore => Judgement::unknown(Reason::UnsupportedFormat)
            .noting("a Sigstore bundle is verified against a trusted root"),
        Format::Unrecognised => crate::absent::broken_json(signature)
            .unwrap_or_else(|| Judgement::unknown(Reason::UnsupportedFormat)),
    }
}

/// Says that nothing was configured where nothing was: then no key could be known.
pub(super) fn without_trust_material(
    judgement: Judgement,
    keys: &[PublicKey],
    trust: &TrustMaterial,
) -> Judgement {
    let undecidable = match judgement.reason {
        Reason::UnknownKey => true,
        // These name no key: without any, nothing says that they do not fit.
        Reason::BadSignature => judgement.signer.is_none(),
        _ => false,
    };
    if !undecidable || !keys.is_empty() || !trust.is_absent() {
        return judgement;
    }
    let (reason, unknown) = (Reason::NoTrustMaterial, Check::Unknown);
    Judgement { reason, trust: unknown, crypto: unknown, ..judgement }
}
