//! Where the evidence is and how anybody can check it.

use super::words::{code, instant, isolated};
use crate::human;
use crate::view::View;
use maud::{Markup, html};

/// How many entries are listed.
const ENTRIES_SHOWN: usize = 1_000;

pub(super) fn section(view: &View<'_>) -> Markup {
    let run = view.run;
    html! {
        section class="evidence" aria-labelledby="evidence" {
            h2 id="evidence" { "The evidence" }
            p {
                "Every statement on this page stands in an append-only ledger. "
                "This page itself proves nothing: the ledger does, and anybody can check it."
            }
            dl class="facts" {
                dt { "Ledger" }
                dd { (isolated(&run.origin)) }
                dt { "Size" }
                dd { (human::number_of(run.tree_size, "entry", "entries")) }
                dt { "Root hash" }
                dd class="digest" { (code(&run.root_hash)) }
                dt { "Run" }
                dd { (code(&run.run_id)) ", planned " (instant(run.planned)) }
                dt { "Promise" }
                dd {
                    (human::number_of(run.planned_checks, "check", "checks")) " planned, "
                    (human::count(crate::view::number(view.checks.len()))) " with evidence"
                }
                @if !view.checks.is_empty() {
                    dt { "Entries" }
                    dd class="entries" {
                        @for (position, check) in view.checks.iter().enumerate().take(ENTRIES_SHOWN) {
                            a href={ "#check-" (position) } {
                                (check.record.entry) " "
                                (isolated(&check.record.evidence.subject.name))
                            }
                            " "
                        }
                        (super::words::rest(view.checks.len(), ENTRIES_SHOWN, "in the JSON report"))
                    }
                }
            }
            h3 { "Check it yourself" }
            ol class="steps" {
                li {
                    "With the ledger at hand, " code { "beleg ledger verify" }
                    " recomputes every hash and compares the root with the one above."
                }
                li {
                    "With a pack, " code { "beleg pack verify FILE" }
                    " does the same with no network, for the entries the pack holds."
                }
                li {
                    "Compare the root hash and the signing key with a copy that somebody else "
                    "keeps; only that shows that nobody rewrote the whole ledger."
                }
            }
        }
    }
}
