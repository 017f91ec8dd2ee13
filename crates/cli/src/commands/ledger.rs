use crate::arguments::{Global, Ledger as Command};
use crate::exit::Exit;
use crate::heads;
use crate::ledgers::KeySource;
use crate::project::OpenProject;
use crate::{ledgers, output};
use beleg_dsse::Verifier;
use beleg_ledger::{Checkpoint, ClockJump, LedgerError, Problem, Unfinished, VerifyReport};
use beleg_report::visible;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Verifies the ledger, or lists its runs.
pub(crate) fn ledger(global: &Global, command: Command) -> anyhow::Result<Exit> {
    let project = OpenProject::open_to_read(global)?;
    match command {
        Command::Verify { key, since } => verify(global, &project, key.as_deref(), &since),
        Command::List => list(&project),
    }
}

fn verify(
    global: &Global,
    project: &OpenProject,
    key: Option<&str>,
    since: &[PathBuf],
) -> anyhow::Result<Exit> {
    let settings = &project.configuration.project;
    let storage = ledgers::storage(settings, &project.stores)?;
    let (verifier, source) = match key {
        Some(key) => (ledgers::verifier(key)?, KeySource::Project),
        None => ledgers::reading_key(settings, storage.as_ref())?,
    };
    let mut earlier = Vec::new();
    for head in heads::kept(settings)? {
        match head.checkpoint(&verifier) {
            Ok(checkpoint) => earlier.push((head.name(), checkpoint)),
            // A key that was named may be of a ledger that this project has never seen.
            Err(error) if key.is_none() => {
                return Err(heads::unreadable(&head, &error).into());
            }
            Err(_) => {}
        }
    }
    for file in since {
        earlier.push(ledgers::earlier(file, &verifier)?);
    }
    let report = match beleg_ledger::verify_since(storage.as_ref(), &verifier, &earlier) {
        Err(LedgerError::NotFound) => return Err(ledgers::absent(settings)),
        report => report?,
    };
    ledgers::warn_of_origin(settings, &report.origin);
    output::result(summary(&report, &verifier, source, &earlier).as_bytes(), None)?;
    if source == KeySource::Ledger {
        output::hint(
            global,
            "The key came from the ledger itself, so anybody could have made it.\nName the key that you got elsewhere: `beleg ledger verify --key KEY`.",
        );
    }
    Ok(match (report.is_sound(), source) {
        (false, _) => Exit::Fail,
        (true, KeySource::Ledger) => Exit::Unknown,
        (true, KeySource::Project) => Exit::Pass,
    })
}

fn summary(
    report: &VerifyReport,
    verifier: &Verifier,
    source: KeySource,
    earlier: &[(String, Checkpoint)],
) -> String {
    let mut text = String::new();
    let _ = if report.is_sound() {
        writeln!(text, "SOUND  {}: {} entries", report.origin, report.size)
    } else {
        writeln!(text, "NOT SOUND  {}: {} problems", report.origin, report.problems.len())
    };
    let known = match source {
        KeySource::Project => "",
        KeySource::Ledger => {
            " (the ledger's own, not compared: whose ledger this is is not proved)"
        }
    };
    let _ = writeln!(text, "key: {verifier}{known}");
    if let Some(begun) = report.begun {
        let runs = report.runs;
        let age = if runs > 1 { "" } else { "; the ledger is new: nothing was recorded before" };
        let _ = writeln!(text, "begun: {begun}, {runs} runs{age}");
    }
    for (name, checkpoint) in earlier {
        let _ = writeln!(text, "compared: {name}, {} entries", checkpoint.size);
    }
    if earlier.is_empty() {
        let _ = writeln!(
            text,
            "compared: with nothing earlier; a ledger that was put back or begun anew looks the same"
        );
    }
    details(&mut text, report);
    text
}

fn details(text: &mut String, report: &VerifyReport) {
    problems(text, &report.problems);
    odd(text, &report.anomalies, &report.jumps);
    unfinished(text, &report.unfinished);
    for erasure in &report.erasures {
        let _ = writeln!(text, "erased: entry {}: {}", erasure.entry, visible(&erasure.reason));
    }
    for remark in &report.remarks {
        let _ = writeln!(text, "remark: {}: {}", visible(&remark.path), visible(&remark.what));
    }
}

/// Lists what is wrong, one line each.
pub(crate) fn problems(text: &mut String, problems: &[Problem]) {
    for problem in problems {
        let _ = writeln!(text, "problem: {}: {}", visible(&problem.path), visible(&problem.what));
    }
}

/// Lists what is odd and was recorded so, one line each.
pub(crate) fn odd(text: &mut String, anomalies: &[Problem], jumps: &[ClockJump]) {
    for anomaly in anomalies {
        let _ = writeln!(text, "anomaly: {}: {}", visible(&anomaly.path), visible(&anomaly.what));
    }
    for ClockJump { entry, time, before } in jumps {
        let _ = writeln!(
            text,
            "anomaly: entry {entry} is of {time}, the entry before it of {before}: one of their clocks was wrong"
        );
    }
}

/// Lists the runs that promised more than they kept, one line each.
pub(crate) fn unfinished(text: &mut String, unfinished: &[Unfinished]) {
    for run in unfinished {
        let _ = writeln!(
            text,
            "unfinished: entry {}: run `{}` left {} planned checks without evidence",
            run.entry,
            visible(&run.run_id),
            run.missing
        );
    }
}

fn list(project: &OpenProject) -> anyhow::Result<Exit> {
    let (log, _) = ledgers::open(&project.configuration.project, &project.stores)?;
    let runs = log.runs()?;
    let mut text = String::new();
    for run in &runs {
        let planned = run.planned.strftime("%Y-%m-%d %H:%M UTC");
        let _ =
            writeln!(text, "{planned}  {} checks  {}", run.planned_checks, visible(&run.run_id));
    }
    output::result(text.as_bytes(), None)?;
    Ok(if runs.is_empty() { Exit::Nothing } else { Exit::Pass })
}
