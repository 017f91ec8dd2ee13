//! Sigstore bundles, and what becomes one: attestations of PyPI and npm, cosign's older formats,
//! gitsign. Everything is verified offline against one [`TrustedRoot`].
//!
//! All use of the `sigstore-*` crates stays in this folder, behind types of our own: their
//! interfaces change from month to month.

mod artifact;
mod certificate;
mod cosign;
mod distribution;
mod entry;
mod file;
mod format;
mod identity;
mod keys;
mod npm;
mod npm_version;
mod policy;
mod pypi;
mod refusal;
mod rekor;
mod root;
mod spelling;
mod statement;
mod tuf;
mod verify;

pub use artifact::Artifact;
pub use certificate::CertificateClaims;
pub use cosign::{
    CosignSignature, verify_cosign_attestation, verify_cosign_blob, verify_cosign_image,
};
pub use file::{documents, verify_file};
pub use format::MAX_BUNDLE_BYTES;
pub(crate) use identity::judge_certificate_identity;
use npm::verify_npm_package;
pub use npm::{NpmAttestation, verify_npm_attestations};
pub use npm_version::{is_npm_version, verify_npm_version};
pub use policy::{BundlePolicy, ManagedKey, ManagedKeyError};
pub use pypi::{verify_pypi_attestation, verify_pypi_provenance};
pub use root::{KnownRoot, MAX_TRUSTED_ROOT_BYTES, RootError, TrustedRoot};
pub use tuf::{TufError, TufMirror};
pub(crate) use verify::verify_built_bundle;
pub use verify::{Verified, verify_bundle};
