//! Advisories that somebody has decided to live with, for a stated reason and a limited time.

use crate::decision::{About, Decision, IGNORE, Standing, Term, Use};
use beleg_advisory::Match;
use beleg_model::{Finding, Package, Verdict};
use beleg_settings::Section;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::time::Duration;

/// One decision: `[[ignore]]` in a job file or a release policy.
#[derive(Clone, Debug)]
pub(crate) struct Ignore {
    advisory: String,
    package: Option<String>,
    /// The one subject of its job that it is about.
    subject: Option<String>,
    decision: Decision,
    file: String,
}

/// Reads the decisions of a policy. Each must say why, until when, and who decided.
pub(crate) fn read(section: &Section<'_>) -> Vec<Ignore> {
    let all = section.tables("ignore", |section| Ignore::read(section, None));
    all.into_iter().flatten().collect()
}

/// Reads the decisions of a job; one may be about a single one of its subjects.
pub(crate) fn read_of_job(job: &Section<'_>) -> Vec<Ignore> {
    let read = |section: &Section<'_>| Ignore::read(section, section.text("subject"));
    job.tables("ignore", read).into_iter().flatten().collect()
}

/// Refuses decisions about subjects that the job does not have.
pub(crate) fn refuse_other_subjects<'a>(
    job: &Section<'_>,
    all: &[Ignore],
    mut subjects: impl Iterator<Item = &'a str> + Clone,
) {
    for subject in all.iter().filter_map(|ignore| ignore.subject.as_deref()) {
        if !subjects.clone().any(|known| known == subject) {
            let message =
                format!("a decision is about `{subject}`, which is no subject of the job");
            let known = subjects.by_ref().collect::<Vec<_>>().join(", ");
            job.problem("ignore", message, format!("Write one of: {known}."));
            return;
        }
    }
}

/// Says in words what is ignored, for the evidence.
pub(crate) fn in_words(all: &[Ignore]) -> String {
    let one = |ignore: &Ignore| {
        let part = |of: &str, name: &Option<String>| {
            name.as_ref().map(|name| format!(" {of} `{name}`")).unwrap_or_default()
        };
        let (package, subject) = (part("of", &ignore.package), part("in", &ignore.subject));
        format!("{}{package}{subject} {}", ignore.advisory, ignore.decision.in_words())
    };
    let all: Vec<String> = all.iter().map(one).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join("; ") }
}

impl Ignore {
    fn read(section: &Section<'_>, subject: Option<String>) -> Option<Self> {
        let advisory = section.required_text("advisory", "Write the advisory's identifier.");
        let package = section.text("package");
        let decision = Decision::read(section);
        let file = section.file().to_owned();
        Some(Self { advisory: advisory?, package, subject, decision: decision?, file })
    }

    fn covers(&self, found: &Match, package: &Package) -> bool {
        let named = found.advisory == self.advisory || found.aliases.contains(&self.advisory);
        named && self.package.as_ref().is_none_or(|name| *name == package.name)
    }
}

/// What of a job the decisions are applied to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    /// All that they are about.
    Whole,
    /// One subject of several.
    Subject(&'a str),
}

/// Applies the decisions to findings and remembers which were of use.
pub(crate) struct Ignores<'a> {
    all: Vec<&'a Ignore>,
    part: Part<'a>,
    term: Term,
    used: BTreeSet<usize>,
}

impl<'a> Ignores<'a> {
    /// Takes the decisions about a part, as of `today`; none may run further than `longest` from
    /// then.
    pub(crate) fn new(all: &'a [Ignore], part: Part<'a>, today: Date, longest: Duration) -> Self {
        let is_meant = |ignore: &&Ignore| match (&ignore.subject, part) {
            (Some(subject), Part::Subject(part)) => subject == part,
            _ => true,
        };
        let all = all.iter().filter(is_meant).collect();
        Self { all, part, term: Term::new(today, longest), used: BTreeSet::new() }
    }

    /// Returns the advisories of a package that somebody lives with, by the names that decisions give
    /// them.
    pub(crate) fn of(&self, package: &Package) -> BTreeSet<&'a str> {
        let is_of =
            |ignore: &&&'a Ignore| ignore.package.as_ref().is_none_or(|it| *it == package.name);
        let holds = |ignore: &&&'a Ignore| self.term.standing(&ignore.decision) == Standing::Holds;
        let holding = self.all.iter().filter(is_of).filter(holds);
        holding.map(|ignore| ignore.advisory.as_str()).collect()
    }

    /// Returns the finding as one that somebody lives with, if a decision that holds covers it. It
    /// keeps its severity.
    pub(crate) fn apply(&mut self, finding: Finding, found: &Match, package: &Package) -> Finding {
        let Self { all, term, used, .. } = self;
        let covering =
            || all.iter().enumerate().filter(|(_, ignore)| ignore.covers(found, package));
        used.extend(covering().map(|(place, _)| place));
        let holds = |ignore: &Ignore| term.standing(&ignore.decision) == Standing::Holds;
        match covering().find(|(_, ignore)| holds(ignore)) {
            Some((_, ignore)) if finding.verdict != Verdict::Pass => {
                ignore.decision.clone().waive(finding)
            }
            _ => finding,
        }
    }

    /// Returns what is wrong with the decisions themselves: they have ended, run too long, or are of
    /// no use. That the last is so is only known where the part was examined whole, and of a
    /// decision about all subjects no single one shows it.
    pub(crate) fn findings(&self, is_whole: bool) -> Vec<Finding> {
        let about = |(place, ignore): (usize, &&Ignore)| {
            let is_alone = matches!(self.part, Part::Whole) || ignore.subject.is_some();
            let used = match self.used.contains(&place) {
                true => Use::Used,
                false if is_whole && is_alone => Use::Unused,
                false => Use::NotSeen,
            };
            let about = About {
                rules: IGNORE,
                what: format!("to ignore {}", ignore.advisory),
                file: &ignore.file,
                shorten: "Write an earlier day and decide again then, or raise `ignore-max-term` \
                          under `[advisories]`.",
            };
            self.term.finding(&ignore.decision, &about, used)
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
        let all = parse(SourceText { file: "jobs/a.toml", text }, &problems, read_of_job);
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
        let mut ignores = Ignores::new(&all, Part::Whole, today.parse().unwrap(), TERM);
        let finding = found.to_finding(&package, &Policy::default());
        let finding = ignores.apply(finding, &found, &package);
        (finding, ignores.findings(true).into_iter().map(|finding| finding.rule).collect())
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
    fn a_decision_that_nothing_needs_is_a_fault_where_all_of_its_part_was_seen() {
        let text = format!("{DECISION}subject = \"app\"\n");
        let today = "2026-08-01".parse().unwrap();
        let verdict = |text: &str, part: Part<'_>, is_whole: bool| {
            let (all, _) = decisions(text);
            let found = Ignores::new(&all, part, today, TERM).findings(is_whole);
            found.first().map(|finding| (finding.rule.clone(), finding.verdict))
        };
        let unused = |verdict| Some(("ignore-unused".to_owned(), verdict));
        assert_eq!(verdict(DECISION, Part::Whole, true), unused(Verdict::Fail));
        assert_eq!(verdict(DECISION, Part::Whole, false), unused(Verdict::Pass));
        // Another subject of the job may need it.
        assert_eq!(verdict(DECISION, Part::Subject("app"), true), unused(Verdict::Pass));
        assert_eq!(verdict(&text, Part::Subject("app"), true), unused(Verdict::Fail));
        assert_eq!(verdict(&text, Part::Subject("web"), true), None);
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
