use super::levels::MAX_LEVEL;
use super::repository::RepositoryPattern;
use beleg_trust::{Glob, Matcher};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most builders, and the most levels, that one policy names.
const MAX_BUILDERS: usize = 1_000;
/// How far the clock of a builder or verifier may be ahead.
pub(super) const TOLERATED_FUTURE: SignedDuration = SignedDuration::from_mins(10);

/// Says which provenance is accepted, as a person writes it. Builders are patterns of URIs
/// ([`Matcher`]); refs, paths and repositories are patterns as git has them ([`Glob`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ProvenanceRules {
    /// The builders that may have built it: ids or patterns. At least one.
    pub builders: Vec<String>,
    /// The repository it has to be built from: an address, with `*` within its path.
    pub source: Option<String>,
    /// Accepts any repository that the builder builds for. Whoever can use the builder can then
    /// make what passes: a builder that everyone may use proves nothing more.
    pub any_source_unsafe: bool,
    /// The whole ref it has to be built from, or a pattern: `refs/tags/v*`.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The tag it has to be built from, or a pattern; never matches a branch.
    pub tag: Option<String>,
    /// The branch it has to be built from, or a pattern; never matches a tag.
    pub branch: Option<String>,
    /// The workflow's path or the entry point, or a pattern.
    pub workflow: Option<String>,
    /// The SLSA build level that its builder has to reach, 1 to 3 (4 in SLSA before v1).
    pub min_build_level: Option<u8>,
    /// Which level a builder reaches, by id or pattern, the lowest if several match; outweighs
    /// what is known of builders.
    pub levels: BTreeMap<String, u8>,
    /// The commit it has to be built from, in hex.
    pub source_digest: Option<String>,
    /// How long ago it may have been built at most, such as `90d`; days have 24 hours.
    pub max_age: Option<String>,
}

/// Says which provenance is accepted; checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ProvenanceRules")]
pub struct ProvenancePolicy {
    pub(super) builders: Vec<Matcher>,
    pub(super) source: Option<RepositoryPattern>,
    /// Whole refs or patterns, all of which have to match.
    pub(super) references: Vec<Glob>,
    pub(super) workflow: Option<Glob>,
    pub(super) min_build_level: Option<u8>,
    pub(super) levels: Vec<(Matcher, u8)>,
    pub(super) source_digest: Option<String>,
    pub(super) max_age: Option<SignedDuration>,
}

/// Says what is wrong with a policy: everything at once, field by field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("; "))]
pub struct PolicyError {
    /// The problems, each naming its field.
    pub problems: Vec<String>,
}

impl TryFrom<ProvenanceRules> for ProvenancePolicy {
    type Error = PolicyError;

    fn try_from(rules: ProvenanceRules) -> Result<Self, PolicyError> {
        let mut problems = Vec::new();
        if rules.builders.is_empty() {
            problems.push("`builders` names nobody, so that anyone could have built it".to_owned());
        }
        if rules.builders.len() > MAX_BUILDERS || rules.levels.len() > MAX_BUILDERS {
            problems.push(format!("more than {MAX_BUILDERS} builders are named"));
        }
        let builders = matchers("builders", &rules.builders, &mut problems);
        let levels = matchers("levels", rules.levels.keys(), &mut problems);
        let mut glob = |key: &str, within: &str, text: &Option<String>| {
            let text = text.as_deref()?;
            let glob = Glob::parse(&format!("{within}{text}"));
            glob.map_err(|error| problems.push(format!("`{key}` is no pattern: {error}"))).ok()
        };
        let references = [
            glob("ref", "", &rules.reference),
            glob("tag", "refs/tags/", &rules.tag),
            glob("branch", "refs/heads/", &rules.branch),
        ];
        let workflow = glob("workflow", "", &rules.workflow);
        let source = match &rules.source {
            None if !rules.any_source_unsafe => {
                problems.push("`source` is absent, so that anything could be built".to_owned());
                None
            }
            None => None,
            Some(_) if rules.any_source_unsafe => {
                problems.push("`source` and `any-source-unsafe` exclude each other".to_owned());
                None
            }
            Some(text) => RepositoryPattern::parse(text)
                .map_err(|error| problems.push(format!("`source` is no address: {error}")))
                .ok(),
        };
        if rules.tag.is_some() && rules.branch.is_some() {
            problems.push("`tag` and `branch` exclude each other".to_owned());
        }
        let level_ok = |level: &u8| (1..=MAX_LEVEL).contains(level);
        if !rules.min_build_level.iter().chain(rules.levels.values()).all(level_ok) {
            problems.push(format!("a build level is not between 1 and {MAX_LEVEL}"));
        }
        if rules.source_digest.as_deref().is_some_and(|text| !is_commit(text)) {
            problems.push("`source-digest` is not 40 or 64 lower-case hex digits".to_owned());
        }
        let max_age = rules.max_age.as_deref().and_then(|text| {
            let age = read_age(text);
            if age.is_none() {
                problems.push("`max-age` is no duration such as \"24h\" or \"90d\"".to_owned());
            }
            age
        });
        if !problems.is_empty() {
            return Err(PolicyError { problems });
        }
        Ok(Self {
            builders,
            source,
            references: references.into_iter().flatten().collect(),
            workflow,
            min_build_level: rules.min_build_level,
            levels: levels.into_iter().zip(rules.levels.into_values()).collect(),
            source_digest: rules.source_digest,
            max_age,
        })
    }
}

/// Reads the patterns of URIs that stand under `key`.
pub(super) fn matchers<'a>(
    key: &str,
    texts: impl IntoIterator<Item = &'a String>,
    problems: &mut Vec<String>,
) -> Vec<Matcher> {
    let read = |text: &String| {
        let problem = |error| problems.push(format!("`{key}` holds no pattern: {error}"));
        Matcher::pattern(text).map_err(problem).ok()
    };
    texts.into_iter().filter_map(read).collect()
}

/// Reads a duration that is more than nothing.
pub(super) fn read_age(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let age = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    age.is_positive().then_some(age)
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
