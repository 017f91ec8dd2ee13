//! SARIF 2.1.0 (OASIS standard), which code hosts and editors read.
//!
//! SARIF knows faults and no doubts, so a check that could not look becomes a result of level
//! `warning` and a notification of the tool: a reader that shows either shows the doubt. No
//! finding is left away; some hosts refuse a file with more results than they like.

mod results;
mod rules;
mod uri;

use super::{Format, Options, RenderError};
use crate::human;
use crate::pretty::pretty;
use crate::view::View;
use crate::visible::name;
use beleg_model::{RunRecord, Verdict};
use results::{Report, results};
use rules::Rules;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Where the schema of SARIF 2.1.0 stands; a reader may compare it and need not fetch it.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// How many characters of a name, path or identifier are given.
const NAME_GIVEN: usize = 1_000;

/// The notifications, in the order in which `tool.driver.notifications` lists them.
const NOTIFICATIONS: [(&str, &str); 4] = [
    ("check-unknown", "A check could not examine what it should have."),
    ("partly-examined", "A check failed and did not examine everything."),
    ("no-evidence", "A planned check left no evidence, or none was planned."),
    ("left-out", "A check passed, and says nothing about what it left out."),
];

/// The format `sarif`.
pub(super) struct Sarif;

impl Format for Sarif {
    fn id(&self) -> &'static str {
        "sarif"
    }

    fn describes(&self) -> &'static str {
        "SARIF 2.1.0, for code hosts and editors"
    }

    fn file_name(&self) -> &'static str {
        "report.sarif"
    }

    fn render(&self, run: &RunRecord, options: &Options) -> Result<Vec<u8>, RenderError> {
        pretty(&log(&View::of(run), options))
            .map_err(|source| RenderError::Json { format: "sarif", source })
    }
}

fn log(view: &View<'_>, options: &Options) -> Value {
    let reports: Vec<Report<'_>> = results(view);
    let rules = Rules::of(&reports, options.explains);
    let run = view.run;
    let automation = format!("beleg/{}/{}", segment(&run.run), segment(&run.run_id));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver(view, &rules) },
            "automationDetails": { "id": automation },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation(view)],
            "results": reports.iter().map(|report| report.to_json(&rules)).collect::<Vec<_>>(),
            "properties": properties(view),
        }],
    })
}

/// Says what run it is, and what ledger holds it, if one does.
fn properties(view: &View<'_>) -> Value {
    let run = view.run;
    let mut properties = json!({
        "run": name(&run.run, NAME_GIVEN),
        "runId": name(&run.run_id, NAME_GIVEN),
        "verdict": view.verdict.word(),
        "plannedChecks": run.planned_checks,
        "checksWithoutEvidence": view.missing,
    });
    let ledger = [
        ("ledgerOrigin", json!(name(&run.origin, NAME_GIVEN))),
        ("ledgerTreeSize", json!(run.tree_size)),
        ("ledgerRootHash", json!(name(&run.root_hash, NAME_GIVEN))),
    ];
    if let (false, Some(properties)) = (run.origin.is_empty(), properties.as_object_mut()) {
        properties.extend(ledger.map(|(key, value)| (key.to_owned(), value)));
    }
    properties
}

fn driver(view: &View<'_>, rules: &Rules<'_>) -> Value {
    let notifications = NOTIFICATIONS.map(|(id, text)| {
        json!({
            "id": id,
            "name": pascal_case(id),
            "shortDescription": { "text": text },
            "fullDescription": { "text": text },
            "help": { "text": "What was not looked at is not clean. The report says what to do." },
        })
    });
    let mut driver = json!({
        "name": "beleg",
        "organization": "beleg",
        "shortDescription": { "text": "Verifies supply chains and backups, and keeps evidence." },
        "notifications": notifications,
        "rules": rules.to_json(),
    });
    // Evidence of several builds has no one version.
    let versions: BTreeSet<_> =
        view.checks.iter().map(|check| &check.record.evidence.tool.version).collect();
    if let (1, Some(version), Some(driver)) =
        (versions.len(), versions.first(), driver.as_object_mut())
    {
        driver.insert("version".to_owned(), json!(name(version, NAME_GIVEN)));
    }
    driver
}

fn invocation(view: &View<'_>) -> Value {
    let mut notifications: Vec<Value> = Vec::new();
    for check in &view.checks {
        let evidence = &check.record.evidence;
        let population = &evidence.outcome.population;
        let partly = population.examined < population.expected;
        let left_out = !population.left_out.is_empty();
        let (kind, level) = match check.verdict {
            Verdict::Unknown => (0, "error"),
            Verdict::Fail if partly => (1, "warning"),
            Verdict::Pass if left_out => (3, "note"),
            _ => continue,
        };
        let text = format!(
            "{}, {}: {} (examined: {})",
            name(&evidence.job, NAME_GIVEN),
            name(&evidence.subject.name, NAME_GIVEN),
            name(check.reason, NAME_GIVEN),
            name(&human::population(population), NAME_GIVEN)
        );
        notifications.push(notification(kind, level, &text));
    }
    if let Some(gap) = view.gap() {
        notifications.push(notification(2, "error", &gap.message));
    }
    let ended = view.checks.iter().map(|check| check.record.evidence.timing.ended).max();
    json!({
        "startTimeUtc": view.run.planned.to_string(),
        "endTimeUtc": ended.unwrap_or(view.run.planned).max(view.run.planned).to_string(),
        // A run that could not look everywhere did not do what it set out to do.
        "executionSuccessful": view.count(Verdict::Unknown) == 0 && view.total() > 0,
        "toolExecutionNotifications": notifications,
    })
}

fn notification(kind: usize, level: &str, text: &str) -> Value {
    let id = NOTIFICATIONS.get(kind).map_or("", |(id, _)| *id);
    json!({
        "descriptor": { "id": id, "index": kind },
        "level": level,
        "message": { "text": message(text) },
    })
}

/// Makes running text a SARIF plain text message: braces are doubled (section 3.11.5), and what
/// would be an embedded link (section 3.11.6) is broken up.
fn message(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

/// Returns a code such as `no-evidence` as `NoEvidence`, the form that section 3.49.7 asks for.
fn pascal_case(code: &str) -> String {
    let words = code.split(|c: char| !c.is_alphanumeric());
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            first.into_iter().chain([letters.as_str().to_owned()])
        })
        .collect()
}

/// Returns a name as one segment of a hierarchical identifier (section 3.5.4.1).
fn segment(text: &str) -> String {
    name(text, NAME_GIVEN).replace('/', "-")
}

#[cfg(test)]
mod tests;
