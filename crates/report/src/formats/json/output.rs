//! The types of schema 1. They stand apart from the model, so that the model may change and
//! what other programs read does not. Every key is always present, and the members stand in the
//! order of their keys, as they are written.

use crate::pretty::Sorted;
use crate::view::{Check, View};
use beleg_model::{Finding, Input, LeftOut, Metric, Population, Severity, Verdict};
use jiff::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Report<'a> {
    checks: Vec<CheckOutput<'a>>,
    run: RunOutput<'a>,
    schema: u32,
    verdict: &'static str,
}

#[derive(Serialize)]
struct RunOutput<'a> {
    checks_without_evidence: u64,
    counts: Counts,
    id: &'a str,
    ledger: Ledger<'a>,
    name: &'a str,
    planned: Timestamp,
    planned_checks: u64,
}

/// A planned check without evidence counts as unknown.
#[derive(Serialize)]
struct Counts {
    fail: u64,
    pass: u64,
    unknown: u64,
}

#[derive(Serialize)]
struct Ledger<'a> {
    origin: &'a str,
    root_hash: &'a str,
    tree_size: u64,
}

#[derive(Serialize)]
struct CheckOutput<'a> {
    controls: &'a [String],
    details: Sorted<'a>,
    digest: Option<String>,
    findings: Vec<FindingOutput<'a>>,
    inputs: Vec<InputOutput<'a>>,
    job: &'a str,
    kind: &'a str,
    labels: &'a BTreeMap<String, String>,
    ledger_entry: u64,
    locator: &'a str,
    metrics: BTreeMap<&'a str, MetricOutput>,
    population: PopulationOutput<'a>,
    reason: &'a str,
    run_key: &'a str,
    settings: &'a BTreeMap<String, String>,
    subject: &'a str,
    timing: TimingOutput,
    tool: ToolOutput<'a>,
    verdict: &'static str,
}

#[derive(Serialize)]
struct PopulationOutput<'a> {
    examined: u64,
    expected: u64,
    left_out: Vec<LeftOutOutput<'a>>,
    unit: &'a str,
}

#[derive(Serialize)]
struct LeftOutOutput<'a> {
    count: u64,
    what: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct FindingOutput<'a> {
    location: String,
    message: Cow<'a, str>,
    references: &'a [String],
    remedy: Cow<'a, str>,
    rule: Cow<'a, str>,
    severity: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<WaiverOutput<'a>>,
}

#[derive(Serialize)]
struct WaiverOutput<'a> {
    by: &'a str,
    reason: &'a str,
    until: String,
    verdict: &'static str,
}

#[derive(Serialize)]
struct MetricOutput {
    unit: &'static str,
    value: u64,
}

#[derive(Serialize)]
struct InputOutput<'a> {
    as_of: Option<Timestamp>,
    digest: Option<String>,
    locator: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct TimingOutput {
    ended: Timestamp,
    milliseconds: u64,
    started: Timestamp,
}

#[derive(Serialize)]
struct ToolOutput<'a> {
    name: &'a str,
    version: &'a str,
}

impl<'a> Report<'a> {
    pub(super) fn of(view: &'a View<'a>) -> Self {
        Self {
            schema: 1,
            verdict: view.verdict.word(),
            run: RunOutput::of(view),
            checks: view.checks.iter().map(CheckOutput::of).collect(),
        }
    }
}

impl<'a> RunOutput<'a> {
    fn of(view: &View<'a>) -> Self {
        let run = view.run;
        Self {
            name: &run.run,
            id: &run.run_id,
            planned: run.planned,
            planned_checks: run.planned_checks,
            checks_without_evidence: view.missing,
            counts: Counts {
                pass: view.count(Verdict::Pass),
                unknown: view.count(Verdict::Unknown),
                fail: view.count(Verdict::Fail),
            },
            ledger: Ledger {
                origin: &run.origin,
                tree_size: run.tree_size,
                root_hash: &run.root_hash,
            },
        }
    }
}

impl<'a> CheckOutput<'a> {
    fn of(check: &'a Check<'a>) -> Self {
        let evidence = &check.record.evidence;
        let outcome = &evidence.outcome;
        Self {
            job: &evidence.job,
            kind: &evidence.kind,
            subject: &evidence.subject.name,
            locator: &evidence.subject.locator,
            digest: evidence.subject.digest.as_ref().map(ToString::to_string),
            labels: &evidence.subject.labels,
            verdict: check.verdict.word(),
            reason: check.reason,
            population: PopulationOutput::of(&outcome.population),
            findings: FindingOutput::all(check),
            metrics: outcome
                .metrics
                .iter()
                .map(|(name, metric)| (name.as_str(), MetricOutput::of(*metric)))
                .collect(),
            inputs: outcome.inputs.iter().map(InputOutput::of).collect(),
            details: Sorted(&outcome.details),
            timing: TimingOutput {
                started: evidence.timing.started,
                ended: evidence.timing.ended,
                milliseconds: evidence.timing.milliseconds,
            },
            controls: &evidence.controls,
            settings: &evidence.settings,
            run_key: &evidence.run_key,
            tool: ToolOutput { name: &evidence.tool.name, version: &evidence.tool.version },
            ledger_entry: check.record.entry,
        }
    }
}

impl<'a> PopulationOutput<'a> {
    fn of(population: &'a Population) -> Self {
        let part = |part: &'a LeftOut| LeftOutOutput {
            what: &part.what,
            count: part.count,
            why: &part.why,
        };
        Self {
            unit: &population.unit,
            expected: population.expected,
            examined: population.examined,
            left_out: population.left_out.iter().map(part).collect(),
        }
    }
}

impl<'a> FindingOutput<'a> {
    /// Returns the findings of a check. Where none of them says why it did not pass, what the other
    /// formats say stands as the last one.
    fn all(check: &Check<'a>) -> Vec<Self> {
        let gap = check.gap().map(|gap| Self {
            rule: Cow::Owned(gap.rule),
            verdict: Verdict::Unknown.word(),
            severity: Severity::Medium.word(),
            location: String::new(),
            message: Cow::Owned(gap.message),
            remedy: Cow::Owned(gap.remedy),
            references: &[],
            waived: None,
        });
        check.outcome().findings.iter().map(Self::of).chain(gap).collect()
    }

    fn of(finding: &'a Finding) -> Self {
        Self {
            rule: Cow::Borrowed(&finding.rule),
            verdict: finding.verdict.word(),
            severity: finding.severity.word(),
            location: finding.location.to_string(),
            message: Cow::Borrowed(&finding.message),
            remedy: Cow::Borrowed(&finding.remedy),
            references: &finding.references,
            waived: finding.waived.as_ref().map(|waiver| WaiverOutput {
                verdict: waiver.verdict.word(),
                by: &waiver.by,
                reason: &waiver.reason,
                until: waiver.until.to_string(),
            }),
        }
    }
}

impl MetricOutput {
    fn of(metric: Metric) -> Self {
        let (unit, value) = match metric {
            Metric::Count(value) => ("count", value),
            Metric::Bytes(value) => ("bytes", value),
            Metric::Milliseconds(value) => ("milliseconds", value),
            Metric::Seconds(value) => ("seconds", value),
        };
        Self { unit, value }
    }
}

impl<'a> InputOutput<'a> {
    fn of(input: &'a Input) -> Self {
        Self {
            name: &input.name,
            locator: &input.locator,
            digest: input.digest.as_ref().map(ToString::to_string),
            as_of: input.as_of,
        }
    }
}
