//! Numbers, instants and durations in the words people use.

use beleg_model::{ByteCount, Metric, Population, Waiver};
use jiff::Timestamp;

/// Returns an instant as `2026-11-21 02:00 UTC`.
pub(crate) fn instant(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns a duration in its two largest units, such as `4 min 12 s`.
pub(crate) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match () {
        () if milliseconds < 1_000 => format!("{milliseconds} ms"),
        () if seconds < 10 => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
        () if seconds < 60 => format!("{seconds} s"),
        () if minutes < 60 => two((minutes, "min"), (seconds % 60, "s")),
        () if hours < 24 => two((hours, "h"), (minutes % 60, "min")),
        () => two((days, if days == 1 { "day" } else { "days" }), (hours % 24, "h")),
    }
}

/// Returns how old something dated `then` was at `now`.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    let milliseconds = now.as_millisecond().saturating_sub(then.as_millisecond());
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => format!("{} old at the time of the check", duration(milliseconds)),
        Err(_) => "dated after the check".to_owned(),
    }
}

/// Returns a measured number with its unit.
pub(crate) fn metric(metric: Metric) -> String {
    match metric {
        Metric::Count(number) => count(number),
        Metric::Bytes(bytes) => ByteCount(bytes).to_string(),
        Metric::Milliseconds(milliseconds) => duration(milliseconds),
        Metric::Seconds(seconds) => duration(seconds.saturating_mul(1_000)),
    }
}

/// Returns a number with its thousands apart, such as `1,204`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && digits.len().saturating_sub(position).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Returns a population as `412 of 412 packages, 3 left out`. The unit is as it was recorded.
pub(crate) fn population(population: &Population) -> String {
    if population.expected == 0 && population.examined == 0 && population.left_out.is_empty() {
        return "nothing".to_owned();
    }
    let mut shown = examined(population);
    let left_out =
        population.left_out.iter().fold(0, |sum: u64, part| sum.saturating_add(part.count));
    match (population.left_out.is_empty(), left_out) {
        (true, _) => {}
        (false, 0) => shown.push_str(", some left out"),
        (false, number) => shown.push_str(&format!(", {} left out", count(number))),
    }
    shown
}

/// Returns how much of a population was examined, as `57 of 60 packages`.
pub(crate) fn examined(population: &Population) -> String {
    let (examined, expected) = (count(population.examined), count(population.expected));
    format!("{examined} of {expected} {}", population.unit).trim_end().to_owned()
}

/// Returns a kebab-case code as words, such as `RTO target` for `rto-target`.
pub(crate) fn words(code: &str) -> String {
    let mut shown = String::new();
    for (position, word) in code.split('-').enumerate() {
        if position > 0 {
            shown.push(' ');
        }
        match word {
            "id" | "os" | "rpo" | "rto" | "sbom" | "url" | "vex" => {
                shown.push_str(&word.to_ascii_uppercase());
            }
            _ if position == 0 => {
                let mut letters = word.chars();
                shown.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                shown.push_str(letters.as_str());
            }
            _ => shown.push_str(word),
        }
    }
    shown
}

/// Says who decided to live with a finding, until when and why.
pub(crate) fn waiver(waiver: &Waiver) -> String {
    let Waiver { by, reason, until, .. } = waiver;
    format!("ignored until {until} by {by}: {reason}")
}

/// Returns `number` with `one` or `many`, such as `1 check` or `2 checks`.
pub(crate) fn number_of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn two((large, large_unit): (u64, &str), (small, small_unit): (u64, &str)) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use beleg_model::LeftOut;

    #[test]
    fn durations_are_said_in_their_two_largest_units() {
        for (milliseconds, said) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (4_250, "4.2 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (252_000, "4 min 12 s"),
            (11_100_000, "3 h 5 min"),
            (90_000_000, "1 day 1 h"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(duration(milliseconds), said);
        }
        assert!(metric(Metric::Seconds(u64::MAX)).ends_with('h'));
    }

    #[test]
    fn an_instant_is_said_in_utc() {
        let given: Timestamp = "2026-11-21T04:00:59+02:00".parse().unwrap();
        assert_eq!(instant(given), "2026-11-21 02:00 UTC");
    }

    #[test]
    fn an_age_before_its_birth_is_not_hidden() {
        let (early, late) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert_eq!(age(late, early), "dated after the check");
        assert!(age(early, late).contains("days"));
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!((count(7).as_str(), count(1_204).as_str()), ("7", "1,204"));
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_population_says_what_was_left_out() {
        let mut packages = Population::whole("packages", 412);
        assert_eq!(population(&packages), "412 of 412 packages");
        packages.left_out =
            vec![LeftOut { what: "own".to_owned(), count: 3, why: "no source".to_owned() }];
        assert_eq!(population(&packages), "412 of 412 packages, 3 left out");
        assert_eq!(population(&Population::default()), "nothing");
    }

    #[test]
    fn codes_become_words() {
        assert_eq!(words("rto-target"), "RTO target");
        assert_eq!(words("partly-examined"), "Partly examined");
        assert_eq!(words(""), "");
    }
}
