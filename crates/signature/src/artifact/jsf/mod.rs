//! JSON Signature Format 0.82, which CycloneDX uses for SBOMs: the signature is a member of the
//! document that it signs.

mod document;
mod judge;
mod key;

pub(super) use judge::judge;
pub use judge::verify_jsf;
