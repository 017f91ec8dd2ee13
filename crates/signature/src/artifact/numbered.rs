//! The form that minisign and signify share: an untrusted comment, and base64 of an algorithm, a
//! key number and an Ed25519 signature.

use super::PublicKey;
use super::algorithm::Material;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;

pub(super) const UNTRUSTED_COMMENT: &str = "untrusted comment: ";
/// A prehashed minisign signature, and any Ed25519 signature, cover 64 bytes when the content
/// has 64: then nothing tells whether they are the content or its BLAKE2b digest.
pub(super) const AMBIGUOUS_LENGTH: usize = 64;

/// The signature line of either tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) algorithm: [u8; 2],
    pub(super) number: [u8; 8],
    pub(super) signature: [u8; 64],
}

/// A key of minisign or signify that a signature's number names.
pub(super) struct Candidate<'a> {
    pub(super) key: &'a PublicKey,
    pub(super) ed25519: &'a VerifyingKey,
    pub(super) minisign: &'a minisign_verify::PublicKey,
    pub(super) is_minisign: bool,
}

impl Line {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let bytes = STANDARD.decode(line).ok()?;
        let (algorithm, rest) = bytes.split_first_chunk()?;
        let (number, signature) = rest.split_first_chunk()?;
        let signature = signature.try_into().ok()?;
        Some(Self { algorithm: *algorithm, number: *number, signature })
    }
}

/// Returns the keys with this number.
pub(super) fn candidates(keys: &[PublicKey], number: [u8; 8]) -> Vec<Candidate<'_>> {
    keys.iter()
        .filter_map(|key| match key.material() {
            Material::Numbered { number: of_key, key: ed25519, minisign, is_minisign }
                if *of_key == number =>
            {
                Some(Candidate { key, ed25519, minisign, is_minisign: *is_minisign })
            }
            _ => None,
        })
        .collect()
}
