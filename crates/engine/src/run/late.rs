//! Checks that did not come to their own end: what they had found by then stays, beside the reason
//! why there is not more.

use crate::rules;
use beleg_model::{Finding, Outcome};
use std::time::Duration;

/// Adds why a check was stopped to what it has found. A fault stays a fault; what would have
/// passed is `Unknown`.
pub(super) fn with(found: Option<Outcome>, why: Finding) -> Outcome {
    match found {
        Some(outcome) => outcome.with_finding(why),
        None => Outcome::could_not_look(why),
    }
}

/// Says that the check itself broke.
pub(super) fn broken(found: Option<Outcome>, place: &str, message: &str) -> Outcome {
    let message = format!("The check itself broke: {message}");
    with(found, Finding::of(&rules::CHECK_BROKEN, place, message))
}

/// Says that somebody stopped the run.
pub(super) fn interrupted(place: &str) -> Finding {
    let message = "The run was interrupted before this check had ended.";
    Finding::of(&rules::INTERRUPTED, place, message)
}

/// Says that the check was too slow.
pub(super) fn timed_out(place: &str, limit: Duration) -> Finding {
    let message = format!("The check did not end within its {} s.", limit.as_secs());
    Finding::of(&rules::TIMED_OUT, place, message)
}
