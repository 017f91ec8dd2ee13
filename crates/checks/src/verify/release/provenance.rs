//! Provenance of a release's files.

use crate::verify::signature::SignatureResult;
use beleg_engine::Section;
use beleg_model::Digest;
use beleg_trust::Reason;
use beleg_trust::provenance::{
    Assessment, PROVENANCE_V0_2, PROVENANCE_V1, ProvenanceContext, ProvenancePolicy,
    ProvenanceRules, Statement,
};
use jiff::Timestamp;

/// Reads `[artifact.provenance]`.
pub(super) fn read_policy(section: &Section<'_>) -> Option<ProvenancePolicy> {
    // What does not fit is out of range there too, and is refused as such.
    let level = section.count("min-build-level").map(|n| u8::try_from(n).unwrap_or(u8::MAX));
    let rules = ProvenanceRules {
        builders: section.texts("builders"),
        source: section.text("source"),
        any_source_unsafe: section.boolean("any-source-unsafe").unwrap_or(false),
        reference: section.text("ref"),
        tag: section.text("tag"),
        branch: section.text("branch"),
        workflow: section.text("workflow"),
        min_build_level: level,
        levels: section
            .tables("level", |level| {
                let builder = level.required_text("builder", "Name the builder, or a pattern.");
                let number = level.count("level").map(|n| u8::try_from(n).unwrap_or(u8::MAX));
                if number.is_none() {
                    level.problem("level", "`level` is no number from 1 to 4", "Write the level.");
                }
                Some((builder?, number?))
            })
            .into_iter()
            .flatten()
            .collect(),
        source_digest: section.text("source-digest"),
        max_age: section.text("max-age"),
    };
    match ProvenancePolicy::try_from(rules) {
        Ok(policy) => Some(policy),
        Err(error) => {
            for problem in error.problems {
                // The problem names its key first; the level's does not.
                let key = problem.split('`').nth(1).unwrap_or("min-build-level").to_owned();
                section.problem(&key, problem, "Say who may build it, and from what.");
            }
            None
        }
    }
}

/// Judges the best provenance among the trusted attestations about one artifact.
pub(super) fn judge(
    policy: &ProvenancePolicy,
    results: &[SignatureResult],
    artifact: &[Digest],
    commit: Option<&Digest>,
    now: Timestamp,
) -> (Reason, String) {
    let mut best: Option<(Assessment, String)> = None;
    for result in results.iter().filter(|result| result.is_trusted()) {
        let Some(statement) = statement(result) else { continue };
        if ![PROVENANCE_V0_2, PROVENANCE_V1].contains(&statement.predicate_type()) {
            continue;
        }
        let certificate = result.claims.as_ref();
        let context = ProvenanceContext { artifact, commit, certificate, now };
        let assessment = policy.judge(&statement, &context);
        let worst = |one: &Assessment| (one.reason.verdict(), one.reason.severity());
        if best.as_ref().is_none_or(|(best, _)| worst(&assessment) < worst(best)) {
            best = Some((assessment, result.source.clone()));
        }
    }
    match best {
        None => (Reason::ProvenanceMissing, "no trusted attestation holds provenance".to_owned()),
        Some((assessment, source)) => {
            let mismatches = assessment.mismatches.iter().map(|mismatch| mismatch.note.as_str());
            let notes = mismatches.chain(assessment.notes.iter().map(String::as_str));
            let text = std::iter::once(source.as_str()).chain(notes).collect::<Vec<_>>();
            (assessment.reason, text.join("; "))
        }
    }
}

/// Reads the statement of an attestation.
pub(super) fn statement(result: &SignatureResult) -> Option<Statement> {
    Statement::parse(result.statement.as_deref()?).ok()
}
