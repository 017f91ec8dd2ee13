use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;

const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";
/// Signature type byte of Ed25519 (C2SP signed-note, section "Signature types").
const ED25519: u8 = 0x01;

/// Says why a key or a signature was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is no key of the expected form.
    #[error("the text is no {0} of the form `{1}`")]
    Malformed(&'static str, &'static str),
    /// The key's hash does not belong to its name and bytes.
    #[error("the hash in the key of `{0}` does not belong to its name and bytes")]
    WrongHash(String),
    /// The name is empty or has a space or a plus sign in it.
    #[error("`{0}` cannot name a key: it must not be empty or hold white space or `+`")]
    BadName(String),
    /// The signature was not made by this key over these bytes.
    #[error("the signature was not made by `{0}` over these bytes")]
    BadSignature(String),
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    NoRandomness,
}

/// A named Ed25519 private key. It has no `Debug` that shows the secret.
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

/// A named Ed25519 public key: `<name>+<8 hex digits>+<base64>` (C2SP signed-note).
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Signer {
    /// Makes a new key from the operating system's randomness.
    ///
    /// # Errors
    /// When `name` cannot name a key, or there is no randomness.
    pub fn generate(name: &str) -> Result<Self, KeyError> {
        let mut seed = [0u8; 32];
        getrandom::fill(&mut seed).map_err(|_| KeyError::NoRandomness)?;
        Self::from_seed(name, seed)
    }

    /// Makes the key that belongs to a 32-byte seed.
    ///
    /// # Errors
    /// When `name` cannot name a key.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(&seed);
        let verifier = Verifier::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// Reads `PRIVATE+KEY+<name>+<8 hex digits>+<base64>`, with or without a final newline.
    ///
    /// # Errors
    /// When the text has another form, or its hash does not fit.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed("private key", "PRIVATE+KEY+<name>+<hash>+<base64>");
        let rest = text.trim_end().strip_prefix(PRIVATE_PREFIX).ok_or_else(malformed)?;
        let (name, hash, bytes) = split(rest).ok_or_else(malformed)?;
        let signer = Self::from_seed(name, bytes)?;
        if signer.verifier.id == hash {
            Ok(signer)
        } else {
            Err(KeyError::WrongHash(name.to_owned()))
        }
    }

    /// Writes the private key in the form that [`Signer::parse`] reads. Keep it secret.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        let Verifier { name, id, .. } = &self.verifier;
        format!("{PRIVATE_PREFIX}{name}+{id:08x}+{}", encode(self.key.as_bytes()))
    }

    /// Returns the public half.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs `message`; the signature is 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.verifier).finish()
    }
}

impl Verifier {
    /// Reads `<name>+<8 hex digits>+<base64>`, with or without a final newline.
    ///
    /// # Errors
    /// When the text has another form, its hash does not fit, or the point is not on the curve.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed("public key", "<name>+<hash>+<base64>");
        let (name, hash, bytes) = split(text.trim_end()).ok_or_else(malformed)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| malformed())?;
        let verifier = Self::new(name, key)?;
        if verifier.id == hash { Ok(verifier) } else { Err(KeyError::WrongHash(name.to_owned())) }
    }

    /// Returns the key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the 4-byte key id: the start of SHA-256 over name, newline, type and key.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Returns the Ed25519 public key (RFC 8032).
    #[must_use]
    pub fn key_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Checks a signature over `message`.
    ///
    /// # Errors
    /// When the signature is not 64 bytes or was not made by this key over these bytes.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let refuse = || KeyError::BadSignature(self.name.clone());
        let signature = Signature::from_slice(signature).map_err(|_| refuse())?;
        self.key.verify_strict(message, &signature).map_err(|_| refuse())
    }

    fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(KeyError::BadName(name.to_owned()));
        }
        let id = key_id(name, key.as_bytes());
        Ok(Self { name: name.to_owned(), id, key })
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.name, self.id, encode(self.key.as_bytes()))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({self})")
    }
}

fn key_id(name: &str, key: &[u8; 32]) -> u32 {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key)
        .finalize();
    let mut id = [0u8; 4];
    id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    u32::from_be_bytes(id)
}

fn encode(key: &[u8; 32]) -> String {
    let mut bytes = vec![ED25519];
    bytes.extend_from_slice(key);
    BASE64_STANDARD.encode(bytes)
}

/// Splits `<name>+<hash>+<base64>`. The base64 may hold plus signs of its own.
fn split(text: &str) -> Option<(&str, u32, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (hash, data) = rest.split_once('+')?;
    let is_hash = hash.len() == 8 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let bytes = BASE64_STANDARD.decode(data).ok()?;
    let (kind, key) = bytes.split_first()?;
    let hash = u32::from_str_radix(hash, 16).ok()?;
    if is_hash && *kind == ED25519 { Some((name, hash, key.try_into().ok()?)) } else { None }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_as_written() {
        let signer = Signer::generate("beleg.example/log").unwrap();
        let again = Signer::parse(&signer.to_secret_text()).unwrap();
        assert_eq!(again.verifier(), signer.verifier());
        let public = signer.verifier().to_string();
        assert_eq!(&Verifier::parse(&public).unwrap(), signer.verifier());
    }

    /// The example key of Go's `sumdb/note` documentation, so that our keys are theirs.
    #[test]
    fn a_key_of_the_go_implementation_is_read() {
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(Verifier::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn a_key_under_another_name_is_refused() {
        let public = Signer::generate("one").unwrap().verifier().to_string();
        let renamed = public.replacen("one", "two", 1);
        assert_eq!(Verifier::parse(&renamed), Err(KeyError::WrongHash("two".to_owned())));
    }

    #[test]
    fn malformed_keys_are_refused() {
        for text in
            ["", "a", "a+b", "a+00000000+", "a+0000000g+AA==", "PRIVATE+KEY+", "+00000000+AA=="]
        {
            assert!(Verifier::parse(text).is_err(), "{text}");
            assert!(Signer::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let signer = Signer::generate("n").unwrap();
        let secret = signer.to_secret_text();
        let tail = secret.rsplit('+').next().unwrap();
        assert!(!format!("{signer:?}").contains(tail));
    }
}
