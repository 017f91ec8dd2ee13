use super::credentials::without_credentials;
use super::project::Project;
use crate::check::{Kind, Unit};
use beleg_settings::Section;
use std::time::Duration;

/// A job: `jobs/NAME.toml`, read by its kind.
pub struct Job {
    /// The name: the file's, without `.toml`.
    pub name: String,
    /// The kind's name.
    pub kind: &'static str,
    /// What it is for, in one line.
    pub description: String,
    /// The controls its evidence serves.
    pub controls: Vec<String>,
    /// How long each of its checks may take, where the job says so.
    pub timeout: Option<Duration>,
    /// What it does.
    pub units: Vec<Unit>,
    /// Every setting, for the plan and its hash, without credentials.
    pub settings: serde_json::Value,
}

impl Job {
    /// Reads a job file. `None` when it has no kind that is known; a problem says so then.
    pub(super) fn read(
        section: &Section<'_>,
        name: &str,
        project: &Project,
        kinds: &[Box<dyn Kind>],
    ) -> Option<Self> {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let remedy = format!("Write one of: {}.", names.join(", "));
        let wanted = section.required_text("kind", &remedy);
        let description = section.text("description").unwrap_or_default();
        let controls = section.texts("controls");
        let timeout = section.positive_duration("timeout");
        let wanted = wanted?;
        let Some(kind) = kinds.iter().find(|kind| kind.name() == wanted) else {
            section.problem("kind", format!("`{wanted}` is no kind of job"), remedy);
            // The kind's own keys are unknown only because the kind is.
            section.accept_all();
            return None;
        };
        let controls = if controls.is_empty() {
            kind.controls().iter().map(|control| (*control).to_owned()).collect()
        } else {
            controls
        };
        let mut units = kind.read(section, project);
        units.sort_by(|a, b| a.subject.name.cmp(&b.subject.name));
        refuse_doubled(section, &units);
        let claimed = section.texts("controls");
        refuse_controls_of_others(section, &claimed, kind.as_ref(), kinds);
        refuse_unearned(section, &claimed, &units);
        let settings = without_credentials(section.to_json());
        let (name, kind) = (name.to_owned(), kind.name());
        Some(Self { name, kind, description, controls, timeout, units, settings })
    }
}

/// Refuses a subject that stands twice, here where its file and a remedy can be named.
fn refuse_doubled(section: &Section<'_>, units: &[Unit]) {
    let key = if section.has("subjects") { "subjects" } else { "kind" };
    let same = |pair: &[Unit]| match pair {
        [one, other] if one.subject.name == other.subject.name => Some(one.subject.name.clone()),
        _ => None,
    };
    for name in units.windows(2).filter_map(same) {
        let message = format!("the job names the subject `{name}` twice");
        section.problem(key, message, "Name each subject once.");
    }
}

/// Refuses a control that the job claims and that other kinds test, not its own. Controls that no
/// kind tests are the company's own. A case that differs makes no other control.
fn refuse_controls_of_others(
    section: &Section<'_>,
    claimed: &[String],
    own: &dyn Kind,
    kinds: &[Box<dyn Kind>],
) {
    for control in claimed {
        let bears = |known: &&&str| known.eq_ignore_ascii_case(control.trim());
        if own.controls().contains(&control.as_str()) {
            continue;
        }
        if let Some(known) = own.controls().iter().find(bears) {
            let message = format!("the control `{control}` is written `{known}`");
            section.problem("controls", message, format!("Write `{known}`."));
            continue;
        }
        let tests = |kind: &dyn Kind| kind.controls().iter().any(|known| bears(&known));
        let others = kinds.iter().filter(|kind| tests(kind.as_ref()));
        let others: Vec<String> = others.map(|kind| format!("`{}`", kind.name())).collect();
        if !others.is_empty() {
            let (others, kind) = (others.join(" or "), own.name());
            let message = format!("no `{kind}` tests what the control `{control}` is about");
            let remedy = format!("Claim it in a job of the kind {others}, and leave it out here.");
            section.problem("controls", message, remedy);
        }
    }
}

/// Refuses a control that the job claims and that none of its checks can serve.
fn refuse_unearned(section: &Section<'_>, claimed: &[String], units: &[Unit]) {
    for control in claimed {
        let why = units.iter().map(|unit| {
            let mut unearned = unit.check.unearned().into_iter();
            unearned.find(|unearned| unearned.control == *control).map(|unearned| unearned.why)
        });
        // Where one of several checks serves it, the others' evidence goes without.
        if let Some(Some(why)) = why.min() {
            let message =
                format!("the job does not test what the control `{control}` is about: {why}");
            section.problem("controls", message, "Test it, or leave the control out.");
        }
    }
}
