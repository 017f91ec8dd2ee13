//! One name for a key in whatever format it comes: SSH, SPKI, OpenPGP and minisign each have a
//! fingerprint of their own, so that one key would otherwise be taken for several.
//!
//! What is named is what whoever holds the private key cannot choose anew: an Ed25519 key, the first
//! coordinate of a point, the modulus of RSA. Nothing here says whether a key may be used.

use crate::ssh::Key;
use der::Decode as _;
use der::asn1::{ObjectIdentifier, UintRef};
use sequoia_openpgp::crypto::mpi::PublicKey as OpenpgpKey;
use sequoia_openpgp::types::Curve;
use sha2::{Digest as _, Sha256};
use ssh_key::public::KeyData;
use x509_cert::spki::SubjectPublicKeyInfoRef;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Names an Ed25519 key.
pub(crate) fn of_ed25519(key: &[u8]) -> String {
    named("ed25519", key)
}

/// Names the key in an SPKI (RFC 5280, section 4.1.2.7); one of another kind by all its bytes.
pub(crate) fn of_spki(der: &[u8]) -> String {
    read_spki(der).unwrap_or_else(|| named("spki", der))
}

/// Names an SSH key; `None` for a kind that is not known, which nothing is verified with.
pub(crate) fn of_ssh(key: &Key) -> Option<String> {
    match key.data()? {
        KeyData::Ed25519(key) => Some(of_ed25519(&key.0)),
        KeyData::SkEd25519(key) => Some(of_ed25519(&key.public_key().0)),
        KeyData::Ecdsa(key) => of_point(key.as_sec1_bytes()),
        KeyData::SkEcdsaSha2NistP256(key) => of_point(key.ec_point().as_bytes()),
        KeyData::Rsa(key) => Some(of_modulus(key.n().as_bytes())),
        _ => None,
    }
}

/// Names an OpenPGP key; `None` for one that cannot sign or has no form elsewhere.
pub(crate) fn of_openpgp(key: &OpenpgpKey) -> Option<String> {
    match key {
        OpenpgpKey::RSA { n, .. } => Some(of_modulus(n.value())),
        OpenpgpKey::EdDSA { curve: Curve::Ed25519, q } => {
            Some(of_ed25519(q.value().strip_prefix(&[0x40])?))
        }
        OpenpgpKey::Ed25519 { a } => Some(of_ed25519(a)),
        OpenpgpKey::ECDSA { q, .. } => of_point(q.value()),
        _ => None,
    }
}

fn read_spki(der: &[u8]) -> Option<String> {
    /// `RSAPublicKey` (RFC 8017, appendix A.1.1).
    #[derive(der::Sequence)]
    struct RsaPublicKey<'a> {
        modulus: UintRef<'a>,
        exponent: UintRef<'a>,
    }
    let spki = SubjectPublicKeyInfoRef::from_der(der).ok()?;
    let key = spki.subject_public_key.as_bytes()?;
    match spki.algorithm.oid {
        ED25519 => Some(of_ed25519(key)),
        EC => of_point(key),
        RSA | RSA_PSS => Some(of_modulus(RsaPublicKey::from_der(key).ok()?.modulus.as_bytes())),
        _ => None,
    }
}

/// Names a point by its first coordinate, which its short form has too (SEC 1, section 2.3.3).
fn of_point(point: &[u8]) -> Option<String> {
    let (form, coordinates) = point.split_first()?;
    let first = match form {
        4 => coordinates.get(..coordinates.len().checked_div(2)?)?,
        2 | 3 => coordinates,
        _ => return None,
    };
    Some(named("ec", first))
}

fn of_modulus(modulus: &[u8]) -> String {
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    named("rsa", modulus.get(zeros..).unwrap_or_default())
}

fn named(kind: &str, material: &[u8]) -> String {
    format!("{kind}:{}", hex::encode(Sha256::digest(material)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_its_short_form_is_the_same_key_and_leading_zeros_make_no_other() {
        let whole = [&[4][..], &[7; 32], &[9; 32]].concat();
        let short = [&[3][..], &[7; 32]].concat();
        assert_eq!(of_point(&whole), of_point(&short));
        assert_ne!(of_point(&whole), of_point(&[&[2][..], &[8; 32]].concat()));
        assert_eq!(of_point(&[]), None);
        assert_eq!(of_modulus(&[0, 0, 5, 6]), of_modulus(&[5, 6]));
        assert_ne!(of_modulus(&[5, 6]), of_ed25519(&[5, 6]));
    }

    #[test]
    fn what_is_no_key_that_is_known_is_named_by_its_bytes() {
        assert_ne!(of_spki(b"one"), of_spki(b"other"));
    }
}
