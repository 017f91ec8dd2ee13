//! The registry of report formats, one folder each.

mod html;
mod json;
mod sarif;
mod text;

use beleg_model::{Rule, RunRecord};
use std::io::{self, Write};

/// Every report format, in the order in which help lists them.
pub const FORMATS: &[&dyn Format] = &[&text::Text, &json::Json, &sarif::Sarif, &html::Html];

/// A way to write a run down.
pub trait Format: Sync {
    /// Returns the name that `--format` takes.
    fn id(&self) -> &'static str;

    /// Returns one line for people who choose a format.
    fn describes(&self) -> &'static str;

    /// Returns the name of the file in which a pack keeps this report.
    fn file_name(&self) -> &'static str;

    /// Renders `run`. The bytes are UTF-8, end with a line feed, and depend on nothing but the
    /// arguments.
    ///
    /// # Errors
    /// When the run cannot be expressed in this format.
    fn render(&self, run: &RunRecord, options: &Options) -> Result<Vec<u8>, RenderError>;

    /// Writes what [`Format::render`] returns, without holding it whole where that can be avoided.
    ///
    /// # Errors
    /// As [`Format::render`], and when it cannot be written.
    fn write(
        &self,
        run: &RunRecord,
        options: &Options,
        out: &mut dyn Write,
    ) -> Result<(), RenderError> {
        Ok(out.write_all(&self.render(run, options)?)?)
    }
}

/// How a report looks, and who explains its rules.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether terminal colours may be used. The words are the same without them.
    pub colour: bool,
    /// The terminal's width in columns. Less than 40 is taken as 40, more than 400 as 400.
    pub width: usize,
    /// Returns what is declared of a rule by its code; advisories have none.
    pub explains: fn(&str) -> Option<&'static Rule>,
}

impl Default for Options {
    fn default() -> Self {
        Self { colour: false, width: 100, explains: |_| None }
    }
}

/// Says why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The run holds something that JSON cannot express.
    #[error("the run cannot be written as `{format}`")]
    Json {
        /// The format's name.
        format: &'static str,
        /// What the JSON writer says.
        source: serde_json::Error,
    },
    /// The report could not be written to its place.
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
}

/// Returns the format that `--format id` means.
#[must_use]
pub fn format(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.id() == id)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn rendered(format: &dyn Format, run: &RunRecord, options: &Options) -> String {
        String::from_utf8(format.render(run, options).unwrap()).unwrap()
    }

    #[test]
    fn every_format_has_its_own_name_and_file() {
        let ids: BTreeSet<_> = FORMATS.iter().map(|format| format.id()).collect();
        let files: BTreeSet<_> = FORMATS.iter().map(|format| format.file_name()).collect();
        assert_eq!((ids.len(), files.len()), (FORMATS.len(), FORMATS.len()));
        for id in ids {
            assert_eq!(format(id).unwrap().id(), id);
        }
        assert!(format("pdf-from-a-later-version").is_none());
    }

    #[test]
    fn rendering_twice_gives_the_same_bytes() {
        for (name, run) in sample::all() {
            for format in FORMATS {
                let options = Options { colour: true, width: 80, ..Options::default() };
                let first = rendered(*format, &run, &options);
                assert_eq!(first, rendered(*format, &run, &options), "{name} as {}", format.id());
                assert!(first.ends_with('\n'), "{name} as {}", format.id());
            }
        }
    }

    #[test]
    fn no_format_lets_a_hostile_string_through() {
        for format in FORMATS {
            let report = rendered(*format, &sample::hostile(), &Options::default());
            assert_harmless(&report, format.id());
        }
    }

    #[test]
    fn every_format_says_that_evidence_is_missing() {
        for format in FORMATS {
            let report = rendered(*format, &sample::interrupted(), &Options::default());
            let says = report.contains("no evidence") || report.contains("without_evidence\": 2");
            assert!(says, "{}: {report}", format.id());
        }
    }

    fn assert_harmless(report: &str, format: &str) {
        let hidden = report
            .chars()
            .find(|c| *c != '\n' && (c.is_control() || "\u{202e}\u{2066}".contains(*c)));
        assert_eq!(hidden, None, "in {format}");
        if format == "html" {
            for tag in ["<script", "<img", "<iframe", "<style>x", "onerror=\"", "href=\"javascript"]
            {
                assert!(!report.contains(tag), "{tag} in {format}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn no_run_makes_a_format_panic_or_pass_on_control_characters(
            run in sample::any_run(),
            width in 0_usize..200,
        ) {
            for format in FORMATS {
                let report = rendered(*format, &run, &Options { width, ..Options::default() });
                assert_harmless(&report, format.id());
            }
        }
    }
}
