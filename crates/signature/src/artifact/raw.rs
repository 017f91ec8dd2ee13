use super::algorithm::Scheme;
use super::content::ContentError;
use super::outcome::made_by;
use super::{Artifact, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_trust::{Check, Judgement, Policy, Reason};

/// The longest bare signature: RSA of 8,192 bits.
pub(super) const MAX_RAW_SIGNATURE: usize = 1_024;

/// Judges a bare signature, as `openssl dgst -sign`, `openssl pkeyutl -sign -rawin` and
/// `cosign sign-blob --key` make it. Nothing in it names its key or its hash, so that all keys
/// and the hashes of the SHA-2 family are tried.
pub(super) fn judge(
    artifact: &Artifact,
    signature: &[u8],
    keys: &[PublicKey],
    policy: &Policy,
) -> Judgement {
    if keys.is_empty() {
        return Judgement::of(Reason::UnknownKey, Check::Unknown, Check::Bad)
            .noting("it does not say which key made it, and none was given");
    }
    let signature = decoded(signature);
    let mut undecided: Option<ContentError> = None;
    for key in keys {
        match scheme_that_fits(artifact, &signature, key) {
            Ok(Some(scheme)) => return made_by(key, key.material().described(scheme), policy),
            Ok(None) => {}
            Err(error) => undecided = Some(error),
        }
    }
    match undecided {
        Some(error) => error.judge(),
        None => Judgement::bad(Reason::BadSignature).noting(format!(
            "it fits this content under none of the {} keys, and does not say which made it",
            keys.len()
        )),
    }
}

/// Takes base64 off, which cosign writes.
pub(super) fn decoded(signature: &[u8]) -> Vec<u8> {
    let text: Vec<u8> =
        signature.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(&text).unwrap_or_else(|_| signature.to_vec())
}

fn scheme_that_fits(
    artifact: &Artifact,
    signature: &[u8],
    key: &PublicKey,
) -> Result<Option<Scheme>, ContentError> {
    let material = key.material();
    if !material.takes_length(signature.len()) {
        return Ok(None);
    }
    let mut undecided = None;
    for scheme in material.schemes() {
        let fits = match scheme.hash() {
            None => artifact.in_memory().map(|content| material.fits(*scheme, &content, signature)),
            Some(hash) => artifact
                .digest(hash)
                .map(|digest| material.fits_digest(*scheme, &digest, signature)),
        };
        match fits {
            Ok(true) => return Ok(Some(*scheme)),
            Ok(false) => {}
            // Another hash may be the signed one, so that this decides only at the end.
            Err(error) => undecided = Some(error),
        }
    }
    undecided.map_or(Ok(None), Err)
}
