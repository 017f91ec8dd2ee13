//! A run as reports show it: judged once more, counted, and put in order.

use crate::{human, rules};
use beleg_model::{CheckRecord, Finding, Outcome, RunRecord, Severity, Verdict};

/// The reason shown when evidence is worse than the verdict it states.
const CONTRADICTION: &str = rules::CONTRADICTORY_EVIDENCE.code;

/// A run with the figures that every format needs.
pub(crate) struct View<'a> {
    pub(crate) run: &'a RunRecord,
    pub(crate) verdict: Verdict,
    /// In the ledger's order.
    pub(crate) checks: Vec<Check<'a>>,
    /// How many planned checks left no evidence.
    pub(crate) missing: u64,
}

/// A check with the verdict its evidence bears.
pub(crate) struct Check<'a> {
    pub(crate) record: &'a CheckRecord,
    pub(crate) verdict: Verdict,
    pub(crate) reason: &'a str,
    /// Faults and what could not be examined, worst first.
    pub(crate) problems: Vec<&'a Finding>,
    /// What does not change the verdict.
    pub(crate) remarks: Vec<&'a Finding>,
    /// What would change the verdict, had nobody decided to live with it; worst first.
    pub(crate) waived: Vec<&'a Finding>,
}

/// Something that is wrong with a run or a check and that no finding says.
pub(crate) struct Gap {
    pub(crate) rule: String,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl<'a> View<'a> {
    pub(crate) fn of(run: &'a RunRecord) -> Self {
        let checks: Vec<_> = run.checks.iter().map(Check::of).collect();
        let verdict = checks.iter().map(|check| check.verdict).fold(run.verdict(), |a, b| a.max(b));
        Self { run, verdict, checks, missing: run.missing() }
    }

    /// Counts the checks of a verdict; a planned check without evidence is `Unknown`.
    pub(crate) fn count(&self, verdict: Verdict) -> u64 {
        let shown = self.checks.iter().filter(|check| check.verdict == verdict).count();
        let missing = if verdict == Verdict::Unknown { self.missing } else { 0 };
        number(shown).saturating_add(missing)
    }

    /// Counts all checks, with evidence or without.
    pub(crate) fn total(&self) -> u64 {
        number(self.checks.len()).saturating_add(self.missing)
    }

    /// Says in half a sentence how the run went, such as `3 of 7 checks failed, 1 unknown`, and how
    /// much of what was found does not count because somebody decided so.
    pub(crate) fn sentence(&self) -> String {
        let waived = number(self.waived().count());
        match waived {
            0 => self.counted(),
            _ => {
                let findings = human::number_of(waived, "finding", "findings");
                format!("{}, {findings} ignored by decision", self.counted())
            }
        }
    }

    /// Returns what somebody has decided to live with, with its check.
    pub(crate) fn waived(&self) -> impl Iterator<Item = (&Check<'a>, &'a Finding)> {
        self.checks.iter().flat_map(|check| check.waived.iter().map(move |it| (check, *it)))
    }

    /// Says whether any check left something out of what it counts.
    pub(crate) fn leaves_out(&self) -> bool {
        self.checks.iter().any(|check| !check.outcome().population.left_out.is_empty())
    }

    fn counted(&self) -> String {
        let (failed, unknown) = (self.count(Verdict::Fail), self.count(Verdict::Unknown));
        let total = self.total();
        match (self.verdict, total) {
            (_, 0) => "no check was planned, so nothing was looked at".to_owned(),
            (Verdict::Fail, 1) => "the only check failed".to_owned(),
            (Verdict::Unknown, 1) => "the only check is unknown".to_owned(),
            (Verdict::Pass, 1) => "the only check passed".to_owned(),
            (Verdict::Fail, _) if unknown > 0 => {
                format!("{failed} of {total} checks failed, {unknown} unknown")
            }
            (Verdict::Fail, _) => format!("{failed} of {total} checks failed"),
            (Verdict::Unknown, _) => format!("{unknown} of {total} checks unknown, none failed"),
            (Verdict::Pass, _) => format!("all {total} checks passed"),
        }
    }

    /// Returns the checks with their positions, worst first, otherwise in the ledger's order.
    pub(crate) fn worst_first(&self) -> Vec<(usize, &Check<'a>)> {
        let mut checks: Vec<_> = self.checks.iter().enumerate().collect();
        checks.sort_by_key(|(_, check)| std::cmp::Reverse((check.verdict, check.severity())));
        checks
    }

    /// Says what is wrong with the run itself: a promise without evidence, or no promise at all.
    pub(crate) fn gap(&self) -> Option<Gap> {
        if self.total() == 0 {
            return Some(Gap {
                rule: rules::NO_CHECKS.code.to_owned(),
                message: rules::NO_CHECKS.meaning.to_owned(),
                remedy: rules::NO_CHECKS.remedy.to_owned(),
            });
        }
        (self.missing > 0).then(|| Gap {
            rule: rules::NO_EVIDENCE.code.to_owned(),
            message: format!(
                "{} left no evidence: the run was interrupted, or is still going on.",
                human::number_of(self.missing, "planned check", "planned checks")
            ),
            remedy: rules::NO_EVIDENCE.remedy.to_owned(),
        })
    }
}

impl<'a> Check<'a> {
    fn of(record: &'a CheckRecord) -> Self {
        let outcome = &record.evidence.outcome;
        let borne = borne_verdict(outcome);
        let (mut problems, rest): (Vec<_>, Vec<_>) =
            outcome.findings.iter().partition(|finding| finding.verdict != Verdict::Pass);
        let (mut waived, remarks): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|finding| finding.waived.is_some());
        waived.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        problems.sort_by_key(|finding| std::cmp::Reverse((finding.verdict, finding.severity)));
        Self {
            record,
            verdict: outcome.verdict.max(borne),
            reason: if borne > outcome.verdict { CONTRADICTION } else { &outcome.reason },
            problems,
            remarks,
            waived,
        }
    }

    pub(crate) fn outcome(&self) -> &'a Outcome {
        &self.record.evidence.outcome
    }

    /// Returns the severity of the worst problem.
    pub(crate) fn severity(&self) -> Severity {
        self.problems.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info)
    }

    /// Counts the problems that are faults, or those that could not be examined.
    pub(crate) fn problems_of(&self, verdict: Verdict) -> u64 {
        number(self.problems.iter().filter(|finding| finding.verdict == verdict).count())
    }

    /// Says why the check did not pass, where no finding does.
    pub(crate) fn gap(&self) -> Option<Gap> {
        let explained = self.problems.iter().any(|finding| finding.verdict == self.verdict);
        if self.verdict == Verdict::Pass || explained {
            return None;
        }
        let population = &self.outcome().population;
        let message = match population.examined {
            0 => "Nothing was examined.".to_owned(),
            examined if examined < population.expected => {
                format!("Only {} were examined.", human::examined(population))
            }
            _ => format!("The evidence states `{}` and no finding says why.", self.reason),
        };
        Some(Gap {
            rule: self.reason.to_owned(),
            message,
            remedy: "Make what was not examined available to the check, or take it out of the \
                     job, then run it again."
                .to_owned(),
        })
    }
}

/// Counts things; more than 2^64 do not fit into memory.
pub(crate) fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Judges an outcome by what it holds, not by what it says of itself. Evidence of another build
/// may be wrong about its own verdict, and a report must not repeat a false `Pass`.
fn borne_verdict(outcome: &Outcome) -> Verdict {
    let population = &outcome.population;
    let examined_whole = population.examined > 0 && population.examined >= population.expected;
    let of_population = if examined_whole { Verdict::Pass } else { Verdict::Unknown };
    outcome.findings.iter().map(|finding| finding.verdict).fold(of_population, |a, b| a.max(b))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_run_is_said_in_half_a_sentence() {
        for (run, said) in [
            (sample::faulty(), "3 of 6 checks failed, 2 unknown"),
            (sample::healthy(), "all 5 checks passed"),
            (sample::empty(), "no check was planned, so nothing was looked at"),
            (sample::interrupted(), "2 of 3 checks unknown, none failed"),
            (sample::many_findings(), "the only check failed"),
        ] {
            assert_eq!(View::of(&run).sentence(), said);
        }
    }

    #[test]
    fn evidence_that_calls_a_fault_a_pass_is_shown_as_failed() {
        let mut run = sample::many_findings();
        run.checks[0].evidence.outcome.verdict = Verdict::Pass;
        let view = View::of(&run);
        assert_eq!((view.verdict, view.checks[0].verdict), (Verdict::Fail, Verdict::Fail));
        assert_eq!(view.checks[0].reason, CONTRADICTION);
    }

    #[test]
    fn evidence_that_calls_an_empty_population_a_pass_is_shown_as_unknown() {
        let mut run = sample::healthy();
        run.checks[0].evidence.outcome.population.examined = 0;
        assert_eq!(View::of(&run).verdict, Verdict::Unknown);
        assert_eq!(View::of(&run).checks[0].gap().unwrap().rule, CONTRADICTION);
    }

    #[test]
    fn a_check_that_did_not_pass_always_says_why() {
        for (name, run) in sample::all() {
            for check in View::of(&run).checks {
                let explained = check.gap().is_some() || !check.problems.is_empty();
                assert!(check.verdict == Verdict::Pass || explained, "{name}");
            }
        }
    }

    #[test]
    fn a_fault_stands_before_what_could_not_be_examined() {
        let run = sample::faulty();
        let view = View::of(&run);
        let order: Vec<_> = view.worst_first().iter().map(|(_, check)| check.verdict).collect();
        assert!(order.is_sorted_by(|a, b| a >= b), "{order:?}");
    }
}
