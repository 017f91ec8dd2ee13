//! Reads an OCI image layout (OCI image specification 1.1, "Image Layout"), a folder or a tar
//! archive of one, as one set of wanted files, with layers, whiteouts and links resolved as a
//! container runtime would resolve them, and every blob's size and digest verified on the way.
//!
//! It also lists what hangs on an image, such as signatures and attestations, from a layout or
//! from any other [`Repository`], such as a registry that the caller connects. What those bytes
//! prove is not judged here.
//!
//! Layers are streamed from the oldest to the newest. What is kept is what the caller wants, the
//! image's links and nothing else, so that memory is bounded by [`Limits`] and not by the image.
//!
//! This crate never unpacks anything: no path or link of an image is ever opened on the host, and
//! only [`write`], which makes layouts for the demo and for tests, writes to a disk at all. It
//! never runs a program, reads a clock or opens a socket, and it knows no package format.

mod aliases;
mod archive;
mod attached;
mod blob;
mod compression;
mod config;
mod contents;
mod error;
mod gather;
mod image;
mod journal;
mod layer;
mod layout;
mod limits;
mod manifest;
mod oddity;
mod path;
mod pax;
mod tarred;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]
mod tests;
mod tree;
mod walk;
mod watch;
mod within;
pub mod write;

pub use archive::ArchiveError;
pub use attached::{
    AttachedLayer, Attachment, AttachmentFault, AttachmentKind, AttachmentProblem, Attachments,
    Candidate, ContentFault, ContentProblem, EachPiece, FetchedManifest, HashedContents, Pinned,
    PinnedPart, Referrers, Repository, RepositoryError, attachments, hash_contents, pin,
};
pub use compression::Compression;
pub use config::ImageConfig;
pub use contents::{Contents, ImageFile, Unread, UnreadReason};
pub use error::ImageError;
pub use image::Image;
pub use layer::{Layer, LayerRead};
pub use layout::{ImageRef, Layout, OtherManifest, Selection};
pub use limits::{AttachmentLimits, Limits};
pub use manifest::Platform;
pub use oddity::{Oddity, What};
pub use watch::Watch;
pub use within::{Distil, HEAD, Within};
