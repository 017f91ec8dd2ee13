use super::assessment::Assessment;
use super::glob;
use super::json::{Object, ShapeError};
use super::policy::{PolicyError, read_age};
use super::slsa::Resource;
use super::statement::{Statement, StatementError};
use crate::Reason;
use crate::text::shown;
use beleg_dsse::{CanonicalError, canonical_json};
use beleg_model::Digest;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The predicate type of a verification summary, v0.2.
pub const VERIFICATION_SUMMARY_V0_2: &str = "https://slsa.dev/verification_summary/v0.2";
/// The predicate type of a verification summary, v1.
pub const VERIFICATION_SUMMARY_V1: &str = "https://slsa.dev/verification_summary/v1";
const MAX_INPUTS: usize = 100_000;
const MAX_LEVELS: usize = 1_000;
/// How far a verifier's clock may be ahead.
const TOLERATED_FUTURE: SignedDuration = SignedDuration::from_mins(10);

/// A verification summary (SLSA "VSA", v0.2 and v1): somebody verified an artifact against a
/// policy and says what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationSummary {
    /// Who verified, a URI.
    pub verifier: String,
    /// The verifier's components and their versions.
    pub verifier_versions: BTreeMap<String, String>,
    /// When it was verified.
    pub time_verified: Option<Timestamp>,
    /// What was verified, a URI; the subjects say by digest.
    pub resource: String,
    /// The policy, by URI and digests.
    pub policy: Resource,
    /// The attestations that were looked at.
    pub inputs: Vec<Resource>,
    /// Whether it passed.
    pub passed: bool,
    /// The levels that it reaches, such as `SLSA_BUILD_LEVEL_3`; `FAILED` when it did not pass.
    pub levels: Vec<String>,
    /// How many dependencies reach which level.
    pub dependency_levels: BTreeMap<String, u64>,
    /// The version of SLSA, such as `1.0`.
    pub slsa_version: Option<String>,
}

/// Says why a statement carries no verification summary that could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationSummaryError {
    /// Another predicate.
    #[error("the predicate is `{0}`, not a verification summary v0.2 or v1")]
    UnexpectedPredicate(String),
    /// A field is absent or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Digests that cannot be read.
    #[error(transparent)]
    Digests(#[from] StatementError),
    /// More inputs or levels than anyone needs.
    #[error("the summary has more than {MAX_INPUTS} inputs or {MAX_LEVELS} levels")]
    TooMany,
}

impl VerificationSummaryError {
    /// Returns the reason that a judgement carries for it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::UnexpectedPredicate(_) => Reason::UnexpectedPredicate,
            _ => Reason::MalformedStatement,
        }
    }
}

impl VerificationSummary {
    /// Reads the summary that a statement carries.
    ///
    /// # Errors
    /// [`VerificationSummaryError`] for other predicates and for whatever lacks what its version
    /// demands.
    pub fn read(statement: &Statement) -> Result<Self, VerificationSummaryError> {
        let first_edition = match statement.predicate_type() {
            VERIFICATION_SUMMARY_V0_2 => true,
            VERIFICATION_SUMMARY_V1 => false,
            other => {
                let other = shown(other.as_bytes());
                return Err(VerificationSummaryError::UnexpectedPredicate(other));
            }
        };
        let predicate = Object::of(statement.predicate(), "predicate")?;
        // Some write v0.2 with the names of v0.1. Both spellings at once could be read in two
        // ways.
        let key = |camel: &'static str, snake: &'static str| match (
            first_edition,
            predicate.get(camel),
            predicate.get(snake),
        ) {
            (true, Some(_), Some(_)) => Err(predicate.wrong(snake, "the only spelling")),
            (true, None, Some(_)) => Ok(snake),
            _ => Ok(camel),
        };
        let verifier = predicate.required_object("verifier")?;
        let result_key = key("verificationResult", "verification_result")?;
        let passed = match predicate.required_text(result_key)? {
            "PASSED" => true,
            "FAILED" => false,
            _ => return Err(predicate.wrong(result_key, "`PASSED` or `FAILED`").into()),
        };
        let mut levels = predicate.texts(key("verifiedLevels", "verified_levels")?)?;
        if first_edition {
            let level = predicate.text(key("policyLevel", "policy_level")?)?;
            levels.extend(level.map(str::to_owned));
        }
        let inputs = predicate.list(key("inputAttestations", "input_attestations")?)?;
        if inputs.len() > MAX_INPUTS || levels.len() > MAX_LEVELS {
            return Err(VerificationSummaryError::TooMany);
        }
        let inputs = inputs
            .iter()
            .map(|input| Ok(Resource::read(Object::of(input, "inputAttestations")?)?))
            .collect::<Result<_, VerificationSummaryError>>()?;
        Ok(Self {
            verifier: verifier.required_text("id")?.to_owned(),
            verifier_versions: texts_of(verifier.object("version")?)?,
            time_verified: predicate.time(key("timeVerified", "time_verified")?)?,
            resource: predicate.required_text(key("resourceUri", "resource_uri")?)?.to_owned(),
            policy: Resource::read(predicate.required_object("policy")?)?,
            inputs,
            passed,
            levels,
            dependency_levels: counts_of(
                predicate.object(key("dependencyLevels", "dependency_levels")?)?,
            )?,
            slsa_version: predicate.text(key("slsaVersion", "slsa_version")?)?.map(str::to_owned),
        })
    }

    /// Returns the v1 predicate, to be put into a statement about the release's artifacts and
    /// signed.
    #[must_use]
    pub fn predicate(&self) -> Value {
        let mut verifier = Map::new();
        verifier.insert("id".to_owned(), json!(self.verifier));
        if !self.verifier_versions.is_empty() {
            verifier.insert("version".to_owned(), json!(self.verifier_versions));
        }
        let mut predicate = Map::new();
        let mut put = |key: &str, value: Value| predicate.insert(key.to_owned(), value);
        put("verifier", Value::Object(verifier));
        if let Some(time) = self.time_verified {
            put("timeVerified", json!(time.to_string()));
        }
        put("resourceUri", json!(self.resource));
        put("policy", resource(&self.policy));
        if !self.inputs.is_empty() {
            put("inputAttestations", self.inputs.iter().map(resource).collect());
        }
        put("verificationResult", json!(if self.passed { "PASSED" } else { "FAILED" }));
        // What failed reaches no level, whatever was filled in.
        let levels = if self.passed { json!(self.levels) } else { json!(["FAILED"]) };
        put("verifiedLevels", levels);
        if !self.dependency_levels.is_empty() {
            put("dependencyLevels", json!(self.dependency_levels));
        }
        if let Some(version) = &self.slsa_version {
            put("slsaVersion", json!(version));
        }
        Value::Object(predicate)
    }

    /// Returns the v1 predicate as canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// When a count is too large for JSON.
    pub fn canonical_predicate(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical_json(&self.predicate())
    }
}

fn resource(resource: &Resource) -> Value {
    let mut map = Map::new();
    if let Some(uri) = &resource.uri {
        map.insert("uri".to_owned(), json!(uri));
    }
    if let Some(name) = &resource.name {
        map.insert("name".to_owned(), json!(name));
    }
    if !resource.digests.is_empty() {
        map.insert("digest".to_owned(), json!(resource.digests));
    }
    Value::Object(map)
}

fn texts_of(object: Option<Object<'_>>) -> Result<BTreeMap<String, String>, ShapeError> {
    let Some(object) = object else { return Ok(BTreeMap::new()) };
    let entry = |(key, value): (&String, &Value)| match value.as_str() {
        Some(text) => Ok((key.clone(), text.to_owned())),
        None => Err(object.wrong(key, "a text")),
    };
    object.map().iter().map(entry).collect()
}

fn counts_of(object: Option<Object<'_>>) -> Result<BTreeMap<String, u64>, ShapeError> {
    let Some(object) = object else { return Ok(BTreeMap::new()) };
    let entry = |(key, value): (&String, &Value)| {
        // Protobuf's JSON writes 64-bit numbers as texts.
        let count = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        count.map(|count| (key.clone(), count)).ok_or_else(|| object.wrong(key, "a count"))
    };
    object.map().iter().map(entry).collect()
}

/// Says which verification summaries are accepted, as a person writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SummaryRules {
    /// The verifiers whose word counts: ids or patterns. At least one.
    pub verifiers: Vec<String>,
    /// The resource that has to have been verified: its URI, or a pattern in which `*` stops at
    /// `/` and `@`.
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
    max_age: Option<SignedDuration>,
}

impl TryFrom<SummaryRules> for SummaryPolicy {
    type Error = PolicyError;

    fn try_from(rules: SummaryRules) -> Result<Self, PolicyError> {
        let mut problems = Vec::new();
        if rules.verifiers.is_empty() {
            problems.push("`verifiers` names nobody, so that anyone could say so".to_owned());
        }
        for (key, text) in rules
            .verifiers
            .iter()
            .map(|text| ("verifiers", text))
            .chain([("resource", &rules.resource)])
        {
            if !glob::is_pattern(text) {
                problems.push(format!("`{key}` holds an empty or overlong pattern"));
            }
        }
        if rules.levels.iter().any(|level| level.is_empty() || level == "FAILED") {
            problems.push("`levels` holds what is no level".to_owned());
        }
        let max_age = rules.max_age.as_deref().and_then(read_age);
        if rules.max_age.is_some() && max_age.is_none() {
            problems.push("`max-age` is no duration such as \"24h\" or \"90d\"".to_owned());
        }
        if problems.is_empty() {
            Ok(Self { rules, max_age })
        } else {
            Err(PolicyError { problems })
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
        let matches = |pattern: &str, text: &str| glob::matches(pattern, text, b"/@");
        if !self.rules.verifiers.iter().any(|pattern| matches(pattern, &summary.verifier)) {
            let note = format!("the verifier is `{}`", shown(summary.verifier.as_bytes()));
            assessment.refuse(Reason::VerifierNotAllowed, note);
        }
        if !matches(&self.rules.resource, &summary.resource) {
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
