use crate::arguments::{Global, Ledger as Command};
use crate::exit::Exit;
use crate::project::OpenProject;
use crate::{ledgers, output};
use beleg_ledger::{ClockJump, LedgerError, Problem, Unfinished, VerifyReport};
use std::fmt::Write as _;

/// Verifies the ledger, or lists its runs.
pub(crate) fn ledger(global: &Global, command: Command) -> anyhow::Result<Exit> {
    let project = OpenProject::open(global)?;
    match command {
        Command::Verify { key } => verify(&project, key.as_deref()),
        Command::List => list(&project),
    }
}

fn verify(project: &OpenProject, key: Option<&str>) -> anyhow::Result<Exit> {
    let settings = &project.configuration.project;
    let storage = ledgers::storage(settings, &project.stores)?;
    let verifier = match key {
        Some(key) => ledgers::verifier(key)?,
        None => ledgers::signer(settings, false)?.verifier().clone(),
    };
    let report = match beleg_ledger::verify(storage.as_ref(), &verifier) {
        Err(LedgerError::NotFound) => return Err(ledgers::NO_LEDGER.into()),
        report => report?,
    };
    let mut text = String::new();
    let _ = if report.is_sound() {
        writeln!(text, "SOUND  {}: {} entries", report.origin, report.size)
    } else {
        writeln!(text, "NOT SOUND  {}: {} problems", report.origin, report.problems.len())
    };
    let _ = writeln!(text, "key: {verifier}");
    details(&mut text, &report);
    output::result(text.as_bytes(), None)?;
    Ok(if report.is_sound() { Exit::Pass } else { Exit::Fail })
}

fn details(text: &mut String, report: &VerifyReport) {
    problems(text, &report.problems);
    odd(text, &report.anomalies, &report.jumps);
    unfinished(text, &report.unfinished);
    for erasure in &report.erasures {
        let _ = writeln!(text, "erased: entry {}: {}", erasure.entry, erasure.reason);
    }
    for remark in &report.remarks {
        let _ = writeln!(text, "remark: {}: {}", remark.path, remark.what);
    }
}

/// Lists what is wrong, one line each.
pub(crate) fn problems(text: &mut String, problems: &[Problem]) {
    for problem in problems {
        let _ = writeln!(text, "problem: {}: {}", problem.path, problem.what);
    }
}

/// Lists what is odd and was recorded so, one line each.
pub(crate) fn odd(text: &mut String, anomalies: &[Problem], jumps: &[ClockJump]) {
    for anomaly in anomalies {
        let _ = writeln!(text, "anomaly: {}: {}", anomaly.path, anomaly.what);
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
            run.entry, run.run_id, run.missing
        );
    }
}

fn list(project: &OpenProject) -> anyhow::Result<Exit> {
    let log = ledgers::open(&project.configuration.project, &project.stores)?;
    let runs = log.runs()?;
    let mut text = String::new();
    for run in &runs {
        let planned = run.planned.strftime("%Y-%m-%d %H:%M UTC");
        let _ = writeln!(text, "{planned}  {} checks  {}", run.planned_checks, run.run_id);
    }
    output::result(text.as_bytes(), None)?;
    Ok(if runs.is_empty() { Exit::Nothing } else { Exit::Pass })
}
