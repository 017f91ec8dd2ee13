use super::content::Hash;
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{
    self as lc, ParsedPublicKey, RsaParameters, RsaPssSaltLength, UnparsedPublicKey,
    VerificationAlgorithm,
};
use der::asn1::ObjectIdentifier;
use ed25519_dalek::{Signature, VerifyingKey};

/// The mathematical part of a public key.
#[derive(Clone, Debug)]
pub(super) enum Material {
    Ed25519(VerifyingKey),
    Ecdsa {
        curve: Curve,
        spki: Vec<u8>,
    },
    Rsa {
        bits: usize,
        spki: Vec<u8>,
    },
    /// A key of minisign or signify.
    Numbered {
        number: [u8; 8],
        key: VerifyingKey,
        minisign: Box<minisign_verify::PublicKey>,
        is_minisign: bool,
    },
}

/// A curve of FIPS 186-5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// How a signature is made from a key of some kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// RFC 8032, over the message itself.
    Ed25519,
    /// ECDSA, written as the ASN.1 sequence of RFC 3279.
    EcdsaAsn1(Hash),
    /// ECDSA, written as two integers of fixed size (IEEE P1363, RFC 7518).
    EcdsaFixed(Hash),
    /// RSASSA-PKCS1-v1_5 (RFC 8017).
    RsaPkcs1(Hash),
    /// RSASSA-PSS (RFC 8017) with a salt as long as the hash.
    RsaPss(Hash),
    /// RSASSA-PSS with the longest possible salt, as older OpenSSL makes it.
    RsaPssLongSalt(Hash),
}

static PSS_LONG_SHA256: RsaParameters =
    lc::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_LONG_SHA384: RsaParameters =
    lc::RSA_PSS_2048_8192_SHA384.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_LONG_SHA512: RsaParameters =
    lc::RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);

impl Curve {
    pub(super) fn of(oid: ObjectIdentifier) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.oid() == oid)
    }

    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => const { ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7") },
            Self::P384 => const { ObjectIdentifier::new_unwrap("1.3.132.0.34") },
            Self::P521 => const { ObjectIdentifier::new_unwrap("1.3.132.0.35") },
        }
    }

    /// Returns the length of one coordinate, in bytes.
    pub(super) fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::P521 => "p521",
        }
    }
}

impl Material {
    /// Says whether the library takes the key: its point is on the curve, its numbers are sound.
    pub(super) fn is_usable(&self) -> bool {
        match self {
            Self::Ed25519(_) | Self::Numbered { .. } => true,
            Self::Ecdsa { curve, spki } => {
                let algorithm: &'static dyn VerificationAlgorithm = match curve {
                    Curve::P256 => &lc::ECDSA_P256_SHA256_ASN1,
                    Curve::P384 => &lc::ECDSA_P384_SHA384_ASN1,
                    Curve::P521 => &lc::ECDSA_P521_SHA512_ASN1,
                };
                ParsedPublicKey::new(algorithm, spki).is_ok()
            }
            Self::Rsa { spki, .. } => {
                ParsedPublicKey::new(&lc::RSA_PKCS1_2048_8192_SHA256, spki).is_ok()
            }
        }
    }

    /// Returns how a signature by this key may have been made, where nothing says it.
    pub(super) fn schemes(&self) -> &'static [Scheme] {
        match self {
            Self::Ed25519(_) => &[Scheme::Ed25519],
            Self::Ecdsa { .. } => &[
                Scheme::EcdsaAsn1(Hash::Sha256),
                Scheme::EcdsaAsn1(Hash::Sha384),
                Scheme::EcdsaAsn1(Hash::Sha512),
            ],
            Self::Rsa { .. } => &[
                Scheme::RsaPkcs1(Hash::Sha256),
                Scheme::RsaPss(Hash::Sha256),
                Scheme::RsaPssLongSalt(Hash::Sha256),
                Scheme::RsaPkcs1(Hash::Sha384),
                Scheme::RsaPss(Hash::Sha384),
                Scheme::RsaPssLongSalt(Hash::Sha384),
                Scheme::RsaPkcs1(Hash::Sha512),
                Scheme::RsaPss(Hash::Sha512),
                Scheme::RsaPssLongSalt(Hash::Sha512),
            ],
            Self::Numbered { .. } => &[],
        }
    }

    /// Says whether a signature of this length can be by this key at all, so that no content is
    /// read and nothing computed in vain.
    pub(super) fn takes_length(&self, length: usize) -> bool {
        match self {
            Self::Ed25519(_) => length == 64,
            Self::Ecdsa { .. } => length <= 160,
            Self::Rsa { bits, .. } => length == bits.div_ceil(8),
            Self::Numbered { .. } => false,
        }
    }

    /// Says whether `signature` was made over `message`.
    pub(super) fn fits(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        match (self, scheme) {
            (Self::Ed25519(key), Scheme::Ed25519) => ed25519_fits(key, message, signature),
            (Self::Ecdsa { spki, .. } | Self::Rsa { spki, .. }, _) => algorithm(self, scheme)
                .is_some_and(|algorithm| {
                    UnparsedPublicKey::new(algorithm, spki).verify(message, signature).is_ok()
                }),
            _ => false,
        }
    }

    /// Says whether `signature` was made over a message with this digest. Never for Ed25519,
    /// which signs the message itself.
    pub(super) fn fits_digest(&self, scheme: Scheme, digest: &[u8], signature: &[u8]) -> bool {
        let (Self::Ecdsa { spki, .. } | Self::Rsa { spki, .. }) = self else { return false };
        let (Some(algorithm), Some(hash)) = (algorithm(self, scheme), scheme.hash()) else {
            return false;
        };
        let hash = match hash {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        };
        Digest::import_less_safe(digest, hash).is_ok_and(|digest| {
            UnparsedPublicKey::new(algorithm, spki).verify_digest(&digest, signature).is_ok()
        })
    }

    /// Returns what reports call the key's algorithm and the signature's hash.
    pub(super) fn described(&self, scheme: Scheme) -> String {
        let key = match self {
            Self::Ed25519(_) | Self::Numbered { .. } => "ed25519".to_owned(),
            Self::Ecdsa { curve, .. } => format!("ecdsa-{}", curve.name()),
            Self::Rsa { bits, .. } => match scheme {
                Scheme::RsaPss(_) | Scheme::RsaPssLongSalt(_) => format!("rsa{bits}-pss"),
                _ => format!("rsa{bits}"),
            },
        };
        match scheme.hash() {
            Some(Hash::Sha256) => format!("{key} sha256"),
            Some(Hash::Sha384) => format!("{key} sha384"),
            Some(Hash::Sha512) => format!("{key} sha512"),
            None => key,
        }
    }
}

impl Scheme {
    /// Returns the hash that is signed; none where the message itself is.
    pub(super) fn hash(self) -> Option<Hash> {
        match self {
            Self::Ed25519 => None,
            Self::EcdsaAsn1(hash)
            | Self::EcdsaFixed(hash)
            | Self::RsaPkcs1(hash)
            | Self::RsaPss(hash)
            | Self::RsaPssLongSalt(hash) => Some(hash),
        }
    }
}

/// Verifies by RFC 8032, without the leniency about small-order points that lets one signature
/// fit several messages.
pub(super) fn ed25519_fits(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
}

fn algorithm(material: &Material, scheme: Scheme) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (material, scheme) {
        (Material::Ecdsa { curve, .. }, Scheme::EcdsaAsn1(hash)) => match (curve, hash) {
            (Curve::P256, Hash::Sha256) => &lc::ECDSA_P256_SHA256_ASN1,
            (Curve::P256, Hash::Sha384) => &lc::ECDSA_P256_SHA384_ASN1,
            (Curve::P256, Hash::Sha512) => &lc::ECDSA_P256_SHA512_ASN1,
            (Curve::P384, Hash::Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
            (Curve::P384, Hash::Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
            (Curve::P384, Hash::Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
            (Curve::P521, Hash::Sha256) => &lc::ECDSA_P521_SHA256_ASN1,
            (Curve::P521, Hash::Sha384) => &lc::ECDSA_P521_SHA384_ASN1,
            (Curve::P521, Hash::Sha512) => &lc::ECDSA_P521_SHA512_ASN1,
        },
        (Material::Ecdsa { curve, .. }, Scheme::EcdsaFixed(hash)) => match (curve, hash) {
            (Curve::P256, Hash::Sha256) => &lc::ECDSA_P256_SHA256_FIXED,
            (Curve::P384, Hash::Sha384) => &lc::ECDSA_P384_SHA384_FIXED,
            (Curve::P521, Hash::Sha512) => &lc::ECDSA_P521_SHA512_FIXED,
            _ => return None,
        },
        (Material::Rsa { .. }, Scheme::RsaPkcs1(hash)) => match hash {
            Hash::Sha256 => &lc::RSA_PKCS1_2048_8192_SHA256,
            Hash::Sha384 => &lc::RSA_PKCS1_2048_8192_SHA384,
            Hash::Sha512 => &lc::RSA_PKCS1_2048_8192_SHA512,
        },
        (Material::Rsa { .. }, Scheme::RsaPss(hash)) => match hash {
            Hash::Sha256 => &lc::RSA_PSS_2048_8192_SHA256,
            Hash::Sha384 => &lc::RSA_PSS_2048_8192_SHA384,
            Hash::Sha512 => &lc::RSA_PSS_2048_8192_SHA512,
        },
        (Material::Rsa { .. }, Scheme::RsaPssLongSalt(hash)) => match hash {
            Hash::Sha256 => &PSS_LONG_SHA256,
            Hash::Sha384 => &PSS_LONG_SHA384,
            Hash::Sha512 => &PSS_LONG_SHA512,
        },
        _ => return None,
    })
}
