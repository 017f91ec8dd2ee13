//! Every rule that this program knows, out of the crates' tables.

use beleg_model::Rule;

/// Every table of rules, under what its rules are about.
pub(crate) fn tables() -> Vec<(&'static str, &'static [Rule])> {
    let mut tables = vec![
        ("How much was examined", beleg_model::rules::RULES),
        ("Runs", beleg_engine::rules::RULES),
        ("Reports", beleg_report::rules::RULES),
    ];
    tables.extend(beleg_checks::rules::TABLES);
    tables
}

/// Returns what is declared of a rule.
pub(crate) fn rule(code: &str) -> Option<&'static Rule> {
    tables().into_iter().flat_map(|(_, rules)| rules).find(|rule| rule.code == code)
}
