//! The detail of every check, folded away until it is wanted.

use super::words::{badge, class, code, instant, isolated, mark, place, rest, sentence, short};
use crate::human;
use crate::reference::web_address;
use crate::view::{Check, View, number};
use crate::visible::name;
use beleg_model::{Evidence, Finding, Input, Metric, Population, Verdict};
use maud::{Markup, PreEscaped, html};
use std::collections::BTreeMap;

/// How many findings of one check are shown.
const FINDINGS_SHOWN: usize = 1_000;

/// How many parts left out, inputs, metrics, controls, labels or references are shown.
const ITEMS_SHOWN: usize = 200;

/// How many characters of the further facts are shown.
const DETAILS_SHOWN: usize = 20_000;

/// Where to find what a list does not show.
const ELSEWHERE: &str = "in the JSON report";

/// Returns the section in parts that follow on each other, one a check.
pub(super) fn parts<'a>(view: &'a View<'a>) -> impl Iterator<Item = Markup> + 'a {
    let begin = PreEscaped(r#"<section class="checks" aria-labelledby="checks">"#.to_owned());
    let heading = html! { h2 id="checks" { "The checks" } };
    let checks = view.checks.iter().enumerate().map(|(position, check)| {
        html! {
            details id={ "check-" (position) } class=(class(check.verdict)) {
                (summary(check))
                div class="detail" { (detail(check)) }
            }
        }
    });
    let end = [without_evidence(view), PreEscaped("</section>".to_owned())];
    [begin, heading].into_iter().chain(checks).chain(end)
}

fn without_evidence(view: &View<'_>) -> Markup {
    html! {
        @if view.missing > 0 {
            p class="missing unknown" {
                (mark(Verdict::Unknown))
                span {
                    strong { "unknown" }
                    " · "
                    (human::number_of(view.missing, "planned check", "planned checks"))
                    " · no evidence recorded"
                }
            }
        }
        @if view.total() == 0 {
            p class="missing unknown" {
                (mark(Verdict::Unknown)) span { "No check was planned." }
            }
        }
    }
}

fn summary(check: &Check<'_>) -> Markup {
    let evidence = &check.record.evidence;
    let counts = [(Verdict::Fail, "fault", "faults"), (Verdict::Unknown, "unknown", "unknown")];
    html! {
        summary {
            (mark(check.verdict))
            h3 {
                span class="word" { (check.verdict.word()) }
                " "
                span class="subject" { (isolated(&evidence.subject.name)) }
                span class="job" { (isolated(&evidence.job)) }
            }
            span class="leader" aria-hidden="true" {}
            span class="examined" {
                (examined(&evidence.outcome.population))
                @for (verdict, one, many) in counts {
                    @let count = check.problems_of(verdict);
                    @if count > 0 {
                        " · " span class=(class(verdict)) { (human::number_of(count, one, many)) }
                    }
                }
                @if !check.waived.is_empty() {
                    @let count = number(check.waived.len());
                    " · " (human::number_of(count, "finding", "findings")) " ignored"
                }
                @if !check.remarks.is_empty() {
                    @let count = number(check.remarks.len());
                    " · " (human::number_of(count, "remark", "remarks"))
                }
            }
        }
    }
}

fn detail(check: &Check<'_>) -> Markup {
    let evidence = &check.record.evidence;
    let outcome = &evidence.outcome;
    html! {
        (population(&outcome.population, check))
        (findings(check))
        (metrics(&outcome.metrics))
        (inputs(evidence))
        (circumstances(check))
        @if !outcome.details.is_null() {
            details class="facts" {
                summary { "Further facts, as recorded" }
                pre { (facts(&outcome.details)) }
            }
        }
    }
}

fn population(population: &Population, check: &Check<'_>) -> Markup {
    html! {
        h4 { "What was examined" }
        @match check.gap() {
            Some(gap) => p { (sentence(&gap.message)) },
            None => p { (examined(population)) "." },
        }
        @if !population.left_out.is_empty() {
            table {
                caption { "Left out" }
                thead {
                    tr {
                        th scope="col" { "What" }
                        th scope="col" class="number" { "How many" }
                        th scope="col" { "Why" }
                    }
                }
                tbody {
                    @for part in population.left_out.iter().take(ITEMS_SHOWN) {
                        tr {
                            th scope="row" { (sentence(&part.what)) }
                            td class="number" { (human::count(part.count)) }
                            td { (sentence(&part.why)) }
                        }
                    }
                }
            }
            (rest(population.left_out.len(), ITEMS_SHOWN, ELSEWHERE))
        }
    }
}

fn findings(check: &Check<'_>) -> Markup {
    let findings = check.problems.iter().chain(&check.waived).chain(&check.remarks);
    let findings: Vec<&Finding> = findings.copied().collect();
    html! {
        h4 { "Findings" }
        @if findings.is_empty() {
            p { "None." }
        } @else {
            table class="findings" {
                thead {
                    tr {
                        th scope="col" { "Rule" }
                        th scope="col" { "What, where, and what to do" }
                    }
                }
                tbody {
                    @for finding in findings.iter().take(FINDINGS_SHOWN) { (finding_row(finding)) }
                }
            }
            (rest(findings.len(), FINDINGS_SHOWN, ELSEWHERE))
        }
    }
}

fn finding_row(finding: &Finding) -> Markup {
    html! {
        tr {
            th scope="row" {
                @let verdict = finding.waived.as_ref().map_or(finding.verdict, |it| it.verdict);
                (badge(verdict, finding.severity)) " " (code(&finding.rule))
            }
            td {
                p { (sentence(&finding.message)) }
                p class="place" { (place(finding)) }
                @if let Some(waiver) = &finding.waived {
                    p class="waiver" { (sentence(&human::waiver(waiver))) }
                }
                @if finding.verdict != Verdict::Pass || finding.waived.is_some() {
                    p class="remedy" { (sentence(&finding.remedy)) }
                }
                @if !finding.references.is_empty() {
                    ul class="references" {
                        @for text in finding.references.iter().take(ITEMS_SHOWN) {
                            li { (reference(text)) }
                        }
                    }
                    (rest(finding.references.len(), ITEMS_SHOWN, ELSEWHERE))
                }
            }
        }
    }
}

fn examined(population: &Population) -> Markup {
    match (population.examined, population.expected) {
        (0, 0) => html! { "nothing examined" },
        _ => isolated(&human::population(population)),
    }
}

/// A link shows its whole address, so that nobody is led elsewhere than they read.
fn reference(text: &str) -> Markup {
    match web_address(text) {
        Some(address) => html! { a href=(address) rel="noreferrer noopener" { (address) } },
        None => isolated(text),
    }
}

/// A metric `name` is shown against `name-target`, where that is recorded.
fn metrics(metrics: &BTreeMap<String, Metric>) -> Markup {
    let target_of = |name: &str| metrics.get(&format!("{name}-target")).copied();
    let is_target =
        |name: &str| name.strip_suffix("-target").is_some_and(|base| metrics.contains_key(base));
    html! {
        @if !metrics.is_empty() {
            h4 { "Measured" }
            dl class="figures" {
                @for (name, metric) in metrics.iter().filter(|(name, _)| !is_target(name)).take(ITEMS_SHOWN) {
                    div {
                        dt { (isolated(&human::words(name))) }
                        dd {
                            span class="figure" { (human::metric(*metric)) }
                            @if let Some(target) = target_of(name) { (against(*metric, target)) }
                        }
                    }
                }
            }
            (rest(metrics.len(), ITEMS_SHOWN, ELSEWHERE))
        }
    }
}

fn against(metric: Metric, target: Metric) -> Markup {
    let target_said = human::metric(target);
    match (comparable(metric), comparable(target)) {
        ((unit, value), (target_unit, limit)) if unit == target_unit => {
            let (class, word) = if value <= limit { ("pass", "within") } else { ("fail", "over") };
            html! { span class=(class) { (word) " the target of " (target_said) } }
        }
        _ => html! { span { "target " (target_said) } },
    }
}

fn comparable(metric: Metric) -> (&'static str, u64) {
    match metric {
        Metric::Count(value) => ("count", value),
        Metric::Bytes(value) => ("bytes", value),
        Metric::Milliseconds(value) => ("time", value),
        Metric::Seconds(value) => ("time", value.saturating_mul(1_000)),
    }
}

fn inputs(evidence: &Evidence) -> Markup {
    let inputs = &evidence.outcome.inputs;
    html! {
        @if !inputs.is_empty() {
            h4 { "What was read" }
            table {
                thead {
                    tr {
                        th scope="col" { "Input and digest" }
                        th scope="col" { "As of" }
                    }
                }
                tbody {
                    @for input in inputs.iter().take(ITEMS_SHOWN) { (input_row(input, evidence)) }
                }
            }
            (rest(inputs.len(), ITEMS_SHOWN, ELSEWHERE))
        }
    }
}

fn input_row(input: &Input, evidence: &Evidence) -> Markup {
    html! {
        tr {
            th scope="row" {
                (isolated(&input.name)) br; (code(&input.locator))
                @if let Some(digest) = &input.digest {
                    br; span class="digest" { (code(&digest.to_string())) }
                }
            }
            td {
                @match input.as_of {
                    Some(then) => {
                        (instant(then)) br;
                        span class="faint" { (human::age(then, evidence.timing.started)) }
                    }
                    None => span class="faint" { "not stated" },
                }
            }
        }
    }
}

fn circumstances(check: &Check<'_>) -> Markup {
    let evidence = &check.record.evidence;
    let subject = &evidence.subject;
    html! {
        h4 { "Circumstances" }
        dl class="facts" {
            dt { "Subject" }
            dd { (isolated(&subject.name)) " at " (code(&subject.locator)) }
            @if let Some(digest) = &subject.digest {
                dt { "Expected digest" }
                dd class="digest" { (code(&digest.to_string())) }
            }
            @for (label, value) in subject.labels.iter().take(ITEMS_SHOWN) {
                dt { (isolated(&human::words(label))) }
                dd { (isolated(value)) }
            }
            dt { "Check" }
            dd { (isolated(&evidence.job)) ", a job of kind " (code(&evidence.kind)) }
            dt { "Reason" }
            dd { (code(check.reason)) }
            dt { "Began" }
            dd {
                (instant(evidence.timing.started))
                ", took " (human::duration(evidence.timing.milliseconds))
            }
            dt { "Controls" }
            dd {
                @if evidence.controls.is_empty() { span class="faint" { "none named" } }
                @for control in evidence.controls.iter().take(ITEMS_SHOWN) {
                    span class="control" { (isolated(control)) } " "
                }
                (rest(evidence.controls.len(), ITEMS_SHOWN, ELSEWHERE))
            }
            @for (setting, value) in evidence.settings.iter().take(ITEMS_SHOWN) {
                dt { "Judged by " (isolated(setting)) }
                dd { (isolated(value)) }
            }
            dt { "Ledger entry" }
            dd { (check.record.entry) }
            dt { "Tool" }
            dd { (short(&evidence.tool.name)) " " (isolated(&evidence.tool.version)) }
        }
    }
}

/// Line feeds are the writer's own: those inside a string are escaped by JSON.
fn facts(details: &serde_json::Value) -> String {
    let written = serde_json::to_string_pretty(details).unwrap_or_default();
    let mut shown = String::new();
    let mut room = DETAILS_SHOWN;
    for line in written.lines() {
        if room == 0 {
            shown.push_str("… (the rest is in the JSON report)\n");
            break;
        }
        shown.push_str(&name(line, room));
        shown.push('\n');
        room = room.saturating_sub(line.chars().count().saturating_add(1));
    }
    shown
}
