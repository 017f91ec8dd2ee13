use beleg_model::PlannedSchedule;
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::time::Duration;

/// When a set of jobs is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The name: the file's, without `.toml`.
    pub name: String,
    /// What it is for, in one line.
    pub description: String,
    /// The jobs' names, in order.
    pub jobs: Vec<String>,
    /// How much later than due a run may come before it counts as overdue.
    pub grace: Duration,
    expression: String,
    cron: Cron,
    zone: TimeZone,
}

/// Says why a schedule is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The cron expression cannot be read.
    #[error("`{expression}` is no cron expression: {why}")]
    Cron {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
    /// The time zone is not in the database.
    #[error("`{0}` is no time zone of the IANA database")]
    Zone(String),
    /// The expression never comes due.
    #[error("`{0}` never comes due")]
    Never(String),
}

impl ScheduleError {
    /// Says whether the time zone is what is wrong.
    #[must_use]
    pub fn is_about_zone(&self) -> bool {
        matches!(self, Self::Zone(_))
    }
}

impl Schedule {
    /// Says what is wrong with a cron expression in any zone.
    ///
    /// # Errors
    /// As [`Schedule::new`].
    pub fn check_expression(expression: &str) -> Result<(), ScheduleError> {
        Self::new("", expression, "UTC", Vec::new(), Duration::ZERO).map(|_| ())
    }

    /// Makes a schedule from a five-field cron expression and an IANA time zone name.
    ///
    /// # Errors
    /// When either cannot be read, or no day fits, as on a 31st of February.
    pub fn new(
        name: &str,
        expression: &str,
        zone: &str,
        jobs: Vec<String>,
        grace: Duration,
    ) -> Result<Self, ScheduleError> {
        let zone = TimeZone::get(zone).map_err(|_| ScheduleError::Zone(zone.to_owned()))?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
        let cron = parser.parse(expression).map_err(|error| ScheduleError::Cron {
            expression: expression.to_owned(),
            why: error.to_string(),
        })?;
        let name = name.to_owned();
        let expression = expression.to_owned();
        // Leap days come due within eight years of any day, so it does not matter which one.
        let any_day = Timestamp::UNIX_EPOCH.to_zoned(zone.clone());
        if cron.find_next_occurrence(&any_day, false).is_err() {
            return Err(ScheduleError::Never(expression));
        }
        Ok(Self { name, description: String::new(), jobs, grace, expression, cron, zone })
    }

    /// Returns the schedule as a plan records it.
    #[must_use]
    pub fn record(&self) -> PlannedSchedule {
        PlannedSchedule {
            cron: self.expression.clone(),
            time_zone: self.zone().to_owned(),
            grace_seconds: self.grace.as_secs(),
            jobs: self.jobs.clone(),
        }
    }

    /// Returns the cron expression as written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Returns the time zone's IANA name.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Returns the first time it is due after `now`, in the schedule's time zone.
    ///
    /// # Errors
    /// When it never is, as on a 30th of February.
    pub fn next(&self, now: Timestamp) -> Result<Zoned, ScheduleError> {
        let from = now.to_zoned(self.zone.clone());
        self.cron
            .find_next_occurrence(&from, false)
            .map_err(|_| ScheduleError::Never(self.expression.clone()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn berlin(expression: &str) -> Schedule {
        let grace = Duration::from_secs(3600);
        Schedule::new("nightly", expression, "Europe/Berlin", Vec::new(), grace).unwrap()
    }

    fn next(schedule: &Schedule, now: &str) -> String {
        schedule.next(now.parse().unwrap()).unwrap().timestamp().to_string()
    }

    #[test]
    fn a_nightly_schedule_keeps_local_time_across_summer_time() {
        let schedule = berlin("0 2 * * *");
        assert_eq!(next(&schedule, "2026-11-21T12:00:00Z"), "2026-11-22T01:00:00Z");
        assert_eq!(next(&schedule, "2026-07-01T12:00:00Z"), "2026-07-02T00:00:00Z");
    }

    #[test]
    fn an_hour_that_is_skipped_in_spring_still_comes_due_that_night() {
        let schedule = berlin("30 2 * * *");
        let due = next(&schedule, "2026-03-28T12:00:00Z");
        assert!(due.starts_with("2026-03-29T01:"), "{due}");
    }

    #[test]
    fn nonsense_is_refused() {
        let make = |cron, zone| Schedule::new("s", cron, zone, Vec::new(), Duration::ZERO);
        assert!(matches!(make("every night", "UTC"), Err(ScheduleError::Cron { .. })));
        assert!(matches!(make("0 2 * * *", "Mars/Olympus"), Err(ScheduleError::Zone(_))));
        for never in ["0 0 30 2 *", "0 0 31 2 *", "0 0 31 4,6,9,11 *"] {
            assert!(matches!(make(never, "UTC"), Err(ScheduleError::Never(_))), "{never}");
        }
        assert!(make("0 0 29 2 *", "UTC").is_ok(), "a leap day comes");
    }
}
