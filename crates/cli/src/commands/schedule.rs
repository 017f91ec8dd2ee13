use crate::arguments::{Global, Schedule as Command};
use crate::exit::Exit;
use crate::project::OpenProject;
use crate::{output, system};
use std::fmt::Write as _;

/// Lists schedules, or when they are due.
pub(crate) fn schedule(global: &Global, command: &Command) -> anyhow::Result<Exit> {
    let project = OpenProject::open(global)?;
    let schedules = &project.configuration.schedules;
    if schedules.is_empty() {
        output::hint(global, "There is no schedule: add a file to `schedules/`.");
        return Ok(Exit::Nothing);
    }
    let widest = schedules.iter().map(|schedule| schedule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for schedule in schedules {
        let _ = write!(text, "{:<widest$}  ", schedule.name);
        let _ = match command {
            Command::List => {
                let (cron, zone) = (schedule.expression(), schedule.zone());
                let grace = schedule.grace.as_secs() / 60;
                let jobs = schedule.jobs.join(", ");
                writeln!(text, "{cron}  {zone}  grace {grace} min  jobs: {jobs}")
            }
            Command::Next => {
                let next = schedule.next(system::now())?;
                let utc = next.timestamp().strftime("%Y-%m-%d %H:%M UTC");
                writeln!(text, "{}  ({utc})", next.strftime("%Y-%m-%d %H:%M %Z"))
            }
        };
    }
    output::result(text.as_bytes(), None)?;
    Ok(Exit::Pass)
}
