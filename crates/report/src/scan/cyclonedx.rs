//! CycloneDX 1.6 with the affected packages and what is known of them: a vulnerability disclosure
//! report, no list of all that was found.

use super::identified::{name_based_uuid, url};
use super::{ScanFormat, ScanOptions, ScanRecord};
use crate::RenderError;
use crate::pretty::pretty;
use crate::visible::{name, prose};
use beleg_model::{FoundPackage, PackageAdvisory, Verdict};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const NAME_GIVEN: usize = 1_000;
const PROSE_GIVEN: usize = 10_000;

/// The format `cyclonedx`.
pub(super) struct CycloneDx;

impl ScanFormat for CycloneDx {
    fn id(&self) -> &'static str {
        "cyclonedx"
    }

    fn render(&self, scan: &ScanRecord, _: &ScanOptions) -> Result<Vec<u8>, RenderError> {
        let mut components: BTreeMap<String, Value> = BTreeMap::new();
        let mut vulnerabilities: BTreeMap<&str, Vulnerability<'_>> = BTreeMap::new();
        for affected in &scan.affected {
            let references: BTreeMap<String, String> = affected
                .packages
                .iter()
                .map(|found| (reference(found), name(&found.package.version, NAME_GIVEN)))
                .collect();
            let of = affected.packages.iter().map(|found| (reference(found), component(found)));
            components.extend(of);
            for advisory in &affected.advisories {
                let known = vulnerabilities.entry(&advisory.id);
                let known =
                    known.or_insert_with(|| Vulnerability { advisory, affects: BTreeSet::new() });
                let status = match advisory.finding.verdict {
                    Verdict::Unknown => "unknown",
                    _ => "affected",
                };
                let affects =
                    references.iter().map(|(it, version)| (it.clone(), version.clone(), status));
                known.affects.extend(affects);
                // The worst of what is said of several packages stands for all.
                if known.advisory.finding.verdict < advisory.finding.verdict {
                    known.advisory = advisory;
                }
            }
        }
        let kind = if scan.kind == "image" { "container" } else { "application" };
        let identity = format!("{} {} {:?}", scan.target, scan.started, components.keys());
        pretty(&json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": format!("urn:uuid:{}", name_based_uuid(&identity)),
            "version": 1,
            "metadata": {
                "timestamp": scan.started.to_string(),
                "tools": { "components": [
                    { "type": "application", "name": "beleg", "version": scan.tool_version },
                ] },
                "component": {
                    "type": kind,
                    "bom-ref": "beleg:target",
                    "name": name(&scan.target, NAME_GIVEN),
                },
                "properties": [
                    { "name": "beleg:verdict", "value": scan.outcome.verdict.word() },
                    { "name": "beleg:reason", "value": name(&scan.outcome.reason, NAME_GIVEN) },
                ],
            },
            // Only what advisories speak of stands here.
            "compositions": [{ "aggregate": "incomplete", "assemblies": ["beleg:target"] }],
            "components": components.into_values().collect::<Vec<_>>(),
            "vulnerabilities":
                vulnerabilities.values().map(Vulnerability::to_json).collect::<Vec<_>>(),
        }))
        .map_err(|source| RenderError::Json { format: "cyclonedx", source })
    }
}

/// One advisory with the packages that it speaks of: reference, version, and whether it is affected.
struct Vulnerability<'a> {
    advisory: &'a PackageAdvisory,
    affects: BTreeSet<(String, String, &'static str)>,
}

impl Vulnerability<'_> {
    fn to_json(&self) -> Value {
        let PackageAdvisory { id, aliases, summary, score, finding, .. } = self.advisory;
        let severity = match self.advisory.severity_word() {
            "unscored" => "unknown",
            word => word,
        };
        let mut rating = Map::from_iter([("severity".to_owned(), json!(severity))]);
        rating.extend(score.map(|score| ("score".to_owned(), json!(score))));
        let affects = self.affects.iter().map(|(reference, version, status)| {
            json!({ "ref": reference, "versions": [{ "version": version, "status": status }] })
        });
        let mut vulnerability = json!({
            "bom-ref": format!("beleg:{}", name(id, NAME_GIVEN)),
            "id": name(id, NAME_GIVEN),
            "source": source(id),
            "references": aliases
                .iter()
                .map(|alias| json!({ "id": name(alias, NAME_GIVEN), "source": source(alias) }))
                .collect::<Vec<_>>(),
            "ratings": [rating],
            "description": prose(summary, PROSE_GIVEN),
            "recommendation": prose(&finding.remedy, PROSE_GIVEN),
            "affects": affects.collect::<Vec<_>>(),
        });
        // Somebody lives with it; that does not say that it is not affected.
        if let (Some(waiver), Some(members)) = (&finding.waived, vulnerability.as_object_mut()) {
            let detail = format!("{} (by {}, until {})", waiver.reason, waiver.by, waiver.until);
            let analysis =
                json!({ "response": ["will_not_fix"], "detail": prose(&detail, PROSE_GIVEN) });
            members.insert("analysis".to_owned(), analysis);
        }
        vulnerability
    }
}

/// Names the database that an identifier is of.
fn source(id: &str) -> Value {
    let database = name(id.split('-').next().unwrap_or_default(), NAME_GIVEN);
    match url(id) {
        Some(url) => json!({ "name": database, "url": url }),
        None => json!({ "name": database }),
    }
}

fn reference(found: &FoundPackage) -> String {
    let FoundPackage { package, purl } = found;
    match purl {
        Some(purl) => name(purl, NAME_GIVEN),
        None => {
            name_based_uuid(&format!("{} {} {}", package.ecosystem, package.name, package.version))
        }
    }
}

fn component(found: &FoundPackage) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(found),
        "name": name(&found.package.name, NAME_GIVEN),
        "version": name(&found.package.version, NAME_GIVEN),
    });
    if let (Some(purl), Some(members)) = (&found.purl, component.as_object_mut()) {
        members.insert("purl".to_owned(), json!(name(purl, NAME_GIVEN)));
    }
    component
}
