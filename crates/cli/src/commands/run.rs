use crate::arguments::{Global, Run};
use crate::destination::Destination;
use crate::exit::Exit;
use crate::project::OpenProject;
use crate::rules::rule;
use crate::{ledgers, output, private, progress, refused, system};
use anyhow::Context as _;
use beleg_engine::{Cancel, Host, LockError, Plan, Project, RunLock, Selection};
use beleg_model::{RunRecord, Tool};
use beleg_report::Options;
use std::fs::Permissions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// Runs what the arguments name, records it and reports it.
pub(crate) fn run(global: &Global, arguments: Run) -> anyhow::Result<Exit> {
    let file = arguments.shown.output.as_deref();
    let mut destination = Destination::open(file)?.emptied()?;
    let project = OpenProject::open(global)?;
    let (record, exit) = record(global, &project, arguments.name)?;
    let Some(record) = record else { return Ok(exit) };
    match show(global, &record, &arguments.shown.format, &mut destination) {
        Ok(()) => Ok(exit),
        Err(error) => Ok(unreported(&error, &record)),
    }
}

/// Says what was found and is recorded, although it could not be shown.
fn unreported(error: &anyhow::Error, record: &RunRecord) -> Exit {
    let hint = format!("the run is recorded, and `beleg report {}` shows it", record.run_id);
    output::unreported(error, record.verdict(), &hint)
}

/// Runs and records; returns the run as the ledger holds it, or nothing when there was nothing
/// to check.
pub(crate) fn record(
    global: &Global,
    project: &OpenProject,
    name: Option<String>,
) -> anyhow::Result<(Option<RunRecord>, Exit)> {
    let settings = &project.configuration.project;
    let mut plan = Plan::new(&project.configuration, &selection(name), system::now())?;
    // Two machines may plan the same run in the same millisecond.
    plan.run_id = format!("{}-{}", plan.run_id, system::nonce());
    if plan.units.is_empty() {
        output::hint(global, "There is nothing to check: no job names a subject.");
        return Ok((None, Exit::Nothing));
    }
    private::protect(settings);
    let _lock = RunLock::take(&settings.root.join(".beleg/run.lock")).inspect_err(|error| {
        if let LockError::Held(_) = error
            && let Err(error) = refused::note(settings, system::now(), &plan.run)
        {
            output::error(&error);
        }
    })?;
    remove_reports(settings, &plan.run)?;
    let mut ledger = ledgers::open_or_create(settings, &project.stores)?;
    let cancel = Cancel::default();
    system::heed_signals(&project.runtime.handle(), &cancel);
    std::fs::create_dir_all(&settings.limits.scratch).with_context(|| {
        format!("the scratch folder `{}` cannot be made", settings.limits.scratch.display())
    })?;
    let host = Host {
        clock: std::sync::Arc::new(system::now),
        monotonic: system::monotonic(),
        cancel,
        scratch: settings.limits.scratch.clone(),
        parallel: settings.limits.parallel,
        tool: tool(),
        observer: progress::observer(global.quiet),
    };
    let finished = beleg_engine::run(&plan, &mut ledger, &host)?;
    crate::heads::keep(settings, ledger.log())?;
    let record = ledger
        .log()
        .run(&plan.run_id)?
        .context("the ledger does not hold the run that was just recorded")?;
    let written = write_reports(settings, &record).map_err(|error| unreported(&error, &record));
    let exit = match written {
        _ if finished.interrupted => Exit::Interrupted,
        Err(exit) => exit,
        Ok(()) => Exit::of_verdict(record.verdict()),
    };
    Ok((Some(record), exit))
}

/// Shows a run in the format and at the place that the arguments say.
pub(crate) fn show(
    global: &Global,
    record: &RunRecord,
    format: &str,
    destination: &mut Destination,
) -> anyhow::Result<()> {
    let format = beleg_report::format(format)
        .with_context(|| format!("there is no report format `{format}`"))?;
    let colour = !destination.is_file() && output::coloured(global);
    let options = Options { colour, width: output::width(), explains: rule };
    destination.write(&format.render(record, &options)?)
}

/// Returns the folder that holds the reports of a run's name.
pub(crate) fn report_folder(settings: &Project, run: &str) -> PathBuf {
    settings.reports.join(run)
}

/// Returns what a name on the command line selects.
pub(crate) fn selection(name: Option<String>) -> Selection {
    name.map_or(Selection::Everything, Selection::Named)
}

/// Returns this build.
pub(crate) fn tool() -> Tool {
    Tool { name: "beleg".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// Removes the reports of the run before, so that they are not taken for those of this one, should
/// it never come to its end.
fn remove_reports(settings: &Project, run: &str) -> anyhow::Result<()> {
    let folder = report_folder(settings, run);
    for format in beleg_report::FORMATS {
        let file = folder.join(format.file_name());
        match std::fs::remove_file(&file) {
            Err(error)
                if ![ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) =>
            {
                return Err(error).with_context(|| {
                    format!("the last run's report `{}` cannot be removed", file.display())
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes every format beside one another.
fn write_reports(settings: &Project, record: &RunRecord) -> anyhow::Result<()> {
    let folder = report_folder(settings, &record.run);
    let failed = || format!("the report in `{}` cannot be written", folder.display());
    std::fs::create_dir_all(&folder).with_context(failed)?;
    for format in beleg_report::FORMATS {
        let bytes = format.render(record, &Options { explains: rule, ..Options::default() })?;
        // Beside it and then renamed, so that nobody reads half a report.
        let mut file = NamedTempFile::new_in(&folder).with_context(failed)?;
        file.write_all(&bytes).with_context(failed)?;
        let readable = Permissions::from_mode(0o644);
        file.as_file().set_permissions(readable).with_context(failed)?;
        file.persist(folder.join(format.file_name())).with_context(failed)?;
    }
    Ok(())
}
