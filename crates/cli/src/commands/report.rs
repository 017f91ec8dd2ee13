use crate::arguments::{Global, Report};
use crate::commands::run::show;
use crate::destination::Destination;
use crate::exit::{Exit, UsageError};
use crate::ledgers;
use crate::project::OpenProject;

/// Shows a recorded run again; ends as the run itself did.
pub(crate) fn report(global: &Global, arguments: &Report) -> anyhow::Result<Exit> {
    let mut destination = Destination::open(arguments.shown.output.as_deref())?;
    let project = OpenProject::open_to_read(global)?;
    let log = ledgers::open(&project.configuration.project, &project.stores)?.0;
    let record = match &arguments.run {
        Some(name) => match log.run(name)? {
            Some(record) => Some(record),
            None => log.latest_run(name)?,
        },
        None => match log.runs()?.last() {
            Some(last) => log.run(&last.run_id)?,
            None => None,
        },
    };
    let Some(record) = record else {
        let wanted = arguments.run.as_deref().unwrap_or("any run");
        let hint = "`beleg ledger list` shows what there is";
        return Err(UsageError(format!("the ledger holds no run of `{wanted}`; {hint}")).into());
    };
    show(global, &record, &arguments.shown.format, &mut destination)?;
    Ok(Exit::of_verdict(record.verdict()))
}
