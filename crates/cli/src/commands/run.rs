use crate::arguments::{Global, Run, Shown};
use crate::exit::Exit;
use crate::project::OpenProject;
use crate::{ledgers, output, progress, system};
use anyhow::Context as _;
use beleg_engine::{Cancel, Host, Plan, Project, RunLock, Selection};
use beleg_model::{RunRecord, Tool};
use beleg_report::Options;
use std::path::PathBuf;

/// Runs what the arguments name, records it and reports it.
pub(crate) fn run(global: &Global, arguments: Run) -> anyhow::Result<Exit> {
    let project = OpenProject::open(global)?;
    let (record, exit) = record(global, &project, arguments.name)?;
    if let Some(record) = record {
        show(global, &record, &arguments.shown)?;
    }
    Ok(exit)
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
    let _lock = RunLock::take(&settings.root.join(".beleg/run.lock"))?;
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
    write_reports(settings, &record)?;
    let exit =
        if finished.interrupted { Exit::Interrupted } else { Exit::of_verdict(record.verdict()) };
    Ok((Some(record), exit))
}

/// Shows a run in the format and at the place that the arguments say.
pub(crate) fn show(global: &Global, record: &RunRecord, shown: &Shown) -> anyhow::Result<()> {
    let format = beleg_report::format(&shown.format)
        .with_context(|| format!("there is no report format `{}`", shown.format))?;
    let colour = shown.output.is_none() && output::coloured(global);
    let options = Options { colour, width: output::width() };
    output::result(&format.render(record, &options)?, shown.output.as_deref())
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

/// Writes every format beside one another, replacing those of the run's name before.
fn write_reports(settings: &Project, record: &RunRecord) -> anyhow::Result<()> {
    let folder = report_folder(settings, &record.run);
    let failed = || format!("the report in `{}` cannot be written", folder.display());
    std::fs::create_dir_all(&folder).with_context(failed)?;
    for format in beleg_report::FORMATS {
        let bytes = format.render(record, &Options::default())?;
        std::fs::write(folder.join(format.file_name()), bytes).with_context(failed)?;
    }
    Ok(())
}
