//! in-toto Statements in DSSE envelopes, signed with Ed25519 keys in signed-note form.
//!
//! One key pair signs everything that beleg itself states: evidence, checkpoints of the ledger,
//! manifests of backups. This crate never reads a file or a clock; the one thing it takes from
//! the system is randomness for a new key.

mod canonical;
mod envelope;
pub mod json;
mod key;
mod statement;

pub use canonical::{CanonicalError, canonical_json};
pub use envelope::{Envelope, EnvelopeError, EnvelopeSignature, MAX_ENVELOPE};
pub use key::{KeyError, Signer, Verifier};
pub use statement::{PAYLOAD_TYPE, ResourceDescriptor, STATEMENT_TYPE, Statement};
