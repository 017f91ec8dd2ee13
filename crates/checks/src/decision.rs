//! What somebody has decided to live with: why, until when, and who decided. Every `[[ignore]]` and
//! every exemption of a policy is one.

use beleg_settings::Section;
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many different words a reason has at least. Fewer say nothing to whoever reads it later.
const LEAST_WORDS: usize = 3;
/// How many letters a reason has at least.
const LEAST_LETTERS: usize = 12;

/// A decision, which holds to its last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) until: Date,
}

/// What a decision is worth on a certain day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Holds,
    Expired,
    /// It runs further than decisions may.
    TooLong,
}

/// The days on which decisions may end, as of one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    today: Date,
    furthest: Date,
    longest: Duration,
}

impl Term {
    /// Takes decisions as of `today`; none may run further than `longest` from then.
    pub(crate) fn new(today: Date, longest: Duration) -> Self {
        let days = i64::try_from(longest.as_secs() / 86_400).unwrap_or(i64::MAX);
        let span = days.min(1_000_000).days();
        Self { today, furthest: today.saturating_add(span), longest }
    }

    pub(crate) fn standing(&self, decision: &Decision) -> Standing {
        match decision.until {
            until if until < self.today => Standing::Expired,
            until if until > self.furthest => Standing::TooLong,
            _ => Standing::Holds,
        }
    }

    /// Returns how many days a decision may run.
    pub(crate) fn days(&self) -> u64 {
        self.longest.as_secs() / 86_400
    }
}

impl Decision {
    /// Reads `by`, `reason` and `until`. Each must be there and say something.
    pub(crate) fn read(section: &Section<'_>) -> Option<Self> {
        let who = "Name who decided, such as \"security@example.org\".";
        let why = "Say in a sentence why it is safe to wait.";
        let day = "Write the last day, such as \"2027-03-31\".";
        let by = section.required_text("by", who);
        let reason = section.required_text("reason", why);
        if reason.as_deref().is_some_and(is_trivial) {
            section.problem("reason", "the reason says nothing that could be judged later", why);
        }
        let until = section.required_text("until", day).and_then(|text| {
            let date = text.parse::<Date>().ok();
            if date.is_none() {
                section.problem("until", format!("`{text}` is no day"), day);
            }
            date
        });
        Some(Self { by: by?, reason: reason?, until: until? })
    }

    /// Says it in a line: until when, by whom, and why.
    pub(crate) fn in_words(&self) -> String {
        format!("until {} by {}: {}", self.until, self.by, self.reason)
    }
}

/// Says whether a reason is none: a placeholder, a word or two, or the same word again and again.
fn is_trivial(reason: &str) -> bool {
    let has_letter = |word: &&str| word.chars().any(char::is_alphabetic);
    let words: BTreeSet<String> =
        reason.split_whitespace().filter(has_letter).map(str::to_lowercase).collect();
    let letters = reason.chars().filter(|c| c.is_alphabetic()).count();
    words.len() < LEAST_WORDS || letters < LEAST_LETTERS
}

#[cfg(test)]
mod tests {
    use super::is_trivial;

    #[test]
    fn a_reason_is_a_sentence_and_no_placeholder() {
        for reason in
            ["x", "TODO", "n/a", "tbd later", "x x x x x x", "false positive", "- - - 1 2 3"]
        {
            assert!(is_trivial(reason), "{reason}");
        }
        for reason in ["the parser never sees input", "Wir prüfen nur, signieren nie."] {
            assert!(!is_trivial(reason), "{reason}");
        }
    }
}
