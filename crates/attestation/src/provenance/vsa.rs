use super::json::{Object, ShapeError};
use super::slsa::Resource;
use super::statement::{Statement, StatementError};
use beleg_dsse::{CanonicalError, canonical_json};
use beleg_model::text::shown;
use beleg_trust::Reason;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The predicate type of a verification summary, v0.2.
pub const VERIFICATION_SUMMARY_V0_2: &str = "https://slsa.dev/verification_summary/v0.2";
/// The predicate type of a verification summary, v1.
pub const VERIFICATION_SUMMARY_V1: &str = "https://slsa.dev/verification_summary/v1";
const MAX_INPUTS: usize = 100_000;
const MAX_LEVELS: usize = 1_000;

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
