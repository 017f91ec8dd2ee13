//! One self-contained page: the verdict first, then what to do, then detail.
//!
//! It needs no script and no network, and its policy forbids both, so that it can lie in a pack
//! for years and be opened anywhere. Long lists end with a count of what is not shown.

mod actions;
mod checks;
mod evidence;
mod masthead;
mod words;

use super::{Format, Options, RenderError};
use crate::view::View;
use beleg_model::RunRecord;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::io::Write;
use words::short;

const STYLE: &str = include_str!("style.css");

/// The page may use its own style and images inside it, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// The format `html`.
pub(super) struct Html;

impl Format for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn describes(&self) -> &'static str {
        "one self-contained page to read, print and keep"
    }

    fn file_name(&self) -> &'static str {
        "report.html"
    }

    fn render(&self, run: &RunRecord, options: &Options) -> Result<Vec<u8>, RenderError> {
        let mut bytes = Vec::new();
        self.write(run, options, &mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, run: &RunRecord, _: &Options, out: &mut dyn Write) -> Result<(), RenderError> {
        let view = View::of(run);
        let parts = [
            PreEscaped(format!("{}<html lang=\"en\">", DOCTYPE.0)),
            head(&view),
            PreEscaped("<body>".to_owned()),
            masthead::header(&view),
            PreEscaped("<main>".to_owned()),
            actions::section(&view),
        ];
        // The checks of one run may be tens of megabytes.
        let parts = parts.into_iter().chain(checks::parts(&view)).chain([
            evidence::section(&view),
            PreEscaped("</main>".to_owned()),
            footer(),
            PreEscaped("</body></html>\n".to_owned()),
        ]);
        for part in parts {
            out.write_all(part.0.as_bytes())?;
        }
        Ok(())
    }
}

fn head(view: &View<'_>) -> Markup {
    let title = format!("{}: {}", view.verdict.word().to_uppercase(), short(&view.run.run));
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            link rel="icon" href="data:,";
            title { (title) " · beleg" }
            style { (PreEscaped(STYLE)) }
        }
    }
}

fn footer() -> Markup {
    html! {
        footer {
            p {
                "Made by beleg from the ledger alone. The same entries always give this same page."
            }
        }
    }
}

#[cfg(test)]
mod tests;
