//! Every rule of backups in one place: its code, its severity, its words and its remedy.

mod create;
mod regions;
mod restore;
mod scratch;

use crate::paths;
use beleg_model::{Finding, Location};
use std::time::Duration;

pub use create::created;
pub use regions::{
    backup_object_missing, copies_differ, copy_missing, copy_on_its_way, coverage_short,
    from_the_future, listed_size, manifest_missing, manifest_of_another, manifest_refused,
    manifest_unread, old_version_exceeds, old_versions_undated, old_versions_unrecognised,
    region_absent, region_empty, region_unreadable, regions_are_one, regions_share_bucket,
    regions_untold, retention_exceeded, retention_unproved, rpo_exceeded, unrecognised,
    versions_unlisted,
};
pub use restore::{empty, other_bytes, probed, restored, rto_exceeded, stopped, unread};
pub use scratch::{not_wiped, swept};

/// The most findings of one rule about one backup; the rest is counted.
pub const MAX_FINDINGS: usize = 100;

/// Every rule code that this crate gives, and what it means.
pub static RULES: &[(&str, &str)] = &[
    ("archive-damaged", "what was decrypted is no whole archive"),
    ("backup-attributes-not-kept", "entries have attributes that the backup does not keep"),
    ("backup-empty", "the backup holds not one file, so that nothing was restored"),
    ("backup-file-changed", "a file changed while it was backed up"),
    ("backup-from-future", "a backup says that it was made after now"),
    ("backup-incomplete", "data that was meant to be in the backup is not"),
    ("backup-left-out", "something in the source is not in the backup"),
    ("backup-not-decryptable", "the identities do not open the backup"),
    ("backup-not-readable", "the backup could not be fetched"),
    ("backup-object-missing", "a manifest has no backup beside it"),
    ("backup-tampered", "a part of the backup was changed after it was encrypted"),
    ("backup-trailing-bytes", "the backup goes on where it should end"),
    ("backup-truncated", "the backup ends too early"),
    ("coverage-too-short", "the backups do not reach back as far as they must"),
    ("database-corrupt", "a restored database fails its integrity check"),
    ("database-not-checked", "a restored database could not be checked"),
    ("manifest-mismatch", "a manifest is about another backup"),
    ("manifest-missing", "a backup has no manifest"),
    ("manifest-not-checked", "there is no key to check a manifest with"),
    ("manifest-not-readable", "a manifest could not be fetched"),
    ("manifest-refused", "a signed manifest is not a manifest that can be believed"),
    ("manifest-signature-invalid", "no trusted key has signed a manifest"),
    ("region-absent", "a region that was promised does not exist"),
    ("region-copies-differ", "copies of one backup have different content"),
    ("region-copy-pending", "a young backup is not in every region yet"),
    ("region-missing-backup", "a region lacks a backup"),
    ("region-not-readable", "a region could not be listed"),
    ("regions-are-one-place", "two regions are one place"),
    ("regions-not-told-apart", "two regions may be one place"),
    ("regions-share-bucket", "two regions are in one bucket"),
    ("restore-cancelled", "the restore was cancelled"),
    ("restore-case-clash", "two paths differ only in case"),
    ("restore-digest-mismatch", "restored bytes are not those that the manifest promises"),
    ("restore-extra-entry", "the backup holds an entry that the manifest does not promise"),
    ("restore-link-outside", "a symbolic link leads out of the backup"),
    ("restore-metadata-mismatch", "an entry is not of the kind, mode, owner or time promised"),
    ("restore-missing-entry", "an entry that the manifest promises is not in the backup"),
    ("restore-over-limit", "the backup is larger than the limits"),
    ("restore-owners-not-kept", "the backup keeps neither owners nor hard links"),
    ("restore-refused-entry", "an entry of the backup is not safe to restore"),
    ("retention-exceeded", "a backup is older than any may be"),
    ("retention-unproved", "the age of something stored is not proved"),
    ("rpo-exceeded", "the newest backup is older than the recovery point objective"),
    ("rto-exceeded", "the restore took longer than the recovery time objective"),
    ("scratch-left-behind", "an earlier run that was killed had left restored data"),
    ("scratch-not-usable", "the scratch folder could not be written"),
    ("scratch-not-wiped", "restored data may be left in the scratch folder"),
    ("unrecognised-objects", "there are objects beside the backups that are none"),
];

/// Where a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The region's name.
    pub region: &'a str,
    /// The object's name below the prefix.
    pub object: &'a str,
}

impl Place<'_> {
    fn whole(self) -> Location {
        Location::within(self.object, format!("region {}", self.region))
    }

    fn entry(self, path: &str) -> Location {
        Location::within(
            paths::shown(path).as_ref(),
            format!("{} in region {}", self.object, self.region),
        )
    }
}

fn region(name: &str) -> Location {
    Location::from(format!("region {name}"))
}

/// Shows a duration in the two largest units that it fills.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    for ((unit, length), (smaller, part)) in
        units.into_iter().zip([("hour", 3_600), ("minute", 60), ("second", 1)])
    {
        let Some(count) = seconds.checked_div(length).filter(|count| *count > 0) else { continue };
        let rest = seconds.checked_rem(length).and_then(|rest| rest.checked_div(part));
        return match rest.filter(|rest| *rest > 0) {
            Some(rest) => format!("{} {}", plural(count, unit), plural(rest, smaller)),
            None => plural(count, unit),
        };
    }
    if seconds > 0 { plural(seconds, "second") } else { format!("{} ms", duration.as_millis()) }
}

fn plural(count: u64, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// Keeps the first findings of each rule and counts the rest, so that a hostile backup cannot
/// fill a report.
fn capped(place: Place<'_>, findings: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut counts: std::collections::BTreeMap<String, (usize, Finding)> = Default::default();
    for finding in findings {
        let count = counts
            .entry(finding.rule.clone())
            .and_modify(|(count, _)| *count = count.saturating_add(1))
            .or_insert_with(|| (1, finding.clone()));
        if count.0 <= MAX_FINDINGS {
            kept.push(finding);
        }
    }
    for (_, (count, mut example)) in counts {
        let more = count.saturating_sub(MAX_FINDINGS);
        if more > 0 {
            example.location = place.whole();
            example.message = format!("There are {more} more findings of this rule.");
            kept.push(example);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
