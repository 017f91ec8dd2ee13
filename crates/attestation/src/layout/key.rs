use super::canonical::canonical;
use crate::provenance::{Object, ShapeError};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use beleg_model::text::shown;
use der::Decode as _;
use der::oid::ObjectIdentifier;
use der::pem::LineEnding;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use x509_cert::spki::SubjectPublicKeyInfoRef;

const MAX_KEY_BYTES: usize = 16 << 10;
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// A public key that layouts or links are signed with. Two are the same when the key is, however
/// it is named and whatever scheme it is used with.
#[derive(Clone, Debug)]
pub struct LayoutKey {
    scheme: Scheme,
    /// 32 bytes for Ed25519, otherwise the SPKI in DER.
    material: Vec<u8>,
}

/// Says why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutKeyError {
    /// More than 16 KiB.
    #[error("the key is larger than {MAX_KEY_BYTES} bytes")]
    TooLarge,
    /// No public key in PEM or hex.
    #[error("it is no public key in PEM (SPKI) or hex")]
    Malformed,
    /// A kind of key or scheme that is not known here: OpenPGP, P-521, ML-DSA.
    #[error("keys of the kind `{0}` are not known")]
    Unsupported(String),
    /// The kind of key that is stated is not the one that is there.
    #[error("the key is not of the kind that is stated")]
    KindMismatch,
    /// A field is absent or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Ed25519,
    RsaPss256,
    RsaPss384,
    RsaPss512,
    RsaPkcs256,
    RsaPkcs384,
    RsaPkcs512,
    EcdsaP256,
    EcdsaP384,
}

const SCHEMES: [Scheme; 9] = [
    Scheme::Ed25519,
    Scheme::RsaPss256,
    Scheme::RsaPss384,
    Scheme::RsaPss512,
    Scheme::RsaPkcs256,
    Scheme::RsaPkcs384,
    Scheme::RsaPkcs512,
    Scheme::EcdsaP256,
    Scheme::EcdsaP384,
];

impl LayoutKey {
    /// Reads a public key in PEM (SPKI): Ed25519, RSA (used with PSS and SHA-256), or ECDSA on
    /// P-256 or P-384.
    ///
    /// # Errors
    /// [`LayoutKeyError`] for other kinds and for what is no key.
    pub fn from_pem(pem: &str) -> Result<Self, LayoutKeyError> {
        if pem.len() > MAX_KEY_BYTES {
            return Err(LayoutKeyError::TooLarge);
        }
        let (label, spki) =
            der::pem::decode_vec(pem.trim().as_bytes()).map_err(|_| LayoutKeyError::Malformed)?;
        if label != "PUBLIC KEY" {
            return Err(LayoutKeyError::Malformed);
        }
        let parsed =
            SubjectPublicKeyInfoRef::from_der(&spki).map_err(|_| LayoutKeyError::Malformed)?;
        let scheme = if parsed.algorithm.oid == ED25519 {
            let raw = parsed.subject_public_key.as_bytes().ok_or(LayoutKeyError::Malformed)?;
            return Self::ed25519(raw);
        } else if parsed.algorithm.oid == RSA {
            Scheme::RsaPss256
        } else if parsed.algorithm.oid == EC {
            match parsed.algorithm.parameters_oid() {
                Ok(P256) => Scheme::EcdsaP256,
                Ok(P384) => Scheme::EcdsaP384,
                _ => return Err(LayoutKeyError::Unsupported("ecdsa".to_owned())),
            }
        } else {
            return Err(LayoutKeyError::Unsupported(parsed.algorithm.oid.to_string()));
        };
        Ok(Self { scheme, material: spki })
    }

    fn ed25519(raw: &[u8]) -> Result<Self, LayoutKeyError> {
        let bytes = raw.try_into().map_err(|_| LayoutKeyError::Malformed)?;
        ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| LayoutKeyError::Malformed)?;
        Ok(Self { scheme: Scheme::Ed25519, material: raw.to_vec() })
    }

    /// Reads a key as it stands in a layout (in-toto specification v1.0, section 4.2).
    pub(super) fn read(key: Object<'_>) -> Result<Self, LayoutKeyError> {
        if key.get("method").is_some() {
            return Err(LayoutKeyError::Unsupported("OpenPGP".to_owned()));
        }
        let kind = key.required_text("keytype")?;
        let scheme = key.required_text("scheme")?;
        let unsupported =
            || LayoutKeyError::Unsupported(shown(format!("{kind}/{scheme}").as_bytes()));
        // Older tools name the kind as the scheme.
        let same = |(known, with): (&str, &str)| with == scheme && (kind == known || kind == with);
        let scheme = SCHEMES.into_iter().find(|it| same(it.names())).ok_or_else(unsupported)?;
        let public = key.required_object("keyval")?.required_text("public")?;
        if public.len() > MAX_KEY_BYTES {
            return Err(LayoutKeyError::TooLarge);
        }
        let read = if public.trim_start().starts_with("-----BEGIN") {
            Self::from_pem(public)?
        } else {
            Self::ed25519(&hex::decode(public).map_err(|_| LayoutKeyError::Malformed)?)?
        };
        if !read.scheme.fits(scheme) {
            return Err(LayoutKeyError::KindMismatch);
        }
        Ok(Self { scheme, ..read })
    }

    /// Returns the ids that in-toto's tools give this key: the SHA-256 of its canonical JSON, whose
    /// PEM ends with a line break or, from older versions, without.
    pub(super) fn ids(&self) -> impl Iterator<Item = String> {
        let (kind, scheme) = self.scheme.names();
        let publics = if self.scheme == Scheme::Ed25519 {
            vec![hex::encode(&self.material)]
        } else {
            let pem = der::pem::encode_string("PUBLIC KEY", LineEnding::LF, &self.material)
                .unwrap_or_default();
            vec![pem.trim().to_owned(), pem]
        };
        publics.into_iter().map(move |public| {
            let key = json!({"keytype": kind, "scheme": scheme, "keyval": {"public": public}});
            hex::encode(Sha256::digest(canonical(&key).unwrap_or_default()))
        })
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self.scheme {
            Scheme::Ed25519 => return self.verifies_ed25519(message, signature),
            Scheme::RsaPss256 => &RSA_PSS_2048_8192_SHA256,
            Scheme::RsaPss384 => &RSA_PSS_2048_8192_SHA384,
            Scheme::RsaPss512 => &RSA_PSS_2048_8192_SHA512,
            Scheme::RsaPkcs256 => &RSA_PKCS1_2048_8192_SHA256,
            Scheme::RsaPkcs384 => &RSA_PKCS1_2048_8192_SHA384,
            Scheme::RsaPkcs512 => &RSA_PKCS1_2048_8192_SHA512,
            Scheme::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
            Scheme::EcdsaP384 => &ECDSA_P384_SHA384_ASN1,
        };
        UnparsedPublicKey::new(algorithm, &self.material).verify(message, signature).is_ok()
    }

    fn verifies_ed25519(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(bytes) = self.material.as_slice().try_into() else { return false };
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(bytes) else { return false };
        let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else { return false };
        // Strict: keys of small order, for which one signature fits many messages, are refused.
        key.verify_strict(message, &signature).is_ok()
    }
}

impl PartialEq for LayoutKey {
    fn eq(&self, other: &Self) -> bool {
        self.material == other.material
    }
}

impl Eq for LayoutKey {}

impl Scheme {
    /// Returns the kind of key and the scheme as layouts name them.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Ed25519 => ("ed25519", "ed25519"),
            Self::RsaPss256 => ("rsa", "rsassa-pss-sha256"),
            Self::RsaPss384 => ("rsa", "rsassa-pss-sha384"),
            Self::RsaPss512 => ("rsa", "rsassa-pss-sha512"),
            Self::RsaPkcs256 => ("rsa", "rsa-pkcs1v15-sha256"),
            Self::RsaPkcs384 => ("rsa", "rsa-pkcs1v15-sha384"),
            Self::RsaPkcs512 => ("rsa", "rsa-pkcs1v15-sha512"),
            Self::EcdsaP256 => ("ecdsa", "ecdsa-sha2-nistp256"),
            Self::EcdsaP384 => ("ecdsa", "ecdsa-sha2-nistp384"),
        }
    }

    /// Says whether both are for keys of one kind, and one curve.
    fn fits(self, other: Self) -> bool {
        let (kind, scheme) = self.names();
        let (other_kind, other_scheme) = other.names();
        kind == other_kind && (kind == "rsa" || scheme == other_scheme)
    }
}
