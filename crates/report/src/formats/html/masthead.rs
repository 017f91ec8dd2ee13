//! The verdict, large, with one sentence and a few facts.

use super::words::{class, instant, isolated, mark, short};
use crate::human;
use crate::view::View;
use beleg_model::Verdict;
use maud::{Markup, html};

/// More checks than these are counted and not drawn one by one.
const CHECKS_DRAWN: usize = 80;

pub(super) fn header(view: &View<'_>) -> Markup {
    html! {
        header class={ "masthead " (class(view.verdict)) } {
            p class="brand" {
                span class="wordmark" { "beleg" }
                span { "run " strong { (isolated(&view.run.run)) } }
                span { (instant(view.run.planned)) }
            }
            div class="verdict" {
                h1 {
                    span class="stamp" { (view.verdict.word()) }
                    " "
                    span class="sentence" { (capitalised(&view.sentence())) "." }
                }
                p class="lede" { (lede(view)) }
            }
            (tally(view))
        }
    }
}

fn lede(view: &View<'_>) -> &'static str {
    match (view.verdict, view.total()) {
        (_, 0) => "Nothing examined is not the same as nothing found.",
        (Verdict::Pass, _) if view.leaves_out() => {
            "Nothing that was examined is wrong. What was left out, and why, stands with each check."
        }
        (Verdict::Pass, _) => {
            "Each check examined all that it counted, and nothing of that is wrong."
        }
        (Verdict::Unknown, _) => {
            "Nothing that was examined is wrong, but not everything could be examined."
        }
        (Verdict::Fail, _) => {
            "Something that was examined is wrong. What to do stands below, most pressing first."
        }
    }
}

/// Draws one mark a check, each leading to its detail, then counts them in words.
fn tally(view: &View<'_>) -> Markup {
    let counts =
        [(Verdict::Fail, "failed"), (Verdict::Unknown, "unknown"), (Verdict::Pass, "passed")];
    let drawn = !view.checks.is_empty() && view.checks.len() <= CHECKS_DRAWN;
    html! {
        div class="tally" {
            @if drawn {
                nav aria-label="Checks" {
                    ol {
                        @for (position, check) in view.checks.iter().enumerate() {
                            li {
                                @let said = format!(
                                    "{}, {}: {}",
                                    short(&check.record.evidence.job),
                                    short(&check.record.evidence.subject.name),
                                    check.verdict
                                );
                                a href={ "#check-" (position) } title=(said) aria-label=(said) {
                                    (mark(check.verdict))
                                }
                            }
                        }
                    }
                }
            }
            p class="counts" {
                @for (verdict, word) in counts {
                    @let count = view.count(verdict);
                    @if count > 0 {
                        span class=(class(verdict)) { strong { (human::count(count)) } " " (word) }
                    }
                }
            }
        }
    }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
