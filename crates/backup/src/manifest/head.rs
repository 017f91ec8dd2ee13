use super::check::{self, Claims};
use super::{Facts, ManifestError, Omissions, PREDICATE_TYPE};
use crate::Measure;
use crate::formats::Compression;
use beleg_dsse::{ResourceDescriptor, Statement, canonical_json};
use beleg_model::{ByteCount, Digest, Tool};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a manifest of the second format says in its signed beginning.
pub(crate) struct Head {
    pub(crate) facts: Facts,
    /// The entries that follow.
    pub(crate) lines: Measure,
    pub(crate) omissions: Omissions,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Predicate {
    name: String,
    created: Timestamp,
    compression: Compression,
    recipients: Vec<Digest>,
    ciphertext: Measure,
    archive: Measure,
    entries: Lines,
    content: ByteCount,
    omissions: Omissions,
    tool: Tool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Lines {
    count: u64,
    size: ByteCount,
    digest: Digest,
}

impl Head {
    pub(super) fn open(payload: &[u8], signer: &str) -> Result<Self, ManifestError> {
        let statement: Statement<Predicate> =
            serde_json::from_slice(payload).map_err(ManifestError::Malformed)?;
        if canonical_json(&statement)? != payload {
            return Err(ManifestError::NotCanonical);
        }
        let predicate = statement.predicate;
        let claims = Claims {
            name: &predicate.name,
            created: predicate.created,
            compression: predicate.compression,
            recipients: &predicate.recipients,
            measures: [&predicate.ciphertext, &predicate.archive],
            root: &predicate.entries.digest,
        };
        let name = check::claims(&statement.subject, &claims)?;
        let Lines { count, size, digest } = predicate.entries;
        Ok(Self {
            facts: Facts {
                name,
                recipients: predicate.recipients,
                ciphertext: predicate.ciphertext,
                archive: predicate.archive,
                entries: count,
                content: predicate.content,
                root: digest.clone(),
                tool: predicate.tool,
                signer: signer.to_owned(),
            },
            lines: Measure { size, digest },
            omissions: predicate.omissions,
        })
    }

    pub(super) fn into_statement(self) -> Statement<Predicate> {
        let Self { facts, lines, omissions } = self;
        let object = facts.name.object();
        let digest =
            BTreeMap::from([("sha256".to_owned(), facts.ciphertext.digest.hex().to_owned())]);
        let predicate = Predicate {
            name: facts.name.name().to_owned(),
            created: facts.name.created(),
            compression: facts.name.compression(),
            recipients: facts.recipients,
            ciphertext: facts.ciphertext,
            archive: facts.archive,
            entries: Lines { count: facts.entries, size: lines.size, digest: lines.digest },
            content: facts.content,
            omissions,
            tool: facts.tool,
        };
        Statement::about(ResourceDescriptor { name: object, digest }, PREDICATE_TYPE, predicate)
    }
}
