use crate::arguments::Explain;
use crate::exit::{Exit, UsageError};
use crate::rules::{rule, tables};
use beleg_model::{Grade, Rule};
use serde_json::{Value, json};

/// Says what a rule means, or lists all rules.
pub(crate) fn explain(arguments: &Explain) -> anyhow::Result<Exit> {
    let text = match (&arguments.rule, arguments.json) {
        (Some(code), is_json) => {
            let rule = find(code)?;
            if is_json { pretty(&as_json(rule)) } else { page(rule) }
        }
        (None, true) => pretty(&all()),
        (None, false) => list(),
    };
    crate::output::result(text.as_bytes(), None)?;
    Ok(Exit::Pass)
}

fn find(code: &str) -> Result<&'static Rule, UsageError> {
    if let Some(rule) = rule(code) {
        return Ok(rule);
    }
    let all = || tables().into_iter().flat_map(|(_, rules)| rules);
    // Advisories keep the names that their databases gave them, which are written in capitals.
    if code.starts_with(|c: char| c.is_ascii_uppercase()) && code.contains('-') {
        return Err(UsageError(format!(
            "`{code}` is an advisory's own identifier and no rule of beleg: a finding of it is \
             explained by `beleg explain package-affected`, the advisory by its own page, such as \
             https://osv.dev/vulnerability/{code}"
        )));
    }
    let shared =
        |rule: &Rule| rule.code.bytes().zip(code.bytes()).take_while(|(a, b)| a == b).count();
    let near = all().filter(|rule| shared(rule) > 2).max_by_key(|rule| shared(rule));
    let meant = match near {
        Some(rule) => format!("perhaps `{}` is meant; ", rule.code),
        None => String::new(),
    };
    Err(UsageError(format!(
        "`{code}` is no rule: {meant}`beleg explain` without a name lists them all"
    )))
}

fn page(rule: &Rule) -> String {
    let controls = match rule.controls {
        [] => "those of the job that finds it".to_owned(),
        controls => controls.join(", "),
    };
    let Rule { code, meaning, remedy, .. } = rule;
    format!(
        "{code}\n\n  {meaning}\n\n  Grade     {}\n  Controls  {controls}\n  Remedy    {remedy}\n",
        grade(rule)
    )
}

fn list() -> String {
    let width = tables().iter().flat_map(|(_, rules)| *rules).map(|it| it.code.len()).max();
    let width = width.unwrap_or_default();
    let line = |rule: &Rule| format!("  {:width$}  {}\n", rule.code, rule.meaning);
    let table = |(title, rules): (&str, &[Rule])| {
        format!("{title}\n{}", rules.iter().map(line).collect::<String>())
    };
    tables().into_iter().map(table).collect::<Vec<_>>().join("\n")
}

fn all() -> Value {
    let table = |(title, rules): (&str, &[Rule])| {
        let rules: Vec<Value> = rules.iter().map(as_json).collect();
        json!({ "about": title, "rules": rules })
    };
    let tables: Vec<Value> = tables().into_iter().map(table).collect();
    json!({ "schema": 1, "tables": tables })
}

fn as_json(rule: &Rule) -> Value {
    json!({
        "code": rule.code,
        "controls": rule.controls,
        "meaning": rule.meaning,
        "remedy": rule.remedy,
        "severity": rule.grade.severity().word(),
        "verdict": rule.grade.verdict().word(),
    })
}

fn grade(rule: &Rule) -> String {
    match rule.grade {
        Grade::Fault(severity) => format!("fails its check; severity {}", severity.word()),
        Grade::Unknown => "makes its check unknown: something could not be examined".to_owned(),
        Grade::Remark => "a remark: it changes no verdict".to_owned(),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
