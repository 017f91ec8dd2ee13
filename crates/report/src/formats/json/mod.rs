//! JSON for other programs: everything the ledger holds about a run, nothing left away.
//!
//! The shape is `schema.json` beside this file; it carries `"schema": 1`, keys are sorted, and
//! instants are RFC 3339 in UTC. Strings from outside stand in it as they are.

mod output;

use super::{Format, Options, RenderError};
use crate::pretty::pretty;
use crate::view::View;
use beleg_model::RunRecord;
use output::Report;

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

    fn render(&self, run: &RunRecord, _: &Options) -> Result<Vec<u8>, RenderError> {
        let refuse = |source| RenderError::Json { format: "json", source };
        let value = serde_json::to_value(Report::of(&View::of(run))).map_err(refuse)?;
        pretty(value).map_err(refuse)
    }
}

#[cfg(test)]
mod tests;
