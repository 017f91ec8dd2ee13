mod check;
mod entry;

use crate::formats::Compression;
use crate::{BackupName, Measure, NameError, Refusal};
use beleg_dsse::{
    CanonicalError, Envelope, EnvelopeError, MAX_ENVELOPE, PAYLOAD_TYPE, ResourceDescriptor,
    Statement, Verifier, canonical_json,
};
use beleg_model::{ByteCount, Digest, Tool};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use entry::{Entry, EntryKind, LeftOut, WhyLeftOut};

/// The in-toto predicate type of a backup's manifest.
pub const PREDICATE_TYPE: &str = "urn:beleg:backup-manifest:v1";
/// The most bytes in a manifest's envelope: 64 MiB, which is about 200,000 entries.
pub const MAX_MANIFEST: usize = MAX_ENVELOPE;
/// The most entries in a manifest.
pub const MAX_ENTRIES: usize = 5_000_000;
/// The most recipients that a backup is encrypted to.
pub const MAX_RECIPIENTS: usize = 100;

const FORMAT: u32 = 1;

/// What a backup promises, signed by whoever made it: every entry with its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What is said about the backup as a whole.
    pub facts: Facts,
    /// Every entry, ordered by path. Each folder on the way to an entry is an entry itself.
    pub entries: Vec<Entry>,
    /// What was in the source and is not in the backup.
    pub left_out: Vec<LeftOut>,
    /// Files that changed while they were read: what is in the backup may never have existed.
    pub changed: Vec<String>,
}

/// What a manifest says about its backup as a whole: all that comparing regions needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The name of the backup's object, as signed. Its time is when the backup began.
    pub name: BackupName,
    /// SHA-256 fingerprints of the recipients it is encrypted to.
    pub recipients: Vec<Digest>,
    /// The encrypted object.
    pub ciphertext: Measure,
    /// The tar archive inside, after decompression.
    pub archive: Measure,
    /// How many entries there are.
    pub entries: u64,
    /// The sum of the files' sizes.
    pub content: ByteCount,
    /// SHA-256 over the canonical JSON of the entries: equal for copies with equal content,
    /// however often they were encrypted.
    pub root: Digest,
    /// What made the backup.
    pub tool: Tool,
    /// The name of the trusted key that signed the manifest.
    pub signer: String,
}

/// Says why a manifest is not believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// There is no key to trust: nothing was looked at.
    #[error("there is no trusted key to check the manifest's signature with")]
    NoTrustedKey,
    /// None of the trusted keys signed it.
    #[error("none of the trusted keys signed the manifest")]
    NotTrusted,
    /// The bytes are no envelope.
    #[error("the manifest's envelope is refused")]
    Envelope(#[source] EnvelopeError),
    /// The payload is no statement about a backup.
    #[error("the signed payload is no backup manifest")]
    Malformed(#[source] serde_json::Error),
    /// The payload is not in its one canonical form.
    #[error("the signed payload is not in canonical form")]
    NotCanonical,
    /// The statement or its format has another type or version.
    #[error("the manifest has the type `{0}`, which this version does not know")]
    WrongType(String),
    /// The subject is not exactly the encrypted object.
    #[error("the manifest's subject is not the object that its predicate describes")]
    WrongSubject,
    /// The backup's name is none.
    #[error("the manifest's name is refused")]
    Name(#[from] NameError),
    /// There are too many entries or recipients.
    #[error("the manifest has more {0} than the limit of {1}")]
    TooMany(&'static str, usize),
    /// A number is too large for canonical JSON, or the sum of sizes is.
    #[error("the manifest states a size above the limit of 9007199254740991 bytes")]
    TooLarge,
    /// An entry's path is not safe.
    #[error("the manifest's entry `{path}` is refused: {refusal}")]
    Unsafe {
        /// The path.
        path: String,
        /// Why.
        refusal: Refusal,
    },
    /// An entry's mode has more than the lower twelve bits.
    #[error("the manifest's entry `{0}` has a mode of more than twelve bits")]
    Mode(String),
    /// A digest is not SHA-256.
    #[error("the manifest has a digest that is not SHA-256")]
    NotSha256,
    /// A path comes twice or out of order.
    #[error("the manifest's entry `{0}` comes twice or out of order")]
    Order(String),
    /// A path's folder is no folder of the manifest.
    #[error("the manifest's entry `{0}` is not in a folder of the manifest")]
    NoFolder(String),
    /// The root is not that of the entries.
    #[error("the manifest's root does not belong to its entries")]
    WrongRoot,
    /// No canonical form could be made.
    #[error("the manifest has no canonical form")]
    Canonical(#[from] CanonicalError),
}

/// What stands in the statement.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Predicate {
    format: u32,
    name: String,
    created: Timestamp,
    compression: Compression,
    recipients: Vec<Digest>,
    ciphertext: Measure,
    archive: Measure,
    entries: Vec<Entry>,
    root: Digest,
    left_out: Vec<LeftOut>,
    changed: Vec<String>,
    tool: Tool,
}

impl Manifest {
    /// Reads a manifest that one of the `trusted` keys has signed, and checks everything in it
    /// that can be checked without the backup.
    ///
    /// # Errors
    /// When anything at all is wrong; nothing of a refused manifest comes out.
    pub fn open(bytes: &[u8], trusted: &[Verifier]) -> Result<Self, ManifestError> {
        if trusted.is_empty() {
            return Err(ManifestError::NoTrustedKey);
        }
        let envelope = Envelope::parse(bytes).map_err(ManifestError::Envelope)?;
        let (payload, signer) = verify(&envelope, trusted)?;
        let statement: Statement<Predicate> =
            serde_json::from_slice(&payload).map_err(ManifestError::Malformed)?;
        if canonical_json(&statement)? != payload {
            return Err(ManifestError::NotCanonical);
        }
        check::statement(&statement)?;
        let predicate = statement.predicate;
        let content = check::entries(&predicate.entries)?;
        if root(&predicate.entries)? != predicate.root {
            return Err(ManifestError::WrongRoot);
        }
        Ok(Self {
            facts: Facts {
                name: BackupName::new(&predicate.name, predicate.created, predicate.compression)?,
                recipients: predicate.recipients,
                ciphertext: predicate.ciphertext,
                archive: predicate.archive,
                entries: predicate.entries.len() as u64,
                content,
                root: predicate.root,
                tool: predicate.tool,
                signer: signer.to_owned(),
            },
            entries: predicate.entries,
            left_out: predicate.left_out,
            changed: predicate.changed,
        })
    }

    /// Returns the place of a path among the entries.
    pub(crate) fn find(&self, path: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()
    }

    /// Returns the statement that says all this; the signer is not part of it.
    pub(crate) fn into_statement(self) -> Statement<Predicate> {
        let Self { facts, entries, left_out, changed } = self;
        let object = facts.name.object();
        let digest =
            BTreeMap::from([("sha256".to_owned(), facts.ciphertext.digest.hex().to_owned())]);
        let predicate = Predicate {
            format: FORMAT,
            name: facts.name.name().to_owned(),
            created: facts.name.created(),
            compression: facts.name.compression(),
            recipients: facts.recipients,
            ciphertext: facts.ciphertext,
            archive: facts.archive,
            entries,
            root: facts.root,
            left_out,
            changed,
            tool: facts.tool,
        };
        Statement::about(ResourceDescriptor { name: object, digest }, PREDICATE_TYPE, predicate)
    }
}

/// Returns the SHA-256 over the canonical JSON of the entries.
pub(crate) fn root(entries: &[Entry]) -> Result<Digest, CanonicalError> {
    Ok(Measure::of(&canonical_json(&entries)?).digest)
}

fn verify<'t>(
    envelope: &Envelope,
    trusted: &'t [Verifier],
) -> Result<(Vec<u8>, &'t str), ManifestError> {
    for verifier in trusted {
        match envelope.verify(PAYLOAD_TYPE, verifier) {
            Ok(payload) => return Ok((payload, verifier.name())),
            Err(EnvelopeError::NotSignedBy(_)) => (),
            Err(error) => return Err(ManifestError::Envelope(error)),
        }
    }
    Err(ManifestError::NotTrusted)
}

#[cfg(test)]
mod tests;
