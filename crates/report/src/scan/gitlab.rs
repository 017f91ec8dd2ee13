//! GitLab's report of dependency scanning (GitLab documentation, "Security report schemas", 15.0),
//! which merge requests and the vulnerability report read.

use super::identified::{name_based_uuid, url};
use super::{ScanFormat, ScanOptions, ScanRecord};
use crate::RenderError;
use crate::pretty::pretty;
use crate::visible::{name, prose};
use beleg_model::{AffectedPackage, PackageAdvisory, Verdict};
use jiff::Timestamp;
use serde_json::{Value, json};

const NAME_GIVEN: usize = 255;
const PROSE_GIVEN: usize = 7_000;
/// How many of what could not be judged is said.
const MESSAGES: usize = 100;

/// The format `gitlab`.
pub(super) struct GitLab;

impl ScanFormat for GitLab {
    fn id(&self) -> &'static str {
        "gitlab"
    }

    fn render(&self, scan: &ScanRecord, _: &ScanOptions) -> Result<Vec<u8>, RenderError> {
        let tool = json!({
            "id": "beleg",
            "name": "beleg",
            "vendor": { "name": "beleg" },
            "version": scan.tool_version,
        });
        // What could not be judged is no vulnerability, and must not vanish.
        let message = |finding: &beleg_model::Finding| {
            let text = format!("{} at {}: {}", finding.rule, finding.location, finding.message);
            json!({ "level": "warn", "value": prose(&text, PROSE_GIVEN) })
        };
        let messages: Vec<Value> = scan.other_findings().take(MESSAGES).map(message).collect();
        let vulnerabilities: Vec<Value> = scan
            .affected
            .iter()
            .flat_map(|package| package.advisories.iter().map(move |it| (package, it)))
            .filter(|(_, advisory)| advisory.counts())
            .map(|(package, advisory)| vulnerability(package, advisory))
            .collect();
        pretty(&json!({
            "version": "15.0.7",
            "scan": {
                "type": "dependency_scanning",
                "status": "success",
                "start_time": time(scan.started),
                "end_time": time(scan.ended),
                "analyzer": tool,
                "scanner": tool,
                "messages": messages,
            },
            "vulnerabilities": vulnerabilities,
            "dependency_files": [],
        }))
        .map_err(|source| RenderError::Json { format: "gitlab", source })
    }
}

fn vulnerability(package: &AffectedPackage, advisory: &PackageAdvisory) -> Value {
    let file =
        package.packages.first().map(|it| it.package.location.path.as_str()).unwrap_or_default();
    let identity = format!("{} {} {} {}", package.ecosystem, package.name, advisory.id, file);
    let severity = match advisory.severity_word() {
        "critical" => "Critical",
        "high" => "High",
        "medium" => "Medium",
        "low" => "Low",
        "info" => "Info",
        _ => "Unknown",
    };
    let identifier = |id: &String| {
        let kind = id.split('-').next().unwrap_or_default().to_lowercase();
        let mut identifier =
            json!({ "type": kind, "name": name(id, NAME_GIVEN), "value": name(id, NAME_GIVEN) });
        if let (Some(url), Some(members)) = (url(id), identifier.as_object_mut()) {
            members.insert("url".to_owned(), json!(url));
        }
        identifier
    };
    let identifiers: Vec<Value> =
        [&advisory.id].into_iter().chain(&advisory.aliases).map(identifier).collect();
    json!({
        "id": name_based_uuid(&identity),
        "name": name(&format!("{} in {}", advisory.common_name(), package.name), NAME_GIVEN),
        "description": prose(&advisory.finding.message, PROSE_GIVEN),
        "solution": prose(&advisory.finding.remedy, PROSE_GIVEN),
        "severity": severity,
        "identifiers": identifiers,
        "location": {
            "file": name(file, 1_000),
            "dependency": {
                "package": { "name": name(&package.name, NAME_GIVEN) },
                "version": name(&package.version, NAME_GIVEN),
            },
        },
        "flags": flags(advisory),
    })
}

/// Says that it is not certain.
fn flags(advisory: &PackageAdvisory) -> Vec<Value> {
    let undecided = advisory.finding.verdict == Verdict::Unknown;
    let flag = json!({
        "type": "flagged-as-likely-false-positive",
        "origin": "beleg",
        "description": "Whether the package is affected could not be decided.",
    });
    undecided.then_some(flag).into_iter().collect()
}

/// Writes an instant in UTC without saying so, which the schema demands.
fn time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
