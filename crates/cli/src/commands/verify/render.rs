//! What was verified, for people and for programs.

use crate::arguments::Format;
use beleg_checks::verify::{Item, Verified};
use beleg_model::{Finding, Outcome, Verdict, Waiver};
use beleg_report::visible;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The width of the labels before facts.
const LABEL: usize = 12;

/// Renders what was found.
pub(super) fn render(verified: &Verified, format: Format, colour: bool) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Text => Ok(text(verified, colour).into_bytes()),
        Format::Json => json(&verified.outcome),
    }
}

/// The outcome's own fields and the single results beside one another; keys are sorted, because
/// the map is.
fn json(outcome: &Outcome) -> anyhow::Result<Vec<u8>> {
    let mut top = Map::new();
    if let Value::Object(details) = &outcome.details {
        top.extend(details.clone());
    }
    top.insert("schema".to_owned(), json!(1));
    top.insert("verdict".to_owned(), serde_json::to_value(outcome.verdict)?);
    top.insert("reason".to_owned(), json!(outcome.reason));
    top.insert("population".to_owned(), serde_json::to_value(&outcome.population)?);
    top.insert("findings".to_owned(), serde_json::to_value(&outcome.findings)?);
    top.insert("inputs".to_owned(), serde_json::to_value(&outcome.inputs)?);
    let mut bytes = serde_json::to_vec_pretty(&Value::Object(top))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn text(verified: &Verified, colour: bool) -> String {
    let mut text = String::new();
    for item in &verified.items {
        write_item(&mut text, item, colour);
    }
    let outcome = &verified.outcome;
    for finding in &outcome.findings {
        write_finding(&mut text, finding, colour);
    }
    let population = &outcome.population;
    let examined = format!(
        "{} of {} {} examined",
        population.examined,
        population.expected,
        if population.unit.is_empty() { "subjects" } else { &population.unit }
    );
    for left_out in &population.left_out {
        let _ = writeln!(
            text,
            "Left out: {} {} ({})",
            left_out.count,
            visible(&left_out.what),
            left_out.why
        );
    }
    let is_told = outcome.findings.iter().any(|finding| finding.verdict == outcome.verdict);
    if outcome.verdict != Verdict::Pass && !is_told {
        let _ = writeln!(text, "Remedy: {}", population.rule().remedy);
    }
    let verdict = word(outcome.verdict, colour);
    let _ = writeln!(text, "{verdict}: {} ({examined})", outcome.reason);
    text
}

fn write_item(text: &mut String, item: &Item, colour: bool) {
    let _ = writeln!(text, "{}  {}", word(item.verdict, colour), visible(&item.name));
    for (label, fact) in &item.facts {
        let _ = writeln!(text, "  {label:LABEL$} {}", visible(fact));
    }
    text.push('\n');
}

fn write_finding(text: &mut String, finding: &Finding, colour: bool) {
    let word = word(finding.verdict, colour);
    let _ = writeln!(text, "{word}  {}: {}", visible(&finding.location.to_string()), finding.rule);
    let _ = writeln!(text, "  {}", visible(&finding.message));
    if let Some(Waiver { by, reason, until, .. }) = &finding.waived {
        let (by, reason) = (visible(by), visible(reason));
        let _ = writeln!(text, "  Ignored until {until} by {by}: {reason}");
    }
    if finding.verdict != Verdict::Pass {
        let _ = writeln!(text, "  Remedy: {}", finding.remedy);
    }
    text.push('\n');
}

fn word(verdict: Verdict, colour: bool) -> String {
    let (word, code) = match verdict {
        Verdict::Pass => ("PASS", "32"),
        Verdict::Unknown => ("UNKNOWN", "33"),
        Verdict::Fail => ("FAIL", "31"),
    };
    if colour { format!("\u{1b}[1;{code}m{word}\u{1b}[0m") } else { word.to_owned() }
}
