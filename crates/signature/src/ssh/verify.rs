//! Whether a signature is by a key. `ssh-key` takes both apart and verifies Ed25519; for the rest it
//! would need an RSA crate that is no release yet and a second generation of elliptic curves, so that
//! is aws-lc's here, as for all other kinds of signatures.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self as lc, RsaParameters, UnparsedPublicKey, VerificationAlgorithm};
use ed25519_dalek::Verifier as _;
use sha2::{Digest as _, Sha256};
use ssh_key::encoding::Decode as _;
use ssh_key::public::{KeyData, RsaPublicKey, SkEcdsaSha2NistP256};
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, Mpint, Signature};

/// Flags (one byte) and counter (four bytes) at the end of a FIDO signature.
pub(super) const FIDO_TRAILER: usize = 5;

/// Says whether `key` made `signature` over exactly the bytes of `message`. The two must be of one
/// algorithm.
pub(super) fn is_by(key: &KeyData, signature: &Signature, message: &[u8]) -> bool {
    match key {
        KeyData::Rsa(key) => rsa(key, signature, message),
        KeyData::Ecdsa(key) => {
            ecdsa(key.curve(), key.as_sec1_bytes(), signature.as_bytes(), message)
        }
        KeyData::SkEcdsaSha2NistP256(key) => fido(key, signature.as_bytes(), message),
        KeyData::Ed25519(_) | KeyData::SkEd25519(_) => key.verify(message, signature).is_ok(),
        _ => false,
    }
}

/// RSASSA-PKCS1-v1_5 (RFC 8332).
fn rsa(key: &RsaPublicKey, signature: &Signature, message: &[u8]) -> bool {
    let parameters: &RsaParameters = match signature.algorithm() {
        Algorithm::Rsa { hash: Some(HashAlg::Sha256) } => &lc::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) } => &lc::RSA_PKCS1_2048_8192_SHA512,
        _ => return false,
    };
    let (Some(n), Some(e)) = (key.n().as_positive_bytes(), key.e().as_positive_bytes()) else {
        return false;
    };
    PublicKeyComponents { n, e }.verify(parameters, message, signature.as_bytes()).is_ok()
}

/// ECDSA (RFC 5656): each curve has its hash.
fn ecdsa(curve: EcdsaCurve, point: &[u8], signature: &[u8], message: &[u8]) -> bool {
    let (algorithm, size): (&'static dyn VerificationAlgorithm, usize) = match curve {
        EcdsaCurve::NistP256 => (&lc::ECDSA_P256_SHA256_FIXED, 32),
        EcdsaCurve::NistP384 => (&lc::ECDSA_P384_SHA384_FIXED, 48),
        EcdsaCurve::NistP521 => (&lc::ECDSA_P521_SHA512_FIXED, 66),
    };
    of_one_size(signature, size).is_some_and(|signature| {
        UnparsedPublicKey::new(algorithm, point).verify(message, &signature).is_ok()
    })
}

/// What a FIDO key signs (OpenSSH's PROTOCOL.u2f): whom it is for, its flags and counter, and the
/// message.
fn fido(key: &SkEcdsaSha2NistP256, signature: &[u8], message: &[u8]) -> bool {
    let end = signature.len().checked_sub(FIDO_TRAILER);
    let Some((signature, trailer)) = end.and_then(|end| signature.split_at_checked(end)) else {
        return false;
    };
    let application = Sha256::digest(key.application());
    let signed = [&application[..], trailer, &Sha256::digest(message)[..]].concat();
    ecdsa(EcdsaCurve::NistP256, key.ec_point().as_bytes(), signature, &signed)
}

/// Writes the two integers of an ECDSA signature, each with `size` bytes.
fn of_one_size(mut signature: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut fixed = Vec::new();
    for _ in 0..2 {
        let integer = Mpint::decode(&mut signature).ok()?;
        let integer = integer.as_positive_bytes()?;
        let zeros = size.checked_sub(integer.len())?;
        fixed.extend(std::iter::repeat_n(0, zeros));
        fixed.extend(integer);
    }
    signature.is_empty().then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::super::wire::put_string;
    use super::*;

    fn integers(all: &[&[u8]]) -> Vec<u8> {
        let mut signature = Vec::new();
        all.iter().for_each(|integer| put_string(&mut signature, integer));
        signature
    }

    /// Integers are as short as they can be, with a zero before a first bit that is set.
    #[test]
    fn integers_get_their_leading_zeros_and_nothing_may_follow() {
        let both = integers(&[&[0, 0x80], &[7]]);
        assert_eq!(of_one_size(&both, 2), Some(vec![0, 0x80, 0, 7]));
        assert_eq!(of_one_size(&both, 1), Some(vec![0x80, 7]));
        assert_eq!(of_one_size(&[&both[..], b"x"].concat(), 2), None);
        assert_eq!(of_one_size(&integers(&[&[1]]), 2), None, "one is missing");
        assert_eq!(of_one_size(&integers(&[&[1, 2, 3], &[7]]), 2), None, "too long");
        assert_eq!(of_one_size(&integers(&[&[0x80], &[7]]), 2), None, "negative");
    }
}
