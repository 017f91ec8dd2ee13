//! Detached OpenPGP, SSH and CMS signatures over a file, handed to those who judge them for git.

use super::Payload;
use super::outcome::{MAX_SIGNATURES, together};
use crate::claim::Claim;
use crate::openpgp::{self, packets};
use crate::{TrustMaterial, ssh, x509};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_trust::{DecidedBy, Judgement, Policy, Reason};
use sequoia_openpgp::armor::{Kind, Reader, ReaderMode};
use std::io::Read as _;
use std::num::NonZeroUsize;

const BEGIN_PGP: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END_PGP: &[u8] = b"-----END PGP SIGNATURE-----";
/// The namespace that ssh-keygen(1) suggests for files.
const FILE_NAMESPACE: &str = "file";
/// Largest signature without its armor, in bytes.
const MAX_UNARMORED: u64 = 1 << 20;

/// Whether an OpenPGP signature covers bytes, or a text whose lines were made canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Covers {
    Bytes,
    Text,
}

#[derive(Debug, thiserror::Error)]
enum SplitError {
    #[error("the armor is no sequence of PGP SIGNATURE blocks")]
    Armor,
    #[error("the packets cannot be read: {0}")]
    Packets(#[from] packets::PacketError),
    #[error("it holds something else than signatures")]
    NotASignature,
    #[error("it holds more than {MAX_SIGNATURES} signatures")]
    TooMany,
}

/// Judges one or several OpenPGP signatures, armored or binary, over one message.
pub(super) fn judge_openpgp(
    signature: &[u8],
    covers: Covers,
    message: Payload<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    let signatures = match split(signature) {
        Ok(signatures) => signatures,
        Err(error @ SplitError::TooMany) => {
            return Judgement::bad(Reason::TooManySignatures).noting(error.to_string());
        }
        Err(error) => {
            return Judgement::bad(Reason::MalformedSignature).noting(error.to_string());
        }
    };
    let claim = claim(message, policy);
    let judge = match covers {
        Covers::Bytes => openpgp::judge,
        Covers::Text => openpgp::judge_text,
    };
    let judgements =
        signatures.iter().map(|armor| judge(armor, &claim, trust.keyring(), policy)).collect();
    together(judgements, NonZeroUsize::MIN)
}

/// Judges an SSH signature in the namespace `file`.
pub(super) fn judge_ssh(
    signature: &[u8],
    message: Payload<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    ssh::judge(signature, &claim(message, policy), trust, policy)
}

/// Judges a CMS signature: as `x509::judge` does with the same claim, once that is in this crate.
pub(super) fn judge_x509(
    signature: &[u8],
    message: Payload<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    x509::judge(signature, &claim(message, policy), trust, policy)
}

/// Says whether the bytes are nothing but binary OpenPGP signatures.
pub(super) fn is_binary_openpgp(bytes: &[u8]) -> bool {
    let (packets, stopped) = packets::split(bytes);
    stopped.is_none()
        && !packets.is_empty()
        && packets
            .iter()
            .all(|packet| packet.tag == packets::SIGNATURE && is_signature(packet.body))
}

/// Says whether the bytes, armored or not, begin as an encrypted OpenPGP message does.
pub(super) fn is_encrypted_openpgp(bytes: &[u8]) -> bool {
    const ENCRYPTED: [u8; 4] = [1, 3, 18, 20];
    const BEGIN: &[u8] = b"-----BEGIN PGP MESSAGE-----";
    let mut head = Vec::new();
    if bytes.trim_ascii_start().starts_with(BEGIN) {
        let reader = Reader::from_bytes(bytes, ReaderMode::Tolerant(Some(Kind::Message)));
        // What cannot be read is not known to be encrypted.
        let _ = reader.take(1).read_to_end(&mut head);
    } else {
        head.extend(bytes.first());
    }
    let tag = match head.first() {
        Some(byte) if byte & 0xc0 == 0xc0 => byte & 0x3f,
        Some(byte) if byte & 0xc0 == 0x80 => (byte & 0x3c) >> 2,
        _ => return false,
    };
    ENCRYPTED.contains(&tag)
}

fn claim<'a>(payload: Payload<'a>, policy: &Policy) -> Claim<'a> {
    Claim {
        payload,
        namespace: FILE_NAMESPACE,
        email: None,
        time: policy.now,
        time_is: DecidedBy::CheckTime,
    }
}

/// A version that exists, so that random bytes are not taken for a signature.
fn is_signature(body: &[u8]) -> bool {
    body.len() > 10 && body.first().is_some_and(|version| (3..=6).contains(version))
}

/// Takes signatures apart and gives each an armor of its own.
fn split(signature: &[u8]) -> Result<Vec<Vec<u8>>, SplitError> {
    let mut signatures = Vec::new();
    let mut add = |binary: &[u8]| {
        let (packets, stopped) = packets::split(binary);
        if let Some(error) = stopped {
            return Err(error.into());
        }
        for packet in packets {
            if packet.tag != packets::SIGNATURE {
                return Err(SplitError::NotASignature);
            }
            if signatures.len() >= MAX_SIGNATURES {
                return Err(SplitError::TooMany);
            }
            signatures.push(armored(&packets::canonical(&[packet])));
        }
        Ok(())
    };
    if signature.first().is_some_and(|byte| byte & 0x80 != 0) {
        add(signature)?;
    } else {
        let mut rest = signature.trim_ascii();
        while !rest.is_empty() {
            let (block, after) = first_block(rest).ok_or(SplitError::Armor)?;
            let mut binary = Vec::new();
            Reader::from_bytes(block, ReaderMode::Tolerant(Some(Kind::Signature)))
                .take(MAX_UNARMORED)
                .read_to_end(&mut binary)
                .map_err(|_| SplitError::Armor)?;
            add(&binary)?;
            rest = after.trim_ascii_start();
        }
    }
    if signatures.is_empty() { Err(SplitError::NotASignature) } else { Ok(signatures) }
}

fn first_block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if !bytes.starts_with(BEGIN_PGP) {
        return None;
    }
    let end = bytes.windows(END_PGP.len()).position(|window| window == END_PGP)?;
    bytes.split_at_checked(end.checked_add(END_PGP.len())?)
}

fn armored(packet: &[u8]) -> Vec<u8> {
    let mut armor = [BEGIN_PGP, b"\n\n"].concat();
    for line in STANDARD.encode(packet).as_bytes().chunks(64) {
        armor.extend_from_slice(line);
        armor.push(b'\n');
    }
    armor.extend_from_slice(END_PGP);
    armor.push(b'\n');
    armor
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_signatures_than_the_limit_are_refused() {
        let packet = [&[0xc2, 12, 4][..], &[0; 11]].concat();
        let most = packet.repeat(MAX_SIGNATURES);
        assert_eq!(split(&most).map(|all| all.len()).ok(), Some(MAX_SIGNATURES));
        let more = packet.repeat(MAX_SIGNATURES + 1);
        assert!(matches!(split(&more), Err(SplitError::TooMany)));
        assert!(is_binary_openpgp(&most));
    }

    #[test]
    fn text_around_and_other_packets_within_are_refused() {
        let literal = armored(&[0xcb, 1, 0]);
        assert!(matches!(split(&literal), Err(SplitError::NotASignature)));
        let block = armored(&[&[0xc2, 12, 4][..], &[0; 11]].concat());
        assert_eq!(split(&block).map(|all| all.len()).ok(), Some(1));
        let around = [b"x\n", block.as_slice()].concat();
        assert!(matches!(split(&around), Err(SplitError::Armor)));
        let after = [block.as_slice(), b"x"].concat();
        assert!(matches!(split(&after), Err(SplitError::Armor)));
        assert!(matches!(split(b""), Err(SplitError::NotASignature)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = split(&bytes);
            let _ = split(&armored(&bytes));
            let _ = is_binary_openpgp(&bytes);
        }
    }
}
