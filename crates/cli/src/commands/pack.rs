use crate::arguments::{Global, Pack as Command};
use crate::commands::ledger::{problems, unfinished};
use crate::commands::run::tool;
use crate::exit::{Exit, UsageError};
use crate::project::OpenProject;
use crate::{ledgers, output};
use anyhow::Context as _;
use beleg_ledger::Log;
use beleg_ledger::pack::{self, PackReport, PackRequest};
use beleg_report::Options;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use std::fmt::Write as _;
use std::path::Path;

/// The most bytes of a pack that is verified.
const MAX_FILE: u64 = 4 << 30;

/// Makes or verifies a pack.
pub(crate) fn pack(global: &Global, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Create { from, to, output } => create(global, &from, &to, &output),
        Command::Verify { file, key } => verify(global, &file, key.as_deref()),
    }
}

fn create(global: &Global, from: &str, to: &str, file: &Path) -> anyhow::Result<Exit> {
    let (from, to) = (instant(from, Edge::First)?, instant(to, Edge::Last)?);
    if from >= to {
        return Err(UsageError(format!("`--from` {from} does not lie before `--to` {to}")).into());
    }
    let project = OpenProject::open(global)?;
    let settings = &project.configuration.project;
    let log = ledgers::open(settings, &project.stores)?;
    let signer = ledgers::signer(settings, false)?;
    let extras = reports(&log, from, to)?;
    let request = PackRequest { from, to, tool: tool(), extras };
    let bytes = pack::create(&log, &signer, &request)?;
    // What is handed to an auditor is checked as the auditor will check it.
    let report = pack::verify(&bytes, Some(signer.verifier()));
    std::fs::write(file, &bytes)
        .with_context(|| format!("`{}` cannot be written", file.display()))?;
    let text = summary(&report, file);
    output::result(text.as_bytes(), None)?;
    output::hint(
        global,
        &format!("Give the auditor this key on another way:\n{}", signer.verifier()),
    );
    Ok(verified(&report))
}

fn verify(global: &Global, file: &Path, key: Option<&str>) -> anyhow::Result<Exit> {
    let expected = key.map(ledgers::verifier).transpose()?;
    let unreadable = |error: std::io::Error| {
        UsageError(format!("the pack `{}` cannot be read: {error}", file.display()))
    };
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    if !metadata.is_file() {
        // A pipe would never end, and nothing but a whole file can be checked.
        return Err(UsageError(format!("the pack `{}` is no file", file.display())).into());
    }
    if metadata.len() > MAX_FILE {
        return Err(
            UsageError(format!("`{}` has more than {MAX_FILE} bytes", file.display())).into()
        );
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let report = pack::verify(&bytes, expected.as_ref());
    output::result(summary(&report, file).as_bytes(), None)?;
    if report.is_sound() && !report.key_compared {
        output::hint(
            global,
            "The key came from the pack itself, so anybody could have made this pack.\nCompare it with the key you got elsewhere: `beleg pack verify FILE --key KEY`.",
        );
    }
    Ok(verified(&report))
}

/// Returns how a pack's check ends. A sound pack of a window without entries shows nothing.
fn verified(report: &PackReport) -> Exit {
    match (report.is_sound(), report.entries) {
        (false, _) => Exit::Fail,
        (true, 0) => Exit::Nothing,
        (true, _) => Exit::Pass,
    }
}

fn summary(report: &PackReport, file: &Path) -> String {
    let mut text = String::new();
    let file = file.display();
    let _ = if report.is_sound() {
        writeln!(
            text,
            "SOUND  {file}: {} entries, {} checks",
            report.entries,
            report.evidence.len()
        )
    } else {
        writeln!(text, "NOT SOUND  {file}: {} problems", report.problems.len())
    };
    if let (Some(from), Some(to)) = (report.from, report.to) {
        let _ = writeln!(text, "ledger: {}, {} entries", report.origin, report.tree_size);
        let _ = writeln!(text, "window: {from} to {to}");
    }
    if let Some(key) = &report.key {
        let compared = if report.key_compared { "compared" } else { "not compared" };
        let _ = writeln!(text, "key: {key} ({compared})");
    }
    problems(&mut text, &report.problems);
    unfinished(&mut text, &report.unfinished);
    for erasure in &report.erasures {
        let _ = writeln!(text, "erased: entry {}: {}", erasure.entry, erasure.reason);
    }
    text
}

/// Renders every run of the window, so that the pack reads without beleg.
fn reports(log: &Log, from: Timestamp, to: Timestamp) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for run in log.runs()?.iter().filter(|run| run.planned >= from && run.planned < to) {
        let Some(record) = log.run(&run.run_id)? else { continue };
        for format in
            beleg_report::FORMATS.iter().filter(|format| ["html", "json"].contains(&format.id()))
        {
            let name = format!("run-{:06}-{}", run.entry, format.file_name());
            files.push((name, format.render(&record, &Options::default())?));
        }
    }
    Ok(files)
}

#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

/// Reads a day or an instant. Days are UTC; the last day belongs to the window.
fn instant(text: &str, edge: Edge) -> anyhow::Result<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let wrong = || {
        UsageError(format!(
            "`{text}` is no day such as 2026-11-01 and no instant such as 2026-11-01T02:00:00Z"
        ))
    };
    let day: Date = text.parse().map_err(|_| wrong())?;
    let day = match edge {
        Edge::First => day,
        Edge::Last => day.checked_add(1.day()).map_err(|_| wrong())?,
    };
    Ok(day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp())
}
