//! Bytes by locator: a local folder, S3, Google Cloud Storage, Azure Blob Storage or HTTP behind
//! one blocking interface; and the manifests and blobs of OCI registries, for reading.
//!
//! This is the only crate with network code, and the place where `--offline` is enforced: an
//! offline [`Stores`] refuses every locator that would open a socket. It never decides what bytes
//! mean, and it never reads the environment: variables come in through [`Stores::new`].

mod error;
mod listing;
mod locator;
mod place;
mod reader;
mod registry;
mod store;

pub use error::StoreError;
pub use listing::ObjectVersion;
pub use locator::Options;
pub use place::Sameness;
pub use registry::{
    Credentials, ImageLocator, ReferrerPages, Registry, RegistryError, RegistryManifest,
    RegistrySettings,
};
pub use store::{Created, Object, Store, Stores};
