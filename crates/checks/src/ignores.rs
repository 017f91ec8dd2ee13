//! Advisories that somebody has decided to live with, for a stated reason and a limited time.

use beleg_advisory::Match;
use beleg_engine::Section;
use beleg_model::{Finding, Package, Severity, Verdict};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// One decision: `[[ignore]]` in a job file.
#[derive(Clone, Debug)]
pub(crate) struct Ignore {
    advisory: String,
    package: Option<String>,
    reason: String,
    until: Date,
    file: String,
}

/// Reads the job's decisions. Each must say why and until when.
pub(crate) fn read(job: &Section<'_>) -> Vec<Ignore> {
    let read = |section: &Section<'_>| {
        let advisory = section.required_text("advisory", "Write the advisory's identifier.");
        let reason = section.required_text("reason", "Say why it is safe to wait.");
        let until = section.required_text("until", "Write the last day, such as \"2027-03-31\".");
        let package = section.text("package");
        let until = until.and_then(|text| {
            let date = text.parse::<Date>().ok();
            if date.is_none() {
                let remedy = "Write the last day, such as \"2027-03-31\".";
                section.problem("until", format!("`{text}` is no day"), remedy);
            }
            date
        });
        let file = section.file().to_owned();
        Some(Ignore { advisory: advisory?, package, reason: reason?, until: until?, file })
    };
    job.tables("ignore", read).into_iter().flatten().collect()
}

/// Applies the decisions to findings and remembers which were of use.
pub(crate) struct Ignores<'a> {
    all: &'a [Ignore],
    today: Date,
    used: BTreeSet<usize>,
}

impl<'a> Ignores<'a> {
    pub(crate) fn new(all: &'a [Ignore], today: Date) -> Self {
        Self { all, today, used: BTreeSet::new() }
    }

    /// Returns the finding as a remark with the reason, if a decision that still holds covers it.
    pub(crate) fn apply(&mut self, finding: Finding, found: &Match, package: &Package) -> Finding {
        let covers = |ignore: &Ignore| {
            let named =
                found.advisory == ignore.advisory || found.aliases.contains(&ignore.advisory);
            named && ignore.package.as_ref().is_none_or(|name| *name == package.name)
        };
        let Some((place, ignore)) = self.all.iter().enumerate().find(|(_, ignore)| covers(ignore))
        else {
            return finding;
        };
        self.used.insert(place);
        if finding.verdict == Verdict::Pass || self.today > ignore.until {
            return finding;
        }
        let message =
            format!("{}. Ignored until {}: {}", finding.message, ignore.until, ignore.reason);
        Finding { verdict: Verdict::Pass, severity: Severity::Info, message, ..finding }
    }

    /// Returns what is wrong with the decisions themselves: expired, or of no use any more.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let about = |(place, ignore): (usize, &Ignore)| {
            let id = &ignore.advisory;
            if self.today > ignore.until {
                Some(Finding::fault(
                    "ignore-expired",
                    Severity::Low,
                    ignore.file.as_str(),
                    format!("The decision to ignore {id} held until {}.", ignore.until),
                    "Mend what the advisory is about, or decide again and say why.",
                ))
            } else if !self.used.contains(&place) {
                let message =
                    format!("The decision to ignore {id} is of no use: nothing matches it.");
                let remark = Finding::remark("ignore-unused", ignore.file.as_str(), message);
                Some(Finding { remedy: "Remove it.".to_owned(), ..remark })
            } else {
                None
            }
        };
        self.all.iter().enumerate().filter_map(about).collect()
    }
}
