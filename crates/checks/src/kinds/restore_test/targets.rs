//! What the backups must fulfil, and which controls a test against it can serve.

use beleg_backup::Policy;
use beleg_engine::Unearned;
use std::collections::BTreeMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// BAK-1 wants a backup a day; half a day of grace lets a late one through.
const DAILY: Duration = HOUR.saturating_mul(36);
/// RET-1 wants backups to reach back: how far is the company's affair, but not nowhere.
const DAY: Duration = HOUR.saturating_mul(24);
/// BAK-4 wants the service back within a working day.
const WORKING_DAY: Duration = HOUR.saturating_mul(8);

/// The targets of one restore test.
pub(super) struct Targets {
    pub(super) policy: Policy,
    /// How long a restore may take.
    pub(super) rto: Duration,
    /// How many regions there are.
    pub(super) regions: usize,
    /// In how many buckets or folders they are.
    pub(super) buckets: usize,
}

impl Targets {
    /// Names the controls whose demand is not among the targets.
    pub(super) fn unearned(&self) -> Vec<Unearned> {
        let covers = self.policy.min_coverage.map(|coverage| coverage >= DAY);
        let demands = [
            ("BAK-1", self.policy.rpo <= DAILY, "`rpo` is above 36 hours"),
            ("BAK-2", self.regions > 1, "there is only one region"),
            ("BAK-2", self.regions < 2 || self.buckets > 1, "all regions are in one bucket"),
            ("BAK-4", self.rto <= WORKING_DAY, "`rto` is above 8 hours"),
            ("RET-1", self.policy.max_age.is_some(), "there is no `max-age`"),
            ("RET-1", self.policy.min_coverage.is_some(), "there is no `min-coverage`"),
            ("RET-1", covers != Some(false), "`min-coverage` is below a day"),
        ];
        let unmet = demands.into_iter().filter(|(_, is_met, _)| !is_met);
        unmet.map(|(control, _, why)| Unearned::new(control, why)).collect()
    }

    /// Returns how long the check needs at most where every target is just met: each region is
    /// restored, and as much again is read of older backups.
    pub(super) fn least_time(&self) -> Duration {
        let restores = u32::try_from(self.regions).unwrap_or(u32::MAX).saturating_mul(2);
        self.rto.saturating_mul(restores.max(2))
    }

    /// Says for the record what was demanded.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let said = |time: Option<Duration>| match time {
            Some(time) => format!("{} s", time.as_secs()),
            None => "none".to_owned(),
        };
        [
            ("rpo", said(Some(self.policy.rpo))),
            ("rto", said(Some(self.rto))),
            ("max-age", said(self.policy.max_age)),
            ("min-coverage", said(self.policy.min_coverage)),
            ("copies-for", said(self.policy.copies_for)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}
