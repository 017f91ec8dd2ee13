use crate::arguments::{Demo as Arguments, Global};
use crate::commands::run::{record, report_folder, show};
use crate::destination::Destination;
use crate::exit::{Exit, UsageError};
use crate::project::OpenProject;
use crate::{output, system};
use beleg_demo::{Condition, Demo, DemoError, make};
use beleg_model::{RunRecord, Verdict, chain};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

/// Makes the demonstration, runs its nightly schedule and says whether exactly what was planted
/// was found.
pub(crate) fn demo(global: &Global, arguments: &Arguments) -> anyhow::Result<Exit> {
    let condition = if arguments.healthy { Condition::Healthy } else { Condition::Faulty };
    require_elsewhere(&arguments.folder)?;
    let made = make(&arguments.folder, condition, system::now()).map_err(refused)?;
    let folder = arguments.folder.display().to_string();
    output::hint(global, &format!("Made in `{folder}`: {}.\n", made.contents.join(", ")));

    // The demonstration has its own advisories, whatever the environment says.
    let global = Global { directory: arguments.folder.clone(), advisories: None, ..global.clone() };
    let project = OpenProject::open(&global)?;
    let (record, exit) = record(&global, &project, Some("nightly".to_owned()))?;
    let Some(record) = record else { return Ok(exit) };
    show(&global, &record, "text", &mut Destination::open(None)?)?;

    let (text, as_planted) = compared(&made, &record);
    output::result(text.as_bytes(), None)?;
    let report = report_folder(&project.configuration.project, &record.run).join("report.html");
    let report = report
        .strip_prefix(&project.configuration.project.root)
        .map_or(report.clone(), |below| arguments.folder.join(below));
    output::hint(
        &global,
        &format!(
            "\nNext:\n  open {}\n  beleg -C {folder} ledger verify\n  beleg -C {folder} pack create --from {day} --to {day}\n  beleg -C {folder} pack verify beleg-pack.zip --key .beleg/ledger/key.pub",
            report.display(),
            day = record.planned.strftime("%Y-%m-%d"),
        ),
    );
    Ok(if as_planted { exit } else { Exit::Broken })
}

/// Refuses to replace the folder that the command runs in, or one that this is in.
fn require_elsewhere(folder: &Path) -> anyhow::Result<()> {
    let (Ok(folder), Ok(here)) = (folder.canonicalize(), std::env::current_dir()) else {
        return Ok(());
    };
    if here.canonicalize()?.starts_with(&folder) {
        let what = format!("`{}` is the folder that this runs in, or holds it", folder.display());
        return Err(UsageError(format!("{what}; name another one, or run this elsewhere")).into());
    }
    Ok(())
}

fn refused(error: DemoError) -> anyhow::Error {
    let is_mistake = match &error {
        DemoError::NotOurs(_) => true,
        DemoError::Write { source, .. } => source.kind() == ErrorKind::NotADirectory,
        _ => false,
    };
    if is_mistake {
        UsageError(format!("{}; name another folder", chain(&error))).into()
    } else {
        error.into()
    }
}

/// Compares what was planted with what was found; says whether they are the same.
fn compared(made: &Demo, record: &RunRecord) -> (String, bool) {
    let mut found: Vec<(&str, &str, String)> = Vec::new();
    for check in &record.checks {
        let evidence = &check.evidence;
        let bad =
            evidence.outcome.findings.iter().filter(|finding| finding.verdict != Verdict::Pass);
        found.extend(bad.map(|finding| {
            (evidence.job.as_str(), finding.rule.as_str(), finding.location.to_string())
        }));
    }
    let mut text = String::from("\n");
    let mut missed = 0_usize;
    for planted in &made.planted {
        let place = found.iter().position(|(job, rule, place)| {
            *job == planted.job && *rule == planted.rule && place.contains(&planted.place)
        });
        match place {
            Some(place) => drop(found.swap_remove(place)),
            None => {
                missed = missed.saturating_add(1);
                let _ = writeln!(
                    text,
                    "MISSED  {}: {} at {}",
                    planted.job, planted.rule, planted.place
                );
            }
        }
    }
    for (job, rule, place) in &found {
        let _ = writeln!(text, "NOT PLANTED  {job}: {rule} at {place}");
    }
    let planted = made.planted.len();
    let _ = writeln!(
        text,
        "Planted faults: {planted}. Found: {}. Found besides: {}.",
        planted.saturating_sub(missed),
        found.len()
    );
    (text, missed == 0 && found.is_empty())
}
