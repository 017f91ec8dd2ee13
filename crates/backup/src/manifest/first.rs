//! The first format: one envelope with every entry in it. It is read, and no longer written.

use super::check::{self, Claims};
use super::{Entries, Entry, Facts, LeftOut, Manifest, ManifestError, Omissions, wrong_type};
use crate::Measure;
use crate::formats::Compression;
use beleg_dsse::{CanonicalError, Statement, canonical_json};
use beleg_model::{Digest, Tool};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const FORMAT: u32 = 1;

/// What stands in the statement.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Predicate {
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

pub(super) fn open(payload: &[u8], signer: &str) -> Result<Manifest, ManifestError> {
    let statement: Statement<Predicate> =
        serde_json::from_slice(payload).map_err(ManifestError::Malformed)?;
    if canonical_json(&statement)? != payload {
        return Err(ManifestError::NotCanonical);
    }
    let predicate = statement.predicate;
    if predicate.format != FORMAT {
        return Err(wrong_type(&format!("format {}", predicate.format)));
    }
    let claims = Claims {
        name: &predicate.name,
        created: predicate.created,
        compression: predicate.compression,
        recipients: &predicate.recipients,
        measures: [&predicate.ciphertext, &predicate.archive],
        root: &predicate.root,
    };
    let name = check::claims(&statement.subject, &claims)?;
    let content = check::entries(&predicate.entries)?;
    if root(&predicate.entries)? != predicate.root {
        return Err(ManifestError::WrongRoot);
    }
    let (left_out, changed) = (predicate.left_out, predicate.changed);
    Ok(Manifest {
        facts: Facts {
            name,
            recipients: predicate.recipients,
            ciphertext: predicate.ciphertext,
            archive: predicate.archive,
            entries: predicate.entries.len() as u64,
            content,
            root: predicate.root,
            tool: predicate.tool,
            signer: signer.to_owned(),
        },
        entries: Entries::in_byte_order(predicate.entries),
        omissions: Omissions { left_out, changed, ..Omissions::default() },
    })
}

/// Returns the SHA-256 over the canonical JSON of the entries.
pub(super) fn root(entries: &[Entry]) -> Result<Digest, CanonicalError> {
    Ok(Measure::of(&canonical_json(&entries)?).digest)
}
