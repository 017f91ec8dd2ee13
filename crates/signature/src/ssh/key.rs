use super::wire::{Wire, WireError};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};
use ssh_key::Algorithm;
use ssh_key::encoding::{Decode as _, Encode as _};
use ssh_key::public::KeyData;

/// Longest name of a key type or algorithm (RFC 4251, section 6).
const MAX_NAME: usize = 64;
/// The first byte of an elliptic-curve point that gives both coordinates (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// A public key in the one encoding that it has, so that equal keys are equal bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    blob: Vec<u8>,
    name: String,
    data: Option<KeyData>,
}

/// Says why a public key cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("it is no base64")]
    Base64,
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("its type is no name")]
    Name,
    #[error("it is of another type than the one named before it")]
    OtherType,
    #[error("its fields cannot be read: {0}")]
    Fields(#[from] ssh_key::Error),
    #[error("it is not in the encoding that OpenSSH writes")]
    Encoding,
}

impl Key {
    /// Reads a key's binary form. A type that is not known is no error, but nothing can be
    /// verified with it.
    pub(crate) fn decode(blob: &[u8]) -> Result<Self, KeyError> {
        let name = Wire::new(blob).text()?;
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let data = match Algorithm::new(name)? {
            Algorithm::Other(_) => None,
            _ => Some(KeyData::decode(&mut &*blob)?),
        };
        if let Some(data) = &data {
            // Otherwise one key would have many forms, of which a revocation meets only one.
            let again = data.encode_vec().map_err(ssh_key::Error::from)?;
            if again != blob || !is_uncompressed(data) {
                return Err(KeyError::Encoding);
            }
        }
        Ok(Self { blob: blob.to_vec(), name: name.to_owned(), data })
    }

    /// Reads a key as it stands in a line: its type and base64.
    pub(crate) fn parse(kind: &str, base64: &str) -> Result<Self, KeyError> {
        let key = Self::decode(&STANDARD.decode(base64).map_err(|_| KeyError::Base64)?)?;
        if key.name == kind { Ok(key) } else { Err(KeyError::OtherType) }
    }

    /// Returns the binary form.
    pub(crate) fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// Returns the key itself, if its type is known.
    pub(crate) fn data(&self) -> Option<&KeyData> {
        self.data.as_ref()
    }

    /// Returns the fingerprint as OpenSSH shows it: `SHA256:` and base64 without padding.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.blob)
    }
}

/// Returns the fingerprint of a key in its binary form.
pub(super) fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

/// Says whether `name` may name a key type or an algorithm (RFC 4251, section 6).
pub(crate) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// Says whether the key's point, if it has one, is written in full, as OpenSSH demands.
fn is_uncompressed(key: &KeyData) -> bool {
    let point = match key {
        KeyData::Ecdsa(key) => key.as_sec1_bytes(),
        KeyData::SkEcdsaSha2NistP256(key) => key.ec_point().as_bytes(),
        _ => return true,
    };
    point.first() == Some(&UNCOMPRESSED)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::super::wire::put_string;
    use super::*;
    use proptest::prelude::*;

    fn blob(fields: &[&[u8]]) -> Vec<u8> {
        let mut blob = Vec::new();
        fields.iter().for_each(|field| put_string(&mut blob, field));
        blob
    }

    #[test]
    fn a_key_has_one_form() {
        let plain = blob(&[b"ssh-ed25519", &[7; 32]]);
        assert!(Key::decode(&plain).unwrap().data().is_some());
        let longer = [&plain[..], b"x"].concat();
        assert!(matches!(Key::decode(&longer), Err(KeyError::Encoding)));
        let padded = blob(&[b"ssh-rsa", b"\0\x01\0\x01", &[0x7f; 256]]);
        assert!(Key::decode(&padded).is_err());
        let other_name = blob(&[b"rsa-sha2-512", b"\x01\0\x01", &[0x7f; 256]]);
        assert!(matches!(Key::decode(&other_name), Err(KeyError::Encoding)));
    }

    #[test]
    fn a_compressed_point_is_refused_as_openssh_refuses_it() {
        let mut point = vec![2];
        point.extend([1; 32]);
        let key = blob(&[b"ecdsa-sha2-nistp256", b"nistp256", &point]);
        assert!(matches!(Key::decode(&key), Err(KeyError::Encoding)));
        let key = blob(&[b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", &point, b"ssh:"]);
        assert!(Key::decode(&key).is_err());
    }

    #[test]
    fn an_unknown_type_is_kept_as_it_is() {
        let key = Key::decode(&blob(&[b"ssh-new@example.org", b"x", b"y"])).unwrap();
        assert_eq!((&*key.name, key.data()), ("ssh-new@example.org", None));
        assert!(matches!(Key::decode(&blob(&[b"a b"])), Err(KeyError::Name)));
        assert!(matches!(Key::decode(&blob(&[&[b'a'; 65]])), Err(KeyError::Name)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Key::decode(&bytes);
            let _ = Key::decode(&[&b"\0\0\0\x07ssh-rsa"[..], &bytes].concat());
        }
    }
}
