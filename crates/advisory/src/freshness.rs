use crate::rules;
use crate::sources::Source;
use beleg_model::Finding;
use jiff::{SignedDuration, Timestamp};

/// How far the newest record may be ahead of the clock: clocks and time zones differ.
const TOLERATED_FUTURE: SignedDuration = SignedDuration::from_hours(24);
const SECONDS_A_DAY: i64 = 86_400;

/// Returns a finding if a source is too old to be relied upon: its newest record is older than
/// `max_age` at `now`, states no date, or lies more than a day in the future.
#[must_use]
pub fn freshness(source: &Source, now: Timestamp, max_age: SignedDuration) -> Option<Finding> {
    let name = &source.name;
    let message = match source.newest {
        None => format!("No record of the advisory source `{name}` states a date"),
        Some(newest) => {
            let age = now.duration_since(newest);
            if age < -TOLERATED_FUTURE {
                format!(
                    "The newest record of the advisory source `{name}` is from the future: {newest}"
                )
            } else if age > max_age {
                format!(
                    "The newest record of the advisory source `{name}` is {} old, of {newest}; \
                     {} are allowed",
                    days(age),
                    days(max_age)
                )
            } else {
                return None;
            }
        }
    };
    Some(Finding::of(&rules::ADVISORY_DATA_STALE, name.as_str(), message))
}

/// Returns a finding if records of a source could not be read: nobody knows what they are about.
#[must_use]
pub fn unreadable(source: &Source) -> Option<Finding> {
    let first = source.left_out.first()?;
    let message = format!(
        "{} of the advisory source `{}` could not be read; the first is `{}`: {}",
        count(source.left_out.len(), "record"),
        source.name,
        first.what,
        first.why
    );
    Some(Finding::of(&rules::ADVISORY_RECORDS_UNREADABLE, source.name.as_str(), message))
}

fn days(duration: SignedDuration) -> String {
    let days = duration.as_secs().checked_div(SECONDS_A_DAY).unwrap_or(0);
    count(days, "day")
}

fn count<N: std::fmt::Display + PartialEq + From<u8>>(number: N, what: &str) -> String {
    let ending = if number == N::from(1) { "" } else { "s" };
    format!("{number} {what}{ending}")
}
