use super::algorithm::{Curve, Material};
use crate::key_material;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{AnyRef, BitString, ObjectIdentifier, UintRef};
use der::{Decode as _, Encode as _, Sequence};
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};
use x509_cert::spki::{AlgorithmIdentifier, SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};

/// The largest file that holds one public key, in bytes.
pub const MAX_PUBLIC_KEY_BYTES: usize = 64 << 10;
/// Shortest RSA key that counts (NIST SP 800-131A).
const MIN_RSA_BITS: usize = 2_048;
/// Longest RSA key that is verified with.
const MAX_RSA_BITS: usize = 8_192;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key that may sign, with the name that the policy and reports use for it.
///
/// It comes from PEM (`PUBLIC KEY`: Ed25519, ECDSA on P-256, P-384 or P-521, RSA of 2,048 to
/// 8,192 bits; `RSA PUBLIC KEY`), from a public-key file of minisign or signify, or from beleg's own
/// (`<name>+<hash>+<base64>`, C2SP signed-note).
#[derive(Clone, Debug)]
pub struct PublicKey {
    name: String,
    fingerprint: String,
    material: Material,
}

/// Says why a text is no public key that may be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// No name, or one that is shown badly.
    #[error("a key needs a name without control characters")]
    Name,
    /// More bytes than any key has.
    #[error("the file is larger than {MAX_PUBLIC_KEY_BYTES} bytes")]
    TooLarge,
    /// It is a private key.
    #[error("this is a private key; name the public one, and keep this one secret")]
    Private,
    /// The text is in no form of a public key, or holds more than one.
    #[error("it is not exactly one public key (PEM `PUBLIC KEY`, minisign or signify)")]
    Malformed,
    /// An algorithm that is not known.
    #[error("the key's algorithm or curve is not supported")]
    Unsupported,
    /// Too short, or a point that lets anyone sign.
    #[error("the key is too weak: RSA needs 2048 bits, Ed25519 a point of full order")]
    Weak,
}

/// `RSAPublicKey` (RFC 8017, appendix A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

impl PublicKey {
    /// Reads one public key.
    ///
    /// # Errors
    /// When the name is empty, or the bytes are not exactly one public key that may be used.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PublicKeyError> {
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(PublicKeyError::Name);
        }
        if bytes.len() > MAX_PUBLIC_KEY_BYTES {
            return Err(PublicKeyError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| PublicKeyError::Malformed)?.trim();
        let (fingerprint, material) = if text.contains("-----BEGIN") {
            from_pem(text)?
        } else if let Ok(verifier) = beleg_dsse::Verifier::parse(text) {
            from_ed25519(verifier.key_bytes())?
        } else {
            from_lines(text)?
        };
        Ok(Self { name: name.to_owned(), fingerprint, material })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns `sha256:` and the hex digest of the SPKI, or the key number of minisign and
    /// signify as minisign shows it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns the name that the key has in every format.
    pub(super) fn public_key(&self) -> String {
        match &self.material {
            Material::Ed25519(key) | Material::Numbered { key, .. } => {
                key_material::of_ed25519(key.as_bytes())
            }
            Material::Ecdsa { spki, .. } | Material::Rsa { spki, .. } => {
                key_material::of_spki(spki)
            }
        }
    }

    pub(super) fn material(&self) -> &Material {
        &self.material
    }
}

/// Returns the fingerprint of the key in an SPKI (RFC 5280, section 4.1.2.7).
pub(super) fn fingerprint_of_spki(spki: &[u8]) -> Result<String, PublicKeyError> {
    from_spki(spki).map(|(fingerprint, _)| fingerprint)
}

/// Returns the fingerprint of an RSA key, by its big-endian modulus and exponent.
pub(super) fn fingerprint_of_rsa(modulus: &[u8], exp: &[u8]) -> Result<String, PublicKeyError> {
    let malformed = |_| PublicKeyError::Malformed;
    let key = RsaPublicKey {
        modulus: UintRef::new(modulus).map_err(malformed)?,
        exponent: UintRef::new(exp).map_err(malformed)?,
    };
    from_rsa(&key).map(|(fingerprint, _)| fingerprint)
}

/// Returns the fingerprint of a key on a curve, by its uncompressed SEC 1 point.
pub(super) fn fingerprint_of_point(curve: Curve, point: &[u8]) -> Result<String, PublicKeyError> {
    from_point(curve, point).map(|(fingerprint, _)| fingerprint)
}

/// Returns the fingerprint of an Ed25519 key.
pub(super) fn fingerprint_of_ed25519(key: &[u8]) -> Result<String, PublicKeyError> {
    from_ed25519(key).map(|(fingerprint, _)| fingerprint)
}

/// Writes a key number as minisign does: a little-endian integer in hex, not padded.
pub(super) fn shown_number(number: [u8; 8]) -> String {
    format!("{:X}", u64::from_le_bytes(number))
}

type Parsed = (String, Material);

fn from_pem(text: &str) -> Result<Parsed, PublicKeyError> {
    if text.contains("PRIVATE KEY-----") {
        return Err(PublicKeyError::Private);
    }
    if text.matches("-----BEGIN").count() != 1 || !text.starts_with("-----BEGIN") {
        return Err(PublicKeyError::Malformed);
    }
    let (label, der) = unarmored(text).ok_or(PublicKeyError::Malformed)?;
    match label {
        "PUBLIC KEY" => from_spki(&der),
        "RSA PUBLIC KEY" => {
            from_rsa(&RsaPublicKey::from_der(&der).map_err(|_| PublicKeyError::Malformed)?)
        }
        _ => Err(PublicKeyError::Malformed),
    }
}

/// Takes the armor off one PEM block. Its base64 may be in one line, or in lines of any length, as
/// OpenSSL reads it and as keys come out of variables (RFC 7468, section 3: `laxbase64text`).
fn unarmored(text: &str) -> Option<(&str, Vec<u8>)> {
    let (label, rest) = text.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let (body, end) = rest.split_once("-----END ")?;
    if end.strip_suffix("-----")? != label {
        return None;
    }
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    Some((label, STANDARD.decode(body).ok()?))
}

/// Reads the form of minisign and signify: an untrusted comment, and base64 of `Ed`, a key
/// number and the key. Both tools write the same form; minisign's comment says `minisign`.
fn from_lines(text: &str) -> Result<Parsed, PublicKeyError> {
    let mut lines = text.lines();
    let first = lines.next().ok_or(PublicKeyError::Malformed)?;
    let (is_minisign, line) = match first.strip_prefix("untrusted comment:") {
        Some(comment) => {
            let line = lines.next().ok_or(PublicKeyError::Malformed)?;
            (comment.trim_start().starts_with("minisign"), line)
        }
        None => (true, first),
    };
    if lines.next().is_some() {
        return Err(PublicKeyError::Malformed);
    }
    let bytes = STANDARD.decode(line.trim_end()).map_err(|_| PublicKeyError::Malformed)?;
    let (algorithm, rest) = bytes.split_first_chunk().ok_or(PublicKeyError::Malformed)?;
    let (number, key) = rest.split_first_chunk().ok_or(PublicKeyError::Malformed)?;
    if algorithm != b"Ed" {
        return Err(PublicKeyError::Unsupported);
    }
    let key = ed25519(key)?;
    let minisign = minisign_verify::PublicKey::from_base64(line.trim_end())
        .map_err(|_| PublicKeyError::Malformed)?;
    let minisign = Box::new(minisign);
    let material = Material::Numbered { number: *number, key, minisign, is_minisign };
    Ok((shown_number(*number), material))
}

fn from_spki(der: &[u8]) -> Result<Parsed, PublicKeyError> {
    let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| PublicKeyError::Malformed)?;
    let key = spki.subject_public_key.as_bytes().ok_or(PublicKeyError::Malformed)?;
    let parameters = spki.algorithm.parameters;
    match spki.algorithm.oid {
        RSA => from_rsa(&RsaPublicKey::from_der(key).map_err(|_| PublicKeyError::Malformed)?),
        ED25519 if parameters.is_none() => from_ed25519(key),
        ECDSA => {
            let curve = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
            let curve = curve.and_then(Curve::of).ok_or(PublicKeyError::Unsupported)?;
            from_point(curve, key)
        }
        _ => Err(PublicKeyError::Unsupported),
    }
}

fn from_rsa(key: &RsaPublicKey<'_>) -> Result<Parsed, PublicKeyError> {
    let modulus = key.modulus.as_bytes();
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
    let bits = modulus.len().saturating_mul(8);
    let bits = bits.saturating_sub(usize::try_from(unused).unwrap_or(8));
    if bits < MIN_RSA_BITS {
        return Err(PublicKeyError::Weak);
    }
    if bits > MAX_RSA_BITS {
        return Err(PublicKeyError::Unsupported);
    }
    let pkcs1 = key.to_der().map_err(|_| PublicKeyError::Malformed)?;
    let spki = spki(RSA, Some(AnyRef::NULL), &pkcs1)?;
    let material = Material::Rsa { bits, spki: spki.clone() };
    finished(&spki, material)
}

fn from_point(curve: Curve, point: &[u8]) -> Result<Parsed, PublicKeyError> {
    // The uncompressed form alone, so that one key has one fingerprint (SEC 1, section 2.3.3).
    if point.first() != Some(&4) {
        return Err(PublicKeyError::Unsupported);
    }
    let oid = curve.oid();
    let spki = spki(ECDSA, Some(AnyRef::from(&oid)), point)?;
    let material = Material::Ecdsa { curve, spki: spki.clone() };
    finished(&spki, material)
}

fn from_ed25519(key: &[u8]) -> Result<Parsed, PublicKeyError> {
    let spki = spki(ED25519, None, key)?;
    Ok((fingerprint(&spki), Material::Ed25519(ed25519(key)?)))
}

fn ed25519(key: &[u8]) -> Result<VerifyingKey, PublicKeyError> {
    let key = key.try_into().map_err(|_| PublicKeyError::Malformed)?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| PublicKeyError::Malformed)?;
    // Under a key of small order, signatures can be made that fit any content.
    if key.is_weak() { Err(PublicKeyError::Weak) } else { Ok(key) }
}

fn finished(spki: &[u8], material: Material) -> Result<Parsed, PublicKeyError> {
    if material.is_usable() {
        Ok((fingerprint(spki), material))
    } else {
        Err(PublicKeyError::Malformed)
    }
}

fn fingerprint(spki: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(spki)))
}

fn spki(
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
    key: &[u8],
) -> Result<Vec<u8>, PublicKeyError> {
    let malformed = |_| PublicKeyError::Malformed;
    SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid, parameters },
        subject_public_key: BitString::from_bytes(key).map_err(malformed)?,
    }
    .to_der()
    .map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_public_key_is_refused_by_name() {
        let zero = STANDARD.encode([&b"Ed"[..], &[0; 40]].concat());
        let other = STANDARD.encode([&b"Xx"[..], &[9; 40]].concat());
        for (text, error) in [
            ("", PublicKeyError::Malformed),
            ("AAAA", PublicKeyError::Malformed),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                PublicKeyError::Private,
            ),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                PublicKeyError::Malformed,
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
                PublicKeyError::Malformed,
            ),
            (&zero, PublicKeyError::Weak),
            (&other, PublicKeyError::Unsupported),
            (&format!("untrusted comment: x\n{other}\nmore"), PublicKeyError::Malformed),
        ] {
            assert_eq!(PublicKey::parse("k", text.as_bytes()).err(), Some(error), "{text}");
        }
        assert_eq!(PublicKey::parse("", b"").err(), Some(PublicKeyError::Name));
        let gigantic = vec![b'A'; MAX_PUBLIC_KEY_BYTES + 1];
        assert_eq!(PublicKey::parse("k", &gigantic).err(), Some(PublicKeyError::TooLarge));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = PublicKey::parse("k", &bytes);
            let _ = fingerprint_of_spki(&bytes);
            let text = format!(
                "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
                STANDARD.encode(&bytes)
            );
            let _ = PublicKey::parse("k", text.as_bytes());
        }
    }
}
