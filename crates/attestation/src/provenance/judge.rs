use super::assessment::Assessment;
use super::levels::build_level;
use super::policy::{ProvenancePolicy, TOLERATED_FUTURE};
use super::repository::{Repository, RepositoryPattern};
use super::slsa::{Provenance, Source};
use super::statement::Statement;
use beleg_model::Digest;
use beleg_model::text::shown;
use beleg_trust::{Glob, Reason};
use jiff::Timestamp;

/// What is known apart from the provenance.
#[derive(Clone, Copy, Debug)]
pub struct ProvenanceContext<'a> {
    /// The artifact's digests; without any, no subject is covered.
    pub artifact: &'a [Digest],
    /// The commit that the release's tag points to, if that is to be the one that was built.
    pub commit: Option<&'a Digest>,
    /// What the certificate says of whom it was issued to, if the envelope was signed with one.
    pub certificate: Option<&'a CertificateClaims>,
    /// The instant of the check.
    pub now: Timestamp,
}

/// What a Fulcio certificate says about the run that it was issued to (Fulcio "OID
/// information"). Provenance that contradicts it is not believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateClaims {
    /// The repository, a URI (1.3.6.1.4.1.57264.1.12).
    pub source_repository: Option<String>,
    /// The ref (…1.14).
    pub source_ref: Option<String>,
    /// The commit (…1.13).
    pub source_digest: Option<String>,
    /// The workflow with its ref, a URI (…1.18, "Build Config URI").
    pub workflow_ref: Option<String>,
    /// The workflow that signed, which is another one when it is reusable (…1.9, "Build Signer
    /// URI").
    pub builder: Option<String>,
    /// `github-hosted` or `self-hosted` (…1.11).
    pub runner_environment: Option<String>,
    /// The run, a URI (…1.21).
    pub run: Option<String>,
}

impl From<beleg_signature::sigstore::CertificateClaims> for CertificateClaims {
    fn from(claims: beleg_signature::sigstore::CertificateClaims) -> Self {
        Self {
            source_repository: claims.source_repository,
            source_ref: claims.source_repository_ref,
            source_digest: claims.source_repository_digest,
            workflow_ref: claims.build_config_uri,
            builder: claims.build_signer_uri,
            runner_environment: claims.runner_environment,
            run: claims.run_invocation_uri,
        }
    }
}

impl ProvenancePolicy {
    /// Judges the provenance that a statement carries. That its signature is good and whose it
    /// is, somebody else has to judge.
    #[must_use]
    pub fn judge(&self, statement: &Statement, context: &ProvenanceContext<'_>) -> Assessment {
        let provenance = match Provenance::read(statement) {
            Ok(provenance) => provenance,
            Err(error) => return Assessment::refused(error.reason(), error.to_string()),
        };
        let mut assessment = Assessment::new();
        assessment.notes = statement.notes();
        if let Err(reason) = statement.subject_of(context.artifact) {
            assessment.refuse(reason, "no subject has the artifact's digest");
        }
        self.judge_builder(&provenance, &mut assessment);
        self.judge_source(&provenance, &mut assessment);
        self.judge_references(&provenance, &mut assessment);
        self.judge_workflow(&provenance, &mut assessment);
        let commits = [self.source_digest.as_deref(), context.commit.map(Digest::hex)];
        for commit in commits.into_iter().flatten() {
            judge_commit(commit, &provenance, &mut assessment);
        }
        self.judge_age(&provenance, context.now, &mut assessment);
        if let Some(certificate) = context.certificate {
            certificate.compare(&provenance, &mut assessment);
        }
        assessment
    }

    fn judge_builder(&self, provenance: &Provenance, assessment: &mut Assessment) {
        let builder = &provenance.builder;
        if !self.builders.iter().any(|pattern| pattern.matches(builder)) {
            let note = format!("the builder is `{}`", shown(builder.as_bytes()));
            assessment.refuse(Reason::BuilderNotAllowed, note);
        }
        let level = build_level(builder, &self.levels);
        if let Some(demanded) = self.min_build_level.filter(|demanded| level < *demanded) {
            let note = format!("the builder reaches level {level}; {demanded} is demanded");
            assessment.refuse(Reason::BuildLevelTooLow, note);
        }
    }

    fn judge_source(&self, provenance: &Provenance, assessment: &mut Assessment) {
        let Some(demanded) = &self.source else { return };
        let stated = [provenance.source.as_ref(), provenance.workflow_source.as_ref()];
        let mut found = false;
        for source in stated.into_iter().flatten() {
            found = true;
            judge_repository(demanded, source, assessment);
        }
        if !found {
            refuse_unstated(provenance, Reason::SourceMismatch, "source", assessment);
        }
    }

    fn judge_references(&self, provenance: &Provenance, assessment: &mut Assessment) {
        if self.references.is_empty() {
            return;
        }
        // A source without a ref, such as GitLab's, lets the workflow's count; otherwise both do.
        let stated: Vec<&str> = [provenance.source.as_ref(), provenance.workflow_source.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|source| source.reference.as_deref())
            .collect();
        if stated.is_empty() {
            refuse_unstated(provenance, Reason::RefMismatch, "ref", assessment);
        }
        for pattern in &self.references {
            for reference in &stated {
                if !pattern.matches(reference.as_bytes()) {
                    let note = format!(
                        "it was built from `{}`, not from `{pattern}`",
                        shown(reference.as_bytes())
                    );
                    assessment.refuse(Reason::RefMismatch, note);
                }
            }
        }
    }

    fn judge_workflow(&self, provenance: &Provenance, assessment: &mut Assessment) {
        let Some(pattern) = &self.workflow else { return };
        match &provenance.workflow {
            None => refuse_unstated(provenance, Reason::WorkflowMismatch, "workflow", assessment),
            Some(workflow) if !is_path_of(pattern, workflow) => {
                let note = format!("the workflow is `{}`", shown(workflow.as_bytes()));
                assessment.refuse(Reason::WorkflowMismatch, note);
            }
            Some(_) => {}
        }
    }

    fn judge_age(&self, provenance: &Provenance, now: Timestamp, assessment: &mut Assessment) {
        let (started, finished) = (provenance.started, provenance.finished);
        let to_come = |time: &Timestamp| time.duration_since(now) > TOLERATED_FUTURE;
        for time in started.into_iter().chain(finished).filter(to_come) {
            let note = format!("it says it was built at {time}, which is still to come");
            assessment.refuse(Reason::ProvenanceStale, note);
        }
        if let Some((started, finished)) = started.zip(finished).filter(|(from, to)| to < from) {
            let note = format!("it says it was finished at {finished}, before {started}");
            assessment.refuse(Reason::ProvenanceStale, note);
        }
        let built = finished.or(started);
        let Some(max_age) = self.max_age else { return };
        match built {
            None => assessment.refuse(
                Reason::ProvenanceStale,
                "it does not say when it was built, and the policy limits its age",
            ),
            Some(built) if now.duration_since(built) > max_age => {
                let note = format!("it was built at {built}");
                assessment.refuse(Reason::ProvenanceStale, note);
            }
            Some(_) => {}
        }
    }
}

/// Refuses what the provenance does not say. For a build type that is not known this is no
/// mismatch: it may well be said where beleg does not look.
fn refuse_unstated(
    provenance: &Provenance,
    reason: Reason,
    what: &str,
    assessment: &mut Assessment,
) {
    let build_type = shown(provenance.build_type.as_bytes());
    if provenance.is_known_type() {
        assessment.refuse(reason, format!("the provenance names no {what}"));
    } else {
        let note = format!(
            "where provenance of the build type `{build_type}` names its {what} is not known"
        );
        assessment.refuse(Reason::UnsupportedFormat, note);
    }
}

fn judge_repository(demanded: &RepositoryPattern, source: &Source, assessment: &mut Assessment) {
    let address = shown(source.repository.as_bytes());
    match Repository::parse(&source.repository) {
        Err(error) => {
            let note = format!("the source `{address}` cannot be compared: {error}");
            assessment.refuse(Reason::SourceMismatch, note);
        }
        Ok(found) if !demanded.matches(&found) => {
            let case = if demanded.differs_in_case_only(&found) {
                "; they differ in upper and lower case only"
            } else {
                ""
            };
            let note = format!("the source is `{address}`, not `{demanded}`{case}");
            assessment.refuse(Reason::SourceMismatch, note);
        }
        Ok(_) => {}
    }
}

fn judge_commit(demanded: &str, provenance: &Provenance, assessment: &mut Assessment) {
    match provenance.source.as_ref().and_then(|source| source.digest.as_deref()) {
        Some(found) if found == demanded => {}
        Some(found) => {
            let note = format!(
                "it was built from the commit `{}`, not from `{demanded}`",
                shown(found.as_bytes())
            );
            assessment.refuse(Reason::SourceMismatch, note);
        }
        None => refuse_unstated(provenance, Reason::SourceMismatch, "commit", assessment),
    }
}

/// Compares a workflow's path. A path that leaves its folder is never the one that is meant.
fn is_path_of(pattern: &Glob, path: &str) -> bool {
    !path.split('/').any(|part| part == "..") && pattern.matches(path.as_bytes())
}

impl CertificateClaims {
    /// Refuses each claim of the certificate that the provenance contradicts.
    fn compare(&self, provenance: &Provenance, assessment: &mut Assessment) {
        let source = provenance.source.as_ref();
        let mut contradicted = |reason, what: &str, claimed: &str, stated: &str| {
            let note = format!(
                "the certificate was issued for the {what} `{}`; the provenance says `{}`",
                shown(claimed.as_bytes()),
                shown(stated.as_bytes())
            );
            assessment.refuse(reason, note);
        };
        let both = |claimed: &Option<String>, stated: Option<&String>| {
            claimed.clone().zip(stated.cloned())
        };
        if let Some((claimed, stated)) =
            both(&self.source_repository, source.map(|source| &source.repository))
        {
            let equal = match (Repository::parse(&claimed), Repository::parse(&stated)) {
                (Ok(claimed), Ok(stated)) => claimed == stated,
                _ => false,
            };
            if !equal {
                contradicted(Reason::SourceMismatch, "repository", &claimed, &stated);
            }
        }
        let stated_ref = source.and_then(|source| source.reference.as_ref());
        if let Some((claimed, stated)) =
            both(&self.source_ref, stated_ref).filter(|(claimed, stated)| claimed != stated)
        {
            contradicted(Reason::RefMismatch, "ref", &claimed, &stated);
        }
        let stated_digest = source.and_then(|source| source.digest.as_ref());
        if let Some((claimed, stated)) =
            both(&self.source_digest, stated_digest).filter(|(claimed, stated)| claimed != stated)
        {
            contradicted(Reason::SourceMismatch, "commit", &claimed, &stated);
        }
        if let Some((claimed, stated)) = both(&self.workflow_ref, provenance.workflow.as_ref())
            .filter(|(claimed, stated)| {
                stated.contains(".github/workflows/") && !names_workflow(claimed, stated)
            })
        {
            contradicted(Reason::WorkflowMismatch, "workflow", &claimed, &stated);
        }
        // A builder that is a workflow signs itself; `github-hosted` is no workflow.
        let is_workflow = provenance.builder.contains("/.github/workflows/");
        if let Some(claimed) =
            self.builder.as_ref().filter(|it| is_workflow && **it != provenance.builder)
        {
            contradicted(Reason::BuilderNotAllowed, "workflow", claimed, &provenance.builder);
        }
        let hosted = provenance.builder == "https://github.com/actions/runner/github-hosted";
        if let Some(claimed) =
            self.runner_environment.as_ref().filter(|it| hosted && *it != "github-hosted")
        {
            contradicted(Reason::BuilderNotAllowed, "runner", claimed, &provenance.builder);
        }
        if let Some((claimed, stated)) = both(&self.run, provenance.invocation.as_ref())
            .filter(|(claimed, stated)| stated.starts_with("https://") && claimed != stated)
        {
            contradicted(Reason::WorkflowMismatch, "run", &claimed, &stated);
        }
    }
}

/// Says whether `https://host/owner/name/<path>@<ref>` names the workflow at `path`.
fn names_workflow(claimed: &str, path: &str) -> bool {
    let claimed = claimed.split_once('@').map_or(claimed, |(before, _)| before);
    claimed.strip_suffix(path).is_some_and(|before| before.ends_with('/'))
}
