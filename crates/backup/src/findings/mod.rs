//! What backups make findings of, in one place: where it is and what is said of it.

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
