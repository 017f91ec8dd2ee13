//! JSON for other programs: everything the ledger holds about a run, nothing left away.
//!
//! The shape is `schema.json` beside this file; it carries `"schema": 1`, keys are sorted, and
//! instants are RFC 3339 in UTC. Strings from outside stand in it as they are.

mod output;

use super::{Format, Options, RenderError};
use crate::pretty::write_pretty;
use crate::view::View;
use beleg_model::RunRecord;
use output::Report;
use std::io::Write;

/// The format `json`.
pub(super) struct Json;

impl Format for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn describes(&self) -> &'static str {
        "everything, for other programs (schema 1)"
    }

    fn file_name(&self) -> &'static str {
        "report.json"
    }

    fn render(&self, run: &RunRecord, options: &Options) -> Result<Vec<u8>, RenderError> {
        let mut bytes = Vec::new();
        self.write(run, options, &mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, run: &RunRecord, _: &Options, out: &mut dyn Write) -> Result<(), RenderError> {
        let refuse = |source| RenderError::Json { format: "json", source };
        write_pretty(&Report::of(&View::of(run)), out).map_err(refuse)
    }
}

#[cfg(test)]
mod tests;
