//! Who signed, and was that allowed: commits, tags, files, images, attestations and SBOMs against
//! explicit trust material and policies.
//!
//! Every signature becomes one [`Judgement`]: whether it fits (`crypto`) is kept apart from
//! whether its maker was allowed (`trust`), one stable [`Reason`] says why, and the times say which
//! of them decided. Git objects are read by their id and hashed again; everything else comes as
//! bytes. What signed statements say is judged in [`provenance`] and [`layout`].
//!
//! This crate never starts a program, opens a socket, writes a file, asks the clock or the
//! environment, follows replace refs or grafts, or trusts a key because a commit or a signature
//! carries it. libgit2 reads the repository's configuration, and the user's and the machine's,
//! for the object format alone; no hook, filter or credential helper is run. The Sigstore library
//! looks at the clock besides, which can only make it stricter (see [`sigstore::verify_bundle`]).

mod artifact;
mod cache;
mod error;
mod git;
mod json;
mod judgement;
pub mod layout;
mod matcher;
mod material;
mod openpgp;
mod policy;
pub mod provenance;
mod reason;
pub mod sigstore;
mod ssh;
mod text;
mod x509;

pub use artifact::{
    Artifact, ArtifactError, ChecksumList, ChecksumListError, Content, EnvelopeRule, MAX_CHECKSUMS,
    MAX_CHECKSUMS_BYTES, MAX_CONTENT_IN_MEMORY, MAX_PUBLIC_KEY_BYTES, MAX_SIGNATURE_FILE_BYTES,
    MAX_SIGNED_JSON_BYTES, PublicKey, PublicKeyError, SignatureFile, SignedList, VerifiedEnvelope,
    verify_artifact, verify_envelope, verify_jsf,
};
pub use cache::ResultCache;
pub use error::TrustError;
pub use git::{
    CommitResult, EmbeddedTag, HashAlgorithm, Identity, MAX_COMMIT_BYTES, MAX_SIGNATURE_BYTES,
    Peeled, RangeResult, TagResult, TagsResult, distinct_signers, findings, material_finding,
    short_name, tag_findings, verify_range, verify_tags,
};
pub use judgement::{
    Check, DecidedBy, Format, Judgement, KeyState, KeyStates, MissingEvidence, Signer, Times,
};
pub use matcher::{Matcher, MatcherError};
pub use material::{MAX_TRUST_FILE_BYTES, MaterialProblem, TrustFiles, TrustMaterial, TrustSource};
pub use openpgp::{Keyring, MAX_CERTIFICATES, MAX_KEYRING_BYTES};
pub use policy::{
    Approval, DefaultRule, Glob, GlobError, Limits, MAX_POLICY_BYTES, Match, Policy, PolicyError,
    Rule, Rules, Scope,
};
pub use reason::Reason;
pub use ssh::{
    AllowedSigners, MAX_ALLOWED_SIGNERS_BYTES, MAX_ALLOWED_SIGNERS_LINES, PatternError,
    PatternList, RevokedKeys,
};
