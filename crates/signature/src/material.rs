use crate::openpgp::Keyring;
use crate::rules;
use crate::sigstore::TrustedRoot;
use crate::ssh::{AllowedSigners, RevokedKeys};
use crate::x509::{Authorities, RevocationLists};
use crate::{MAX_ALLOWED_SIGNERS_BYTES, MAX_KEYRING_BYTES};
use beleg_model::{ByteCount, Digest, Finding, Location, Severity};
use beleg_trust::Format;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The largest trust file other than an allowed-signers file or a keyring, in bytes.
pub const MAX_TRUST_FILE_BYTES: usize = 32 << 20;

/// The bytes of the files that say who may sign. All are optional; without any, every signer is
/// unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustFiles<'a> {
    /// The allowed-signers file (ssh-keygen(1), "ALLOWED SIGNERS").
    pub allowed_signers: Option<&'a [u8]>,
    /// The revoked SSH keys: an OpenSSH key revocation list, or public keys line by line.
    pub revoked_keys: Option<&'a [u8]>,
    /// The OpenPGP keyring, armored or binary.
    pub keyring: Option<&'a [u8]>,
    /// The trusted X.509 authorities, as PEM.
    pub authorities: Option<&'a [u8]>,
    /// Certificate revocation lists, as PEM.
    pub revocation_lists: Option<&'a [u8]>,
    /// Sigstore's trusted root, as JSON.
    pub trusted_root: Option<&'a [u8]>,
}

/// Who may sign, as read from [`TrustFiles`].
#[derive(Debug)]
pub struct TrustMaterial {
    allowed_signers: Option<AllowedSigners>,
    revoked_keys: Option<RevokedKeys>,
    keyring: Option<Keyring>,
    trusted_root: Option<TrustedRoot>,
    authorities: Option<Authorities>,
    revocation_lists: Option<RevocationLists>,
    digests: BTreeMap<TrustSource, Digest>,
    digest: Digest,
    problems: Vec<MaterialProblem>,
}

/// Says why trust files cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialError {
    /// A trust file is larger than its limit.
    #[error("the {what} is larger than {limit}")]
    TooLarge {
        /// The file.
        what: &'static str,
        /// The limit.
        limit: ByteCount,
    },
}

/// Something in a trust file that could not be understood. A line that cannot be read might be
/// the one that allows a signer; a certificate that cannot be read might hold a revocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterialProblem {
    /// Which file.
    pub source: TrustSource,
    /// Which line, counted from 1, where the format has lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong with it.
    pub message: String,
    /// It can neither allow nor revoke anybody whom a signature names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_remark: bool,
}

impl MaterialProblem {
    /// States that something may be missing from a file.
    pub(crate) fn new(source: TrustSource, line: Option<u32>, message: String) -> Self {
        Self { source, line, message, is_remark: false }
    }

    /// States what was passed over and takes nothing away from a verdict.
    pub(crate) fn remark(source: TrustSource, message: String) -> Self {
        Self { source, line: None, message, is_remark: true }
    }
}

/// Makes a finding of something in a trust file that could not be understood: it may be what
/// allows a signer, or what revokes a key.
#[must_use]
pub fn material_finding(problem: &MaterialProblem) -> Finding {
    let name = problem.source.name();
    let location = match problem.line {
        Some(line) => Location::line(name, line),
        None => Location::from(name),
    };
    if problem.is_remark {
        let message = format!("In the {name}, {}.", problem.message);
        return Finding::of(&rules::TRUST_MATERIAL_PASSED_OVER, location, message);
    }
    let message = format!("The {name} cannot be understood whole: {}.", problem.message);
    let remedy = problem.source.remedy();
    // It is the cause of what is said of single signatures, and stands before them.
    Finding::of(&rules::TRUST_MATERIAL_UNREADABLE, location, message)
        .with_severity(Severity::High)
        .with_remedy(remedy)
}

/// One of the trust files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustSource {
    /// The allowed-signers file (ssh-keygen(1), "ALLOWED SIGNERS").
    AllowedSigners,
    /// The revoked SSH keys.
    RevokedKeys,
    /// The OpenPGP keyring.
    Keyring,
    /// The trusted X.509 authorities.
    Authorities,
    /// The certificate revocation lists.
    RevocationLists,
    /// Sigstore's trusted root.
    TrustedRoot,
}

impl TrustSource {
    /// Returns the file's name in sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AllowedSigners => "allowed-signers file",
            Self::RevokedKeys => "list of revoked SSH keys",
            Self::Keyring => "keyring",
            Self::Authorities => "file of certificate authorities",
            Self::RevocationLists => "file of certificate revocation lists",
            Self::TrustedRoot => "trusted root",
        }
    }

    /// Returns what to do when the file cannot be understood.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::AllowedSigners => "Correct the line; see ssh-keygen(1), ALLOWED SIGNERS.",
            Self::RevokedKeys => "Make it anew with `ssh-keygen -k`.",
            Self::Keyring => "Export the keyring anew with `gpg --export --armor`.",
            Self::Authorities => "Export the certificates anew as PEM.",
            Self::RevocationLists => "Fetch the lists anew and convert them to PEM.",
            Self::TrustedRoot => "Fetch `trusted_root.json` anew.",
        }
    }

    /// The largest file of this kind, in bytes.
    fn limit(self) -> usize {
        match self {
            Self::AllowedSigners => MAX_ALLOWED_SIGNERS_BYTES,
            Self::Keyring => MAX_KEYRING_BYTES,
            Self::RevokedKeys | Self::Authorities | Self::RevocationLists | Self::TrustedRoot => {
                MAX_TRUST_FILE_BYTES
            }
        }
    }
}

impl<'a> TrustFiles<'a> {
    fn all(&self) -> [(TrustSource, Option<&'a [u8]>); 6] {
        [
            (TrustSource::AllowedSigners, self.allowed_signers),
            (TrustSource::RevokedKeys, self.revoked_keys),
            (TrustSource::Keyring, self.keyring),
            (TrustSource::Authorities, self.authorities),
            (TrustSource::RevocationLists, self.revocation_lists),
            (TrustSource::TrustedRoot, self.trusted_root),
        ]
    }
}

impl TrustMaterial {
    /// Reads the trust files. What cannot be understood in them is in
    /// [`TrustMaterial::problems`].
    ///
    /// # Errors
    /// [`MaterialError::TooLarge`] when a file is over its limit.
    pub fn parse(files: &TrustFiles<'_>) -> Result<Self, MaterialError> {
        let mut digests = BTreeMap::new();
        for (source, bytes) in files.all() {
            let Some(bytes) = bytes else { continue };
            if bytes.len() > source.limit() {
                let limit = ByteCount(u64::try_from(source.limit()).unwrap_or(u64::MAX));
                return Err(MaterialError::TooLarge { what: source.name(), limit });
            }
            digests.insert(source, sha256(bytes));
        }
        let mut problems = Vec::new();
        Ok(Self {
            allowed_signers: files
                .allowed_signers
                .map(|bytes| AllowedSigners::parse(bytes, &mut problems)),
            revoked_keys: files.revoked_keys.map(|bytes| RevokedKeys::parse(bytes, &mut problems)),
            keyring: files.keyring.map(|bytes| Keyring::parse(bytes, &mut problems)),
            trusted_root: files.trusted_root.and_then(|bytes| trusted_root(bytes, &mut problems)),
            authorities: files.authorities.map(|bytes| Authorities::parse(bytes, &mut problems)),
            revocation_lists: files
                .revocation_lists
                .map(|bytes| RevocationLists::parse(bytes, &mut problems)),
            digest: combined(&digests),
            digests,
            problems,
        })
    }

    /// Returns the digest over all files, which says what a result stands on.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the digest of each file that was given.
    #[must_use]
    pub fn digests(&self) -> &BTreeMap<TrustSource, Digest> {
        &self.digests
    }

    /// Returns what could not be understood. [`findings`](beleg_git::findings) makes `Unknown` of it.
    #[must_use]
    pub fn problems(&self) -> &[MaterialProblem] {
        &self.problems
    }

    /// Returns the allowed signers, if the file was given.
    #[must_use]
    pub fn allowed_signers(&self) -> Option<&AllowedSigners> {
        self.allowed_signers.as_ref()
    }

    /// Returns the revoked SSH keys, if the file was given.
    #[must_use]
    pub fn revoked_keys(&self) -> Option<&RevokedKeys> {
        self.revoked_keys.as_ref()
    }

    /// Returns the keyring, if one was given.
    #[must_use]
    pub fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_ref()
    }

    /// Returns Sigstore's trusted root, if one was given and can be used.
    #[must_use]
    pub fn trusted_root(&self) -> Option<&TrustedRoot> {
        self.trusted_root.as_ref()
    }

    /// Returns the trusted X.509 authorities, if the file was given.
    pub(crate) fn authorities(&self) -> Option<&Authorities> {
        self.authorities.as_ref()
    }

    /// Returns the certificate revocation lists, if the file was given.
    pub(crate) fn revocation_lists(&self) -> Option<&RevocationLists> {
        self.revocation_lists.as_ref()
    }

    /// Says whether the files name nobody who may sign in a format, so that nothing can be decided:
    /// what should have named them is empty, or another kind of file.
    #[must_use]
    pub fn names_nobody(&self, format: Format) -> bool {
        let ssh = self.allowed_signers.as_ref().map(AllowedSigners::is_empty);
        let openpgp = self.keyring.as_ref().map(Keyring::is_empty);
        let own = match format {
            Format::Ssh => ssh,
            Format::Openpgp => openpgp,
            _ => None,
        };
        let somebody = [ssh, openpgp].contains(&Some(false))
            || self.authorities.is_some()
            || self.trusted_root.is_some();
        own == Some(true) || !somebody
    }

    /// Says whether no file was given, so that nothing can be decided.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.digests.is_empty()
    }
}

fn trusted_root(bytes: &[u8], problems: &mut Vec<MaterialProblem>) -> Option<TrustedRoot> {
    TrustedRoot::from_json(bytes)
        .map_err(|error| {
            let (source, message) = (TrustSource::TrustedRoot, error.to_string());
            problems.push(MaterialProblem::new(source, None, message));
        })
        .ok()
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::sha256(Sha256::digest(bytes).into())
}

/// Hashes all digests under a label; an absent file is told apart from an empty one.
fn combined(digests: &BTreeMap<TrustSource, Digest>) -> Digest {
    let lines = digests.iter().map(|(source, digest)| format!("{} {digest}\n", source.name()));
    sha256(format!("beleg trust material v2\n{}", lines.collect::<String>()).as_bytes())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn the_digest_tells_absent_from_empty_and_one_file_from_the_other() {
        let digest = |allowed_signers, keyring| {
            let files = TrustFiles { allowed_signers, keyring, ..TrustFiles::default() };
            TrustMaterial::parse(&files).unwrap().digest().clone()
        };
        let all = [
            digest(None, None),
            digest(Some(&b""[..]), None),
            digest(None, Some(&b""[..])),
            digest(Some(&b"#"[..]), None),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all.iter().skip(i.saturating_add(1)).any(|other| other == one));
        }
    }

    #[test]
    fn a_gigantic_file_is_refused() {
        let bytes = vec![b'#'; MAX_ALLOWED_SIGNERS_BYTES.saturating_add(1)];
        let files = TrustFiles { allowed_signers: Some(&bytes), ..TrustFiles::default() };
        let error = TrustMaterial::parse(&files).unwrap_err();
        assert!(matches!(error, MaterialError::TooLarge { what: "allowed-signers file", .. }));
    }
}
