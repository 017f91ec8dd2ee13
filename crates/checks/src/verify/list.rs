//! Lists of digests, such as `SHA256SUMS`, with the signatures within and beside them.

use super::signature::{SignatureBytes, SignatureResult, Target};
use super::signers::Signers;
use crate::failure::chain;
use beleg_model::Digest;
use beleg_signature::{Artifact, ArtifactError, SignatureFile, SignedList};
use beleg_trust::{Format, Judgement, Policy, Reason};
use sha2::{Digest as _, Sha512};

/// A list whose own signatures are verified.
pub(super) struct List {
    bytes: SignatureBytes,
    /// The files beside it, each with the list as that one's signature leaves it.
    beside: Vec<(SignatureBytes, SignedList)>,
    within: SignedList,
}

impl List {
    /// Verifies a list's signatures, within it and in the files beside it, once for all that it
    /// names.
    pub(super) fn verify(
        bytes: SignatureBytes,
        beside: &[SignatureBytes],
        signers: &Signers,
        policy: &Policy,
    ) -> Self {
        let (keys, material) = (signers.keys.as_slice(), &signers.material);
        let verify = |sidecar: &SignatureBytes| {
            let (signature, name) = (&sidecar.bytes, &sidecar.name);
            match SignatureFile::detect(name, signature) {
                Format::Sigstore => by_bundle(&bytes, sidecar, signers, policy),
                _ => SignedList::verify(&bytes.bytes, signature, name, keys, material, policy),
            }
        };
        Self {
            beside: beside.iter().map(|sidecar| (sidecar.clone(), verify(sidecar))).collect(),
            within: SignedList::verify_inline(&bytes.bytes, keys, material, policy),
            bytes,
        }
    }

    /// Returns the list's own name.
    pub(super) fn name(&self) -> &str {
        &self.bytes.name
    }

    /// Returns the names that it lists, whatever its signatures are worth.
    pub(super) fn entries(&self) -> impl Iterator<Item = &str> {
        self.within.list().into_iter().flat_map(|list| list.names())
    }

    /// Judges what the list says about the target, which it knows as `listed`, by each of its
    /// signatures.
    pub(super) fn judge(&self, target: &Target, listed: &str) -> Vec<SignatureResult> {
        let by = |(sidecar, signed): &(SignatureBytes, SignedList)| {
            let format = SignatureFile::detect(&sidecar.name, &sidecar.bytes);
            sidecar.result(format, signed.judge_as(&target.artifact, listed))
        };
        let mut results: Vec<SignatureResult> = self.beside.iter().map(by).collect();
        let within = self.within.judge_as(&target.artifact, listed);
        // A list without a signature of its own says nothing when it has one beside it.
        if within.reason != Reason::Unsigned || results.is_empty() {
            results.push(self.bytes.result(Format::Checksums, within));
        }
        results
    }
}

/// Verifies a list by a Sigstore bundle beside it; of several in one file, one that is trusted
/// counts, unless another one speaks against the list.
fn by_bundle(
    list: &SignatureBytes,
    sidecar: &SignatureBytes,
    signers: &Signers,
    policy: &Policy,
) -> SignedList {
    let judgement = match target_of(list) {
        Ok(target) => {
            let judged = sidecar.judge(&target, signers, policy);
            let counts = |result: &&SignatureResult| {
                (result.judgement.speaks_against(), result.is_trusted())
            };
            let decisive = judged.iter().max_by_key(counts);
            decisive.map_or_else(Judgement::nothing_signed, |result| result.judgement.clone())
        }
        Err(error) => Judgement::unreadable(chain(&error)),
    };
    SignedList::judged(&list.bytes, judgement)
}

fn target_of(list: &SignatureBytes) -> Result<Target, ArtifactError> {
    let artifact = Artifact::read(&list.name, Box::new(list.bytes.clone()))?;
    let sha512 = Digest::sha512(Sha512::digest(&list.bytes).into());
    let digests = artifact.sha256().into_iter().chain([sha512]).collect();
    Ok(Target { artifact, digests })
}
