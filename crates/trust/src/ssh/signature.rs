use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ssh_key::encoding::{Decode, Reader as _};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey, SshSig};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// Shortest RSA key that counts (NIST SP 800-131A); OpenSSH itself still takes 1,024 bits.
const MIN_RSA_BITS: u32 = 2_048;
/// Longest RSA key that the `rsa` crate verifies with.
const MAX_RSA_BITS: u32 = 8_192;

/// The user-presence flag of a FIDO signature (OpenSSH's PROTOCOL.u2f).
const USER_PRESENT: u8 = 0x01;
/// Flags (one byte) and counter (four bytes) at the end of a FIDO signature.
const FIDO_TRAILER: usize = 5;

/// Says why an SSH signature cannot be parsed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("the armor is not one SSH SIGNATURE block of base64")]
    Armor,
    #[error("the signature's fields cannot be read: {0}")]
    Fields(#[from] ssh_key::Error),
    #[error("bytes follow the signature's fields")]
    Trailing,
    #[error("its version is not 1")]
    Version,
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
pub(crate) fn parse(armor: &[u8]) -> Result<SshSig, SignatureError> {
    let text = std::str::from_utf8(armor).map_err(|_| SignatureError::Armor)?;
    let inner = text.strip_prefix(BEGIN).ok_or(SignatureError::Armor)?;
    let (base64, after) = inner.split_once(END).ok_or(SignatureError::Armor)?;
    if !after.trim().is_empty() {
        return Err(SignatureError::Armor);
    }
    let base64: String = base64.chars().filter(|character| !character.is_whitespace()).collect();
    let blob = STANDARD.decode(base64).map_err(|_| SignatureError::Armor)?;
    let reader = &mut blob.as_slice();
    let signature = SshSig::decode(reader)?;
    if !reader.is_finished() {
        return Err(SignatureError::Trailing);
    }
    if signature.version() != SshSig::VERSION {
        return Err(SignatureError::Version);
    }
    // OpenSSH signs an empty field whatever stands here, so that anything else is unsigned.
    if !signature.reserved().is_empty() {
        return Err(SignatureError::Reserved);
    }
    Ok(signature)
}

/// Verifies `message` in the namespace that the signature names.
pub(crate) fn fit(signature: &SshSig, message: &[u8]) -> Fit {
    let key = signature.public_key();
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
    let key = PublicKey::from(key.clone());
    match key.verify(signature.namespace(), message, signature) {
        Ok(()) => Fit::Good,
        Err(ssh_key::Error::AlgorithmUnsupported { .. } | ssh_key::Error::AlgorithmUnknown) => {
            Fit::Unsupported
        }
        Err(_) => Fit::Bad,
    }
}

/// Returns the key's fingerprint as OpenSSH shows it: `SHA256:` and base64.
pub(crate) fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Returns the signature's algorithm and hash, such as `ssh-ed25519 sha512`.
pub(crate) fn algorithm(signature: &SshSig) -> String {
    format!("{} {}", signature.algorithm().as_str(), signature.hash_alg().as_str())
}

/// Says whether a FIDO key signed without anyone touching it.
pub(crate) fn untouched(signature: &SshSig) -> bool {
    let key = signature.public_key();
    if !key.is_sk_ed25519() && !key.is_sk_ecdsa_p256() {
        return false;
    }
    let bytes = signature.signature_bytes();
    let flags = bytes.len().checked_sub(FIDO_TRAILER).and_then(|at| bytes.get(at));
    flags.is_none_or(|flags| flags & USER_PRESENT == 0)
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
    fn text_after_the_armor_is_refused() {
        let armor = format!("{BEGIN}\nAAAA\n{END}\n{BEGIN}\nAAAA\n{END}\n");
        assert!(matches!(parse(armor.as_bytes()), Err(SignatureError::Armor)));
    }

    #[test]
    fn a_length_that_lies_is_refused_without_allocating_it() {
        let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
        blob.extend([0xff; 4]);
        assert!(matches!(parse(&armored(&blob)), Err(SignatureError::Fields(_))));
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
