//! Advisories that somebody has decided to live with, for a stated reason and a limited time.

use beleg_advisory::Match;
use beleg_model::{Finding, Package, Severity, Verdict};
use beleg_settings::Section;
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use beleg_advisory::sources::{Limits, osv};
    use beleg_advisory::{Index, Policy};
    use beleg_model::{Ecosystem, Location, Origin};
    use beleg_settings::{Problems, SourceText, parse};

    const DECISION: &str = "[[ignore]]\nadvisory = \"CVE-2026-1\"\nuntil = \"2026-12-31\"\nreason = \"not reachable\"\n";

    fn decisions(text: &str) -> (Vec<Ignore>, usize) {
        let problems = Problems::default();
        let all = parse(SourceText { file: "jobs/a.toml", text }, &problems, read);
        (all, problems.into_sorted().len())
    }

    /// Makes an archive of one record, as a program that knows only zip would.
    fn archive() -> Vec<u8> {
        let record = r#"{"id":"PYSEC-2026-1","aliases":["CVE-2026-1"],"modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"a"},"versions":["1"]}]}"#;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("PYSEC-2026-1.json"), record).unwrap();
        let status = std::process::Command::new("python3")
            .current_dir(folder.path())
            .args(["-m", "zipfile", "-c", "all.zip", "PYSEC-2026-1.json"])
            .status();
        assert!(status.unwrap().success());
        std::fs::read(folder.path().join("all.zip")).unwrap()
    }

    fn applied(text: &str, today: &str) -> (Verdict, Vec<String>) {
        let source = osv::read_zip("osv", "PyPI", &archive(), &Limits::default()).unwrap();
        let package = Package {
            ecosystem: Ecosystem::PyPI,
            name: "a".to_owned(),
            version: "1".to_owned(),
            source_name: None,
            source_version: None,
            architecture: None,
            origin: Origin::Registry,
            location: Location::default(),
        };
        let found = Index::build([source]).matches(&package).remove(0);
        let (all, _) = decisions(text);
        let mut ignores = Ignores::new(&all, today.parse().unwrap());
        let finding = found.to_finding(&package, &Policy::default());
        let verdict = ignores.apply(finding, &found, &package).verdict;
        (verdict, ignores.findings().into_iter().map(|finding| finding.rule).collect())
    }

    #[test]
    fn a_decision_holds_to_its_last_day_and_is_a_fault_after_it() {
        assert_eq!(applied(DECISION, "2026-12-31"), (Verdict::Pass, vec![]));
        let expired = (Verdict::Fail, vec!["ignore-expired".to_owned()]);
        assert_eq!(applied(DECISION, "2027-01-01"), expired);
    }

    #[test]
    fn a_decision_about_something_else_changes_nothing_and_is_named() {
        let other = DECISION.replace("CVE-2026-1", "CVE-2026-2");
        assert_eq!(
            applied(&other, "2026-06-01"),
            (Verdict::Fail, vec!["ignore-unused".to_owned()])
        );
        let other = format!("{DECISION}package = \"b\"\n");
        assert_eq!(applied(&other, "2026-06-01").0, Verdict::Fail);
    }

    #[test]
    fn a_decision_without_reason_or_end_is_a_problem() {
        for missing in ["until", "reason", "advisory"] {
            let text: String = DECISION
                .lines()
                .filter(|line| !line.starts_with(missing))
                .map(|line| format!("{line}\n"))
                .collect();
            let (all, problems) = decisions(&text);
            assert_eq!((all.len(), problems), (0, 1), "{missing}");
        }
    }
}
