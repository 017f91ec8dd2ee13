//! Signatures in every format: SSH, OpenPGP, X.509 and Sigstore, plain keys and the small formats
//! over files, DSSE envelopes, SBOMs signed within themselves; and the trust material that they are
//! judged against.
//!
//! What is signed comes as bytes, or as a [`Content`] that is read in blocks, and every signature
//! becomes one [`Judgement`](beleg_trust::Judgement).
//!
//! This crate never starts a program, opens a socket, writes a file, asks the clock or the
//! environment, or trusts a key because a signature carries it; it knows neither commits nor what
//! a signed statement means. The Sigstore library looks at the clock besides, which can only make
//! it stricter (see [`sigstore::verify_bundle`]).

mod absent;
mod artifact;
mod claim;
mod key_material;
mod material;
mod openpgp;
mod person;
pub mod rules;
pub mod sigstore;
mod ssh;
mod x509;

pub use absent::{no_bundle, without_trusted_root};
pub use artifact::{
    Artifact, ArtifactError, ChecksumList, ChecksumListError, Content, EnvelopeRule, MAX_CHECKSUMS,
    MAX_CHECKSUMS_BYTES, MAX_CONTENT_IN_MEMORY, MAX_PUBLIC_KEY_BYTES, MAX_SIGNATURE_FILE_BYTES,
    MAX_SIGNED_JSON_BYTES, Payload, PublicKey, PublicKeyError, SignatureFile, SignedList,
    VerifiedEnvelope, verify_artifact, verify_envelope, verify_jsf,
};
pub use claim::{Claim, format_of};
pub use material::{
    MAX_TRUST_FILE_BYTES, MaterialError, MaterialProblem, TrustFiles, TrustMaterial, TrustSource,
    material_finding,
};
pub use openpgp::{Keyring, MAX_CERTIFICATES, MAX_KEYRING_BYTES};
pub use person::{People, Person, distinct_signers};
pub use ssh::{AllowedSigners, MAX_ALLOWED_SIGNERS_BYTES, MAX_ALLOWED_SIGNERS_LINES, RevokedKeys};
