use crate::artifact::Payload;
use crate::{TrustMaterial, openpgp, ssh, x509};
use beleg_trust::{DecidedBy, Format, Judgement, Policy};
use jiff::Timestamp;

/// What a signature is about: the signed bytes, and who claims to have made them when.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What is signed.
    pub payload: Payload<'a>,
    /// The purpose that an SSH signature must have been made for: `git`, `file`.
    pub namespace: &'a str,
    /// The committer's or tagger's address; none for a file.
    pub email: Option<&'a str>,
    /// When it was made, as far as is known without the signature.
    pub time: Timestamp,
    /// What kind of knowledge that is: a committer's claim, or the instant of the check.
    pub time_is: DecidedBy,
}

impl Claim<'_> {
    /// Judges a signature in one of the formats that git lays into commits and tags; `None` in any
    /// other.
    #[must_use]
    pub fn judge(
        &self,
        format: Format,
        signature: &[u8],
        trust: &TrustMaterial,
        policy: &Policy,
    ) -> Option<Judgement> {
        match format {
            Format::Ssh => Some(ssh::judge(signature, self, trust, policy)),
            Format::Openpgp => Some(openpgp::judge(signature, self, trust.keyring(), policy)),
            Format::X509 => Some(x509::judge(signature, self, trust, policy)),
            _ => None,
        }
    }
}

/// Recognises a signature by its first line, as git does (gpg-interface.c).
#[must_use]
pub fn format_of(signature: &[u8]) -> Format {
    const FIRST_LINES: [(&[u8], Format); 6] = [
        (b"-----BEGIN SSH SIGNATURE-----", Format::Ssh),
        (b"-----BEGIN PGP SIGNATURE-----", Format::Openpgp),
        (b"-----BEGIN PGP MESSAGE-----", Format::Openpgp),
        (b"-----BEGIN SIGNED MESSAGE-----", Format::X509),
        (b"-----BEGIN PKCS7-----", Format::X509),
        (b"-----BEGIN CERTIFICATE-----", Format::X509),
    ];
    FIRST_LINES
        .iter()
        .find(|(line, _)| signature.starts_with(line))
        .map_or(Format::Unrecognised, |(_, format)| *format)
}
