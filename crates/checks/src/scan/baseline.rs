//! What an earlier scan found already, so that a change shows what it adds.

use beleg_advisory::Match;
use beleg_model::{Package, Verdict};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The version of the JSON that scans are written in.
pub const SCHEMA: u64 = 1;

/// The findings of an earlier scan, by package and advisory, whatever the package's version.
#[derive(Debug, Default)]
pub struct Baseline {
    name: String,
    /// By ecosystem, package and identifier: whether it was more than a doubt.
    known: BTreeMap<(String, String, String), bool>,
}

/// Says why a file is no baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// No result of a scan.
    #[error("it is no result of `beleg scan --format json`")]
    Malformed(#[from] serde_json::Error),
    /// Of another build.
    #[error("its `schema` is {0}; 1 is known")]
    Schema(u64),
}

/// What of a scan's JSON is read; a later build may write more.
#[derive(Deserialize)]
struct Document {
    schema: u64,
    affected: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    ecosystem: String,
    name: String,
    advisories: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    aliases: Vec<String>,
    finding: Judged,
}

#[derive(Deserialize)]
struct Judged {
    verdict: Verdict,
}

impl Baseline {
    /// Reads the result of an earlier scan, as JSON; `name` is what it is called in findings.
    ///
    /// # Errors
    /// When the bytes are none. What such a file does not name is not known by it.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, BaselineError> {
        let Document { schema, affected } = serde_json::from_slice(bytes)?;
        if schema != SCHEMA {
            return Err(BaselineError::Schema(schema));
        }
        let mut known = BTreeMap::new();
        for Known { ecosystem, name, advisories } in affected {
            for Named { id, aliases, finding } in advisories {
                for id in aliases.into_iter().chain([id]) {
                    let was_certain = known.entry((ecosystem.clone(), name.clone(), id));
                    *was_certain.or_default() |= finding.verdict != Verdict::Unknown;
                }
            }
        }
        Ok(Self { name: name.to_owned(), known })
    }

    /// Returns what the baseline is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Says whether the earlier scan had this of this package. A doubt of then is no fault of now.
    pub(crate) fn knows(&self, found: &Match, package: &Package, verdict: Verdict) -> bool {
        let of = |id: &String| (package.ecosystem.to_string(), found.package.clone(), id.clone());
        let mut ids = found.aliases.iter().chain([&found.advisory]);
        let is_doubt = verdict == Verdict::Unknown;
        ids.any(|id| self.known.get(&of(id)).is_some_and(|was_certain| *was_certain || is_doubt))
    }
}
