use beleg_model::{Severity, Verdict};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says why a commit is trusted or not. The kebab-case code is stable; documentation is made
/// from [`Reason::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// The signature is good and its maker is allowed.
    Trusted,
    /// The commit carries no signature.
    Unsigned,
    /// The signature does not fit the commit: one of the two was changed.
    BadSignature,
    /// The key is in no allowed-signers line and in no certificate of the keyring.
    UnknownKey,
    /// Neither an allowed-signers file nor a keyring was given.
    NoTrustMaterial,
    /// The SSH signature was made for, or its key is allowed for, another purpose than git.
    WrongNamespace,
    /// The policy does not list the signer.
    PrincipalNotAllowed,
    /// The signer is allowed, but is not the committer.
    SignerNotCommitter,
    /// The time lies outside the allowed-signers line's or the signature's own validity.
    OutsideValidity,
    /// The OpenPGP key had expired when it signed.
    KeyExpired,
    /// The OpenPGP key is revoked as compromised, or was revoked before it signed.
    KeyRevoked,
    /// The OpenPGP key may not sign: its key flags or its binding to the certificate forbid it.
    KeyNotForSigning,
    /// The hash, key type or key length is too weak to prove anything.
    WeakAlgorithm,
    /// The signature cannot be parsed.
    MalformedSignature,
    /// The commit carries more than one signature header, or one that git does not define.
    DuplicateSignatureHeader,
    /// The object's content does not have the object id's hash.
    ObjectHashMismatch,
    /// The object's content was made to collide under SHA-1.
    Sha1Collision,
    /// The commit's header cannot be read without doubt.
    MalformedCommit,
    /// The object is absent, too large, not a commit, or cannot be inflated.
    UnreadableObject,
    /// The key is allowed, but beleg cannot check signatures of its kind.
    UnsupportedSignature,
    /// X.509 signatures cannot be checked yet.
    X509Unsupported,
    /// The SSH certificate's authority is allowed, but certificates cannot be checked yet.
    SshCertificateUnsupported,
    /// The verifier itself failed on this commit.
    VerifierFailed,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Trusted,
        Self::Unsigned,
        Self::BadSignature,
        Self::UnknownKey,
        Self::NoTrustMaterial,
        Self::WrongNamespace,
        Self::PrincipalNotAllowed,
        Self::SignerNotCommitter,
        Self::OutsideValidity,
        Self::KeyExpired,
        Self::KeyRevoked,
        Self::KeyNotForSigning,
        Self::WeakAlgorithm,
        Self::MalformedSignature,
        Self::DuplicateSignatureHeader,
        Self::ObjectHashMismatch,
        Self::Sha1Collision,
        Self::MalformedCommit,
        Self::UnreadableObject,
        Self::UnsupportedSignature,
        Self::X509Unsupported,
        Self::SshCertificateUnsupported,
        Self::VerifierFailed,
    ];

    /// Returns the stable kebab-case code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// Returns what this reason makes of a check.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self.row().1 {
            None => Verdict::Pass,
            Some(Severity::Medium) => Verdict::Unknown,
            Some(_) => Verdict::Fail,
        }
    }

    /// Returns how much it matters. What could not be examined is `Medium`.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.row().1.unwrap_or(Severity::Info)
    }

    /// Returns what is wrong, as a clause: "`the commit` …".
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.row().2
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        self.row().3
    }

    /// Code, severity (`None`: nothing is wrong; `Medium`: not examined), meaning and remedy.
    fn row(self) -> (&'static str, Option<Severity>, &'static str, &'static str) {
        use Severity::{Critical, High, Medium};
        match self {
            Self::Trusted => {
                ("trusted", None, "carries a good signature of an allowed signer", "Nothing to do.")
            }
            Self::Unsigned => (
                "unsigned",
                Some(High),
                "is not signed",
                "Have its author confirm it, then move the range's start past it; set \
                 `commit.gpgSign = true` so that the next ones are signed.",
            ),
            Self::BadSignature => (
                "bad-signature",
                Some(Critical),
                "carries a signature that does not fit its content",
                "Treat the commit as forged until its author shows the original.",
            ),
            Self::UnknownKey => (
                "unknown-key",
                Some(High),
                "is signed by a key that is not in the trust material",
                "Find out whose key it is; if it may sign, add it to the allowed-signers file or \
                 the keyring.",
            ),
            Self::NoTrustMaterial => (
                "no-trust-material",
                Some(Medium),
                "is signed, but nothing says who may sign",
                "Configure an allowed-signers file or a keyring.",
            ),
            Self::WrongNamespace => (
                "wrong-namespace",
                Some(High),
                "is signed for, or by a key allowed only for, another purpose than git",
                "Sign with `git commit -S`; look at the `namespaces` of the signer's line.",
            ),
            Self::PrincipalNotAllowed => (
                "principal-not-allowed",
                Some(High),
                "is signed by someone whom the policy does not list",
                "Have someone sign who is listed, or add the signer to the policy.",
            ),
            Self::SignerNotCommitter => (
                "signer-not-committer",
                Some(High),
                "is signed by someone else than its committer",
                "Ask both; correct `user.email`, or add the address to the signer's line or \
                 certificate.",
            ),
            Self::OutsideValidity => (
                "outside-validity",
                Some(High),
                "is signed at a time at which the signature does not count",
                "Look at `valid-after` and `valid-before` of the signer's line and at the \
                 claimed dates.",
            ),
            Self::KeyExpired => (
                "key-expired",
                Some(High),
                "is signed by a key that had expired",
                "Have the signer extend the key or use a new one, and sign again.",
            ),
            Self::KeyRevoked => (
                "key-revoked",
                Some(Critical),
                "is signed by a revoked key",
                "Treat the commit as forged until its author confirms it and signs with a new key.",
            ),
            Self::KeyNotForSigning => (
                "key-not-for-signing",
                Some(High),
                "is signed by a key that may not sign",
                "Sign with a key that carries the signing flag and is bound to its certificate.",
            ),
            Self::WeakAlgorithm => (
                "weak-algorithm",
                Some(High),
                "is signed with an algorithm that proves nothing any more",
                "Sign with Ed25519, ECDSA or RSA of at least 2048 bits, and SHA-256 or SHA-512.",
            ),
            Self::MalformedSignature => (
                "malformed-signature",
                Some(High),
                "carries a signature that cannot be parsed",
                "Sign the commit again with `git commit --amend -S`.",
            ),
            Self::DuplicateSignatureHeader => (
                "duplicate-signature-header",
                Some(High),
                "carries more than one signature header, or an unknown one",
                "Find out who made the copy: git never writes such a commit.",
            ),
            Self::ObjectHashMismatch => (
                "object-hash-mismatch",
                Some(Critical),
                "has another content than its id says",
                "Run `git fsck` and fetch the repository anew from a source you trust.",
            ),
            Self::Sha1Collision => (
                "sha1-collision",
                Some(Critical),
                "was made to collide under SHA-1",
                "Treat the repository as attacked; fetch it anew and find the commit's origin.",
            ),
            Self::MalformedCommit => (
                "malformed-commit",
                Some(High),
                "has a header that cannot be read without doubt",
                "Run `git fsck`; find out which tool wrote the commit.",
            ),
            Self::UnreadableObject => (
                "unreadable-object",
                Some(Medium),
                "cannot be read",
                "Run `git fsck`; fetch the missing objects (`git fetch --unshallow`).",
            ),
            Self::UnsupportedSignature => (
                "unsupported-signature",
                Some(Medium),
                "carries a signature of a kind that beleg cannot check",
                "Check it with `git verify-commit`.",
            ),
            Self::X509Unsupported => (
                "x509-unsupported",
                Some(Medium),
                "carries an X.509 signature, which beleg cannot check yet",
                "Check it with `git verify-commit` or `gitsign verify`.",
            ),
            Self::SshCertificateUnsupported => (
                "ssh-certificate-unsupported",
                Some(Medium),
                "is signed with an SSH certificate, which beleg cannot check yet",
                "Check it with `git verify-commit`, or list the signer's plain key.",
            ),
            Self::VerifierFailed => (
                "verifier-failed",
                Some(Medium),
                "made the verifier itself fail",
                "Report this as a bug of beleg, with the commit.",
            ),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_its_own_and_is_the_one_in_json() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let json = serde_json::to_string(reason).unwrap();
            assert_eq!(json, format!("\"{reason}\""));
        }
    }

    #[test]
    fn only_trusted_passes() {
        let passing: Vec<_> =
            Reason::ALL.iter().filter(|reason| reason.verdict() == Verdict::Pass).collect();
        assert_eq!(passing, [&Reason::Trusted]);
    }
}
