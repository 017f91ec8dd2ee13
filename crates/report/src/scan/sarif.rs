use super::{ScanFormat, ScanOptions, ScanRecord};
use crate::{Options, RenderError, format};
use beleg_model::{CheckRecord, Evidence, RunRecord, Subject, Timing, Tool};
use std::collections::BTreeMap;

/// The format `sarif`, as of a run with one check.
pub(super) struct Sarif;

impl ScanFormat for Sarif {
    fn id(&self) -> &'static str {
        "sarif"
    }

    fn render(&self, scan: &ScanRecord, options: &ScanOptions) -> Result<Vec<u8>, RenderError> {
        let options = Options { explains: options.explains, ..Options::default() };
        format("sarif").map_or_else(|| Ok(Vec::new()), |it| it.render(&scan.as_run(), &options))
    }
}

impl ScanRecord {
    /// Returns the scan as a run that no ledger holds.
    fn as_run(&self) -> RunRecord {
        let milliseconds = self.ended.duration_since(self.started).as_millis();
        let evidence = Evidence {
            run_id: String::new(),
            run_key: String::new(),
            job: "scan".to_owned(),
            kind: "scan".to_owned(),
            subject: Subject::at(self.target.clone()),
            controls: Vec::new(),
            settings: BTreeMap::new(),
            timing: Timing {
                started: self.started,
                ended: self.ended,
                milliseconds: u64::try_from(milliseconds).unwrap_or(0),
            },
            tool: Tool { name: "beleg".to_owned(), version: self.tool_version.to_owned() },
            outcome: self.outcome.clone(),
        };
        RunRecord {
            run: "scan".to_owned(),
            run_id: self.target.clone(),
            planned: self.started,
            planned_checks: 1,
            checks: vec![CheckRecord { evidence, entry: 0 }],
            origin: String::new(),
            tree_size: 0,
            root_hash: String::new(),
        }
    }
}
