use super::json::{Object, ShapeError};
use super::policy::TOLERATED_FUTURE;
use super::slsa::{PROVENANCE_V0_2, PROVENANCE_V1, Provenance, ProvenanceError};
use super::statement::Statement;
use super::vsa::{
    VERIFICATION_SUMMARY_V0_2, VERIFICATION_SUMMARY_V1, VerificationSummary,
    VerificationSummaryError,
};
use beleg_model::Verdict;
use beleg_model::text::shown;
use beleg_trust::Reason;
use jiff::Timestamp;
use serde_json::Value;

/// The most items of a list that are named one by one.
const MAX_NAMED: usize = 10;

/// What a statement says, in short lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Which kind of predicate it is.
    pub kind: SummaryKind,
    /// What it says, as labels and values; control characters are made harmless.
    pub lines: Vec<(String, String)>,
    /// What its maker says came out, if it is about that. `Unknown` for a result with warnings.
    pub verdict: Option<Verdict>,
    /// When its maker says that it came out.
    time: Option<Timestamp>,
}

/// The kinds of predicates that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SummaryKind {
    /// SLSA provenance.
    Provenance,
    /// A verification summary (SLSA VSA).
    VerificationSummary,
    /// A simple verification result (in-toto SVR).
    VerificationResult,
    /// A test's result (in-toto test-result).
    TestResult,
    /// Attributes with evidence (in-toto SCAI).
    Attributes,
    /// A release in a registry (in-toto release; npm's publish attestation).
    Release,
    /// That PyPI's or npm's workflow published it (PEP 740).
    Publish,
    /// A scan for vulnerabilities (in-toto vulns; cosign).
    Vulnerabilities,
    /// An SBOM in SPDX.
    Spdx,
    /// An SBOM in CycloneDX.
    Cyclonedx,
    /// A step of an in-toto layout.
    Link,
    /// None of these.
    Unrecognised,
}

/// Says that a predicate lacks what its type demands.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SummaryError {
    /// A field is absent or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// It is provenance, but unreadable.
    #[error(transparent)]
    Provenance(#[from] ProvenanceError),
    /// It is a verification summary, but unreadable.
    #[error(transparent)]
    VerificationSummary(#[from] VerificationSummaryError),
}

impl SummaryError {
    /// Returns the reason that a judgement carries for it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        Reason::MalformedStatement
    }
}

impl SummaryKind {
    /// Recognises a predicate by its type.
    #[must_use]
    pub fn of(predicate_type: &str) -> Self {
        match predicate_type {
            PROVENANCE_V0_2 | PROVENANCE_V1 => Self::Provenance,
            VERIFICATION_SUMMARY_V0_2 | VERIFICATION_SUMMARY_V1 => Self::VerificationSummary,
            "https://in-toto.io/attestation/svr/v0.1" => Self::VerificationResult,
            "https://in-toto.io/attestation/test-result/v0.1" => Self::TestResult,
            "https://in-toto.io/attestation/scai/attribute-report/v0.2"
            | "https://in-toto.io/attestation/scai/v0.3" => Self::Attributes,
            "https://in-toto.io/attestation/release/v0.1"
            | "https://in-toto.io/attestation/release/v0.2"
            | "https://github.com/npm/attestation/tree/main/specs/publish/v0.1" => Self::Release,
            "https://docs.pypi.org/attestations/publish/v1" => Self::Publish,
            "https://in-toto.io/attestation/vulns/v0.1"
            | "https://in-toto.io/attestation/vulns/v0.2"
            | "https://cosign.sigstore.dev/attestation/vuln/v1" => Self::Vulnerabilities,
            "https://in-toto.io/attestation/link/v0.3" => Self::Link,
            _ if is_family(predicate_type, "https://spdx.dev/Document") => Self::Spdx,
            // cosign of old named the schema.
            _ if ["https://cyclonedx.org/bom", "https://cyclonedx.org/schema"]
                .iter()
                .any(|family| is_family(predicate_type, family)) =>
            {
                Self::Cyclonedx
            }
            _ => Self::Unrecognised,
        }
    }
}

/// Summarises what a statement says.
///
/// # Errors
/// [`SummaryError`] when the predicate lacks what its type demands. A type that is not known is
/// no error: the summary says so.
pub fn summarise(statement: &Statement) -> Result<Summary, SummaryError> {
    let kind = SummaryKind::of(statement.predicate_type());
    let mut lines = Lines(Vec::new());
    lines.add("predicate", statement.predicate_type());
    let object = || Object::of(statement.predicate(), "predicate");
    let mut time = None;
    let verdict = match kind {
        SummaryKind::Provenance => provenance(&Provenance::read(statement)?, &mut lines),
        SummaryKind::VerificationSummary => {
            let summary = VerificationSummary::read(statement)?;
            time = summary.time_verified;
            verification_summary(&summary, &mut lines)
        }
        SummaryKind::VerificationResult => {
            time = Some(verification_result(object()?, &mut lines)?);
            None
        }
        SummaryKind::TestResult => test_result(object()?, &mut lines)?,
        SummaryKind::Attributes => attributes(object()?, &mut lines)?,
        SummaryKind::Release => release(object()?, &mut lines)?,
        SummaryKind::Vulnerabilities => vulnerabilities(object()?, &mut lines)?,
        SummaryKind::Spdx => spdx(object()?, &mut lines)?,
        SummaryKind::Cyclonedx => cyclonedx(object()?, &mut lines)?,
        SummaryKind::Link => link(object()?, &mut lines)?,
        SummaryKind::Publish => None,
        SummaryKind::Unrecognised => {
            lines.add("note", "this type of predicate is not known; nothing in it was examined");
            None
        }
    };
    Ok(Summary { kind, lines: lines.0, verdict, time })
}

impl Summary {
    /// Says whether its maker says that it came out at a time that is still to come.
    #[must_use]
    pub fn is_to_come(&self, now: Timestamp) -> bool {
        self.time.is_some_and(|time| time.duration_since(now) > TOLERATED_FUTURE)
    }
}

fn provenance(provenance: &Provenance, lines: &mut Lines) -> Option<Verdict> {
    lines.add("builder", &provenance.builder);
    lines.add("build type", &provenance.build_type);
    if let Some(source) = &provenance.source {
        lines.add("source", &source.repository);
        lines.add_some("ref", source.reference.as_deref());
        lines.add_some("commit", source.digest.as_deref());
    }
    lines.add_some("workflow", provenance.workflow.as_deref());
    lines.add_some("run", provenance.invocation.as_deref());
    lines.add_some("finished", provenance.finished.map(|time| time.to_string()).as_deref());
    lines.add("dependencies", &provenance.dependencies.len().to_string());
    None
}

fn verification_summary(summary: &VerificationSummary, lines: &mut Lines) -> Option<Verdict> {
    lines.add("verifier", &summary.verifier);
    lines.add("resource", &summary.resource);
    lines.add_some("policy", summary.policy.uri.as_deref());
    lines.add_some("verified", summary.time_verified.map(|time| time.to_string()).as_deref());
    let levels = Some(summary.levels.join(", ")).filter(|levels| !levels.is_empty());
    lines.add_some("levels", levels.as_deref());
    let failed = !summary.passed || summary.levels.iter().any(|level| level == "FAILED");
    lines.add("result", if failed { "failed" } else { "passed" });
    Some(if failed { Verdict::Fail } else { Verdict::Pass })
}

/// in-toto "Simple Verification Result" v0.1: it lists what passed, so it has no result itself.
fn verification_result(predicate: Object<'_>, lines: &mut Lines) -> Result<Timestamp, ShapeError> {
    lines.add("verifier", predicate.required_object("verifier")?.required_text("id")?);
    let time = predicate.time("timeCreated")?;
    let time = time.ok_or_else(|| predicate.wrong("timeCreated", "a time (RFC 3339)"))?;
    lines.add("verified", &time.to_string());
    lines.list("properties", predicate.texts("properties")?);
    Ok(time)
}

/// in-toto "Test Result" v0.1.
fn test_result(predicate: Object<'_>, lines: &mut Lines) -> Result<Option<Verdict>, ShapeError> {
    let result = predicate.required_text("result")?;
    lines.add("result", result);
    lines.add_some("url", predicate.text("url")?);
    let failed = predicate.texts("failedTests")?;
    let warned = predicate.texts("warnedTests")?;
    let verdict = match result {
        "FAILED" => Verdict::Fail,
        // Whoever says so contradicts themselves; the worse half counts.
        "PASSED" | "WARNED" if !failed.is_empty() => Verdict::Fail,
        "WARNED" => Verdict::Unknown,
        "PASSED" if !warned.is_empty() => Verdict::Unknown,
        "PASSED" => Verdict::Pass,
        _ => return Err(predicate.wrong("result", "`PASSED`, `WARNED` or `FAILED`")),
    };
    lines.add("passed tests", &predicate.texts("passedTests")?.len().to_string());
    if !warned.is_empty() {
        lines.list("warned tests", warned);
    }
    if !failed.is_empty() {
        lines.list("failed tests", failed);
    }
    Ok(Some(verdict))
}

/// in-toto "SCAI" v0.2 and v0.3.
fn attributes(predicate: Object<'_>, lines: &mut Lines) -> Result<Option<Verdict>, ShapeError> {
    let list = predicate.list("attributes")?;
    if list.is_empty() {
        return Err(predicate.wrong("attributes", "a list of at least one attribute"));
    }
    let mut named = Vec::new();
    for value in list {
        let attribute = Object::of(value, "attribute")?;
        let name = attribute.required_text("attribute")?;
        let evidence = if attribute.get("evidence").is_some() { "" } else { " (no evidence)" };
        named.push(format!("{name}{evidence}"));
    }
    lines.list("attributes", named);
    if let Some(producer) = predicate.object("producer")? {
        lines.add_some("producer", producer.text("uri")?.or(producer.text("name")?));
    }
    Ok(None)
}

/// in-toto "Release" v0.1 and v0.2; npm's publish attestation.
fn release(predicate: Object<'_>, lines: &mut Lines) -> Result<Option<Verdict>, ShapeError> {
    match predicate.text("purl")? {
        Some(purl) => lines.add("package", purl),
        None => {
            lines.add("package", predicate.required_text("name")?);
            lines.add("version", predicate.required_text("version")?);
            lines.add_some("registry", predicate.text("registry")?);
        }
    }
    lines.add_some("tag", predicate.text("tag")?);
    lines.add_some("package id", predicate.text("packageId")?.or(predicate.text("releaseId")?));
    Ok(None)
}

/// in-toto "Vulnerabilities" v0.1 and v0.2, and cosign's. Nothing judges what was found: the
/// advisories known today are compared elsewhere.
fn vulnerabilities(
    predicate: Object<'_>,
    lines: &mut Lines,
) -> Result<Option<Verdict>, ShapeError> {
    let scanner = predicate.required_object("scanner")?;
    lines.add("scanner", scanner.required_text("uri")?);
    lines.add_some("scanner version", scanner.text("version")?);
    if let Some(database) = scanner.object("db")? {
        let updated = database.time("lastUpdate")?.map(|time| time.to_string());
        lines.add_some("advisories of", updated.as_deref());
    }
    if let Some(metadata) = predicate.object("metadata")? {
        let finished = metadata.time("scanFinishedOn")?.map(|time| time.to_string());
        lines.add_some("scanned", finished.as_deref());
    }
    match scanner.get("result") {
        Some(Value::Array(found)) => {
            lines.add("vulnerabilities", &found.len().to_string());
            // v0.1 and v0.2 name the id differently.
            let id = |item: &Value| {
                let id = item.get("id").or_else(|| item.get("vuln_id"));
                id.and_then(Value::as_str).unwrap_or("unnamed").to_owned()
            };
            if !found.is_empty() {
                lines.list("found", found.iter().map(id).collect());
            }
        }
        _ => lines.add("vulnerabilities", "in the scanner's own format, not examined"),
    }
    Ok(None)
}

fn spdx(predicate: Object<'_>, lines: &mut Lines) -> Result<Option<Verdict>, ShapeError> {
    if let Some(version) = predicate.text("spdxVersion")? {
        lines.add("version", version);
        lines.add_some("name", predicate.text("name")?);
        lines.add("packages", &predicate.list("packages")?.len().to_string());
    } else {
        // SPDX 3 is a graph.
        let graph = predicate.list("@graph")?;
        if graph.is_empty() {
            return Err(predicate.wrong("spdxVersion", "a text that is there and not empty"));
        }
        lines.add("version", "SPDX 3");
        lines.add("elements", &graph.len().to_string());
    }
    Ok(None)
}

fn cyclonedx(predicate: Object<'_>, lines: &mut Lines) -> Result<Option<Verdict>, ShapeError> {
    // cosign of old wrapped the document.
    let document = predicate.object("Data")?.unwrap_or(predicate);
    if document.required_text("bomFormat")? != "CycloneDX" {
        return Err(document.wrong("bomFormat", "`CycloneDX`"));
    }
    lines.add("version", document.required_text("specVersion")?);
    lines.add("components", &document.list("components")?.len().to_string());
    Ok(None)
}

/// in-toto "Link" v0.3.
fn link(predicate: Object<'_>, lines: &mut Lines) -> Result<Option<Verdict>, ShapeError> {
    lines.add("step", predicate.required_text("name")?);
    lines.add_some("command", Some(predicate.texts("command")?.join(" ").as_str()));
    lines.add("materials", &predicate.list("materials")?.len().to_string());
    Ok(None)
}

struct Lines(Vec<(String, String)>);

impl Lines {
    fn add(&mut self, label: &str, value: &str) {
        self.0.push((label.to_owned(), shown(value.as_bytes())));
    }

    fn add_some(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(label, value);
        }
    }

    /// Names the first few, one line each, and counts the rest.
    fn list(&mut self, label: &str, items: Vec<String>) {
        for item in items.iter().take(MAX_NAMED) {
            self.add(label, item);
        }
        if items.is_empty() {
            self.add(label, "none");
        }
        if let Some(more) = items.len().checked_sub(MAX_NAMED).filter(|more| *more > 0) {
            self.add(label, &format!("{more} more"));
        }
    }
}

/// Says whether it is the type itself or a version of it, such as `https://spdx.dev/Document/v2.3`.
pub(super) fn is_family(predicate_type: &str, family: &str) -> bool {
    predicate_type
        .strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("/v"))
}
