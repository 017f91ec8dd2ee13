use crate::schedule::{Schedule, ScheduleError};
use beleg_settings::Section;
use std::time::Duration;

const DEFAULT_GRACE: Duration = Duration::from_secs(2 * 3600);

/// Reads a schedule file. `None` when it makes no schedule; a problem says why then.
pub(super) fn read(section: &Section<'_>, name: &str, jobs: &[String]) -> Option<Schedule> {
    let cron = section.required_text("cron", "Write when it is due, such as \"0 2 * * *\".");
    let zone = section.text("time-zone").unwrap_or_else(|| "UTC".to_owned());
    let description = section.text("description").unwrap_or_default();
    let wanted = section.required_texts("jobs", "Name the jobs to run, such as [\"images\"].");
    let grace = section.duration("grace").unwrap_or(DEFAULT_GRACE);
    for job in wanted.iter().filter(|job| !jobs.contains(job)) {
        let remedy = match jobs {
            [] => "Add a file to `jobs/`.".to_owned(),
            _ => format!("Add `jobs/{job}.toml`, or use one of: {}.", jobs.join(", ")),
        };
        section.problem("jobs", format!("there is no job `{job}`"), remedy);
    }
    let cron = cron?;
    match Schedule::new(name, &cron, &zone, wanted, grace) {
        Ok(mut schedule) => {
            schedule.description = description;
            Some(schedule)
        }
        Err(error) => {
            if error.is_about_zone()
                && let Err(other) = Schedule::check_expression(&cron)
            {
                refuse(section, &other);
            }
            refuse(section, &error);
            None
        }
    }
}

fn refuse(section: &Section<'_>, error: &ScheduleError) {
    let (key, remedy) = match error {
        ScheduleError::Zone(_) => ("time-zone", "Write a zone such as \"Europe/Berlin\"."),
        ScheduleError::Never(_) => ("cron", "Write a day that its month has."),
        _ => ("cron", "Write five fields such as \"0 2 * * *\"."),
    };
    section.problem(key, error.to_string(), remedy);
}
