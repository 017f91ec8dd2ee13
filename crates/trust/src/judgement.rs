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

/// What kind of signature a thing carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// SSHSIG (OpenSSH's PROTOCOL.sshsig).
    Ssh,
    /// OpenPGP (RFC 9580).
    Openpgp,
    /// X.509 in CMS (RFC 5652): S/MIME, gitsign.
    X509,
    /// A Sigstore bundle, or what was made into one: cosign, PyPI and npm attestations.
    Sigstore,
    /// A DSSE envelope signed with a plain key.
    Dsse,
    /// minisign.
    Minisign,
    /// signify (OpenBSD).
    Signify,
    /// JSON Signature Format, within a CycloneDX SBOM.
    Jsf,
    /// A list of digests, `SHA256SUMS`, which is signed itself.
    Checksums,
    /// A bare signature by a plain key: `openssl dgst -sign`, `cosign sign-blob --key`.
    Raw,
    /// None that beleg knows.
    Unrecognised,
}

/// Who made a signature, as far as the trust material tells; otherwise as the signature claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The principal (SSH), the user id (OpenPGP) or the certificate's identity (X.509,
    /// Sigstore: its subject alternative name), as far as the trust material vouches for it;
    /// the name of a plain key; absent when the key is in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Who vouched for the identity: the OIDC issuer (Sigstore), the issuer's name (X.509), the
    /// authority's key (SSH certificates).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The signing key: `SHA256:…` for SSH; the fingerprint, or the key id if no more is known,
    /// in upper-case hex for OpenPGP; `sha256:` and the hex digest of the certificate (X.509,
    /// Sigstore) or of the public key's SPKI (plain keys); the key number for minisign and
    /// signify.
    pub fingerprint: String,
    /// OpenPGP: the fingerprint of the certificate that the signing key belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_fingerprint: Option<String>,
    /// The signing key under the one name that it has in every format, such as `ed25519:` and the
    /// hex digest of the key; absent when the key itself is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The key's algorithm and the signature's hash, such as `ssh-ed25519 sha512`.
    pub algorithm: String,
}

impl Judgement {
    /// Says by whom it is, for sentences. What does not fit is by nobody: it names a key only.
    #[must_use]
    pub fn signer_in_words(&self) -> Option<String> {
        let Signer { identity, fingerprint, .. } = self.signer.as_ref()?;
        Some(match (self.crypto, identity) {
            (Check::Bad, Some(identity)) => {
                format!("it names the key of {identity} ({fingerprint})")
            }
            (Check::Bad, None) => format!("it names the key {fingerprint}"),
            (_, Some(identity)) => format!("signed by {identity} ({fingerprint})"),
            (_, None) => format!("signed by unknown signer ({fingerprint})"),
        })
    }
}

/// Which time decided about validity. The first two are claims of whoever made the commit or the
/// signature: backdating moves them. Only a log or a timestamp authority proves a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedBy {
    /// The committer or tagger date, as git does for SSH; anyone who commits chooses it.
    CommitterDate,
    /// The creation time within the signature; the holder of the key chooses it.
    SignatureTime,
    /// The time at which a transparency log took the signature in, and signed for it.
    LogTime,
    /// The time that an RFC 3161 authority put on the signature.
    TimestampAuthority,
    /// The instant of the check: nothing else was proved.
    CheckTime,
    /// No time mattered.
    Nothing,
}

/// The times that a thing and its signature claim, and those that others vouch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The committer date, or the tagger date; a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committer: Option<Timestamp>,
    /// The author date; a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Timestamp>,
    /// The creation time within the signature; a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Timestamp>,
    /// When a transparency log took it in, by the log's own signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Timestamp>,
    /// The time that an RFC 3161 authority signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Timestamp>,
    /// Which of them decided about validity.
    pub decided_by: DecidedBy,
}

impl Times {
    /// No time is claimed or proved, and none decided.
    pub const NONE: Self = Self {
        committer: None,
        author: None,
        signature: None,
        log: None,
        authority: None,
        decided_by: DecidedBy::Nothing,
    };
}

/// What is known about a key or certificate at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Usable.
    Valid,
    /// Before its validity.
    NotYetValid,
    /// After its validity.
    Expired,
    /// Retired or superseded from some instant on; what it signed before stands.
    RevokedSoft,
    /// Compromised, or revoked for no stated reason: nothing it ever signed stands.
    RevokedHard,
    /// Nothing says.
    Unknown,
}

/// A key's state when it signed, by the time that decided, and at the instant of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStates {
    /// When it signed.
    pub then: KeyState,
    /// At the instant of the check.
    pub now: KeyState,
}

/// A piece of evidence that a signature of this kind needs and that was not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingEvidence {
    /// The transparency-log entry.
    LogEntry,
    /// The proof that the entry is in the log.
    InclusionProof,
    /// A time that somebody else vouches for.
    TrustedTime,
    /// Certificates between the signer's and a trusted authority's.
    IntermediateCertificate,
    /// The trusted root or authority itself.
    TrustedRoot,
    /// Whether the certificate was revoked: no revocation list of its issuer is at hand.
    RevocationList,
    /// The signer's public key.
    PublicKey,
    /// The content that was signed.
    Content,
}

/// What one signature is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether the signature fits.
    pub crypto: Check,
    /// Whether its maker was allowed.
    pub trust: Check,
    /// Why.
    pub reason: Reason,
    /// Who made it.
    pub signer: Option<Signer>,
    /// All times that are claimed or proved, and which one decided.
    pub times: Times,
    /// Whether the signer's address is the committer's; absent for what nobody commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer_matches_committer: Option<bool>,
    /// The state of the signer's key then and now, where the format tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyStates>,
    /// The rule of the policy that decided, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What evidence is missing; none when it is complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvidence>,
    /// What else people should know, as sentences without a full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Judgement {
    /// Judges a file that holds no signature at all.
    #[must_use]
    pub fn nothing_signed() -> Self {
        Self::of(Reason::Unsigned, Check::None, Check::None)
    }

    /// Judges what could not be read.
    #[must_use]
    pub fn unreadable(why: impl Into<String>) -> Self {
        Self::unknown(Reason::ContentUnreadable).noting(why)
    }

    /// Says whether the signature says something against what it is about, rather than nothing for
    /// it: it does not fit, what it covers was changed or is another thing, or its key or certificate
    /// was revoked.
    #[must_use]
    pub fn speaks_against(&self) -> bool {
        let against = [Reason::KeyRevoked, Reason::CertificateRevoked, Reason::DigestMismatch];
        self.crypto == Check::Bad || against.contains(&self.reason)
    }

    /// Judges by a reason alone, before anything is known about the signer.
    #[must_use]
    pub fn of(reason: Reason, crypto: Check, trust: Check) -> Self {
        Self {
            crypto,
            trust,
            reason,
            signer: None,
            times: Times::NONE,
            signer_matches_committer: None,
            key: None,
            rule: None,
            missing: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Judges a signature that is bad in itself.
    #[must_use]
    pub fn bad(reason: Reason) -> Self {
        Self::of(reason, Check::Bad, Check::Bad)
    }

    /// Judges a good signature by someone who is not allowed.
    #[must_use]
    pub fn untrusted(reason: Reason) -> Self {
        Self::of(reason, Check::Good, Check::Bad)
    }

    /// Judges a good signature of an allowed signer.
    #[must_use]
    pub fn trusted() -> Self {
        Self::of(Reason::Trusted, Check::Good, Check::Good)
    }

    /// Judges what could not be examined.
    #[must_use]
    pub fn unknown(reason: Reason) -> Self {
        Self::of(reason, Check::Unknown, Check::Unknown)
    }

    /// Names who made it.
    #[must_use]
    pub fn by(mut self, signer: Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Says which time decided about validity.
    #[must_use]
    pub fn decided_by(mut self, decided_by: DecidedBy) -> Self {
        self.times.decided_by = decided_by;
        self
    }

    /// Adds a piece of evidence that was not at hand.
    #[must_use]
    pub fn missing(mut self, missing: MissingEvidence) -> Self {
        self.missing.push(missing);
        self
    }

    /// Adds what else people should know, as a sentence without a full stop.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl Format {
    /// Returns the word that JSON uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::Openpgp => "openpgp",
            Self::X509 => "x509",
            Self::Sigstore => "sigstore",
            Self::Dsse => "dsse",
            Self::Minisign => "minisign",
            Self::Signify => "signify",
            Self::Jsf => "jsf",
            Self::Checksums => "checksums",
            Self::Raw => "raw",
            Self::Unrecognised => "unrecognised",
        }
    }
}
