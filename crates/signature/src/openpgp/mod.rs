//! OpenPGP signatures (RFC 9580) judged against a keyring, with Sequoia.

mod judge;
mod keyring;
mod large_rsa;
pub(crate) mod packets;
mod revoker;
mod signature;

pub(crate) use judge::{judge, judge_text};
pub use keyring::{Keyring, MAX_CERTIFICATES, MAX_KEYRING_BYTES};
