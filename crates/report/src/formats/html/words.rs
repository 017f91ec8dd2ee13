//! Small pieces of markup that every part of the page uses.

use crate::human;
use crate::visible::{name, prose};
use beleg_model::{Finding, Severity, Verdict};
use jiff::Timestamp;
use maud::{Markup, html};

/// How many characters of a message or a remedy are shown.
const PROSE_SHOWN: usize = 4_000;

/// How many characters of a name, path or identifier are shown.
const NAME_SHOWN: usize = 1_000;

/// Returns a name, path or identifier fit to be shown.
pub(super) fn short(text: &str) -> String {
    name(text, NAME_SHOWN)
}

/// Returns a name in its own reading direction, so that it cannot reorder what stands beside it.
pub(super) fn isolated(text: &str) -> Markup {
    html! { bdi { (short(text)) } }
}

/// Returns a path, digest or identifier in the typeface of machines.
pub(super) fn code(text: &str) -> Markup {
    html! { code { (short(text)) } }
}

/// Returns running text; what stands between backticks is shown as code.
pub(super) fn sentence(text: &str) -> Markup {
    let text = prose(text, PROSE_SHOWN);
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd number of backticks pairs up wrongly, so then they stay as they are.
    if pieces.len().is_multiple_of(2) {
        return html! { bdi { (text) } };
    }
    html! {
        bdi {
            @for (position, piece) in pieces.iter().enumerate() {
                @if position.is_multiple_of(2) { (piece) } @else { code { (piece) } }
            }
        }
    }
}

/// Returns an instant that programs can read too.
pub(super) fn instant(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) { (human::instant(instant)) } }
}

/// Returns the class that gives a verdict its colour.
pub(super) fn class(verdict: Verdict) -> &'static str {
    verdict.word()
}

/// Returns a verdict's shape: a tick on a disc, a question mark in a ring, a cross on a square.
/// The word stands beside it.
pub(super) fn mark(verdict: Verdict) -> Markup {
    html! {
        svg class={ "mark " (class(verdict)) } viewBox="0 0 20 20" aria-hidden="true" focusable="false" {
            @match verdict {
                Verdict::Pass => {
                    circle cx="10" cy="10" r="9" {}
                    path d="M5.6 10.4l3 3 5.8-6.4" {}
                }
                Verdict::Unknown => {
                    circle cx="10" cy="10" r="8.6" {}
                    path d="M7.6 8a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.8-1.1 1.7M10 14.2v.2" {}
                }
                Verdict::Fail => {
                    rect x="1.4" y="1.4" width="17.2" height="17.2" rx="2.5" {}
                    path d="M6.4 6.4l7.2 7.2M13.6 6.4l-7.2 7.2" {}
                }
            }
        }
    }
}

/// Returns the word for how much a finding matters, in a frame of its colour.
pub(super) fn badge(verdict: Verdict, severity: Severity) -> Markup {
    let (class, word) = match verdict {
        Verdict::Pass => ("remark", "remark"),
        Verdict::Unknown => ("unknown", "unknown"),
        Verdict::Fail => (severity.word(), severity.word()),
    };
    html! { span class={ "badge " (class) } { (word) } }
}

/// Returns where a finding is, or nothing when it does not say.
pub(super) fn place(finding: &Finding) -> Markup {
    let location = finding.location.to_string();
    html! { @if !location.is_empty() { (code(&location)) } }
}

/// Returns the sentence that counts what a list does not show.
pub(super) fn rest(all: usize, shown: usize, where_else: &str) -> Markup {
    let rest = crate::view::number(all.saturating_sub(shown));
    html! {
        @if rest > 0 {
            p class="rest" { "… and " (human::count(rest)) " more, " (where_else) "." }
        }
    }
}
