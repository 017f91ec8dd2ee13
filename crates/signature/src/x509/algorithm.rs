//! Which signatures count, and whether they fit: one place for messages and certificates.

use super::signed_data::Algorithm;
use super::tlv::{self, DerError, Reader};
use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{self as keys, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::ObjectIdentifier;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const ID_MD5: ObjectIdentifier = oid("1.2.840.113549.2.5");
const ID_SHA1: ObjectIdentifier = oid("1.3.14.3.2.26");
const ID_SHA224: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.4");
const ID_SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
const ID_SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
const ID_SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
const P256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = oid("1.3.132.0.34");
const P521: ObjectIdentifier = oid("1.3.132.0.35");
const ED25519: ObjectIdentifier = oid("1.3.101.112");
/// Signature algorithms that name their hash: which family, which hash.
const NAMED: [(ObjectIdentifier, Family, Hash); 11] = [
    (oid("1.2.840.113549.1.1.4"), Family::Rsa, Hash::Weak),
    (oid("1.2.840.113549.1.1.5"), Family::Rsa, Hash::Weak),
    (oid("1.2.840.113549.1.1.14"), Family::Rsa, Hash::Weak),
    (oid("1.2.840.113549.1.1.11"), Family::Rsa, Hash::Sha256),
    (oid("1.2.840.113549.1.1.12"), Family::Rsa, Hash::Sha384),
    (oid("1.2.840.113549.1.1.13"), Family::Rsa, Hash::Sha512),
    (oid("1.2.840.10045.4.1"), Family::Ecdsa, Hash::Weak),
    (oid("1.2.840.10045.4.3.1"), Family::Ecdsa, Hash::Weak),
    (oid("1.2.840.10045.4.3.2"), Family::Ecdsa, Hash::Sha256),
    (oid("1.2.840.10045.4.3.3"), Family::Ecdsa, Hash::Sha384),
    (oid("1.2.840.10045.4.3.4"), Family::Ecdsa, Hash::Sha512),
];
const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;

/// Whether a signature fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Good,
    Bad,
    /// It uses an algorithm that proves nothing any more.
    Weak(&'static str),
    /// It uses an algorithm, or parameters, that are not checked here.
    Unsupported(String),
}

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
    /// MD5, SHA-1, SHA-224.
    Weak,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Rsa,
    RsaPss,
    Ecdsa,
    Ed25519,
}

/// A signer's public key.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicKey<'a> {
    algorithm: Algorithm<'a>,
    bits: &'a [u8],
}

impl Hash {
    /// Returns the hash of this algorithm, or nothing for one that is not known here.
    pub(super) fn of(algorithm: ObjectIdentifier) -> Option<Self> {
        match algorithm {
            ID_SHA256 => Some(Self::Sha256),
            ID_SHA384 => Some(Self::Sha384),
            ID_SHA512 => Some(Self::Sha512),
            ID_MD5 | ID_SHA1 | ID_SHA224 => Some(Self::Weak),
            _ => None,
        }
    }

    /// Hashes `bytes`, unless the hash is weak.
    pub(super) fn digest(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let algorithm = match self {
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
            Self::Weak => return None,
        };
        Some(digest::digest(algorithm, bytes).as_ref().to_vec())
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Weak => "weak-hash",
        }
    }

    fn bytes(self) -> u32 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
            Self::Weak => 0,
        }
    }
}

impl<'a> PublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1).
    pub(super) fn parse(info: &'a [u8]) -> Result<Self, DerError> {
        let mut info = Reader::inside(info, tlv::SEQUENCE)?;
        let algorithm = Algorithm::parse(&mut info)?;
        let bits = bit_string(info.expect(tlv::BIT_STRING)?.value)?;
        info.finish()?;
        Ok(Self { algorithm, bits })
    }

    /// Returns the key's kind for people: `rsa3072`, `ecdsa-p256`, `ed25519`, or the dotted OID.
    pub(super) fn name(&self) -> String {
        match (self.algorithm.oid, self.curve()) {
            (RSA_ENCRYPTION | RSA_PSS, _) => {
                self.rsa_bits().map_or("rsa".to_owned(), |bits| format!("rsa{bits}"))
            }
            (EC_PUBLIC_KEY, Some(P256)) => "ecdsa-p256".to_owned(),
            (EC_PUBLIC_KEY, Some(P384)) => "ecdsa-p384".to_owned(),
            (EC_PUBLIC_KEY, Some(P521)) => "ecdsa-p521".to_owned(),
            (ED25519, _) => "ed25519".to_owned(),
            (other, _) => other.to_string(),
        }
    }

    /// Says whether `signature` over `message` fits. `hash` is the hash that stands beside the
    /// signature algorithm in CMS; certificates have none.
    pub(super) fn fit(
        &self,
        algorithm: &Algorithm<'_>,
        hash: Option<Hash>,
        message: &[u8],
        signature: &[u8],
    ) -> Fit {
        let (family, named) = match family(algorithm, hash) {
            Ok(found) => found,
            Err(fit) => return fit,
        };
        // An Ed25519 signature hashes by itself; for the others, two differing statements about
        // the hash leave open what was signed (RFC 5652, section 10.1.2).
        if family != Family::Ed25519 && hash.is_some_and(|hash| hash != named) {
            return Fit::Unsupported("the signature names two hashes".to_owned());
        }
        if named == Hash::Weak {
            return Fit::Weak("MD5, SHA-1 or SHA-224");
        }
        let verifier = match self.verifier(family, named) {
            Ok(verifier) => verifier,
            Err(fit) => return fit,
        };
        match UnparsedPublicKey::new(verifier, self.bits).verify(message, signature) {
            Ok(()) => Fit::Good,
            Err(_) => Fit::Bad,
        }
    }

    fn verifier(
        &self,
        family: Family,
        hash: Hash,
    ) -> Result<&'static dyn VerificationAlgorithm, Fit> {
        let key = self.algorithm.oid;
        let verifier: &'static dyn VerificationAlgorithm = match (family, key, self.curve(), hash) {
            (Family::Rsa, RSA_ENCRYPTION, _, Hash::Sha256) => &keys::RSA_PKCS1_2048_8192_SHA256,
            (Family::Rsa, RSA_ENCRYPTION, _, Hash::Sha384) => &keys::RSA_PKCS1_2048_8192_SHA384,
            (Family::Rsa, RSA_ENCRYPTION, _, Hash::Sha512) => &keys::RSA_PKCS1_2048_8192_SHA512,
            (Family::RsaPss, RSA_ENCRYPTION | RSA_PSS, _, Hash::Sha256) => {
                &keys::RSA_PSS_2048_8192_SHA256
            }
            (Family::RsaPss, RSA_ENCRYPTION | RSA_PSS, _, Hash::Sha384) => {
                &keys::RSA_PSS_2048_8192_SHA384
            }
            (Family::RsaPss, RSA_ENCRYPTION | RSA_PSS, _, Hash::Sha512) => {
                &keys::RSA_PSS_2048_8192_SHA512
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P256), Hash::Sha256) => {
                &keys::ECDSA_P256_SHA256_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P256), Hash::Sha384) => {
                &keys::ECDSA_P256_SHA384_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P256), Hash::Sha512) => {
                &keys::ECDSA_P256_SHA512_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P384), Hash::Sha256) => {
                &keys::ECDSA_P384_SHA256_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P384), Hash::Sha384) => {
                &keys::ECDSA_P384_SHA384_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P384), Hash::Sha512) => {
                &keys::ECDSA_P384_SHA512_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P521), Hash::Sha256) => {
                &keys::ECDSA_P521_SHA256_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P521), Hash::Sha384) => {
                &keys::ECDSA_P521_SHA384_ASN1
            }
            (Family::Ecdsa, EC_PUBLIC_KEY, Some(P521), Hash::Sha512) => {
                &keys::ECDSA_P521_SHA512_ASN1
            }
            (Family::Ed25519, ED25519, ..) => &keys::ED25519,
            _ => return Err(Fit::Unsupported(format!("the key is of the kind {}", self.name()))),
        };
        match self.rsa_bits() {
            Some(0..MIN_RSA_BITS) => Err(Fit::Weak("RSA with fewer than 2048 bits")),
            Some(bits) if bits > MAX_RSA_BITS => {
                Err(Fit::Unsupported("RSA with more than 8192 bits".to_owned()))
            }
            _ => Ok(verifier),
        }
    }

    fn curve(&self) -> Option<ObjectIdentifier> {
        Reader::new(self.algorithm.parameters?).oid().ok()
    }

    /// Returns the length of an RSA key's modulus (RFC 8017, appendix A.1.1).
    fn rsa_bits(&self) -> Option<usize> {
        if ![RSA_ENCRYPTION, RSA_PSS].contains(&self.algorithm.oid) {
            return None;
        }
        let mut key = Reader::inside(self.bits, tlv::SEQUENCE).ok()?;
        let modulus = key.expect(tlv::INTEGER).ok()?.value;
        let first = modulus.iter().position(|byte| *byte != 0)?;
        let significant = modulus.get(first..)?;
        let unused = usize::try_from(significant.first()?.leading_zeros()).ok()?;
        significant.len().checked_mul(8)?.checked_sub(unused)
    }
}

/// Reads a bit string of whole bytes.
pub(super) fn bit_string(value: &[u8]) -> Result<&[u8], DerError> {
    match value {
        [0, bits @ ..] => Ok(bits),
        _ => Err(DerError::Value),
    }
}

/// Returns the family of a signature algorithm, and the hash that it works with.
fn family(algorithm: &Algorithm<'_>, hash: Option<Hash>) -> Result<(Family, Hash), Fit> {
    if let Some((_, family, hash)) = NAMED.iter().find(|(oid, ..)| *oid == algorithm.oid) {
        return Ok((*family, *hash));
    }
    match (algorithm.oid, hash) {
        (ED25519, _) => Ok((Family::Ed25519, Hash::Sha512)),
        (RSA_PSS, _) => Ok((Family::RsaPss, pss_hash(algorithm)?)),
        // CMS lets the digest algorithm name the hash (RFC 3370, section 3.2).
        (RSA_ENCRYPTION, Some(hash)) => Ok((Family::Rsa, hash)),
        (other, _) => Err(Fit::Unsupported(format!("the signature algorithm is {other}"))),
    }
}

/// Reads the parameters of RSASSA-PSS (RFC 4055, section 3.1): the same hash for the mask, and a
/// salt as long as the hash, as everybody should write it.
fn pss_hash(algorithm: &Algorithm<'_>) -> Result<Hash, Fit> {
    let unsupported = || Fit::Unsupported("RSA-PSS has unusual parameters".to_owned());
    let read = || -> Result<(Option<Hash>, Option<Hash>, u32), DerError> {
        let parameters = algorithm.parameters.ok_or(DerError::Value)?;
        let mut sequence = Reader::inside(parameters, tlv::SEQUENCE)?;
        // The defaults are SHA-1 and a salt of 20 bytes.
        let (mut hash, mut mask, mut salt) = (Some(Hash::Weak), Some(Hash::Weak), 20);
        if let Some(explicit) = sequence.optional(tlv::CONTEXT_0)? {
            hash = Hash::of(Algorithm::parse(&mut Reader::new(explicit.value))?.oid);
        }
        if let Some(explicit) = sequence.optional(tlv::CONTEXT_1)? {
            let function = Algorithm::parse(&mut Reader::new(explicit.value))?;
            let parameters = function.parameters.ok_or(DerError::Value)?;
            let inner = Algorithm::parse(&mut Reader::new(parameters))?;
            mask = Hash::of(inner.oid).filter(|_| function.oid == MGF1);
        }
        if let Some(explicit) = sequence.optional(tlv::CONTEXT_2)? {
            salt = Reader::new(explicit.value).small()?;
        }
        Ok((hash, mask, salt))
    };
    match read() {
        Ok((Some(Hash::Weak), ..)) => Ok(Hash::Weak),
        Ok((Some(hash), Some(mask), salt)) if hash == mask && salt == hash.bytes() => Ok(hash),
        _ => Err(unsupported()),
    }
}
