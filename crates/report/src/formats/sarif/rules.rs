//! The rules that the results of one run name, each once.

use super::results::{Report, level};
use super::{message, pascal_case};
use crate::human;
use crate::reference::web_address;
use beleg_model::{Severity, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Returns what is declared of a rule.
pub(super) type Explains = fn(&str) -> Option<&'static beleg_model::Rule>;

/// Rules by id; the order of ids is the order of indexes.
pub(super) struct Rules<'a> {
    rules: BTreeMap<&'a str, Rule<'a>>,
    indexes: BTreeMap<&'a str, usize>,
}

struct Rule<'a> {
    worst: (Verdict, Severity),
    /// What is declared of the rule; of an advisory what the first result says.
    meaning: &'a str,
    remedy: &'a str,
    address: Option<&'a str>,
}

impl<'a> Rules<'a> {
    pub(super) fn of(reports: &'a [Report<'a>], explains: Explains) -> Self {
        let mut rules: BTreeMap<&str, Rule<'_>> = BTreeMap::new();
        for report in reports {
            let rule = rules.entry(&report.rule).or_insert(Rule {
                worst: (Verdict::Pass, Severity::Info),
                meaning: explains(&report.rule).map_or(&report.message, |rule| rule.meaning),
                remedy: explains(&report.rule).map_or(&report.remedy, |rule| rule.remedy),
                address: None,
            });
            rule.worst = rule.worst.max((report.verdict, report.severity));
            rule.address = rule
                .address
                .or_else(|| report.references.iter().find_map(|text| web_address(text)));
        }
        let indexes = rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
        Self { rules, indexes }
    }

    /// Returns the place of a rule in [`Self::to_json`]; -1 is SARIF's "not there".
    pub(super) fn index(&self, id: &str) -> i64 {
        self.indexes.get(id).and_then(|index| i64::try_from(*index).ok()).unwrap_or(-1)
    }

    pub(super) fn to_json(&self) -> Vec<Value> {
        self.rules.iter().map(|(id, rule)| rule.to_json(id)).collect()
    }
}

impl Rule<'_> {
    fn to_json(&self, id: &str) -> Value {
        let (verdict, severity) = self.worst;
        let mut tags = vec!["security"];
        tags.extend((verdict == Verdict::Unknown).then_some("not-examined"));
        let mut properties = json!({ "tags": tags });
        let mut rule = json!({
            "id": id,
            "shortDescription": { "text": message(&format!("{}.", title(id))) },
            "fullDescription": { "text": message(self.meaning) },
            "help": { "text": message(self.remedy) },
            "defaultConfiguration": { "level": level(verdict) },
        });
        if let (Verdict::Fail, Some(members)) = (verdict, properties.as_object_mut()) {
            members.insert("security-severity".to_owned(), json!(score(severity)));
        }
        if let Some(members) = rule.as_object_mut() {
            members.insert("properties".to_owned(), properties);
            let name = pascal_case(id);
            if id.starts_with(|c: char| c.is_ascii_lowercase()) && !name.eq_ignore_ascii_case(id) {
                members.insert("name".to_owned(), json!(name));
            }
            if let Some(address) = self.address {
                members.insert("helpUri".to_owned(), json!(address));
            }
        }
        rule
    }
}

/// Returns a rule's code in words; the identifier of an advisory stays as it is.
fn title(id: &str) -> String {
    if id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        human::words(id)
    } else {
        id.to_owned()
    }
}

/// Returns the middle of the severity's range in CVSS, which is what code hosts sort by. It is a
/// place in an order and not a score anybody gave.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.1",
    }
}
