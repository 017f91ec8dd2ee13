//! OpenPGP signatures (RFC 9580) judged against a keyring, with Sequoia.

mod judge;
mod keyring;
mod packets;

pub(crate) use judge::judge;
pub use keyring::{Keyring, MAX_CERTIFICATES, MAX_KEYRING_BYTES};
