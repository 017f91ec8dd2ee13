//! X.509 signatures in CMS (RFC 5652): S/MIME as openssl and gpgsm write it, and gitsign's.

mod algorithm;
mod attributes;
mod authorities;
mod ber;
mod certificate;
mod gitsign;
#[cfg(test)]
mod gitsign_tests;
mod identity;
mod judge;
mod message;
mod path;
mod pem;
mod protobuf;
mod revocation;
mod signed_data;
mod timestamp;
mod tlv;

pub(crate) use authorities::Authorities;
pub(crate) use judge::judge;
pub(crate) use revocation::RevocationLists;
