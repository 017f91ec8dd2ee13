use crate::Reason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One half of a judgement: about the signature's mathematics, or about its maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// `crypto`: the signature fits the payload and the key. `trust`: the trust material and the
    /// policy allow this signer here.
    Good,
    /// `crypto`: it does not fit, or is malformed. `trust`: the signer is not allowed, or not
    /// established at all.
    Bad,
    /// It could not be decided.
    Unknown,
    /// There is no signature.
    None,
}

/// What kind of signature a commit carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// SSHSIG (OpenSSH's PROTOCOL.sshsig).
    Ssh,
    /// OpenPGP (RFC 9580).
    Openpgp,
    /// X.509 in CMS (RFC 5652): S/MIME, gitsign.
    X509,
    /// None that git knows.
    Unrecognised,
}

/// Who made a signature, as far as the trust material tells; otherwise as the signature claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The principal (SSH) or user id (OpenPGP) from the trust material; absent when the key is
    /// in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The signing key: `SHA256:…` for SSH; the fingerprint, or the key id if no more is known,
    /// in upper-case hex for OpenPGP.
    pub fingerprint: String,
    /// OpenPGP: the fingerprint of the certificate that the signing key belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_fingerprint: Option<String>,
    /// The key's algorithm and the signature's hash, such as `ssh-ed25519 sha512`.
    pub algorithm: String,
}

/// Which time decided about validity. All of them are claims of whoever made the commit or the
/// signature: backdating moves them. Only a log or a timestamp authority could prove a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedBy {
    /// The committer date, as git does for SSH; anyone who commits chooses it.
    CommitterDate,
    /// The creation time within an OpenPGP signature; the holder of the key chooses it.
    SignatureTime,
    /// No time mattered.
    Nothing,
}

/// What one signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether the signature fits.
    pub crypto: Check,
    /// Whether its maker was allowed.
    pub trust: Check,
    /// Who made it.
    pub signer: Option<Signer>,
    /// Why.
    pub reason: Reason,
    /// The signer's address is the committer's.
    pub signer_matches_committer: bool,
    /// The creation time that the signature claims.
    pub signature_time: Option<Timestamp>,
    /// Which time decided.
    pub decided_by: DecidedBy,
    /// What else people should know, as sentences.
    pub notes: Vec<String>,
}

/// What a signature is about: the signed bytes, and who claims to have made them when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) payload: &'a [u8],
    pub(crate) email: &'a str,
    pub(crate) time: Timestamp,
}

impl Judgement {
    /// Judges by a reason alone, before anything is known about the signer.
    pub(crate) fn of(reason: Reason, crypto: Check, trust: Check) -> Self {
        Self {
            crypto,
            trust,
            signer: None,
            reason,
            signer_matches_committer: false,
            signature_time: None,
            decided_by: DecidedBy::Nothing,
            notes: Vec::new(),
        }
    }

    /// Judges a signature that is bad in itself.
    pub(crate) fn bad(reason: Reason) -> Self {
        Self::of(reason, Check::Bad, Check::Bad)
    }

    /// Judges a good signature by someone who is not allowed.
    pub(crate) fn untrusted(reason: Reason) -> Self {
        Self::of(reason, Check::Good, Check::Bad)
    }

    /// Judges what could not be examined.
    pub(crate) fn unknown(reason: Reason) -> Self {
        Self::of(reason, Check::Unknown, Check::Unknown)
    }

    pub(crate) fn by(mut self, signer: Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    pub(crate) fn decided_by(mut self, decided_by: DecidedBy) -> Self {
        self.decided_by = decided_by;
        self
    }

    pub(crate) fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl Format {
    /// Recognises a signature by its first line, as git does (gpg-interface.c).
    pub(crate) fn of(signature: &[u8]) -> Self {
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
            .map_or(Self::Unrecognised, |(_, format)| *format)
    }

    /// Returns the word that JSON uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::Openpgp => "openpgp",
            Self::X509 => "x509",
            Self::Unrecognised => "unrecognised",
        }
    }
}
