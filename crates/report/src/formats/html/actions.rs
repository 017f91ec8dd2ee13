//! What to do: remedies, most pressing first. Findings of one check that one remedy mends are
//! one action.

use super::words::{badge, class, isolated, mark, place, rest, sentence};
use crate::human;
use crate::view::{Check, Gap, View};
use beleg_model::{Finding, Severity, Verdict};
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many actions are shown; the findings of all stand in the detail.
const ACTIONS_SHOWN: usize = 60;

/// How many findings of one action are shown.
const FINDINGS_SHOWN: usize = 5;

/// One thing to do about one check, or about the run.
struct Action<'a> {
    check: Option<(usize, &'a Check<'a>)>,
    verdict: Verdict,
    severity: Severity,
    remedy: String,
    /// What no finding says.
    message: Option<String>,
    findings: Vec<&'a Finding>,
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let actions = actions(view);
    html! {
        section class="actions" aria-labelledby="what-to-do" {
            h2 id="what-to-do" { "What to do" }
            @if actions.is_empty() {
                p class="nothing" { (mark(Verdict::Pass)) " Nothing. Come back after the next run." }
            } @else {
                ol {
                    @for action in actions.iter().take(ACTIONS_SHOWN) {
                        li class=(class(action.verdict)) { (action_markup(action)) }
                    }
                }
                (rest(actions.len(), ACTIONS_SHOWN, "with the checks below"))
            }
            @if view.waived().next().is_some() {
                h3 { "Ignored by decision" }
                ul class="waived" {
                    @for (_, finding) in view.waived().take(ACTIONS_SHOWN) {
                        li {
                            (badge(Verdict::Fail, finding.severity)) " "
                            (sentence(&finding.message)) " " (place(finding))
                            @if let Some(waiver) = &finding.waived {
                                " " (sentence(&human::waiver(waiver)))
                            }
                        }
                    }
                }
                (rest(view.waived().count(), ACTIONS_SHOWN, "with the checks below"))
            }
        }
    }
}

fn action_markup(action: &Action<'_>) -> Markup {
    html! {
        h3 { (sentence(&action.remedy)) }
        p class="whose" {
            (badge(action.verdict, action.severity))
            " "
            @if let Some((position, check)) = action.check {
                a href={ "#check-" (position) } {
                    (isolated(&check.record.evidence.job))
                    " · "
                    (isolated(&check.record.evidence.subject.name))
                }
            } @else {
                "the whole run"
            }
        }
        @if let Some(message) = &action.message {
            p { (sentence(message)) }
        }
        @if !action.findings.is_empty() {
            ul {
                @for finding in action.findings.iter().take(FINDINGS_SHOWN) {
                    li { (sentence(&finding.message)) " " (place(finding)) }
                }
            }
            (rest(action.findings.len(), FINDINGS_SHOWN, "with the check below"))
        }
    }
}

fn actions<'a>(view: &'a View<'a>) -> Vec<Action<'a>> {
    let mut actions: Vec<Action<'a>> = Vec::new();
    for (position, check) in view.worst_first() {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &check.problems {
            let index = *known.entry(&finding.remedy).or_insert(actions.len());
            match actions.get_mut(index) {
                Some(action) => action.findings.push(finding),
                None => actions.push(Action::of((position, check), finding)),
            }
        }
        let gap = check.gap().map(|gap| Action::of_gap(Some((position, check)), gap));
        actions.extend(gap);
    }
    actions.extend(view.gap().map(|gap| Action::of_gap(None, gap)));
    actions.sort_by_key(|action| Reverse((action.verdict, action.severity)));
    actions
}

impl<'a> Action<'a> {
    /// Problems come worst first, so the first finding of an action is its worst.
    fn of(check: (usize, &'a Check<'a>), finding: &'a Finding) -> Self {
        Self {
            check: Some(check),
            verdict: finding.verdict,
            severity: finding.severity,
            remedy: finding.remedy.clone(),
            message: None,
            findings: vec![finding],
        }
    }

    fn of_gap(check: Option<(usize, &'a Check<'a>)>, gap: Gap) -> Self {
        Self {
            check,
            verdict: Verdict::Unknown,
            severity: Severity::Medium,
            remedy: gap.remedy,
            message: Some(gap.message),
            findings: Vec::new(),
        }
    }
}
