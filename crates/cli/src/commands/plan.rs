use crate::arguments::{Format, Global, Plan as Arguments};
use crate::commands::run::selection;
use crate::exit::Exit;
use crate::project::OpenProject;
use crate::{ledgers, output, system};
use beleg_engine::{Plan, PlannedUnit, Project};
use beleg_store::Stores;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Shows what a run would do.
pub(crate) fn plan(global: &Global, arguments: Arguments) -> anyhow::Result<Exit> {
    let project = OpenProject::open(global)?;
    let plan = Plan::new(&project.configuration, &selection(arguments.name), system::now())?;
    let mut missing = missing(&plan, &project.stores);
    missing.extend(ledgers::lost_key(&project.configuration.project));
    let text = if arguments.json || arguments.format == Format::Json {
        let record = json!({
            "schema": 1, "digest": plan.digest()?, "plan": plan.record(), "missing": missing,
        });
        format!("{record:#}\n")
    } else {
        let mut text = as_text(&plan);
        for file in &missing {
            let _ = writeln!(text, "\nnot there: {file}");
        }
        if arguments.explain {
            text.push_str(&explained(global, &project.configuration.project));
        }
        text
    };
    output::result(text.as_bytes(), None)?;
    // What is not there yet may be made before the run, so it is named and no mistake.
    Ok(if plan.units.is_empty() { Exit::Nothing } else { Exit::Pass })
}

/// Returns the files and folders on this machine that the plan names and that are not there.
fn missing(plan: &Plan, stores: &Stores) -> BTreeSet<String> {
    let files: BTreeSet<String> = plan.units.iter().flat_map(PlannedUnit::files).collect();
    let is_missing = |file: &String| stores.local_path(file).is_some_and(|path| !path.exists());
    files.into_iter().filter(is_missing).collect()
}

/// Shows what `beleg run NAME` would do.
pub(crate) fn dry_run(global: &Global, name: Option<String>) -> anyhow::Result<Exit> {
    plan(global, Arguments { name, explain: false, format: Format::Text, json: false })
}

fn as_text(plan: &Plan) -> String {
    let mut text = format!("{} checks would run for `{}`:\n", plan.units.len(), plan.run);
    for unit in &plan.units {
        let _ = write!(text, "\n{}  {}  {}\n", unit.job, unit.kind, unit.subject.name);
        let _ = writeln!(
            text,
            "  time limit {} s, controls {}",
            unit.timeout.as_secs(),
            unit.controls.join(", ")
        );
        for unearned in unit.check.unearned() {
            let _ = writeln!(text, "  not for {}: {}", unearned.control, unearned.why);
        }
        let needs = unit.needs();
        for locator in &needs.network {
            let _ = writeln!(text, "  reaches {locator}");
        }
        for credential in &needs.credentials {
            let _ = writeln!(text, "  reads the secret in {credential}");
        }
        if needs.scratch {
            text.push_str("  writes below the scratch folder, and wipes it\n");
        }
    }
    text
}

/// Says which of flag, environment, file and default decided a setting.
fn explained(global: &Global, project: &Project) -> String {
    let from = |given: bool| if given { "--advisories or BELEG_ADVISORIES" } else { "beleg.toml" };
    let source = |locator: &Option<String>| match locator {
        Some(locator) => format!("{locator}  ({})", from(global.advisories.is_some())),
        None => "none  (default)".to_owned(),
    };
    format!(
        "\nSettings:\n  ledger: {}\n  origin: {}\n  key file: {}\n  rustsec advisories: {}\n  osv advisories: {}\n  advisories may be {} days old\n  checks at once: {}\n  scratch: {}\n  offline: {}\n",
        project.ledger,
        project.origin,
        project.key_file.display(),
        source(&project.advisories.rustsec),
        source(&project.advisories.osv),
        project.advisories.max_age.as_secs() / 86_400,
        project.limits.parallel,
        project.limits.scratch.display(),
        if global.offline { "yes  (--offline)" } else { "no  (default)" },
    )
}
