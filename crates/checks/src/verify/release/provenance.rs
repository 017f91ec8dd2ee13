//! Provenance and verification summaries of a release's files: what trusted attestations say.

use crate::verify::signature::SignatureResult;
use beleg_attestation::provenance::{
    Assessment, PROVENANCE_V0_2, PROVENANCE_V1, PolicyError, ProvenanceContext, ProvenancePolicy,
    ProvenanceRules, Statement, SummaryPolicy, SummaryRules, VERIFICATION_SUMMARY_V0_2,
    VERIFICATION_SUMMARY_V1,
};
use beleg_model::Digest;
use beleg_settings::Section;
use beleg_trust::Reason;
use jiff::Timestamp;

/// What signed statements must say, and whose.
pub(super) struct Stated<P> {
    pub(super) policy: P,
    /// The names of the keys and identities whose statements count.
    pub(super) signers: Vec<String>,
}

/// Reads `[artifact.provenance]`; `names` are those of `[signers]`.
pub(super) fn read_policy(
    section: &Section<'_>,
    names: &[String],
) -> Option<Stated<ProvenancePolicy>> {
    let signers = read_signers(section, names);
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
        Ok(policy) => Some(Stated { policy, signers: signers? }),
        Err(error) => refuse(section, error, "Say who may build it, and from what."),
    }
}

/// Reads `[artifact.summary]`; `names` are those of `[signers]`.
pub(super) fn read_summary_policy(
    section: &Section<'_>,
    names: &[String],
) -> Option<Stated<SummaryPolicy>> {
    let signers = read_signers(section, names);
    let rules = SummaryRules {
        verifiers: section.texts("verifiers"),
        resource: section.text("resource").unwrap_or_default(),
        levels: section.texts("levels"),
        policy: section.text("policy"),
        policy_digest: None,
        max_age: section.text("max-age"),
    };
    match SummaryPolicy::try_from(rules) {
        Ok(policy) => Some(Stated { policy, signers: signers? }),
        Err(error) => refuse(section, error, "Say whose word counts, and about what."),
    }
}

/// Reads whose statements count: a builder or verifier is named by whoever signs, so that the
/// names alone prove nothing.
fn read_signers(section: &Section<'_>, names: &[String]) -> Option<Vec<String>> {
    let remedy = "Name the keys or identities of `[signers]` that the builder or verifier holds.";
    let signers = section.required_texts("signers", remedy);
    let unknown = signers.iter().find(|signer| !names.contains(signer));
    if let Some(unknown) = unknown {
        let message = format!("`[signers]` has no key or identity with the name `{unknown}`");
        section.problem("signers", message, remedy);
        return None;
    }
    Some(signers)
}

fn refuse<T>(section: &Section<'_>, error: PolicyError, remedy: &str) -> Option<T> {
    for problem in error.problems {
        // The problem names its key first; the level's does not.
        let key = problem.split('`').nth(1).unwrap_or("min-build-level").to_owned();
        section.problem(&key, problem, remedy);
    }
    None
}

/// Judges the best provenance among the trusted attestations about one artifact.
pub(super) fn judge(
    stated: &Stated<ProvenancePolicy>,
    results: &[SignatureResult],
    artifact: &[Digest],
    commit: Option<&Digest>,
    now: Timestamp,
) -> (Reason, String) {
    let judge = |statement: &Statement, result: &SignatureResult| {
        let certificate = result.claims.as_ref();
        stated.policy.judge(statement, &ProvenanceContext { artifact, commit, certificate, now })
    };
    best(results, &stated.signers, &[PROVENANCE_V0_2, PROVENANCE_V1], &judge)
        .unwrap_or((Reason::ProvenanceMissing, String::new()))
}

/// Judges the best verification summary among the trusted attestations about one artifact.
pub(super) fn judge_summary(
    stated: &Stated<SummaryPolicy>,
    results: &[SignatureResult],
    artifact: &[Digest],
    now: Timestamp,
) -> (Reason, String) {
    let judge =
        |statement: &Statement, _: &SignatureResult| stated.policy.judge(statement, artifact, now);
    let types = [VERIFICATION_SUMMARY_V0_2, VERIFICATION_SUMMARY_V1];
    best(results, &stated.signers, &types, &judge)
        .unwrap_or((Reason::SummaryMissing, String::new()))
}

/// Returns the least bad of the assessments of all statements of these kinds, and what it says.
fn best(
    results: &[SignatureResult],
    signers: &[String],
    predicate_types: &[&str],
    judge: &dyn Fn(&Statement, &SignatureResult) -> Assessment,
) -> Option<(Reason, String)> {
    let trusted = results.iter().filter(|result| result.is_trusted());
    let assessed = trusted.filter_map(|result| {
        let statement = statement(result)?;
        if !predicate_types.contains(&statement.predicate_type()) {
            return None;
        }
        let signer = result.signer_name().unwrap_or_default();
        let assessment = if signers.iter().any(|name| name == signer) {
            judge(&statement, result)
        } else {
            let note = format!("it is signed by `{signer}`, whose word the rule does not take");
            Assessment::refused(Reason::PrincipalNotAllowed, note)
        };
        Some((assessment, result.source.as_str()))
    });
    let (assessment, source) = assessed.min_by_key(|(assessment, _)| {
        (assessment.reason.verdict(), assessment.reason.severity())
    })?;
    let mismatches = assessment.mismatches.iter().map(|mismatch| mismatch.note.as_str());
    let notes = mismatches.chain(assessment.notes.iter().map(String::as_str));
    let text = std::iter::once(source).chain(notes).collect::<Vec<_>>().join("; ");
    Some((assessment.reason, text))
}

/// Reads the statement of an attestation.
pub(super) fn statement(result: &SignatureResult) -> Option<Statement> {
    Statement::parse(&result.statement.as_ref()?.bytes).ok()
}
