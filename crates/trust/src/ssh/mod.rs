//! SSH signatures (OpenSSH's PROTOCOL.sshsig) judged against an allowed-signers file.

mod allowed_signers;
mod judge;
mod options;
mod pattern;
mod signature;

pub use allowed_signers::{AllowedSigners, MAX_ALLOWED_SIGNERS_BYTES, MAX_ALLOWED_SIGNERS_LINES};
pub(crate) use judge::judge;
pub use pattern::{PatternError, PatternList};
