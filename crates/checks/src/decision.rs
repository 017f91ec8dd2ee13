//! What somebody has decided to live with: why, until when, and who decided. Every `[[ignore]]` and
//! every exemption of a policy is one.

use crate::rules;
use beleg_model::{Finding, Rule};
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

/// Whether a decision is of any use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Something would be otherwise without it.
    Used,
    /// Nothing would.
    Unused,
    /// Nothing that was seen would; not all was seen.
    NotSeen,
}

/// What a decision is about, and how findings about the decision itself speak of it.
pub(crate) struct About<'a> {
    /// The rules of a decision that has ended, runs too long, is of no use.
    pub(crate) rules: [&'static Rule; 3],
    /// What was decided: `to ignore RUSTSEC-2023-0071`.
    pub(crate) what: String,
    /// The file that holds it.
    pub(crate) file: &'a str,
    /// What to do where it runs too long.
    pub(crate) shorten: &'static str,
}

/// The rules of `[[ignore]]`.
pub(crate) const IGNORE: [&Rule; 3] =
    [&rules::IGNORE_EXPIRED, &rules::IGNORE_TOO_LONG, &rules::IGNORE_UNUSED];
/// The rules of exemptions.
pub(crate) const EXEMPTION: [&Rule; 3] =
    [&rules::EXEMPTION_EXPIRED, &rules::EXEMPTION_TOO_LONG, &rules::EXEMPTION_UNUSED];

/// How long an exemption may run, unless something else is said: a year.
pub(crate) const EXEMPT_MAX_TERM: Duration = Duration::from_secs(366 * 86_400);

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

    /// Says what is wrong with a decision itself. One that nothing needs waits for what it will hide
    /// one day, so that it is a fault as much as one that has ended.
    pub(crate) fn finding(
        &self,
        decision: &Decision,
        about: &About<'_>,
        used: Use,
    ) -> Option<Finding> {
        let About { rules: [expired, too_long, unused], what, file, shorten } = about;
        let until = decision.until;
        let (rule, message, remedy) = match (self.standing(decision), used) {
            (Standing::Expired, _) => (
                expired,
                format!("The decision {what} held until {until}."),
                "Mend what it is about, or decide again and say why.",
            ),
            (Standing::TooLong, _) => (
                too_long,
                format!(
                    "The decision {what} until {until} runs further than the {} days that are \
                     allowed, so it does not hold.",
                    self.days()
                ),
                *shorten,
            ),
            (Standing::Holds, Use::Used) => return None,
            (Standing::Holds, Use::Unused) => (
                unused,
                format!("The decision {what} is of no use: nothing needs it."),
                "Remove it.",
            ),
            (Standing::Holds, Use::NotSeen) => {
                let message = format!("The decision {what} was of no use to what was examined.");
                let remedy = "Remove it, if nothing else of the job needs it.";
                return Some(Finding::of(unused, *file, message).as_remark().with_remedy(remedy));
            }
        };
        Some(Finding::of(rule, *file, message).with_remedy(remedy))
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

    /// Makes of a finding one that somebody lives with.
    pub(crate) fn waive(self, finding: Finding) -> Finding {
        let Self { by, reason, until } = self;
        finding.waived(by, reason, until)
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
