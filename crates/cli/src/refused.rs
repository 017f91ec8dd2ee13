//! Runs that were refused because another one held the lock: kept where an operator looks.

use anyhow::Context as _;
use beleg_engine::Project;
use jiff::Timestamp;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

/// From this size on the list is begun anew, and the one before kept beside it.
const MOST_BYTES: u64 = 1 << 20;

/// A run that was refused.
pub(crate) struct Refused {
    pub(crate) at: Timestamp,
    pub(crate) run: String,
}

fn file(project: &Project) -> PathBuf {
    project.root.join(".beleg/refused-runs.log")
}

/// Adds a line: the instant, and the run's name.
pub(crate) fn note(project: &Project, at: Timestamp, run: &str) -> anyhow::Result<()> {
    let file = file(project);
    let failed = || format!("`{}` cannot be written", file.display());
    if std::fs::metadata(&file).is_ok_and(|metadata| metadata.len() > MOST_BYTES) {
        std::fs::rename(&file, file.with_extension("log.1")).with_context(failed)?;
    }
    let opened = OpenOptions::new().create(true).append(true).open(&file);
    opened.and_then(|mut file| writeln!(file, "{at} {run}")).with_context(failed)
}

/// Returns the runs that were refused, oldest first. A line that is none is left out.
pub(crate) fn read(project: &Project) -> Vec<Refused> {
    let text = std::fs::read_to_string(file(project)).unwrap_or_default();
    let lines = text.lines().filter_map(|line| {
        let (at, run) = line.split_once(' ')?;
        Some(Refused { at: at.parse().ok()?, run: run.to_owned() })
    });
    lines.collect()
}
