mod check;
mod entries;
mod entry;
mod first;
mod head;
mod omissions;

use crate::{BackupName, Measure, NameError, Refusal};
use beleg_dsse::{
    CanonicalError, Envelope, EnvelopeError, MAX_ENVELOPE, PAYLOAD_TYPE, STATEMENT_TYPE, Signer,
    Verifier, canonical_json,
};
use beleg_model::{ByteCount, Digest, Tool};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

pub use entries::Entries;
pub(crate) use entries::{EntryWriter, Unwritten};
pub use entry::{Entry, EntryKind, LeftOut, Owner, WhyLeftOut};
pub(crate) use head::Head;
pub(crate) use omissions::Gathered;
pub use omissions::Omissions;

/// The in-toto predicate type of a backup's manifest.
pub const PREDICATE_TYPE: &str = "urn:beleg:backup-manifest:v2";
/// The type of the first format: one envelope with every entry in it, without owners.
pub const FIRST_PREDICATE_TYPE: &str = "urn:beleg:backup-manifest:v1";
/// The most bytes in a manifest's envelope. The entries of the second format come after it.
pub const MAX_MANIFEST: usize = MAX_ENVELOPE;
/// The most entries in a manifest.
pub const MAX_ENTRIES: usize = 5_000_000;
/// The most recipients that a backup is encrypted to.
pub const MAX_RECIPIENTS: usize = 100;

/// What a backup promises, signed by whoever made it: every entry with its digest.
///
/// Its object begins with a signed envelope in one line, which says everything about the backup as
/// a whole and promises the bytes of what follows: the entries, one in a line, each in canonical
/// JSON, in the order of the archive. So its size has no bound, and its beginning is enough to
/// compare regions.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// What is said about the backup as a whole.
    pub facts: Facts,
    /// Every entry. Each folder on the way to an entry is an entry itself.
    pub entries: Entries,
    /// What was in the source and is not in the backup, or not as it was.
    pub omissions: Omissions,
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
    /// SHA-256 over the entries' bytes in the manifest: equal for copies with equal content,
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
    #[error("the manifest's entries are not those that were signed")]
    WrongRoot,
    /// The manifest could not be read.
    #[error("the manifest cannot be read")]
    Read(#[source] io::Error),
    /// The entries could not be kept for the restore.
    #[error("the manifest's entries cannot be kept")]
    Spool(#[source] io::Error),
    /// No canonical form could be made.
    #[error("the manifest has no canonical form")]
    Canonical(#[from] CanonicalError),
}

impl Manifest {
    /// Reads a manifest that one of the `trusted` keys has signed, and checks everything in it
    /// that can be checked without the backup. The entries of a large one are kept in the file
    /// that `spool` makes: an empty one that nobody else writes to.
    ///
    /// # Errors
    /// When anything at all is wrong; nothing of a refused manifest comes out.
    pub fn read(
        source: impl Read,
        trusted: &[Verifier],
        spool: impl FnOnce() -> io::Result<File>,
    ) -> Result<Self, ManifestError> {
        let mut source = BufReader::with_capacity(64 << 10, source);
        match Opened::read(&mut source, trusted)? {
            Opened::First(manifest) => Ok(*manifest),
            Opened::Second(head) => {
                let Head { facts, lines, omissions } = *head;
                let (entries, content) = Entries::read(&mut source, &lines, facts.entries, spool)?;
                if content != facts.content {
                    return Err(ManifestError::WrongRoot);
                }
                Ok(Self { facts, entries, omissions })
            }
        }
    }

    /// Says whether there is a file in the backup: folders alone are what a source looks like that
    /// was not mounted.
    ///
    /// # Errors
    /// When the file that holds the entries cannot be read.
    pub fn holds_a_file(&self) -> io::Result<bool> {
        for entry in self.entries.iter() {
            if matches!(entry?.kind, EntryKind::File { .. }) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether owners and hard links are among what the manifest promises.
    ///
    /// # Errors
    /// When the file that holds the entries cannot be read.
    pub fn keeps_owners(&self) -> io::Result<bool> {
        Ok(self.entries.get(0)?.is_none_or(|entry| entry.owner.is_some()))
    }
}

impl Facts {
    /// Reads only what a manifest says about its backup as a whole. What comes after that is not
    /// looked at, as comparing regions does not need it.
    ///
    /// # Errors
    /// As [`Manifest::read`], apart from the entries of the second format.
    pub fn read(source: impl Read, trusted: &[Verifier]) -> Result<Self, ManifestError> {
        Ok(match Opened::read(&mut BufReader::new(source), trusted)? {
            Opened::First(manifest) => manifest.facts,
            Opened::Second(head) => head.facts,
        })
    }
}

/// A manifest's envelope, opened: the whole of the first format, the beginning of the second.
enum Opened {
    First(Box<Manifest>),
    Second(Box<Head>),
}

/// What every statement has, whatever it says.
#[derive(Deserialize)]
struct Types {
    #[serde(rename = "_type")]
    statement: String,
    #[serde(rename = "predicateType")]
    predicate: String,
}

impl Opened {
    fn read(source: &mut impl BufRead, trusted: &[Verifier]) -> Result<Self, ManifestError> {
        if trusted.is_empty() {
            return Err(ManifestError::NoTrustedKey);
        }
        let mut line = Vec::new();
        let limit = (MAX_MANIFEST as u64).saturating_add(1);
        source.take(limit).read_until(b'\n', &mut line).map_err(ManifestError::Read)?;
        let envelope = Envelope::parse(&line).map_err(ManifestError::Envelope)?;
        let (payload, signer) = verify(&envelope, trusted)?;
        let types: Types = serde_json::from_slice(&payload).map_err(ManifestError::Malformed)?;
        if types.statement != STATEMENT_TYPE {
            return Err(wrong_type(&types.statement));
        }
        match types.predicate.as_str() {
            // Bytes behind the envelope were never read in the first format, and are none of it.
            FIRST_PREDICATE_TYPE if !is_at_end(source)? => Err(ManifestError::WrongRoot),
            FIRST_PREDICATE_TYPE => Ok(Self::First(Box::new(first::open(&payload, signer)?))),
            PREDICATE_TYPE => Ok(Self::Second(Box::new(Head::open(&payload, signer)?))),
            other => Err(wrong_type(other)),
        }
    }
}

fn is_at_end(source: &mut impl BufRead) -> Result<bool, ManifestError> {
    Ok(source.fill_buf().map_err(ManifestError::Read)?.is_empty())
}

fn wrong_type(found: &str) -> ManifestError {
    ManifestError::WrongType(found.chars().take(100).collect())
}

/// Signs a manifest's beginning: the line before the entries.
pub(crate) fn sign(head: Head, signer: &Signer) -> Result<Vec<u8>, CanonicalError> {
    let payload = canonical_json(&head.into_statement())?;
    let mut line = canonical_json(&Envelope::sign(PAYLOAD_TYPE, &payload, signer))?;
    line.push(b'\n');
    Ok(line)
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
