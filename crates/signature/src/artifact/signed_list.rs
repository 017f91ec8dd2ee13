use super::blocks::{Covers, judge_openpgp};
use super::checksums::{ChecksumList, ChecksumListError, Listed};
use super::clearsigned::{self, Clearsigned};
use super::content::Hash;
use super::dispatch::{verify_artifact, without_trust_material};
use super::numbered::UNTRUSTED_COMMENT;
use super::{Artifact, Payload, PublicKey, signify};
use crate::TrustMaterial;
use beleg_trust::{Check, Judgement, Policy, Reason};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A list of digests and what its signature is worth.
#[derive(Clone, Debug)]
pub struct SignedList {
    signature: Judgement,
    list: Result<ChecksumList, ChecksumListError>,
}

impl SignedList {
    /// Verifies a list with a detached signature, given with its file name.
    #[must_use]
    pub fn verify(
        list: &[u8],
        signature: &[u8],
        signature_name: &str,
        keys: &[PublicKey],
        trust: &TrustMaterial,
        policy: &Policy,
    ) -> Self {
        let parsed = ChecksumList::parse(list);
        let signature = match Artifact::read("the list of digests", Box::new(list.to_vec())) {
            Ok(artifact) => {
                verify_artifact(&artifact, signature, signature_name, keys, trust, policy)
            }
            Err(error) => Judgement::unknown(Reason::ContentUnreadable).noting(error.to_string()),
        };
        Self { signature, list: parsed }
    }

    /// Reads a list whose signature somebody else has judged, such as a Sigstore bundle.
    #[must_use]
    pub fn judged(list: &[u8], signature: Judgement) -> Self {
        Self { signature, list: ChecksumList::parse(list) }
    }

    /// Verifies a list that carries its signature: clear-signed with OpenPGP, or embedded in a
    /// signify signature. A list without either is `unsigned`.
    #[must_use]
    pub fn verify_inline(
        bytes: &[u8],
        keys: &[PublicKey],
        trust: &TrustMaterial,
        policy: &Policy,
    ) -> Self {
        let judge = || judge_inline(bytes, keys, trust, policy);
        // A panic of a cryptographic library says nothing about other lists.
        let (signature, list) = catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(|_| {
            (Judgement::unknown(Reason::VerifierFailed), Err(ChecksumListError::Empty))
        });
        Self { signature: without_trust_material(signature, keys, trust), list }
    }

    /// Returns what the list's own signature is worth.
    #[must_use]
    pub fn signature(&self) -> &Judgement {
        &self.signature
    }

    /// Returns the list, whatever its signature is worth.
    ///
    /// # Errors
    /// When it cannot be read without doubt.
    pub fn list(&self) -> Result<&ChecksumList, &ChecksumListError> {
        self.list.as_ref()
    }

    /// Judges an artifact: it is trusted if the list's signature is, and the list holds the
    /// artifact's name and digest.
    #[must_use]
    pub fn judge(&self, artifact: &Artifact) -> Judgement {
        self.judge_as(artifact, artifact.name())
    }

    /// Judges an artifact that the list may know by another name: one within its folder.
    #[must_use]
    pub fn judge_as(&self, artifact: &Artifact, name: &str) -> Judgement {
        if self.signature.reason != Reason::Trusted {
            return self.signature.clone().noting("the signature of the list of digests decided");
        }
        let judgement = self.compare(artifact, name);
        match &self.signature.signer {
            Some(signer) => judgement.by(signer.clone()),
            None => judgement,
        }
    }

    fn compare(&self, artifact: &Artifact, name: &str) -> Judgement {
        let list = match &self.list {
            Ok(list) => list,
            Err(error) => return judge_list(error),
        };
        match list.listed(name) {
            Some(listed) => self.compare_digests(artifact, listed),
            None => {
                let judgement = Judgement::untrusted(Reason::SubjectNotCovered);
                match elsewhere(artifact, list) {
                    Some(name) => judgement.noting(format!("its digest is listed for `{name}`")),
                    None => judgement,
                }
            }
        }
    }

    /// Compares every digest that is listed by a known algorithm: all have to fit.
    fn compare_digests(&self, artifact: &Artifact, listed: &Listed) -> Judgement {
        for (hash, stated) in listed.digests.iter().rev() {
            match artifact.digest(*hash) {
                Ok(digest) if digest == *stated => {}
                Ok(digest) => {
                    return Judgement::bad(Reason::DigestMismatch).noting(format!(
                        "the list holds {}, the content has {}",
                        hex::encode(stated),
                        hex::encode(digest)
                    ));
                }
                Err(error) => return error.judge(),
            }
        }
        if !listed.digests.is_empty() {
            self.signature.clone()
        } else if listed.is_weak() {
            let note = "it is listed by MD5 or SHA-1 alone, for which others can be made to fit";
            Judgement::untrusted(Reason::WeakAlgorithm).noting(note)
        } else {
            let note = "it is listed by none of SHA-256, SHA-384 and SHA-512";
            Judgement::unknown(Reason::UnsupportedFormat).noting(note)
        }
    }
}

/// Returns a name under which the list has the artifact's digest.
fn elsewhere<'a>(artifact: &Artifact, list: &'a ChecksumList) -> Option<&'a str> {
    [Hash::Sha256, Hash::Sha512]
        .into_iter()
        .find_map(|hash| list.name_of(hash, &artifact.digest(hash).ok()?))
}

fn judge_list(error: &ChecksumListError) -> Judgement {
    let judgement = match error {
        ChecksumListError::TooLarge => Judgement::unknown(Reason::UnsupportedFormat),
        _ => Judgement::untrusted(Reason::MalformedStatement),
    };
    judgement.noting(error.to_string())
}

type Parts = (Judgement, Result<ChecksumList, ChecksumListError>);

fn judge_inline(bytes: &[u8], keys: &[PublicKey], trust: &TrustMaterial, policy: &Policy) -> Parts {
    if bytes.starts_with(clearsigned::BEGIN) {
        clearsigned(bytes, trust, policy)
    } else if bytes.starts_with(UNTRUSTED_COMMENT.trim_end().as_bytes()) {
        embedded(bytes, keys, policy)
    } else {
        let unsigned = Judgement::of(Reason::Unsigned, Check::None, Check::None);
        (unsigned, ChecksumList::parse(bytes))
    }
}

fn clearsigned(bytes: &[u8], trust: &TrustMaterial, policy: &Policy) -> Parts {
    match Clearsigned::parse(bytes) {
        Ok(parsed) => {
            let signature = parsed.signature;
            let message = parsed.signed_bytes();
            let judgement =
                judge_openpgp(signature, Covers::Text, Payload::Bytes(&message), trust, policy);
            (judgement, ChecksumList::parse(&parsed.text()))
        }
        Err(error) => {
            let judgement = Judgement::bad(Reason::MalformedSignature).noting(error.to_string());
            (judgement, Err(ChecksumListError::Empty))
        }
    }
}

fn embedded(bytes: &[u8], keys: &[PublicKey], policy: &Policy) -> Parts {
    match signify::parse(bytes) {
        Some(parsed) => {
            let judgement = signify::judge_message(parsed.embedded, &parsed, keys, policy);
            (judgement, ChecksumList::parse(parsed.embedded))
        }
        None => (signify::malformed(), Err(ChecksumListError::Empty)),
    }
}
