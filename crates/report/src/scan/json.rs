use super::{ScanFormat, ScanOptions, ScanRecord};
use crate::RenderError;
use crate::pretty::pretty;
use serde_json::json;

/// The format `json`, for programs and as the baseline of a later scan.
pub(super) struct Json;

impl ScanFormat for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn render(&self, scan: &ScanRecord, _: &ScanOptions) -> Result<Vec<u8>, RenderError> {
        let outcome = &scan.outcome;
        pretty(&json!({
            "schema": 1,
            "target": { "kind": scan.kind, "locator": scan.target },
            "tool": { "name": "beleg", "version": scan.tool_version },
            "scanned": scan.started.to_string(),
            "verdict": outcome.verdict,
            "reason": outcome.reason,
            "population": outcome.population,
            "affected": scan.affected,
            "findings": outcome.findings,
            "inputs": outcome.inputs,
            "metrics": outcome.metrics,
            "details": outcome.details,
        }))
        .map_err(|source| RenderError::Json { format: "json", source })
    }
}
