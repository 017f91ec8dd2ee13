use super::json::{Object, ShapeError};
use super::repository::split_ref;
use super::statement::{Statement, StatementError, read_digests};
use beleg_model::text::shown;
use beleg_trust::Reason;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// The predicate type of SLSA provenance v0.2.
pub const PROVENANCE_V0_2: &str = "https://slsa.dev/provenance/v0.2";
/// The predicate type of SLSA provenance v1.
pub const PROVENANCE_V1: &str = "https://slsa.dev/provenance/v1";
/// The most dependencies in one provenance.
const MAX_DEPENDENCIES: usize = 100_000;

/// SLSA provenance v0.2 or v1 in one form: how something says it was built. Everything in it is
/// the builder's claim, and worth as much as the builder.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Which version it was written in.
    pub version: ProvenanceVersion,
    /// Who built it, a URI.
    pub builder: String,
    /// What the parameters mean, a URI.
    pub build_type: String,
    /// What it was built from, when the build type says where that stands.
    pub source: Option<Source>,
    /// The path of the workflow, or the entry point within the configuration.
    pub workflow: Option<String>,
    /// Where the workflow itself comes from, when it is said apart from the source.
    pub workflow_source: Option<Source>,
    /// What this one run is called by its builder.
    pub invocation: Option<String>,
    /// When the build began.
    pub started: Option<Timestamp>,
    /// When the build ended.
    pub finished: Option<Timestamp>,
    /// What the build took in (`materials`, `resolvedDependencies`).
    pub dependencies: Vec<Resource>,
    /// What the build was asked for from outside (`invocation.parameters`,
    /// `externalParameters`).
    pub parameters: Value,
}

/// The version of a provenance predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProvenanceVersion {
    /// `https://slsa.dev/provenance/v0.2`.
    V0_2,
    /// `https://slsa.dev/provenance/v1`.
    V1,
}

/// A version of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The repository's address as it stands there, without the ref.
    pub repository: String,
    /// The ref, such as `refs/tags/v1`.
    pub reference: Option<String>,
    /// The commit's id, or the digest of what is no commit, in lower-case hex.
    pub digest: Option<String>,
}

/// Something by its URI and digests, such as what a build took in ("ResourceDescriptor").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The URI.
    pub uri: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// Digests by algorithm, as they stand there.
    pub digests: BTreeMap<String, String>,
}

/// Says why a statement carries no provenance that could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenanceError {
    /// Another predicate.
    #[error("the predicate is `{0}`, not SLSA provenance v0.2 or v1")]
    UnexpectedPredicate(String),
    /// A field is absent or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Digests that cannot be read.
    #[error(transparent)]
    Digests(#[from] StatementError),
    /// More than a hundred thousand dependencies.
    #[error("the provenance has more than {MAX_DEPENDENCIES} dependencies")]
    TooMany,
}

impl ProvenanceError {
    /// Returns the reason that a judgement carries for it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::UnexpectedPredicate(_) => Reason::UnexpectedPredicate,
            _ => Reason::MalformedStatement,
        }
    }
}

impl Provenance {
    /// Reads the provenance that a statement carries (SLSA "Provenance", v0.2 and v1).
    ///
    /// # Errors
    /// [`ProvenanceError`] for other predicates and for whatever lacks what its version demands.
    pub fn read(statement: &Statement) -> Result<Self, ProvenanceError> {
        let predicate = || Object::of(statement.predicate(), "predicate");
        match statement.predicate_type() {
            PROVENANCE_V0_2 => read_v0_2(predicate()?),
            PROVENANCE_V1 => read_v1(predicate()?),
            other => Err(ProvenanceError::UnexpectedPredicate(shown(other.as_bytes()))),
        }
    }

    /// Says whether beleg knows where provenance of this kind names its source.
    pub(super) fn is_known_type(&self) -> bool {
        self.version == ProvenanceVersion::V0_2
            || !matches!(BuildType::of(&self.build_type), BuildType::Other)
    }
}

/// In v0.2 the source has its place, whatever the build type: GitHub's generator, GitLab's
/// runner and npm differ in their parameters only.
fn read_v0_2(predicate: Object<'_>) -> Result<Provenance, ProvenanceError> {
    let invocation = predicate.object("invocation")?;
    let configuration = invocation.map(|it| it.object("configSource")).transpose()?.flatten();
    let mut source = None;
    let mut workflow = None;
    if let Some(configuration) = configuration {
        workflow = configuration.text("entryPoint")?;
        if let Some(uri) = configuration.text("uri")? {
            let digests = configuration.object("digest")?.map(read_digests).transpose()?;
            source = Some(source_at(uri, &digests.unwrap_or_default()));
        }
    }
    let metadata = predicate.object("metadata")?;
    let metadata_text = |key| metadata.map_or(Ok(None), |it| it.text(key));
    let metadata_time = |key| metadata.map_or(Ok(None), |it| it.time(key));
    // The specification writes `buildInvocationId`, its first edition and GitHub's generator
    // `buildInvocationID`.
    let run = match metadata_text("buildInvocationId")? {
        Some(run) => Some(run),
        None => metadata_text("buildInvocationID")?,
    };
    let (path, workflow_ref) = split_workflow(workflow);
    Ok(Provenance {
        version: ProvenanceVersion::V0_2,
        builder: predicate.required_object("builder")?.required_text("id")?.to_owned(),
        build_type: predicate.required_text("buildType")?.to_owned(),
        workflow_source: workflow_ref.zip(source.as_ref()).map(|(reference, source)| Source {
            repository: source.repository.clone(),
            reference: Some(reference),
            digest: None,
        }),
        source,
        workflow: path,
        invocation: run.map(str::to_owned),
        started: metadata_time("buildStartedOn")?,
        finished: metadata_time("buildFinishedOn")?,
        dependencies: read_dependencies(predicate.list("materials")?)?,
        parameters: invocation.and_then(|it| it.get("parameters").cloned()).unwrap_or(Value::Null),
    })
}

/// In v1 the build type says where the source stands; for an unknown one there is none.
fn read_v1(predicate: Object<'_>) -> Result<Provenance, ProvenanceError> {
    let definition = predicate.required_object("buildDefinition")?;
    let details = predicate.required_object("runDetails")?;
    let build_type = definition.required_text("buildType")?;
    let parameters = definition.required_object("externalParameters")?;
    let dependencies = read_dependencies(definition.list("resolvedDependencies")?)?;
    let metadata = details.object("metadata")?;
    let metadata_time = |key| metadata.map_or(Ok(None), |it| it.time(key));
    let place = place(BuildType::of(build_type), parameters, &dependencies)?;
    Ok(Provenance {
        version: ProvenanceVersion::V1,
        builder: details.required_object("builder")?.required_text("id")?.to_owned(),
        build_type: build_type.to_owned(),
        source: place.source,
        workflow: place.workflow,
        workflow_source: place.workflow_source,
        invocation: metadata.map_or(Ok(None), |it| it.text("invocationId"))?.map(str::to_owned),
        started: metadata_time("startedOn")?,
        finished: metadata_time("finishedOn")?,
        dependencies,
        parameters: definition.get("externalParameters").cloned().unwrap_or(Value::Null),
    })
}

/// The build types of v1 provenance whose parameters are known.
enum BuildType {
    /// `workflow: {ref, repository, path}`: GitHub's attestations, npm.
    GithubWorkflow,
    /// slsa-github-generator: `source`, or the first dependency.
    GithubGenerator,
    /// `source`, `entryPoint`: GitLab's runner.
    Gitlab,
    /// `buildConfigSource: {ref, repository, path}`: Google Cloud Build.
    CloudBuild,
    Other,
}

impl BuildType {
    fn of(uri: &str) -> Self {
        if matches!(
            uri,
            "https://actions.github.io/buildtypes/workflow/v1"
                | "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1"
        ) {
            Self::GithubWorkflow
        } else if uri.starts_with("https://github.com/slsa-framework/slsa-github-generator/") {
            Self::GithubGenerator
        } else if uri.starts_with("https://gitlab.com/gitlab-org/gitlab-runner/-/blob/") {
            Self::Gitlab
        } else if uri.starts_with("https://cloud.google.com/build/gcb-buildtypes/") {
            Self::CloudBuild
        } else {
            Self::Other
        }
    }
}

/// Where a build came from.
#[derive(Default)]
struct Place {
    source: Option<Source>,
    workflow: Option<String>,
    workflow_source: Option<Source>,
}

fn place(
    build_type: BuildType,
    parameters: Object<'_>,
    dependencies: &[Resource],
) -> Result<Place, ProvenanceError> {
    Ok(match build_type {
        BuildType::Other => Place::default(),
        BuildType::GithubWorkflow => configured(parameters.object("workflow")?, dependencies)?,
        BuildType::CloudBuild => configured(parameters.object("buildConfigSource")?, dependencies)?,
        BuildType::GithubGenerator => {
            let stated = parameters.object("source")?;
            let source = match stated.map(|it| it.text("uri")).transpose()?.flatten() {
                Some(uri) => {
                    let digests = stated.map(|it| it.object("digest")).transpose()?.flatten();
                    let digests = digests.map(read_digests).transpose()?.unwrap_or_default();
                    Some(source_at(uri, &digests))
                }
                None => dependencies.first().and_then(Resource::source),
            };
            let configuration = configured(parameters.object("workflow")?, dependencies)?;
            Place {
                workflow: configuration.workflow,
                workflow_source: configuration.workflow_source,
                source: source.or(configuration.source),
            }
        }
        BuildType::Gitlab => {
            let source = parameters.text("source")?.map(|uri| {
                let (address, reference) = split_ref(uri);
                Source {
                    repository: address.to_owned(),
                    reference: reference.map(str::to_owned),
                    digest: only_digest(dependencies, address),
                }
            });
            let (workflow, _) = split_workflow(parameters.text("entryPoint")?);
            Place { source, workflow, workflow_source: None }
        }
    })
}

/// Reads `{ref, repository, path}`, and the version of that repository which the build fetched.
/// The workflow's ref is not always the one that was built, so both are kept.
fn configured(
    configuration: Option<Object<'_>>,
    dependencies: &[Resource],
) -> Result<Place, ProvenanceError> {
    let Some(configuration) = configuration else { return Ok(Place::default()) };
    let Some(uri) = configuration.text("repository")? else { return Ok(Place::default()) };
    let reference = configuration.text("ref")?.map(str::to_owned);
    let workflow_source =
        Source { repository: uri.to_owned(), reference, digest: only_digest(dependencies, uri) };
    let mut fetched =
        dependencies.iter().filter_map(Resource::source).filter(|it| same(&it.repository, uri));
    let source = match (fetched.next(), fetched.next()) {
        (Some(only), None) => {
            let reference = only.reference.or_else(|| workflow_source.reference.clone());
            Source { reference, ..only }
        }
        _ => workflow_source.clone(),
    };
    Ok(Place {
        source: Some(source),
        workflow: configuration.text("path")?.map(str::to_owned),
        workflow_source: Some(workflow_source),
    })
}

impl Resource {
    pub(super) fn read(resource: Object<'_>) -> Result<Self, StatementError> {
        Ok(Self {
            uri: resource.text("uri")?.map(str::to_owned),
            name: resource.text("name")?.map(str::to_owned),
            digests: resource.object("digest")?.map(read_digests).transpose()?.unwrap_or_default(),
        })
    }

    /// Takes the dependency as a version of a repository.
    fn source(&self) -> Option<Source> {
        self.uri.as_deref().map(|uri| source_at(uri, &self.digests))
    }
}

fn source_at(uri: &str, digests: &BTreeMap<String, String>) -> Source {
    let (address, reference) = split_ref(uri);
    Source {
        repository: address.to_owned(),
        reference: reference.map(str::to_owned),
        digest: commit_of(digests),
    }
}

/// Returns the commit's id: `gitCommit`, or `sha1` as v0.2 and GitHub's generator write it, or
/// `sha256` as GitLab does, also for SHA-1 ids. Contradictory ones are none.
fn commit_of(digests: &BTreeMap<String, String>) -> Option<String> {
    if let Some(commit) = digests.get("gitCommit") {
        let contradicted = digests.get("sha1").is_some_and(|sha1| sha1 != commit);
        return Some(commit.clone()).filter(|_| !contradicted);
    }
    digests.get("sha1").or_else(|| digests.get("sha256")).cloned()
}

/// Returns the commit of a repository among the dependencies, if they name exactly one.
fn only_digest(dependencies: &[Resource], repository: &str) -> Option<String> {
    let mut commits = dependencies
        .iter()
        .filter_map(Resource::source)
        .filter(|source| same(&source.repository, repository))
        .filter_map(|source| source.digest);
    let first = commits.next()?;
    commits.all(|other| other == first).then_some(first)
}

fn same(left: &str, right: &str) -> bool {
    use super::repository::Repository;
    match (Repository::parse(left), Repository::parse(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

/// Splits `.github/workflows/release.yml@refs/tags/v1` into path and ref.
fn split_workflow(entry_point: Option<&str>) -> (Option<String>, Option<String>) {
    match entry_point.map(|text| (text, text.split_once('@'))) {
        None => (None, None),
        Some((_, Some((path, reference)))) => (Some(path.to_owned()), Some(reference.to_owned())),
        Some((text, None)) => (Some(text.to_owned()), None),
    }
}

fn read_dependencies(list: &[Value]) -> Result<Vec<Resource>, ProvenanceError> {
    if list.len() > MAX_DEPENDENCIES {
        return Err(ProvenanceError::TooMany);
    }
    list.iter().map(|value| Ok(Resource::read(Object::of(value, "dependency")?)?)).collect()
}
