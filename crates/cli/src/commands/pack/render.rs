//! What the check of a pack has found, for people and for programs.

use super::shown::{Due, Gap, Shown};
use crate::commands::ledger::{odd, problems, unfinished};
use beleg_ledger::pack::{Cut, Job, PackReport, Reports};
use beleg_model::Verdict;
use beleg_report::visible;
use jiff::Zoned;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// How many checks that have not passed are listed for people.
const SHOWN: usize = 50;

/// Writes it for people: whether the pack is sound, what its checks have shown, and what all of it
/// stands on.
pub(super) fn text(report: &PackReport, shown: &Shown, file: &Path) -> String {
    let mut text = String::new();
    let file = file.display();
    let _ = if report.is_sound() {
        let (entries, checks) = (report.entries, report.checks.len());
        writeln!(text, "SOUND  {file}: {entries} entries, {checks} checks")
    } else {
        writeln!(text, "NOT SOUND  {file}: {} problems", report.problems.len())
    };
    if report.is_sound() {
        verdict(&mut text, report, shown);
    }
    ground(&mut text, report);
    problems(&mut text, &report.problems);
    odd(&mut text, &report.anomalies, &report.jumps);
    for (entry, time) in &report.other_times {
        let _ = writeln!(
            text,
            "anomaly: entry {entry} is of {time} and stands among those of the window"
        );
    }
    unfinished(&mut text, &report.unfinished);
    cut(&mut text, report);
    for erasure in &report.erasures {
        let _ = writeln!(text, "erased: entry {}: {}", erasure.entry, visible(&erasure.reason));
    }
    if report.is_sound() {
        schedules(&mut text, shown);
        jobs(&mut text, report);
        checks(&mut text, report);
    }
    text
}

fn verdict(text: &mut String, report: &PackReport, shown: &Shown) {
    let count = |verdict| report.checks.iter().filter(|check| check.verdict == verdict).count();
    let missing = report.jobs.iter().fold(0u64, |sum, job| sum.saturating_add(job.missing));
    let runs =
        shown.schedules.iter().fold(0, |sum: usize, due| sum.saturating_add(due.missed.len()));
    let runs = if runs > 0 { format!(", {runs} runs did not begin") } else { String::new() };
    let _ = writeln!(
        text,
        "verdict: {}: {} passed, {} unknown, {} failed, {missing} missing{runs}",
        shown.verdict(report).word().to_uppercase(),
        count(Verdict::Pass),
        count(Verdict::Unknown),
        count(Verdict::Fail),
    );
}

/// Writes what the pack stands on: ledger, window, key and reports.
fn ground(text: &mut String, report: &PackReport) {
    if let (Some(from), Some(to)) = (report.from, report.to) {
        let last = report.last.map_or(String::new(), |last| format!(", the last one of {last}"));
        let (origin, size) = (visible(&report.origin), report.tree_size);
        let _ = writeln!(text, "ledger: {origin}, {size} entries{last}");
        let _ = writeln!(text, "window: {from} to {to}");
        let reach = match report.reaches_end {
            true => {
                "the ledger ended here when the pack was made, so that more may have come since"
            }
            false => "the ledger goes on behind it",
        };
        let end = report.first.saturating_add(report.entries);
        let _ =
            writeln!(text, "entries: {} up to, but not including, {end}; {reach}", report.first);
    }
    for size in &report.continues {
        let _ = writeln!(
            text,
            "continues: the ledger begins with its first {size} entries as they were signed"
        );
    }
    for name in &report.not_compared {
        let _ = writeln!(
            text,
            "not compared: the pack does not show that it goes on from `{}`; ask for one made with `--since` and that file",
            visible(name)
        );
    }
    if let Some(key) = &report.key {
        let compared = if report.key_compared {
            "compared"
        } else {
            "not compared: who made this pack is not proved"
        };
        let _ = writeln!(text, "key: {key} ({compared})");
    }
    let _ = match report.reports {
        Reports::NotCompared => Ok(()),
        Reports::Same(_) if !report.is_sound() => {
            writeln!(text, "reports: not to be believed, for the pack is not sound")
        }
        Reports::Same(count) => writeln!(text, "reports: {count}, each as the evidence gives it"),
        Reports::OtherVersion => writeln!(
            text,
            "reports: not compared, for beleg {} has made them and this is {}; what stands here is from the evidence itself",
            visible(&report.version),
            env!("CARGO_PKG_VERSION")
        ),
    };
}

/// Lists the runs that the window's beginning cuts in two.
fn cut(text: &mut String, report: &PackReport) {
    for Cut { run_id, planned, promised, absent } in &report.cut {
        let _ = writeln!(
            text,
            "cut: run `{}` began at {planned}, before the window: {absent} of its {promised} checks are not in this pack; ask for one that begins there",
            visible(run_id)
        );
    }
}

/// Says which runs were due and did not begin, and of what the pack shows nothing.
fn schedules(text: &mut String, shown: &Shown) {
    for Due { name, since, until, due, missed, is_whole } in &shown.schedules {
        let (name, late) = (visible(name), missed.len());
        let came = due.saturating_sub(late);
        let _ = writeln!(
            text,
            "schedule: {name}: {came} of {due} runs due since its first one here, of {since}, came by {until}, {late} missed; what was due before is not shown"
        );
        for due in missed.iter().take(SHOWN) {
            let due = due.strftime("%Y-%m-%d %H:%M %Z");
            let _ = writeln!(text, "missed  {due}  {name}: no run began");
        }
        if late > SHOWN {
            let _ = writeln!(
                text,
                "and {} more; `--format json` lists all",
                late.saturating_sub(SHOWN)
            );
        }
        if !is_whole {
            let _ = writeln!(text, "schedule: {name}: not all that was due could be looked at");
        }
    }
    for Gap { from, to, why } in &shown.not_shown {
        let _ =
            writeln!(text, "not shown: {from} to {to}: {why}, so that nothing says what was due");
    }
    let _ = writeln!(text, "due, by job: what the runs planned that began in the window");
}

fn jobs(text: &mut String, report: &PackReport) {
    let name = |job: &Job| {
        if job.name.is_empty() {
            "(plan erased)".to_owned()
        } else {
            visible(&job.name).into_owned()
        }
    };
    for job in &report.jobs {
        let Job { due, pass, unknown, fail, missing, .. } = job;
        let _ = writeln!(
            text,
            "job: {}: {due} due, {} run ({pass} passed, {unknown} unknown, {fail} failed), {missing} missing",
            name(job),
            job.run(),
        );
    }
}

fn checks(text: &mut String, report: &PackReport) {
    let mut bad: Vec<_> = report
        .checks
        .iter()
        .filter(|check| check.verdict != Verdict::Pass || check.subject.is_none())
        .collect();
    bad.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    for check in bad.iter().take(SHOWN) {
        let subject = check.subject.as_deref().map_or("(erased)".into(), visible);
        let word = check.verdict.word().to_uppercase();
        let (job, reason, entry) = (visible(&check.job), visible(&check.reason), check.entry);
        let _ = writeln!(text, "{word}  {job}  {subject}: {reason} (entry {entry})");
    }
    let more = bad.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(text, "and {more} more that have not passed; `--format json` lists all");
    }
}

/// Writes it for programs; keys are sorted, because the map is.
pub(super) fn json(report: &PackReport, shown: &Shown) -> anyhow::Result<Vec<u8>> {
    let problem =
        |problem: &beleg_ledger::Problem| json!({ "path": problem.path, "what": problem.what });
    let checks = report.checks.iter().map(|check| {
        json!({
            "entry": check.entry, "run_id": check.run_id, "job": check.job,
            "subject": check.subject, "verdict": check.verdict, "reason": check.reason,
        })
    });
    let jobs = report.jobs.iter().map(|job| {
        json!({
            "job": job.name, "due": job.due, "run": job.run(), "missing": job.missing,
            "pass": job.pass, "unknown": job.unknown, "fail": job.fail,
        })
    });
    let unfinished = report
        .unfinished
        .iter()
        .map(|run| json!({ "entry": run.entry, "run_id": run.run_id, "missing": run.missing }));
    let erased = report.erasures.iter().map(|erasure| {
        json!({ "entry": erasure.entry, "recorded": erasure.recorded, "reason": erasure.reason })
    });
    let jumps = report
        .jumps
        .iter()
        .map(|jump| json!({ "entry": jump.entry, "time": jump.time, "before": jump.before }));
    let others = report.other_times.iter();
    let schedules = shown.schedules.iter().map(|due| {
        json!({
            "schedule": due.name, "since": due.since, "until": due.until, "due": due.due,
            "missed": due.missed.iter().map(Zoned::timestamp).collect::<Vec<_>>(),
            "whole": due.is_whole,
        })
    });
    let not_shown = shown.not_shown.iter();
    let not_shown = not_shown.map(|gap| json!({ "from": gap.from, "to": gap.to, "why": gap.why }));
    let cut = report.cut.iter().map(|cut| {
        json!({
            "run_id": cut.run_id, "planned": cut.planned,
            "promised": cut.promised, "absent": cut.absent,
        })
    });
    let value = json!({
        "schema": 1,
        "sound": report.is_sound(),
        "verdict": shown.verdict(report),
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        "anomalies": report.anomalies.iter().map(problem).collect::<Vec<_>>(),
        "clock_jumps": jumps.collect::<Vec<_>>(),
        "other_times": others.map(|(entry, time)| json!({ "entry": entry, "time": time })).collect::<Vec<_>>(),
        "key": report.key.as_ref().map(ToString::to_string),
        "key_compared": report.key_compared,
        "made_by": report.version,
        "ledger": {
            "origin": report.origin, "tree_size": report.tree_size,
            "root_hash": report.root_hash, "last": report.last,
        },
        "window": {
            "from": report.from, "to": report.to, "first": report.first,
            "entries": report.entries, "reaches_end": report.reaches_end,
        },
        "continues": report.continues,
        "not_compared": report.not_compared,
        "reports": match report.reports {
            Reports::Same(_) => "same",
            Reports::OtherVersion => "other-version",
            Reports::NotCompared => "not-compared",
        },
        "jobs": jobs.collect::<Vec<_>>(),
        "checks": checks.collect::<Vec<Value>>(),
        "schedules": schedules.collect::<Vec<_>>(),
        "not_shown": not_shown.collect::<Vec<_>>(),
        "cut": cut.collect::<Vec<_>>(),
        "unfinished": unfinished.collect::<Vec<_>>(),
        "erased": erased.collect::<Vec<_>>(),
    });
    let mut bytes = serde_json::to_vec_pretty(&value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
