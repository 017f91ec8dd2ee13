//! The arguments of `beleg verify …`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum Verify {
    /// Verify the signatures of a range of git commits
    Commits(VerifyCommits),
    /// Verify signed git tags
    Tags(VerifyTags),
    /// Verify files by the signatures beside them: Sigstore, OpenPGP, SSH, X.509, minisign, signify,
    /// checksum lists
    Artifact(VerifyArtifact),
    /// Verify one file, or a digest, by one Sigstore bundle
    Bundle(VerifyBundle),
    /// Verify the signatures and attestations of an image
    Image(VerifyImage),
    /// Verify files against an in-toto layout and the links of its steps
    Layout(VerifyLayout),
    /// Verify a whole release: every file, signature, SBOM and provenance, by a policy
    Release(VerifyRelease),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs: `schema` 1, keys sorted
    Json,
}

#[derive(Args)]
pub(crate) struct VerifyOutput {
    /// The format
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Who may sign.
#[derive(Args)]
pub(crate) struct TrustArguments {
    /// SSH: the allowed-signers file
    #[arg(long, value_name = "FILE", help_heading = "Who may sign")]
    pub(crate) allowed_signers: Option<String>,
    /// SSH: revoked keys, as a key revocation list or as public keys line by line
    #[arg(long, value_name = "FILE", help_heading = "Who may sign")]
    pub(crate) revoked_keys: Option<String>,
    /// OpenPGP: the keyring
    #[arg(long, value_name = "FILE", help_heading = "Who may sign")]
    pub(crate) keyring: Option<String>,
    /// X.509: the trusted authorities, as PEM
    #[arg(long, value_name = "FILE", help_heading = "Who may sign")]
    pub(crate) authorities: Option<String>,
    /// X.509: certificate revocation lists, as PEM
    #[arg(long, value_name = "FILE", help_heading = "Who may sign")]
    pub(crate) revocation_lists: Option<String>,
    #[command(flatten)]
    pub(crate) root: RootArguments,
}

/// What Sigstore's signatures are verified against.
#[derive(Args)]
pub(crate) struct RootArguments {
    /// Sigstore: the trusted root's file, or `production`, `staging` or `github`
    #[arg(long, value_name = "FILE|NAME", help_heading = "Who may sign")]
    pub(crate) trusted_root: Option<String>,
    /// Sigstore: take the trusted root from this copy of a TUF repository
    #[arg(
        long,
        value_name = "FOLDER|URL",
        requires = "tuf_root",
        conflicts_with = "trusted_root",
        help_heading = "Who may sign"
    )]
    pub(crate) tuf_mirror: Option<String>,
    /// Sigstore: the `root.json` that this copy is verified from
    #[arg(long, value_name = "FILE", requires = "tuf_mirror", help_heading = "Who may sign")]
    pub(crate) tuf_root: Option<String>,
}

/// Which keys and identities may sign files.
#[derive(Args)]
pub(crate) struct IdentityArguments {
    /// A public key that may sign: PEM, minisign, signify, beleg's own, or npm's list of its
    /// registry's keys; may be repeated
    #[arg(long = "key", value_name = "FILE", help_heading = "Who may sign")]
    pub(crate) keys: Vec<String>,
    /// Sigstore: the certificate's identity (its subject alternative name), exactly
    #[arg(long, value_name = "IDENTITY", help_heading = "Who may sign")]
    pub(crate) certificate_identity: Option<String>,
    /// Sigstore: the same, where `*` stands for any text without `/` and `@`, and `**` for any
    #[arg(
        long,
        value_name = "PATTERN",
        conflicts_with = "certificate_identity",
        help_heading = "Who may sign"
    )]
    pub(crate) certificate_identity_pattern: Option<String>,
    /// Sigstore: who vouched for the identity, exactly; `none` where the certificate names nobody
    #[arg(long, value_name = "URL", help_heading = "Who may sign")]
    pub(crate) certificate_oidc_issuer: Option<String>,
}

#[derive(Args)]
pub(crate) struct VerifyCommits {
    /// The repository's folder
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) repo: String,
    /// `A..B`, `A..`, `..B`, or `B` with all its history
    #[arg(long, default_value = "HEAD")]
    pub(crate) range: String,
    /// The policy: who may sign what, on which branch and path
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<String>,
    /// The branch whose rules of the policy hold; the range's end if it names one
    #[arg(long)]
    pub(crate) branch: Option<String>,
    /// Remember here which signatures fit, for the next run; whoever can write this file can make
    /// a forged one fit
    #[arg(long, value_name = "FILE")]
    pub(crate) cache: Option<String>,
    /// Let those who may sign sign what others committed
    #[arg(long)]
    pub(crate) allow_signing_for_others_unsafe: bool,
    #[command(flatten)]
    pub(crate) identity: IdentityArguments,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    #[command(flatten)]
    pub(crate) output: VerifyOutput,
}

#[derive(Args)]
pub(crate) struct VerifyTags {
    /// The tags, where `*` stands for any text; all if absent
    pub(crate) tags: Vec<String>,
    /// The repository's folder
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) repo: String,
    /// The policy: who may sign which tags
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<String>,
    /// Let those who may sign sign what others tagged
    #[arg(long)]
    pub(crate) allow_signing_for_others_unsafe: bool,
    #[command(flatten)]
    pub(crate) identity: IdentityArguments,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    #[command(flatten)]
    pub(crate) output: VerifyOutput,
}

#[derive(Args)]
pub(crate) struct VerifyArtifact {
    /// The files
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    /// The signature or attestation; those beside each file if absent
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<String>,
    /// Accept the log's signed promise where there is no proof of inclusion: all that
    /// `cosign sign-blob` before version 3 keeps
    #[arg(long = "inclusion-promise-suffices-unsafe", alias = "promise-suffices-unsafe")]
    pub(crate) promise_suffices_unsafe: bool,
    #[command(flatten)]
    pub(crate) identity: IdentityArguments,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    #[command(flatten)]
    pub(crate) output: VerifyOutput,
}

#[derive(Args)]
pub(crate) struct VerifyBundle {
    /// The file, or its digest as `sha256:HEX`
    #[arg(value_name = "FILE|sha256:HEX")]
    pub(crate) subject: String,
    /// The bundle
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: String,
    /// Accept what no transparency log took in; a certificate then needs a timestamp
    #[arg(long = "without-transparency-log-unsafe", alias = "without-log-unsafe")]
    pub(crate) without_log_unsafe: bool,
    /// Accept the log's signed promise where there is no proof of inclusion: all that
    /// `cosign sign-blob` before version 3 keeps
    #[arg(long = "inclusion-promise-suffices-unsafe", alias = "promise-suffices-unsafe")]
    pub(crate) promise_suffices_unsafe: bool,
    #[command(flatten)]
    pub(crate) identity: IdentityArguments,
    #[command(flatten)]
    pub(crate) root: RootArguments,
    #[command(flatten)]
    pub(crate) output: VerifyOutput,
}

#[derive(Args)]
pub(crate) struct VerifyImage {
    /// The image: an OCI layout's folder or archive, or `oci://HOST/NAME:TAG`
    pub(crate) image: String,
    /// The tag within a layout that holds several images
    #[arg(long, value_name = "TAG")]
    pub(crate) reference: Option<String>,
    /// Accept what no transparency log took in; a certificate then needs a timestamp
    #[arg(long = "without-transparency-log-unsafe", alias = "without-log-unsafe")]
    pub(crate) without_log_unsafe: bool,
    /// Accept the log's signed promise where there is no proof of inclusion: all that cosign 1
    /// and 2 keep
    #[arg(long = "inclusion-promise-suffices-unsafe", alias = "promise-suffices-unsafe")]
    pub(crate) promise_suffices_unsafe: bool,
    /// Judge the manifest alone, and do not hash the layers below it: whether they are those that
    /// it names is then nobody's word
    #[arg(long)]
    pub(crate) manifest_only_unsafe: bool,
    /// The digest that the image must have
    #[arg(long, value_name = "sha256:HEX")]
    pub(crate) digest: Option<String>,
    #[command(flatten)]
    pub(crate) identity: IdentityArguments,
    #[command(flatten)]
    pub(crate) root: RootArguments,
    #[command(flatten)]
    pub(crate) output: VerifyOutput,
}

#[derive(Args)]
pub(crate) struct VerifyLayout {
    /// The final products
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    /// The layout
    #[arg(long, value_name = "FILE")]
    pub(crate) layout: String,
    /// The folder of the links; the layout's own if absent
    #[arg(long, value_name = "FOLDER")]
    pub(crate) links: Option<String>,
    /// A public key of the layout's owners; may be repeated: all must have signed
    #[arg(long = "key", value_name = "FILE", required = true)]
    pub(crate) keys: Vec<String>,
    #[command(flatten)]
    pub(crate) output: VerifyOutput,
}

#[derive(Args)]
pub(crate) struct VerifyRelease {
    /// The folder that goes out
    pub(crate) folder: String,
    /// The release policy
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: String,
    /// Sign a verification summary (VSA) of the release with this key of beleg's, such as
    /// `.beleg/keys/ledger.key`
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_key: Option<PathBuf>,
    /// Where to write the summary, outside the release; `FOLDER.vsa.json` if absent
    #[arg(long, value_name = "FILE", requires = "sign_key")]
    pub(crate) summary: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: VerifyOutput,
}
