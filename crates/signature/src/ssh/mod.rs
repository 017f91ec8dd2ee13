//! SSH signatures (OpenSSH's PROTOCOL.sshsig) by keys and certificates, judged against an
//! allowed-signers file and a list of revoked keys.

mod allowed_signers;
mod certificate;
mod certified;
mod judge;
mod key;
mod krl;
mod lines;
mod options;
mod revoked;
mod signature;
#[cfg(test)]
mod tests;
mod verify;
mod wire;

pub(crate) use allowed_signers::Entry;
pub use allowed_signers::{AllowedSigners, MAX_ALLOWED_SIGNERS_BYTES, MAX_ALLOWED_SIGNERS_LINES};
pub(crate) use judge::judge;
pub(crate) use key::Key;
pub use revoked::RevokedKeys;
