//! Every reason in one table: variant, code, grade, meaning and remedy. The meaning completes
//! "it …", where it is a commit, a tag, an artifact, an image or an attestation.

use beleg_model::Grade::{Fault, Remark, Unknown};
use beleg_model::Rule;
use beleg_model::Severity::{Critical, High};

/// Makes the enum, `ALL` and the rules from one list, so that none of them can lack an entry.
macro_rules! reasons {
    ($($variant:ident, $code:literal, $grade:expr, $meaning:literal, $remedy:literal;)*) => {
        /// Says why a signed thing is trusted or not. The kebab-case code is stable;
        /// documentation is made from [`Reason::ALL`].
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Reason {
            $(#[doc = concat!("It ", $meaning, ".")] $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the rule of the finding that gives this reason.
            #[must_use]
            pub const fn rule(self) -> &'static Rule {
                match self {
                    $(Self::$variant => &Rule {
                        code: $code,
                        grade: $grade,
                        meaning: concat!("It ", $meaning, "."),
                        remedy: $remedy,
                        controls: &[],
                    },)*
                }
            }

            /// Returns what is wrong, as a clause: "it …".
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }

        /// The rules of all reasons, in the order of the documentation.
        pub const RULES: &[Rule] = &[$(*Reason::$variant.rule(),)*];
    };
}

reasons! {
    Trusted, "trusted", Remark,
        "carries a good signature of an allowed signer",
        "Nothing to do.";
    Unsigned, "unsigned", Fault(High),
        "is not signed",
        "Have its maker confirm that it is genuine and sign it, or start from where everything is \
         signed.";
    BadSignature, "bad-signature", Fault(Critical),
        "carries a signature that does not fit its content",
        "Treat it as forged until its author shows the original.";
    UnknownKey, "unknown-key", Fault(High),
        "is signed by a key that is not in the trust material",
        "Find out whose key it is; if it may sign, add it to the trust material.";
    NoTrustMaterial, "no-trust-material", Unknown,
        "is signed, but nothing says who may sign",
        "Configure who may sign: an allowed-signers file, a keyring, certificate authorities, \
         keys or identities.";
    WrongNamespace, "wrong-namespace", Fault(High),
        "is signed for, or by a key allowed only for, another purpose",
        "Sign for this purpose (`git` for commits, `file` for files); look at the `namespaces` of \
         the signer's line.";
    PrincipalNotAllowed, "principal-not-allowed", Fault(High),
        "is signed by someone whom the policy does not list",
        "Have someone sign who is listed, or add the signer to the policy.";
    SignerNotCommitter, "signer-not-committer", Fault(High),
        "is signed by someone else than its committer",
        "Ask both; correct `user.email`, or add the address to the signer's line or certificate.";
    SignerNotAuthor, "signer-not-author", Fault(High),
        "is signed by someone else than its author",
        "Have the author sign, or let the policy accept the committer's signature.";
    WebFlowNotAllowed, "web-flow-not-allowed", Fault(High),
        "is signed by the forge's own key, which the policy does not accept here",
        "Merge with a signature of one's own, or allow the forge's key for merges in the policy. \
         Such a signature proves where the commit was made, not who approved it.";
    NotApproved, "not-approved", Fault(High),
        "was approved by nobody but its author",
        "Have a second person approve it by the means that the policy names.";
    ThresholdNotMet, "threshold-not-met", Fault(High),
        "carries fewer good signatures of allowed signers than the policy demands",
        "Have more of the listed people sign.";
    TagNameMismatch, "tag-name-mismatch", Fault(Critical),
        "is a tag whose signed name is not the name it is kept under",
        "Treat the ref as moved: an old signed tag was put under a new name. Fetch it anew.";
    LightweightTag, "lightweight-tag", Fault(High),
        "is a lightweight tag, which cannot be signed",
        "Make an annotated, signed tag with `git tag -s`.";
    TagNotMerged, "tag-not-merged", Fault(High),
        "carries a merged tag that names none of its merged parents",
        "Find out who made the merge: git never writes such a commit.";
    MalformedTag, "malformed-tag", Fault(High),
        "is a tag with a header that cannot be read without doubt",
        "Run `git fsck`; find out which tool wrote it.";
    NoRule, "no-rule", Fault(High),
        "is under no rule of the policy",
        "Write a rule for it, or set the policy's `default`.";
    OutsideRule, "outside-rule", Unknown,
        "is older than the start of the rule that it is under",
        "Nothing to do, or move the rule's `from` back.";
    OutsideValidity, "outside-validity", Fault(High),
        "is signed at a time at which the signature does not count",
        "Look at `valid-after` and `valid-before` of the signer's line and at the claimed dates.";
    KeyExpired, "key-expired", Fault(High),
        "is signed by a key that had expired",
        "Have the signer extend the key or use a new one, and sign again.";
    KeyRevoked, "key-revoked", Fault(Critical),
        "is signed by a revoked key",
        "Treat it as forged until its author confirms it and signs with a new key.";
    RevocationUnknown, "revocation-unknown", Unknown,
        "is signed by a key or certificate of which nobody can say whether it was revoked",
        "Mend or renew the list of what is revoked.";
    KeyNotForSigning, "key-not-for-signing", Fault(High),
        "is signed by a key that may not sign",
        "Sign with a key that carries the signing flag and is bound to its certificate.";
    CertificateIncomplete, "certificate-incomplete", Unknown,
        "is signed by a key whose certificate lacks what its holder signed about it",
        "Fetch the certificate with its user ids (`gpg --export`), and put it into the keyring.";
    WeakAlgorithm, "weak-algorithm", Fault(High),
        "is signed with an algorithm that proves nothing any more",
        "Sign with Ed25519, ECDSA or RSA of at least 2048 bits, and SHA-256 or SHA-512.";
    CertificateUntrusted, "certificate-untrusted", Fault(High),
        "is signed with a certificate that leads to no trusted authority",
        "Find out who issued it; if the authority is yours, add it to the trusted ones.";
    CertificateExpired, "certificate-expired", Fault(High),
        "is signed with a certificate that was not valid at that time",
        "Sign again with a valid certificate, or add a timestamp when signing.";
    CertificateRevoked, "certificate-revoked", Fault(Critical),
        "is signed with a revoked certificate",
        "Treat it as forged until its author confirms it and signs with a new certificate.";
    CertificateNotForSigning, "certificate-not-for-signing", Fault(High),
        "is signed with a certificate that is not for this purpose",
        "Sign with a certificate whose key usages allow signatures of this kind.";
    IdentityMismatch, "identity-mismatch", Fault(High),
        "is signed by another identity than the policy names",
        "Look at the certificate's identity; correct the policy if it is the right one.";
    IdentityAmbiguous, "identity-ambiguous", Fault(High),
        "is signed with a certificate that names several identities, or none",
        "Sign with a certificate that names exactly one identity.";
    IssuerMismatch, "issuer-mismatch", Fault(High),
        "is signed by an identity that another issuer vouched for than the policy names",
        "Look at the certificate's issuer; correct the policy if it is the right one.";
    CertificateNotLogged, "certificate-not-logged", Fault(High),
        "is signed with a certificate without a valid proof that it was logged (SCT)",
        "Sign again; if the certificate log's key is new, renew the trusted root.";
    EvidenceMissing, "evidence-missing", Unknown,
        "is signed, but the proof of when it was signed is only to be had online",
        "Sign with an embedded proof (gitsign: `gitsign.rekorMode = offline`); verify this one \
         online, with `gitsign verify`.";
    ProofMissing, "proof-missing", Fault(High),
        "lacks the proof of inclusion in the transparency log that its format demands",
        "Fetch the complete bundle from where it was published, or have it signed again; if its deployment keeps no logs, name that deployment's trusted root (`github`); what cosign kept before version 3 has a promise alone (`--inclusion-promise-suffices-unsafe`).";
    LogUnknown, "log-unknown", Fault(High),
        "names a transparency log that is not in the trusted root",
        "Renew the trusted root; if the log is not in it, treat the entry as invented.";
    LogProofInvalid, "log-proof-invalid", Fault(Critical),
        "carries a transparency-log proof that does not lead to a root its log signed",
        "Treat it as forged; fetch the bundle anew from where it was published.";
    LogPromiseInvalid, "log-promise-invalid", Fault(Critical),
        "carries a promise of inclusion that the transparency log did not sign",
        "Treat it as forged; fetch the bundle anew from where it was published.";
    LogEntryMismatch, "log-entry-mismatch", Fault(Critical),
        "carries the transparency-log entry of another signature",
        "Treat it as forged; fetch the bundle anew from where it was published.";
    LogTimeInvalid, "log-time-invalid", Fault(High),
        "was logged at a time at which its certificate was not valid",
        "Sign again; look at the clock of the machine that signs.";
    TimestampInvalid, "timestamp-invalid", Fault(High),
        "carries a timestamp that no trusted authority made over it",
        "Renew the trusted authorities; if it stays so, treat the timestamp as forged.";
    TimestampMissing, "timestamp-missing", Fault(High),
        "proves no time of signing, which the policy demands",
        "Sign again with a timestamp authority or a transparency log.";
    KeyHintMismatch, "key-hint-mismatch", Fault(High),
        "says that another key signed it than the one at hand",
        "Name the right key; if it is the right one, the bundle was put together wrongly.";
    FormatDowngraded, "format-downgraded", Fault(High),
        "declares an older or other format than what it holds, in which less is demanded",
        "Fetch it anew from where it was published; treat the copy as tampered with.";
    UnsupportedFormat, "unsupported-format", Unknown,
        "is in a format, or a version of one, that beleg does not know",
        "Check it with the tool that made it.";
    MalformedSignature, "malformed-signature", Fault(High),
        "carries a signature that cannot be parsed",
        "Have it signed again.";
    TooManySignatures, "too-many-signatures", Fault(High),
        "carries more signatures than its format allows",
        "Find out who added them; have it signed again.";
    DuplicateSignatureHeader, "duplicate-signature-header", Fault(High),
        "carries more than one signature header, or an unknown one",
        "Find out who made the copy: git never writes such a commit.";
    ObjectHashMismatch, "object-hash-mismatch", Fault(Critical),
        "has another content than its id says",
        "Run `git fsck` and fetch the repository anew from a source you trust.";
    Sha1Collision, "sha1-collision", Fault(Critical),
        "was made to collide under SHA-1",
        "Treat the repository as attacked; fetch it anew and find the object's origin.";
    MalformedCommit, "malformed-commit", Fault(High),
        "has a header that cannot be read without doubt",
        "Run `git fsck`; find out which tool wrote it.";
    UnreadableObject, "unreadable-object", Unknown,
        "cannot be read",
        "Run `git fsck`; fetch the missing objects (`git fetch --unshallow`).";
    UnsupportedSignature, "unsupported-signature", Unknown,
        "carries a signature of a kind that beleg cannot check",
        "Check it with the tool that made it.";
    DigestMismatch, "digest-mismatch", Fault(Critical),
        "is not what was signed: its digest is another",
        "Fetch it anew; if it stays so, treat it as forged.";
    ContentNeeded, "content-needed", Unknown,
        "is given by its digest alone, but this signature covers the content itself",
        "Name the file instead of its digest.";
    ContentUnreadable, "content-unreadable", Unknown,
        "cannot be read, or changed while it was examined",
        "Look at the file and at what writes to it; check again.";
    ContentsUnhashed, "contents-unhashed", Unknown,
        "has parts that nobody hashed, so that they may be others than its manifest says",
        "Fetch the image anew and whole; parts for other platforms belong to a signed index too.";
    ContentExcluded, "content-excluded", Fault(High),
        "carries a signature that leaves a part of it out",
        "Have the whole of it signed: what is left out can be changed by anyone.";
    SubjectNotCovered, "subject-not-covered", Fault(High),
        "is not among the subjects of the attestation",
        "Find the attestation that was made for it.";
    MalformedStatement, "malformed-statement", Fault(High),
        "carries a statement that cannot be read without doubt",
        "Have the attestation made again.";
    NotVouchedFor, "not-vouched-for", Fault(High),
        "carries no signature but on statements that do not say that it is their signer's, such as \
         what a scan found",
        "Have it signed by itself, or have its provenance or its SBOM attested.";
    UnsupportedStatement, "unsupported-statement", Unknown,
        "carries a statement of a kind or a version that beleg does not know, which may say anything",
        "Read what it says; have the file signed by itself, or its provenance or its SBOM attested.";
    UnexpectedPredicate, "unexpected-predicate", Fault(High),
        "carries a statement of another kind than the policy demands",
        "Find the right attestation, or correct the policy.";
    BuilderNotAllowed, "builder-not-allowed", Fault(High),
        "was built by a builder that the policy does not name",
        "Build with an allowed builder, or add it to the policy.";
    SourceMismatch, "source-mismatch", Fault(Critical),
        "was built from another repository than the policy names",
        "Find out where it comes from; do not release it.";
    RefMismatch, "ref-mismatch", Fault(High),
        "was built from another branch or tag than the policy names",
        "Build it from the right ref.";
    WorkflowMismatch, "workflow-mismatch", Fault(High),
        "was built by another workflow than the policy names",
        "Build it with the right workflow, or correct the policy.";
    BuildLevelTooLow, "build-level-too-low", Fault(High),
        "has provenance of a lower build level than the policy demands",
        "Build with a builder that reaches the level.";
    ProvenanceStale, "provenance-stale", Fault(High),
        "was built longer ago than the policy allows, or at no credible time",
        "Build it anew; look at the clock of the machine that builds.";
    VerifierNotAllowed, "verifier-not-allowed", Fault(High),
        "has a verification summary of a verifier that the policy does not name",
        "Find the summary of an allowed verifier, or add it to the policy.";
    ResourceMismatch, "resource-mismatch", Fault(High),
        "has a verification summary that was made for another resource",
        "Find the summary that was made for it; correct the policy if it is the right one.";
    SummaryMissing, "summary-missing", Fault(High),
        "has no verification summary of a trusted signer",
        "Have it verified by whom the policy names, and add the signed summary (VSA).";
    SummaryFailed, "summary-failed", Fault(High),
        "has a verification summary that says it failed",
        "Read what its verifier found.";
    SummaryStale, "summary-stale", Unknown,
        "has a verification summary that is older than the policy allows, or of another policy",
        "Verify again.";
    LayoutExpired, "layout-expired", Fault(High),
        "is covered by an in-toto layout that has expired",
        "Have the project's owner sign a new layout.";
    StepMissing, "step-missing", Fault(High),
        "lacks the link of a step that its in-toto layout demands",
        "Find the step's link, signed by those whom the layout names.";
    StepRuleBroken, "step-rule-broken", Fault(Critical),
        "breaks a rule of its in-toto layout about what a step may take in or give out",
        "Find out what changed between the steps; do not release it.";
    FileUncovered, "file-uncovered", Fault(High),
        "is covered by no rule of the release policy",
        "Write a rule for it, or take it out of the release.";
    RuleUnused, "rule-unused", Fault(High),
        "is a rule of the release policy that no file matches",
        "Add the missing file, or take the rule out.";
    SbomMissing, "sbom-missing", Fault(High),
        "has no SBOM",
        "Make one with `beleg sbom create`, sign it, and add it to the release.";
    SbomSubjectMismatch, "sbom-subject-mismatch", Fault(Critical),
        "has an SBOM that describes another artifact",
        "Make the SBOM from the artifact that is released.";
    SbomSubjectUnstated, "sbom-subject-unstated", Unknown,
        "has an SBOM that does not say by digest which artifact it describes",
        "Write the artifact's SHA-256 into the SBOM's subject, or attest it.";
    ProvenanceMissing, "provenance-missing", Fault(High),
        "has no provenance",
        "Build it where provenance is made, and add the attestation to the release.";
    AdvisoryOpen, "advisory-open", Fault(High),
        "has a component with an open advisory at or above the gate",
        "Update the component, or ignore the advisory with a reason and an end.";
    AdvisoriesUnknown, "advisories-unknown", Unknown,
        "could not be compared with advisories that are complete and fresh",
        "Renew the advisory data, and name it in the policy.";
    RebuildDiffers, "rebuild-differs", Fault(Critical),
        "differs from the second build",
        "Find out which of the two builds was changed, or make the build reproducible.";
    RebuildMissing, "rebuild-missing", Unknown,
        "is absent from the second build",
        "Build it a second time, or take it out of the rule.";
    VerifierFailed, "verifier-failed", Unknown,
        "made the verifier itself fail",
        "Report this as a bug of beleg, with the input.";
}
