//! Signatures of files by plain keys, and those of git's formats over files; lists of digests;
//! DSSE envelopes; SBOMs signed within themselves.
//!
//! A key that a signature carries is never trusted: it only says which of the given keys signed.

mod algorithm;
mod blocks;
mod checksums;
mod clearsigned;
mod content;
mod detect;
mod dispatch;
mod envelope;
mod jsf;
mod json;
mod key;
mod minisign;
mod numbered;
mod outcome;
mod payload;
mod raw;
mod signed_list;
mod signify;
mod subject;

pub use checksums::{ChecksumList, ChecksumListError, MAX_CHECKSUMS, MAX_CHECKSUMS_BYTES};
pub use content::{Artifact, ArtifactError, Content, MAX_CONTENT_IN_MEMORY};
pub(crate) use content::{ContentError, Hash};
pub use detect::SignatureFile;
pub use dispatch::{MAX_SIGNATURE_FILE_BYTES, verify_artifact};
pub use envelope::{EnvelopeRule, VerifiedEnvelope, verify_envelope};
pub use jsf::verify_jsf;
pub use json::MAX_SIGNED_JSON_BYTES;
pub use key::{MAX_PUBLIC_KEY_BYTES, PublicKey, PublicKeyError};
pub use payload::Payload;
pub use signed_list::SignedList;
