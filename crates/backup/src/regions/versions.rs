//! What a store keeps of objects that were replaced or deleted.

use super::{Policy, Region, age};
use crate::findings::{self, Place};
use crate::{BackupName, NameError};
use beleg_model::Finding;
use jiff::Timestamp;
use std::time::Duration;

/// A version of an object that is not the one everybody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldVersion {
    /// The object's name below the prefix.
    pub name: String,
    /// The store's name for the version.
    pub id: String,
    /// When its backup was made, by a manifest that is believed and about it.
    pub created: Option<Timestamp>,
}

/// Judges the age of what was deleted and is still kept.
pub(super) fn retention(
    region: &Region,
    policy: &Policy,
    max_age: Duration,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let versions = match &region.versions {
        Ok(versions) => versions,
        Err(why) => {
            findings.push(findings::versions_unlisted(&region.name, why));
            return;
        }
    };
    let (mut undated, mut others) = (0_u64, Vec::new());
    for version in versions {
        match backup_of(&version.name) {
            Ok(name) if name.name() != policy.name => {}
            Ok(name) => {
                let place = Place { region: &region.name, object: &version.name };
                let proved = version.created.map(|created| age(now, created));
                // A name that makes itself too old is believed; one that makes itself young is not.
                match proved.unwrap_or_else(|| age(now, name.created())) {
                    age if age > max_age => findings.push(findings::old_version_exceeds(
                        place,
                        &version.id,
                        age,
                        max_age,
                    )),
                    _ if proved.is_none() => undated = undated.saturating_add(1),
                    _ => {}
                }
            }
            Err(_) => others.push(version.name.as_str()),
        }
    }
    if undated > 0 {
        findings.push(findings::old_versions_undated(&region.name, undated));
    }
    if !others.is_empty() {
        findings.push(findings::old_versions_unrecognised(&region.name, &others));
    }
}

/// Returns the backup that an object or manifest is of.
fn backup_of(object: &str) -> Result<BackupName, NameError> {
    BackupName::parse(object).or_else(|_| BackupName::of_manifest(object))
}
