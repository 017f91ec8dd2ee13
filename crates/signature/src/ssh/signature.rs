use super::certificate::{Certificate, CertificateError};
use super::key::{Key, KeyError, is_name};
use super::verify::{self, FIDO_TRAILER};
use super::wire::{Wire, WireError};
use crate::artifact::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ssh_key::encoding::{Decode as _, Encode as _};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, Signature, SshSig};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Longest armored signature that is read, in bytes. A certificate with as many principals and
/// options as it may have is shorter.
const MAX_ARMOR: usize = 1 << 20;
/// The first bytes of the binary form (PROTOCOL.sshsig, section 3).
const MAGIC: &[u8] = b"SSHSIG";

/// Shortest RSA key that counts (NIST SP 800-131A); OpenSSH itself still takes 1,024 bits.
const MIN_RSA_BITS: u32 = 2_048;
/// Longest RSA key that aws-lc verifies with.
const MAX_RSA_BITS: u32 = 8_192;

/// The flags of a FIDO signature (OpenSSH's PROTOCOL.u2f): somebody touched the key, and the key
/// knew who it was.
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;

/// A signature as it was read; nothing about it is verified yet.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The key that signed, or the key that the certificate is about.
    pub(crate) key: Key,
    /// The certificate, if the signer showed one.
    pub(crate) certificate: Option<Certificate>,
    /// What it was made for.
    pub(crate) namespace: String,
    hash: HashAlg,
    algorithm: String,
    /// None if it is of an unknown algorithm.
    signature: Option<Signature>,
}

/// Says why an SSH signature cannot be parsed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("it is longer than {MAX_ARMOR} bytes")]
    TooLong,
    #[error("the armor is not one SSH SIGNATURE block of base64")]
    Armor,
    #[error("the signature's fields cannot be read: {0}")]
    Wire(#[from] WireError),
    #[error("the signature's key cannot be read: {0}")]
    Key(#[from] KeyError),
    #[error("the signature's certificate cannot be read: {0}")]
    Certificate(#[from] CertificateError),
    #[error("the signature itself cannot be read: {0}")]
    Signature(#[from] ssh_key::Error),
    #[error("it does not begin with `SSHSIG`")]
    Magic,
    #[error("its version is not 1")]
    Version,
    #[error("its namespace is empty")]
    Namespace,
    #[error("its hash is neither sha256 nor sha512")]
    Hash,
    #[error("its reserved field is not empty")]
    Reserved,
}

/// Says how a signature fits a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Good,
    Bad,
    Weak,
    Unsupported,
}

/// Parses an armored SSHSIG. Whitespace within the base64 does not matter, as in OpenSSH; bytes
/// that nothing accounts for do.
pub(crate) fn parse(armor: &[u8]) -> Result<Parsed, SignatureError> {
    let blob = unarmor(armor)?;
    let mut wire = Wire::new(&blob);
    if wire.take(MAGIC.len())? != MAGIC {
        return Err(SignatureError::Magic);
    }
    if wire.u32()? != SshSig::VERSION {
        return Err(SignatureError::Version);
    }
    let key = wire.string()?;
    let namespace = wire.text()?;
    if namespace.is_empty() {
        return Err(SignatureError::Namespace);
    }
    // OpenSSH signs an empty field whatever stands here, so that anything else is unsigned.
    if !wire.string()?.is_empty() {
        return Err(SignatureError::Reserved);
    }
    let hash = match wire.string()? {
        b"sha256" => HashAlg::Sha256,
        b"sha512" => HashAlg::Sha512,
        _ => return Err(SignatureError::Hash),
    };
    let (algorithm, signature) = decode(wire.string()?)?;
    wire.finish()?;
    let (key, certificate) = match Certificate::decode(key)? {
        Some(certificate) => (certificate.key.clone(), Some(certificate)),
        None => (Key::decode(key)?, None),
    };
    let namespace = namespace.to_owned();
    Ok(Parsed { key, certificate, namespace, hash, algorithm, signature })
}

fn unarmor(armor: &[u8]) -> Result<Vec<u8>, SignatureError> {
    if armor.len() > MAX_ARMOR {
        return Err(SignatureError::TooLong);
    }
    let text = std::str::from_utf8(armor).map_err(|_| SignatureError::Armor)?;
    let inner = text.strip_prefix(BEGIN).ok_or(SignatureError::Armor)?;
    let (base64, after) = inner.split_once(END).ok_or(SignatureError::Armor)?;
    if !after.trim().is_empty() {
        return Err(SignatureError::Armor);
    }
    let base64: String = base64.chars().filter(|character| !character.is_whitespace()).collect();
    STANDARD.decode(base64).map_err(|_| SignatureError::Armor)
}

/// Reads a signature's binary form: the name of its algorithm, and its content if beleg knows
/// the algorithm. `webauthn-sk-ecdsa-sha2-nistp256@openssh.com` is one that it does not know.
pub(crate) fn decode(blob: &[u8]) -> Result<(String, Option<Signature>), ssh_key::Error> {
    let name = Wire::new(blob).text().map_err(|_| ssh_key::Error::FormatEncoding)?;
    if !is_name(name) {
        return Err(ssh_key::Error::FormatEncoding);
    }
    let signature = match Algorithm::new(name)? {
        Algorithm::Other(_) => None,
        _ => {
            let signature = Signature::decode(&mut &*blob)?;
            // Bytes that nothing accounts for would be unsigned.
            if signature.encode_vec()? != blob {
                return Err(ssh_key::Error::FormatEncoding);
            }
            Some(signature)
        }
    };
    Ok((name.to_owned(), signature))
}

/// Verifies that `key` made `signature` over exactly the bytes of `signed`.
pub(crate) fn fit(key: &Key, signature: Option<&Signature>, signed: &[u8]) -> Fit {
    let (Some(key), Some(signature)) = (key.data(), signature) else {
        return Fit::Unsupported;
    };
    match (key, signature.algorithm()) {
        (KeyData::Dsa(_), _) | (KeyData::Rsa(_), Algorithm::Rsa { hash: None }) => {
            return Fit::Weak;
        }
        (KeyData::Rsa(rsa), Algorithm::Rsa { .. }) if rsa.key_size() < MIN_RSA_BITS => {
            return Fit::Weak;
        }
        (KeyData::Rsa(rsa), Algorithm::Rsa { .. }) if rsa.key_size() > MAX_RSA_BITS => {
            return Fit::Unsupported;
        }
        (KeyData::Other(_) | KeyData::Certificate(_), _) => return Fit::Unsupported,
        (KeyData::Rsa(_), Algorithm::Rsa { .. }) => {}
        (_, algorithm) if algorithm == key.algorithm() => {}
        _ => return Fit::Bad,
    }
    if verify::is_by(key, signature, signed) { Fit::Good } else { Fit::Bad }
}

impl Parsed {
    /// Returns the hash of which [`Self::fit`] wants to know the digest.
    pub(crate) fn hash(&self) -> Hash {
        match self.hash {
            HashAlg::Sha256 => Hash::Sha256,
            _ => Hash::Sha512,
        }
    }

    /// Verifies the signature over a message with this digest. What is signed is a frame around it
    /// (PROTOCOL.sshsig, section 3).
    pub(crate) fn fit(&self, digest: &[u8]) -> Fit {
        let mut signed = MAGIC.to_vec();
        for field in [self.namespace.as_bytes(), b"", self.hash.as_str().as_bytes(), digest] {
            // Armor and digests are far shorter than what the length can say.
            signed.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
            signed.extend(field);
        }
        fit(&self.key, self.signature.as_ref(), &signed)
    }

    /// Returns the signature's algorithm and hash, such as `ssh-ed25519 sha512`.
    pub(crate) fn algorithm(&self) -> String {
        format!("{} {}", self.algorithm, self.hash.as_str())
    }

    /// Says whether a FIDO key signed without anyone touching it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.fido_flags().is_some_and(|flags| flags & USER_PRESENT == 0)
    }

    /// Says whether a FIDO key knew who touched it, by a PIN or a finger.
    pub(crate) fn is_user_verified(&self) -> bool {
        self.fido_flags().is_some_and(|flags| flags & USER_VERIFIED != 0)
    }

    fn fido_flags(&self) -> Option<u8> {
        let key = self.key.data()?;
        if !key.is_sk_ed25519() && !key.is_sk_ecdsa_p256() {
            return None;
        }
        let bytes = self.signature.as_ref()?.as_bytes();
        bytes.len().checked_sub(FIDO_TRAILER).and_then(|at| bytes.get(at)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn armored(blob: &[u8]) -> Vec<u8> {
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(blob)).into_bytes()
    }

    #[test]
    fn broken_armor_is_refused() {
        for armor in ["", BEGIN, &format!("{BEGIN}\n{END}"), &format!("{BEGIN}\n%%%\n{END}")] {
            assert!(parse(armor.as_bytes()).is_err(), "{armor}");
        }
        assert!(matches!(parse(b"\xff"), Err(SignatureError::Armor)));
    }

    #[test]
    fn a_gigantic_signature_is_refused_unread() {
        assert!(matches!(
            parse(&vec![b'-'; MAX_ARMOR.saturating_add(1)]),
            Err(SignatureError::TooLong)
        ));
    }

    #[test]
    fn text_after_the_armor_is_refused() {
        let armor = format!("{BEGIN}\nAAAA\n{END}\n{BEGIN}\nAAAA\n{END}\n");
        assert!(matches!(parse(armor.as_bytes()), Err(SignatureError::Armor)));
    }

    #[test]
    fn a_length_that_lies_is_refused_without_allocating_it() {
        let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
        blob.extend([0xff; 4]);
        assert!(matches!(parse(&armored(&blob)), Err(SignatureError::Wire(_))));
    }

    proptest! {
        #[test]
        fn arbitrary_fields_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
            blob.extend(tail);
            let _ = parse(&armored(&blob));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }
    }
}
