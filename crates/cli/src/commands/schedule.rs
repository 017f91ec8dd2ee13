use crate::arguments::{Global, Schedule as Command};
use crate::commands::missed::missed;
use crate::exit::Exit;
use crate::project::OpenProject;
use crate::{output, system};
use beleg_engine::{Configuration, ConfigurationError, Schedule};
use std::fmt::Write as _;

/// Lists schedules, when they are due, or which of their runs did not come.
pub(crate) fn schedule(global: &Global, command: &Command) -> anyhow::Result<Exit> {
    let opened = OpenProject::open(global);
    if let (Err(error), Command::Next) = (&opened, command)
        && let Some(ConfigurationError::Problems(_)) = error.downcast_ref()
    {
        output::error(error);
        let root = std::path::absolute(&global.directory)?;
        show(&Configuration::schedules_without_problems(&root), command)?;
        return Ok(Exit::Usage);
    }
    let project = opened?;
    let schedules = &project.configuration.schedules;
    if schedules.is_empty() {
        output::hint(global, "There is no schedule: add a file to `schedules/`.");
        return Ok(Exit::Nothing);
    }
    if let Command::Missed { since } = command {
        return missed(&project, since.as_deref());
    }
    show(schedules, command)
}

fn show(schedules: &[Schedule], command: &Command) -> anyhow::Result<Exit> {
    let widest = schedules.iter().map(|schedule| schedule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for schedule in schedules {
        let line = if matches!(command, Command::List) { listed(schedule) } else { next(schedule) };
        let _ = writeln!(text, "{:<widest$}  {line}", schedule.name);
    }
    output::result(text.as_bytes(), None)?;
    Ok(Exit::Pass)
}

fn listed(schedule: &Schedule) -> String {
    let (cron, zone) = (schedule.expression(), schedule.zone());
    let grace = schedule.grace.as_secs() / 60;
    format!("{cron}  {zone}  grace {grace} min  jobs: {}", schedule.jobs.join(", "))
}

fn next(schedule: &Schedule) -> String {
    match schedule.next(system::now()) {
        Ok(next) => {
            let utc = next.timestamp().strftime("%Y-%m-%d %H:%M UTC");
            format!("{}  ({utc})", next.strftime("%Y-%m-%d %H:%M %Z"))
        }
        // One that never comes due is refused when it is read.
        Err(error) => error.to_string(),
    }
}
