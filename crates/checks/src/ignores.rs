//! Advisories that somebody has decided to live with, for a stated reason and a limited time.

use crate::decision::{Decision, Standing, Term};
use beleg_advisory::Match;
use beleg_model::{Finding, Package, Severity, Verdict};
use beleg_settings::Section;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::time::Duration;

/// One decision: `[[ignore]]` in a job file.
#[derive(Clone, Debug)]
pub(crate) struct Ignore {
    advisory: String,
    package: Option<String>,
    decision: Decision,
    file: String,
}

/// Reads the job's decisions. Each must say why, until when, and who decided.
pub(crate) fn read(job: &Section<'_>) -> Vec<Ignore> {
    let read = |section: &Section<'_>| {
        let advisory = section.required_text("advisory", "Write the advisory's identifier.");
        let package = section.text("package");
        let decision = Decision::read(section);
        let file = section.file().to_owned();
        Some(Ignore { advisory: advisory?, package, decision: decision?, file })
    };
    job.tables("ignore", read).into_iter().flatten().collect()
}

/// Says in words what is ignored, for the evidence.
pub(crate) fn in_words(all: &[Ignore]) -> String {
    let one = |ignore: &Ignore| {
        let Decision { by, until, .. } = &ignore.decision;
        let of = ignore.package.as_ref().map(|name| format!(" of `{name}`")).unwrap_or_default();
        format!("{}{of} until {until} by {by}", ignore.advisory)
    };
    let all: Vec<String> = all.iter().map(one).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join("; ") }
}

/// Applies the decisions to findings and remembers which were of use.
pub(crate) struct Ignores<'a> {
    all: &'a [Ignore],
    term: Term,
    used: BTreeSet<usize>,
}

impl<'a> Ignores<'a> {
    /// Takes the decisions as of `today`; none may run further than `longest` from then.
    pub(crate) fn new(all: &'a [Ignore], today: Date, longest: Duration) -> Self {
        Self { all, term: Term::new(today, longest), used: BTreeSet::new() }
    }

    fn standing(&self, ignore: &Ignore) -> Standing {
        self.term.standing(&ignore.decision)
    }

    /// Returns the finding as one that somebody lives with, if a decision that holds covers it. It
    /// keeps its severity.
    pub(crate) fn apply(&mut self, finding: Finding, found: &Match, package: &Package) -> Finding {
        let covers = |ignore: &Ignore| {
            let named =
                found.advisory == ignore.advisory || found.aliases.contains(&ignore.advisory);
            named && ignore.package.as_ref().is_none_or(|name| *name == package.name)
        };
        let all = self.all;
        let covering = || all.iter().enumerate().filter(|(_, ignore)| covers(ignore));
        self.used.extend(covering().map(|(place, _)| place));
        let holding = covering().find(|(_, ignore)| self.standing(ignore) == Standing::Holds);
        match holding {
            Some((_, ignore)) if finding.verdict != Verdict::Pass => {
                let Decision { by, reason, until } = ignore.decision.clone();
                finding.waived(by, reason, until)
            }
            _ => finding,
        }
    }

    /// Returns what is wrong with the decisions themselves: expired, or of no use any more.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let about = |(place, ignore): (usize, &Ignore)| {
            let id = &ignore.advisory;
            let until = ignore.decision.until;
            let fault = |rule: &str, message: String, remedy: &str| {
                Some(Finding::fault(rule, Severity::Low, ignore.file.as_str(), message, remedy))
            };
            match self.standing(ignore) {
                Standing::Expired => fault(
                    "ignore-expired",
                    format!("The decision to ignore {id} held until {until}."),
                    "Mend what the advisory is about, or decide again and say why.",
                ),
                Standing::TooLong => fault(
                    "ignore-too-long",
                    format!(
                        "The decision to ignore {id} until {until} runs further than the {} days \
                         that are allowed, so it does not hold.",
                        self.term.days()
                    ),
                    "Write an earlier day and decide again then, or raise `ignore-max-term` under \
                     `[advisories]`.",
                ),
                Standing::Holds if !self.used.contains(&place) => {
                    let message =
                        format!("The decision to ignore {id} is of no use: nothing matches it.");
                    let remark = Finding::remark("ignore-unused", ignore.file.as_str(), message);
                    Some(Finding { remedy: "Remove it.".to_owned(), ..remark })
                }
                Standing::Holds => None,
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
    use beleg_ecosystem::Registry;
    use beleg_model::{Ecosystem, Location, Origin};
    use beleg_settings::{Problems, SourceText, parse};

    /// The longest that decisions of these tests may run.
    const TERM: Duration = Duration::from_secs(180 * 86_400);

    const DECISION: &str = "[[ignore]]\nadvisory = \"CVE-2026-1\"\nuntil = \"2026-12-31\"\nreason = \"the parser is not reachable\"\nby = \"security@shop.example\"\n";

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
        let (finding, rules) = applied_to(text, today);
        (finding.verdict, rules)
    }

    fn applied_to(text: &str, today: &str) -> (Finding, Vec<String>) {
        let source =
            osv::read_zip("osv", "PyPI", &archive(), &Limits::default(), Registry::built_in())
                .unwrap();
        let package = Package {
            ecosystem: Ecosystem::named("PyPI"),
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
        let mut ignores = Ignores::new(&all, today.parse().unwrap(), TERM);
        let finding = found.to_finding(&package, &Policy::default());
        let finding = ignores.apply(finding, &found, &package);
        (finding, ignores.findings().into_iter().map(|finding| finding.rule).collect())
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
            applied(&other, "2026-08-01"),
            (Verdict::Fail, vec!["ignore-unused".to_owned()])
        );
        let other = format!("{DECISION}package = \"b\"\n");
        assert_eq!(applied(&other, "2026-08-01").0, Verdict::Fail);
    }

    #[test]
    fn a_decision_keeps_the_severity_and_names_who_decided() {
        let (plain, _) = applied_to("", "2026-12-31");
        let (waived, _) = applied_to(DECISION, "2026-12-31");
        assert_eq!((waived.severity, &waived.remedy), (plain.severity, &plain.remedy));
        let waiver = waived.waived.unwrap();
        assert_eq!((waiver.verdict, waiver.by.as_str()), (Verdict::Fail, "security@shop.example"));
        assert_eq!(waiver.until.to_string(), "2026-12-31");
    }

    #[test]
    fn a_decision_that_runs_too_long_does_not_hold() {
        let long = DECISION.replace("2026-12-31", "2099-12-31");
        let refused = (Verdict::Fail, vec!["ignore-too-long".to_owned()]);
        assert_eq!(applied(&long, "2026-12-31"), refused);
        // The 180th day is the last one; a day earlier the decision is too long.
        assert_eq!(applied(DECISION, "2026-07-04").0, Verdict::Pass);
        assert_eq!(applied(DECISION, "2026-07-03"), refused);
        // A second decision that holds is not undone by the first one.
        let both = format!("{long}{DECISION}");
        assert_eq!(applied(&both, "2026-12-31").0, Verdict::Pass);
    }

    #[test]
    fn a_reason_that_says_nothing_is_a_problem() {
        let (_, problems) = decisions(&DECISION.replace("the parser is not reachable", "x"));
        assert_eq!(problems, 1);
    }

    #[test]
    fn a_decision_without_reason_end_or_author_is_a_problem() {
        for missing in ["until", "reason", "advisory", "by"] {
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
