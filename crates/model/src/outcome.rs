use crate::{Digest, Finding, Rule, Verdict, rules};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a check found out about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The worst of the findings and the population.
    pub verdict: Verdict,
    /// Stable kebab-case code of why: the first worst finding's rule, or `all-examined`.
    pub reason: String,
    /// How much was looked at.
    pub population: Population,
    /// Everything there is to say, worst first.
    pub findings: Vec<Finding>,
    /// Measured numbers by kebab-case name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Metric>,
    /// What was read, with digests and ages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Facts of this job kind that reports show and other tools read, as canonical JSON.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

impl Outcome {
    /// Judges `findings` about `population`. A population that is empty or was not examined
    /// whole is `Unknown` at best, whatever the findings say.
    #[must_use]
    pub fn judge(population: Population, mut findings: Vec<Finding>) -> Self {
        findings.sort_by(|a, b| {
            (b.verdict, b.severity, &a.rule, &a.location).cmp(&(
                a.verdict,
                a.severity,
                &b.rule,
                &b.location,
            ))
        });
        let worst = findings.first().map_or(Verdict::Pass, |finding| finding.verdict);
        let verdict = worst.max(population.verdict());
        let reason = match findings.first() {
            Some(finding) if finding.verdict == verdict && verdict != Verdict::Pass => {
                finding.rule.clone()
            }
            _ => population.rule().code.to_owned(),
        };
        Self {
            verdict,
            reason,
            population,
            findings,
            metrics: BTreeMap::new(),
            inputs: Vec::new(),
            details: serde_json::Value::Null,
        }
    }

    /// Says whether the verdict is better than the findings and the population bear. No outcome
    /// that was judged is; one that was written by hand may be.
    #[must_use]
    pub fn is_flattered(&self) -> bool {
        let findings = self.findings.iter().map(|finding| finding.verdict);
        findings.fold(self.population.verdict(), Verdict::max) > self.verdict
    }

    /// Says whether this is evidence for a control that its job claims. What has neither examined
    /// anything nor found a fault is none for any.
    #[must_use]
    pub fn serves(&self, control: &str) -> bool {
        let speaks = self.population.examined > 0 || self.verdict == Verdict::Fail;
        let takes = |finding: &Finding| {
            finding.rule == rules::CONTROL_NOT_SERVED.code && finding.location.path == control
        };
        speaks && !self.findings.iter().any(takes)
    }

    /// Judges a subject of which nothing could be examined, for the reason the finding gives.
    #[must_use]
    pub fn could_not_look(finding: Finding) -> Self {
        Self::could_not_begin(vec![finding])
    }

    /// Judges a subject of which nothing could be examined, for all these reasons.
    #[must_use]
    pub fn could_not_begin(findings: Vec<Finding>) -> Self {
        let population =
            Population { unit: "subjects".to_owned(), expected: 1, ..Population::default() };
        Self::judge(population, findings)
    }

    /// Adds a finding and judges anew.
    #[must_use]
    pub fn with_finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        let Self { metrics, inputs, details, .. } = self;
        Self { metrics, inputs, details, ..Self::judge(self.population, self.findings) }
    }

    /// Adds a measured number.
    #[must_use]
    pub fn with_metric(mut self, name: &str, metric: Metric) -> Self {
        self.metrics.insert(name.to_owned(), metric);
        self
    }

    /// Adds what was read.
    #[must_use]
    pub fn with_inputs(mut self, inputs: impl IntoIterator<Item = Input>) -> Self {
        self.inputs.extend(inputs);
        self
    }

    /// Sets the facts of this job kind.
    #[must_use]
    pub fn with_details(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }
}

/// Counts what a verdict stands on: what was expected, what was examined, what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Population {
    /// What is counted, in the plural: `packages`, `commits`, `files`.
    pub unit: String,
    /// How many there should be.
    pub expected: u64,
    /// How many were looked at.
    pub examined: u64,
    /// What was not looked at, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A part of a population that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What it is.
    pub what: String,
    /// How many of the population's unit it is.
    pub count: u64,
    /// Why it was not looked at.
    pub why: String,
}

impl Population {
    /// Counts a population that was examined whole.
    pub fn whole(unit: impl Into<String>, count: u64) -> Self {
        Self { unit: unit.into(), expected: count, examined: count, left_out: Vec::new() }
    }

    fn verdict(&self) -> Verdict {
        self.rule().grade.verdict()
    }

    /// Returns what is to be said of how much was examined.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        if self.examined == 0 {
            &rules::NOTHING_EXAMINED
        } else if self.examined < self.expected {
            &rules::PARTLY_EXAMINED
        } else {
            &rules::ALL_EXAMINED
        }
    }
}

/// A measured number. Units are in the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", content = "value", rename_all = "lowercase")]
pub enum Metric {
    /// A plain count.
    Count(u64),
    /// A number of bytes.
    Bytes(u64),
    /// A duration in milliseconds, from a monotonic clock.
    Milliseconds(u64),
    /// A duration in whole seconds, between two instants.
    Seconds(u64),
}

/// Something a check read to come to its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What it is, such as `lockfile` or `advisory source rustsec`.
    pub name: String,
    /// Where it was read.
    pub locator: String,
    /// The digest of the bytes that were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The newest instant the input itself states, such as the newest advisory's change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    #[test]
    fn an_empty_population_is_unknown_not_pass() {
        let outcome = Outcome::judge(Population::whole("packages", 0), Vec::new());
        assert_eq!(outcome.verdict, Verdict::Unknown);
        assert_eq!(outcome.reason, "nothing-examined");
    }

    #[test]
    fn a_partly_examined_population_is_unknown_even_without_findings() {
        let population = Population { expected: 5, examined: 4, ..Population::whole("files", 5) };
        let outcome = Outcome::judge(population, Vec::new());
        assert_eq!(
            (outcome.verdict, outcome.reason.as_str()),
            (Verdict::Unknown, "partly-examined")
        );
    }

    #[test]
    fn a_fault_outweighs_what_could_not_be_examined() {
        let outcome = Outcome::judge(
            Population::whole("commits", 2),
            vec![
                Finding::unknown("no-key", "a", "no key", "add it"),
                Finding::fault("unsigned", Severity::High, "b", "not signed", "sign it"),
            ],
        );
        assert_eq!((outcome.verdict, outcome.reason.as_str()), (Verdict::Fail, "unsigned"));
    }

    #[test]
    fn a_control_is_served_by_what_examined_something_or_found_a_fault() {
        let blind = Outcome::could_not_look(Finding::unknown("no-key", "a", "no key", "add it"));
        assert!(!blind.serves("SC-1"));
        let fault = Finding::fault("malformed", Severity::High, "a", "it is not", "make it anew");
        assert!(Outcome::could_not_look(fault).serves("SC-1"));
        let seen = Outcome::judge(Population::whole("files", 1), Vec::new());
        assert!(seen.serves("SC-1") && seen.serves("SC-4"));
        let seen = seen.with_finding(Finding::control_not_served("SC-4", "nothing is signed"));
        assert_eq!(seen.verdict, Verdict::Pass);
        assert!(seen.serves("SC-1") && !seen.serves("SC-4"));
    }

    #[test]
    fn remarks_do_not_change_the_verdict() {
        let outcome = Outcome::judge(
            Population::whole("packages", 2),
            vec![Finding::remark("os-release", "etc/os-release", "Debian 12")],
        );
        assert_eq!((outcome.verdict, outcome.reason.as_str()), (Verdict::Pass, "all-examined"));
    }
}
