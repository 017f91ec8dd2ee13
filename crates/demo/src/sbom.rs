//! The SBOM of the demo service; with faults it disagrees with the lockfile in all three ways.

use crate::packages::Lists;
use crate::{DemoError, Planted, files};
use beleg_ecosystem::Registry;
use beleg_sbom::cyclonedx::{NewBom, Party, SubjectKind, write as write_bom};
use beleg_sbom::formats::format_of;
use jiff::Timestamp;
use std::path::Path;

/// Writes the SBOM of the service's `Cargo.lock`.
pub(crate) fn write(
    path: &Path,
    lists: &Lists,
    faulty: bool,
    now: Timestamp,
) -> Result<(), DemoError> {
    let broken =
        |error: Box<dyn std::error::Error + Send + Sync>| DemoError::made("the SBOM", error);
    let format =
        format_of("Cargo.lock").ok_or_else(|| broken("no format for Cargo.lock".into()))?;
    let mut lock = lists.cargo_lock();
    if faulty {
        // The SBOM describes an older lockfile: one crate is not in it yet, one is gone since, and
        // one was older.
        lock = lock
            .replace("name = \"demo-clock\"\n", "name = \"demo-timer\"\n")
            .replace(" \"demo-clock\",\n", " \"demo-timer\",\n")
            .replace(
                "name = \"demo-codec\"\nversion = \"2.1.0\"",
                "name = \"demo-codec\"\nversion = \"2.0.9\"",
            );
    }
    let parsed =
        format.parse("Cargo.lock", lock.as_bytes()).map_err(|error| broken(error.into()))?;
    let company = Party { name: "Demo GmbH", email: Some("sbom@demo.invalid") };
    let bom = NewBom {
        ecosystems: Registry::built_in(),
        name: "demo-service",
        version: Some("1.0.0"),
        kind: SubjectKind::Application,
        artifact: None,
        author: company,
        supplier: company,
        tool_version: env!("CARGO_PKG_VERSION"),
        timestamp: now,
        distribution: None,
        packages: &parsed.packages,
        edges: parsed.edges.as_deref(),
        complete: true,
    };
    let bytes = write_bom(&bom).map_err(|error| broken(error.into()))?;
    files::write(path, &bytes)
}

/// Returns what the disagreements must be found as.
pub(crate) fn planted() -> Vec<Planted> {
    ["sbom-missing-component", "sbom-extra-component", "sbom-different-version"]
        .into_iter()
        .map(|rule| Planted {
            job: "sbom",
            rule: rule.to_owned(),
            place: "service.cdx.json".to_owned(),
        })
        .collect()
}
