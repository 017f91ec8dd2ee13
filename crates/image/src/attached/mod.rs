//! What hangs on an image: referrers (OCI image and distribution specifications 1.1), and the
//! tags `sha256-<hex>.sig`, `.att` and `.sbom` of cosign.

mod attachment;
mod collect;
mod from_layout;
mod hashed;
mod pin;
mod repository;

pub use attachment::{
    AttachedLayer, Attachment, AttachmentFault, AttachmentKind, AttachmentProblem, Attachments,
};
pub use collect::attachments;
pub(crate) use from_layout::is_attachment;
pub use hashed::{ContentFault, ContentProblem, HashedContents, hash_contents};
pub use pin::{Pinned, PinnedPart, pin};
pub use repository::{
    Candidate, EachPiece, FetchedManifest, Referrers, Repository, RepositoryError,
};

use beleg_model::Digest;
use sha2::{Digest as _, Sha256};

/// The tag under which a repository without the referrers API lists what refers to a manifest
/// (OCI distribution specification 1.1, "Referrers Tag Schema").
fn referrers_tag(subject: &Digest) -> String {
    format!("{}-{}", subject.algorithm(), subject.hex())
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::sha256(Sha256::digest(bytes).into())
}
