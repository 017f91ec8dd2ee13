//! Which verification summaries are accepted.

use super::assessment::Assessment;
use super::policy::{PolicyError, TOLERATED_FUTURE, matchers, read_age};
use super::statement::Statement;
use super::vsa::VerificationSummary;
use beleg_model::Digest;
use beleg_model::text::shown;
use beleg_trust::{Matcher, Reason};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Says which verification summaries are accepted, as a person writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SummaryRules {
    /// The verifiers whose word counts: ids or patterns. At least one.
    pub verifiers: Vec<String>,
    /// The resource that has to have been verified: its URI, or a pattern ([`Matcher`]).
    pub resource: String,
    /// The levels that it has to reach. A higher one of the same track does too.
    pub levels: Vec<String>,
    /// The URI of the policy that it has to have been verified against.
    pub policy: Option<String>,
    /// The digest of that policy.
    pub policy_digest: Option<Digest>,
    /// How long ago it may have been verified at most, such as `30d`.
    pub max_age: Option<String>,
}

/// Says which verification summaries are accepted; checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "SummaryRules")]
pub struct SummaryPolicy {
    rules: SummaryRules,
    verifiers: Vec<Matcher>,
    resource: Matcher,
    max_age: Option<SignedDuration>,
}

impl TryFrom<SummaryRules> for SummaryPolicy {
    type Error = PolicyError;

    fn try_from(rules: SummaryRules) -> Result<Self, PolicyError> {
        let mut problems = Vec::new();
        if rules.verifiers.is_empty() {
            problems.push("`verifiers` names nobody, so that anyone could say so".to_owned());
        }
        let verifiers = matchers("verifiers", &rules.verifiers, &mut problems);
        let resource = matchers("resource", [&rules.resource], &mut problems).pop();
        if rules.levels.iter().any(|level| level.is_empty() || level == "FAILED") {
            problems.push("`levels` holds what is no level".to_owned());
        }
        let max_age = rules.max_age.as_deref().and_then(read_age);
        if rules.max_age.is_some() && max_age.is_none() {
            problems.push("`max-age` is no duration such as \"24h\" or \"90d\"".to_owned());
        }
        match resource {
            Some(resource) if problems.is_empty() => {
                Ok(Self { rules, verifiers, resource, max_age })
            }
            _ => Err(PolicyError { problems }),
        }
    }
}

impl SummaryPolicy {
    /// Judges the verification summary that a statement carries about the artifact with these
    /// digests. That its signature is good and is the verifier's, somebody else has to judge.
    #[must_use]
    pub fn judge(&self, statement: &Statement, artifact: &[Digest], now: Timestamp) -> Assessment {
        let summary = match VerificationSummary::read(statement) {
            Ok(summary) => summary,
            Err(error) => return Assessment::refused(error.reason(), error.to_string()),
        };
        let mut assessment = Assessment::new();
        assessment.notes = statement.notes();
        if let Err(reason) = statement.subject_of(artifact) {
            assessment.refuse(reason, "no subject has the artifact's digest");
        }
        if !self.verifiers.iter().any(|pattern| pattern.matches(&summary.verifier)) {
            let note = format!("the verifier is `{}`", shown(summary.verifier.as_bytes()));
            assessment.refuse(Reason::VerifierNotAllowed, note);
        }
        if !self.resource.matches(&summary.resource) {
            let note = format!("the resource is `{}`", shown(summary.resource.as_bytes()));
            assessment.refuse(Reason::ResourceMismatch, note);
        }
        if !summary.passed || summary.levels.iter().any(|level| level == "FAILED") {
            assessment.refuse(Reason::SummaryFailed, "the verifier says that it failed");
        }
        for level in &self.rules.levels {
            if !reaches(&summary.levels, level) {
                let reached = shown(summary.levels.join(", ").as_bytes());
                let note = format!("`{level}` is demanded; it reaches `{reached}`");
                assessment.refuse(Reason::BuildLevelTooLow, note);
            }
        }
        self.judge_policy(&summary, &mut assessment);
        self.judge_age(&summary, now, &mut assessment);
        assessment
    }

    fn judge_policy(&self, summary: &VerificationSummary, assessment: &mut Assessment) {
        let policy = &summary.policy;
        if self.rules.policy.is_some() && self.rules.policy != policy.uri {
            let uri = shown(policy.uri.as_deref().unwrap_or_default().as_bytes());
            let note = format!("it was verified against the policy `{uri}`");
            assessment.refuse(Reason::SummaryStale, note);
        }
        if let Some(digest) = &self.rules.policy_digest {
            let found = policy.digests.get(digest.algorithm());
            if found.map(String::as_str) != Some(digest.hex()) {
                let note = format!("it was not verified against the policy `{digest}`");
                assessment.refuse(Reason::SummaryStale, note);
            }
        }
    }

    fn judge_age(&self, summary: &VerificationSummary, now: Timestamp, to: &mut Assessment) {
        let Some(time) = summary.time_verified else {
            if self.max_age.is_some() {
                to.refuse(Reason::SummaryStale, "it does not say when it was verified");
            }
            return;
        };
        if time.duration_since(now) > TOLERATED_FUTURE {
            let note = format!("it says it was verified at {time}, which is still to come");
            to.refuse(Reason::SummaryStale, note);
        }
        if self.max_age.is_some_and(|max_age| now.duration_since(time) > max_age) {
            to.refuse(Reason::SummaryStale, format!("it was verified at {time}"));
        }
    }
}

/// Says whether one of `levels` is `demanded`, or a higher one of the same track. Of several of
/// that track the lowest counts.
fn reaches(levels: &[String], demanded: &str) -> bool {
    let Some((track, number)) = split_level(demanded) else {
        return levels.iter().any(|level| level == demanded);
    };
    let lowest = levels
        .iter()
        .filter_map(|level| split_level(level))
        .filter(|(other, _)| *other == track)
        .map(|(_, number)| number)
        .min();
    lowest.is_some_and(|lowest| lowest >= number)
}

/// Splits `SLSA_BUILD_LEVEL_3` into its track and number.
fn split_level(level: &str) -> Option<(&str, u32)> {
    let (track, number) = level.rsplit_once('_')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (digits && track.ends_with("LEVEL")).then(|| Some((track, number.parse().ok()?)))?
}
