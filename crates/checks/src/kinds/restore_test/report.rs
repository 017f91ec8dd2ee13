//! What the restores of all regions have brought to light, and what it amounts to.

use super::RestoreCheck;
use beleg_backup::{RegionFacts, Survey};
use beleg_model::{Finding, Input, LeftOut, Metric, Outcome, Population};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many names of what was not read are written down.
const NAMED: usize = 10;

/// What was done so far.
#[derive(Clone, Default)]
pub(super) struct Report {
    /// How many newest backups were restored to their end.
    pub(super) restored: u64,
    /// How many older ones were chosen to be read.
    pub(super) chosen: u64,
    /// Which older ones were read to their end, by region.
    pub(super) read: BTreeMap<String, Vec<String>>,
    pub(super) findings: Vec<Finding>,
    pub(super) inputs: Vec<Input>,
    pub(super) details: Vec<Value>,
    pub(super) slowest: Duration,
    pub(super) entries: u64,
    pub(super) bytes: u64,
    pub(super) newest_age: Option<Duration>,
}

impl Report {
    fn read(&self) -> u64 {
        self.read.values().map(|read| read.len() as u64).fold(0, u64::saturating_add)
    }
}

impl RestoreCheck {
    /// Judges what is known by now: what is still to be done counts as expected.
    pub(super) fn judge(&self, report: &Report, survey: &Survey) -> Outcome {
        let milliseconds = u64::try_from(report.slowest.as_millis()).unwrap_or(u64::MAX);
        let not_served: BTreeMap<&str, String> =
            self.targets.unearned().into_iter().map(|one| (one.control, one.why)).collect();
        let findings = report.findings.iter().chain(&survey.findings).cloned().collect();
        let mut outcome = Outcome::judge(self.population(report, survey), findings)
            .with_inputs(report.inputs.clone())
            .with_metric("recovery-time", Metric::Milliseconds(milliseconds))
            .with_metric("recovery-time-target", Metric::Seconds(self.targets.rto.as_secs()))
            .with_metric(
                "recovery-point-age-target",
                Metric::Seconds(self.targets.policy.rpo.as_secs()),
            )
            .with_metric("backups-listed", Metric::Count(survey.population.expected))
            .with_metric("older-backups-read", Metric::Count(report.read()))
            .with_metric("entries-equal", Metric::Count(report.entries))
            .with_metric("bytes-restored", Metric::Bytes(report.bytes))
            .with_details(json!({
                "controls-not-served": not_served,
                "older-read": report.read,
                "regions": report.details,
            }));
        if let Some(age) = report.newest_age {
            outcome = outcome.with_metric("recovery-point-age", Metric::Seconds(age.as_secs()));
        }
        outcome
    }

    /// Counts one backup for each region that was promised, and the older ones that were chosen.
    fn population(&self, report: &Report, survey: &Survey) -> Population {
        let regions = self.regions.len() as u64;
        let missing = regions.saturating_sub(report.restored);
        let unrestored = (missing > 0).then(|| LeftOut {
            what: "newest backups".to_owned(),
            count: missing,
            why: "these regions have none that was restored to its end".to_owned(),
        });
        let unread = report.chosen.saturating_sub(report.read());
        let broken_off = (unread > 0).then(|| LeftOut {
            what: "older than the newest".to_owned(),
            count: unread,
            why: "they were chosen to be read and were not read to their end".to_owned(),
        });
        let older = survey.regions.iter().filter_map(|region| self.only_listed(region, report));
        let unlisted = survey.population.left_out.iter().cloned();
        Population {
            unit: "backups".to_owned(),
            expected: regions.saturating_add(report.chosen),
            examined: report.restored.saturating_add(report.read()),
            left_out: unrestored
                .into_iter()
                .chain(broken_off)
                .chain(older)
                .chain(unlisted)
                .collect(),
        }
    }

    /// Names the older backups of a region that this run did not read.
    fn only_listed(&self, region: &RegionFacts, report: &Report) -> Option<LeftOut> {
        let newest = region.newest.as_ref().map(|newest| newest.name.object());
        let read = report.read.get(&region.region);
        let mut unread: Vec<String> = region
            .copies
            .iter()
            .map(|copy| copy.name.object())
            .filter(|object| newest.as_ref() != Some(object))
            .filter(|object| read.is_none_or(|read| !read.contains(object)))
            .collect();
        if unread.is_empty() {
            return None;
        }
        let count = unread.len();
        unread.truncate(NAMED);
        let more = count.saturating_sub(unread.len());
        let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (which, why) = match newest {
            Some(_) => (
                "older than the newest, in region",
                format!(
                    "listed and not read: of each region, a run reads whole as many as `read-older` says, {}",
                    self.reading.older
                ),
            ),
            None => (
                "none of which can be restored, in region",
                "listed and not read: only what has a believed manifest, and the size that it promises, is"
                    .to_owned(),
            ),
        };
        Some(LeftOut {
            what: format!("{which} {}: {}{and_more}", region.region, unread.join(", ")),
            count: count as u64,
            why,
        })
    }
}
