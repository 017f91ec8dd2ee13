//! Findings, and doubts that no finding expresses, as SARIF results.

use super::rules::Rules;
use super::{NAME_GIVEN, message, uri};
use crate::view::{Check, Gap, View};
use crate::visible::{name, prose};
use beleg_model::{Location, Severity, Verdict, Waiver};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// How many characters of a message or a remedy are given.
const PROSE_GIVEN: usize = 10_000;

/// The name under which a result's identity stands across runs.
const FINGERPRINT: &str = "belegFinding/v1";

/// What one result is made of.
pub(super) struct Report<'a> {
    pub(super) rule: String,
    pub(super) verdict: Verdict,
    pub(super) severity: Severity,
    pub(super) remedy: String,
    pub(super) references: &'a [String],
    pub(super) message: String,
    location: Location,
    waived: Option<&'a Waiver>,
    /// The job, the kind and the subject; absent for what concerns the whole run.
    check: Option<[&'a str; 3]>,
    fingerprint: String,
}

/// Returns every finding of every check, then what no finding says.
pub(super) fn results<'a>(view: &View<'a>) -> Vec<Report<'a>> {
    let mut reports: Vec<Report<'a>> = view.checks.iter().flat_map(of_check).collect();
    if let Some(gap) = view.gap() {
        reports.push(of_gap(&gap, None, &view.run.run));
    }
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for report in &mut reports {
        let key = report.identity();
        let times = seen.entry(key.clone()).or_default();
        *times = times.saturating_add(1);
        report.fingerprint = format!("{key}:{times}");
    }
    reports
}

fn of_check<'a>(check: &Check<'a>) -> Vec<Report<'a>> {
    let evidence = &check.record.evidence;
    let whose = [evidence.job.as_str(), evidence.kind.as_str(), evidence.subject.name.as_str()];
    let findings = check.problems.iter().chain(&check.waived).chain(&check.remarks);
    let findings = findings.map(|finding| Report {
        rule: rule_id(&finding.rule),
        // A decision suppresses a result and does not make it a note.
        verdict: finding.waived.as_ref().map_or(finding.verdict, |waiver| waiver.verdict),
        waived: finding.waived.as_ref(),
        severity: finding.severity,
        remedy: prose(&finding.remedy, PROSE_GIVEN),
        references: &finding.references,
        message: prose(&finding.message, PROSE_GIVEN),
        location: match finding.location.path.as_str() {
            "" => Location { path: evidence.subject.name.clone(), ..finding.location.clone() },
            _ => finding.location.clone(),
        },
        check: Some(whose),
        fingerprint: String::new(),
    });
    let gap = check.gap().map(|gap| of_gap(&gap, Some(whose), &evidence.subject.name));
    findings.chain(gap).collect()
}

fn of_gap<'a>(gap: &Gap, check: Option<[&'a str; 3]>, place: &str) -> Report<'a> {
    Report {
        rule: rule_id(&gap.rule),
        verdict: Verdict::Unknown,
        severity: Severity::Medium,
        remedy: gap.remedy.clone(),
        references: &[],
        message: prose(&gap.message, PROSE_GIVEN),
        location: Location::from(place),
        waived: None,
        check,
        fingerprint: String::new(),
    }
}

impl Report<'_> {
    pub(super) fn level(&self) -> &'static str {
        level(self.verdict)
    }

    pub(super) fn to_json(&self, rules: &Rules<'_>) -> Value {
        let mut text = self.message.clone();
        if self.verdict != Verdict::Pass && !self.remedy.is_empty() {
            text.push_str("\nWhat to do: ");
            text.push_str(&self.remedy);
        }
        let mut properties = json!({
            "verdict": self.verdict.word(),
            "severity": self.severity.word(),
            "remedy": self.remedy,
            "references": self.references.iter().map(|text| name(text, NAME_GIVEN)).collect::<Vec<_>>(),
        });
        if let (Some([job, kind, subject]), Some(members)) =
            (self.check, properties.as_object_mut())
        {
            for (key, value) in [("job", job), ("kind", kind), ("subject", subject)] {
                members.insert(key.to_owned(), json!(name(value, NAME_GIVEN)));
            }
        }
        let mut result = json!({
            "ruleId": self.rule,
            "ruleIndex": rules.index(&self.rule),
            "level": self.level(),
            "message": { "text": message(&text) },
            "locations": [self.location()],
            "partialFingerprints": { FINGERPRINT: self.fingerprint },
            "properties": properties,
        });
        if let (Some(waiver), Some(members)) = (self.waived, result.as_object_mut()) {
            members.insert("suppressions".to_owned(), json!([suppression(waiver)]));
        }
        result
    }

    fn location(&self) -> Value {
        let is_file = is_file(&self.location);
        let file = if is_file { self.location.path.clone() } else { self.asked_in() };
        let mut physical = json!({ "artifactLocation": { "uri": uri::relative(&file) } });
        let line = self.location.line.filter(|line| is_file && *line > 0);
        if let (Some(line), Some(members)) = (line, physical.as_object_mut()) {
            members.insert("region".to_owned(), json!({ "startLine": line }));
        }
        let container =
            self.location.within.as_deref().or(self.check.map(|[_, _, subject]| subject));
        let place = Some(self.location.path.as_str()).filter(|_| !is_file);
        let logical: Vec<Value> = container
            .into_iter()
            .chain(place)
            .map(|text| json!({ "fullyQualifiedName": name(text, NAME_GIVEN) }))
            .collect();
        json!({ "logicalLocations": logical, "physicalLocation": physical })
    }

    /// Returns the file that asks for the check: hosts show no result without a file.
    fn asked_in(&self) -> String {
        self.check.map_or("beleg.toml".to_owned(), |[job, ..]| format!("jobs/{job}.toml"))
    }

    /// Hashes what stays the same from night to night: not the line, which moves when lines are
    /// added above it, and not the message, which may hold an age or a count.
    fn identity(&self) -> String {
        let [job, _, subject] = self.check.unwrap_or_default();
        let within = self.location.within.as_deref().unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [job, subject, &self.rule, &self.location.path, within] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hash.update(length.to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// Returns a decision to live with a finding as SARIF states it (section 3.35): it stands outside
/// the code, and somebody has accepted it.
fn suppression(waiver: &Waiver) -> Value {
    json!({
        "kind": "external",
        "status": "accepted",
        "justification": prose(&waiver.reason, PROSE_GIVEN),
        "properties": { "by": name(&waiver.by, NAME_GIVEN), "until": waiver.until.to_string() },
    })
}

/// Says whether a place is a file of the project, by its form: commits, refs, regions, ecosystems
/// and what lies within an image are none, and no host can show them.
fn is_file(location: &Location) -> bool {
    let path = location.path.as_str();
    let is_other = path.contains([':', ' ']) || path.contains("..") || path.starts_with("refs/");
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    location.within.is_none() && !is_other && (location.line.is_some() || name.contains('.'))
}

/// Returns SARIF's word for what a result is (section 3.27.10). How bad it is stands beside it, as
/// `security-severity` of the rule: a doubt is never shown as a fault, nor a fault as a doubt.
pub(super) fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "note",
        Verdict::Unknown => "warning",
        Verdict::Fail => "error",
    }
}

fn rule_id(rule: &str) -> String {
    match rule {
        "" => "unnamed".to_owned(),
        _ => name(rule, NAME_GIVEN),
    }
}
