//! Rules are data: every code stands in one table, is used, and is spelled once. `docs/rules.md` is
//! made from the tables; `BELEG_REWRITE=1` writes it anew.

use crate::command::Beleg;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the tables with their rules, as `beleg explain --json` writes them.
fn tables() -> Vec<Value> {
    let written = Beleg::anywhere().args("explain --json").run().expect(0).stdout;
    serde_json::from_str::<Value>(&written).unwrap()["tables"].as_array().unwrap().clone()
}

fn rules() -> Vec<Value> {
    tables().iter().flat_map(|table| table["rules"].as_array().unwrap().clone()).collect()
}

fn text<'a>(rule: &'a Value, key: &str) -> &'a str {
    rule[key].as_str().unwrap()
}

#[test]
fn no_two_rules_share_a_code_however_it_is_spelled() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for rule in rules() {
        let code = text(&rule, "code");
        let fits = code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(fits && !code.starts_with('-') && !code.ends_with('-'), "{code}");
        // `x-unreadable` and `x-not-readable` are one rule to a reader.
        let bare = code.replace("-not-", "-").replace("-un", "-").replace("partly-", "");
        let before = seen.insert(bare, code.to_owned());
        assert_eq!(before, None, "{code}");
    }
    assert!(seen.len() > 100, "only {} rules are declared", seen.len());
}

#[test]
fn every_rule_reads_as_sentences() {
    for rule in rules() {
        for key in ["meaning", "remedy"] {
            let said = text(&rule, key);
            let first = said.chars().next().unwrap();
            assert!(first.is_uppercase() || first == '`', "{}: {said}", rule["code"]);
            assert!(said.ends_with('.') && !said.ends_with(".."), "{}: {said}", rule["code"]);
            assert!(!said.contains("  "), "{}: {said}", rule["code"]);
        }
    }
}

/// A constant of a table that no other file of its crate names is declared and not used; one of a
/// library may be used by the job kinds.
#[test]
fn every_rule_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    let users: String = sources(&root)
        .iter()
        .filter(|path| !path.ends_with("rules.rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut declared = 0;
    for table in sources(&root).iter().filter(|path| path.ends_with("rules.rs")) {
        for line in fs::read_to_string(table).unwrap().lines() {
            let Some((name, _)) = line.trim_start().split_once(" = \"") else { continue };
            if name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            {
                declared += 1;
                assert!(users.contains(&format!("rules::{name}")), "{name} of {}", table.display());
            }
        }
    }
    assert!(declared > 100, "only {declared} rules were found");
}

/// Findings are made of rules alone. Only the model, which defines both, and tests spell codes.
#[test]
fn no_finding_spells_its_own_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    for path in sources(&root) {
        let source = fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        let spelled = code.contains("Finding::fault(")
            || code.contains("Finding::unknown(")
            || code.contains("Finding::remark(");
        assert!(!spelled, "{} makes a finding without a rule", path.display());
    }
}

#[test]
fn the_page_of_rules_is_current() {
    let mut page = String::from(
        "# Rules\n\nWhat a finding can be, in the words of `beleg explain RULE`. This page is made \
         from the tables of\nrules in the crates; `BELEG_REWRITE=1 cargo test -p beleg-tests rules` \
         writes it anew.\n",
    );
    for table in tables() {
        page.push_str(&format!(
            "\n## {}\n\n| rule | grade | meaning | remedy | controls |\n|---|---|---|---|---|\n",
            text(&table, "about")
        ));
        for rule in table["rules"].as_array().unwrap() {
            page.push_str(&row(rule));
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/rules.md");
    if std::env::var_os("BELEG_REWRITE").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap() == page, "docs/rules.md is not made of the tables");
}

fn row(rule: &Value) -> String {
    let grade = match text(rule, "verdict") {
        "fail" => format!("fail, {}", text(rule, "severity")),
        "unknown" => "unknown".to_owned(),
        _ => "remark".to_owned(),
    };
    let controls: Vec<&str> =
        rule["controls"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let cell = |key| text(rule, key).replace('|', "\\|");
    let (meaning, remedy) = (cell("meaning"), cell("remedy"));
    format!(
        "| `{}` | {grade} | {meaning} | {remedy} | {} |\n",
        text(rule, "code"),
        controls.join(", ")
    )
}

#[test]
fn a_rule_is_explained_and_a_wrong_name_is_led_to_the_right_one() {
    let page = Beleg::anywhere().args("explain backup-tampered").run().expect(0).stdout;
    for part in
        ["backup-tampered\n", "changed after it was encrypted", "critical", "BAK-3", "Remedy"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let refused = Beleg::anywhere().args("explain backup-tamperd").run().expect(2).stderr;
    assert!(refused.contains("perhaps `backup-tampered`"), "{refused}");
    let advisory = Beleg::anywhere().args("explain RUSTSEC-2024-0001").run().expect(2).stderr;
    assert!(advisory.contains("package-affected"), "{advisory}");
}

/// Every source file below a folder, tests apart.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests" || name == "sample");
        if path.is_dir() && !is_test && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if !is_test && path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
