use super::{COMMIT, statement};
use crate::provenance::{PROVENANCE_V0_2, PROVENANCE_V1, Provenance};
use beleg_trust::Reason;
use serde_json::{Value, json};

const GENERATOR: &str = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.0.0";

/// The form of slsa-github-generator.
pub(super) fn generator() -> Value {
    json!({
        "builder": {"id": GENERATOR},
        "buildType": "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
        "invocation": {
            "configSource": {
                "uri": "git+https://github.com/org/repo@refs/tags/v1.0.0",
                "digest": {"sha1": COMMIT},
                "entryPoint": ".github/workflows/release.yml",
            },
            "parameters": {},
            "environment": {"github_run_id": "1"},
        },
        "metadata": {"buildInvocationID": "1-1", "buildFinishedOn": "2026-05-30T00:00:00Z"},
        "materials": [{"uri": "git+https://github.com/org/repo@refs/tags/v1.0.0", "digest": {"sha1": COMMIT}}],
    })
}

/// The form of GitHub's attestations and of npm.
pub(super) fn github() -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {
                "ref": "refs/tags/v1.0.0",
                "repository": "https://github.com/org/repo",
                "path": ".github/workflows/release.yml",
            }},
            "internalParameters": {"github": {"event_name": "push", "repository_id": "1"}},
            "resolvedDependencies": [{
                "uri": "git+https://github.com/org/repo@refs/tags/v1.0.0",
                "digest": {"gitCommit": COMMIT},
            }],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/actions/runner/github-hosted"},
            "metadata": {"invocationId": "https://github.com/org/repo/actions/runs/1/attempts/1"},
        },
    })
}

fn read(predicate_type: &str, predicate: &Value) -> Provenance {
    Provenance::read(&statement(predicate_type, predicate)).unwrap()
}

fn assert_built_from(provenance: &Provenance, repository: &str, reference: Option<&str>) {
    let source = provenance.source.as_ref().unwrap();
    assert_eq!(source.repository, repository);
    assert_eq!(source.reference.as_deref(), reference);
    assert_eq!(source.digest.as_deref(), Some(COMMIT));
}

#[test]
fn the_forms_of_github_say_repository_ref_commit_and_workflow() {
    let old = read(PROVENANCE_V0_2, &generator());
    assert_built_from(&old, "git+https://github.com/org/repo", Some("refs/tags/v1.0.0"));
    assert_eq!(old.invocation.as_deref(), Some("1-1"));
    let new = read(PROVENANCE_V1, &github());
    assert_built_from(&new, "git+https://github.com/org/repo", Some("refs/tags/v1.0.0"));
    for provenance in [old, new] {
        assert_eq!(provenance.workflow.as_deref(), Some(".github/workflows/release.yml"));
        assert_eq!(provenance.dependencies.len(), 1);
    }
}

#[test]
fn the_forms_of_gitlab_and_cloud_build_are_read() {
    let gitlab = json!({
        "buildDefinition": {
            "buildType": "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v17.0.0/PROVENANCE.md",
            "externalParameters": {"entryPoint": "build-job", "source": "https://gitlab.com/group/project", "variables": {}},
            "internalParameters": {"executor": "docker"},
            "resolvedDependencies": [{"uri": "https://gitlab.com/group/project", "digest": {"sha256": COMMIT}}],
        },
        "runDetails": {"builder": {"id": "https://gitlab.com/group/project/-/runners/7"}, "metadata": {"invocationId": "9"}},
    });
    let provenance = read(PROVENANCE_V1, &gitlab);
    assert_built_from(&provenance, "https://gitlab.com/group/project", None);
    assert_eq!(provenance.workflow.as_deref(), Some("build-job"));
    let cloud = json!({
        "buildDefinition": {
            "buildType": "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1",
            "externalParameters": {"buildConfigSource": {"ref": "refs/heads/main", "repository": "https://github.com/org/repo", "path": "cloudbuild.yaml"}},
            "resolvedDependencies": [
                {"uri": "gcr.io/image", "digest": {"sha256": "0".repeat(64)}},
                {"uri": "git+https://github.com/org/repo@refs/heads/main", "digest": {"gitCommit": COMMIT}},
            ],
        },
        "runDetails": {"builder": {"id": "https://cloudbuild.googleapis.com/GoogleHostedWorker"}},
    });
    let provenance = read(PROVENANCE_V1, &cloud);
    assert_built_from(&provenance, "git+https://github.com/org/repo", Some("refs/heads/main"));
    assert_eq!(provenance.workflow.as_deref(), Some("cloudbuild.yaml"));
}

#[test]
fn of_an_unknown_build_type_no_source_is_guessed() {
    let mut predicate = github();
    *predicate.pointer_mut("/buildDefinition/buildType").unwrap() =
        json!("https://example.org/mine");
    let provenance = read(PROVENANCE_V1, &predicate);
    assert_eq!(provenance.source, None);
    assert_eq!(provenance.workflow, None);
    assert_eq!(provenance.dependencies.len(), 1);
}

#[test]
fn two_commits_of_the_source_are_none() {
    let mut predicate = github();
    let dependencies = predicate.pointer_mut("/buildDefinition/resolvedDependencies").unwrap();
    let mut other = dependencies.get(0).unwrap().clone();
    *other.pointer_mut("/digest/gitCommit").unwrap() = json!("0".repeat(40));
    dependencies.as_array_mut().unwrap().push(other);
    let provenance = read(PROVENANCE_V1, &predicate);
    assert_eq!(provenance.source.unwrap().digest, None);
}

#[test]
fn what_lacks_what_its_version_demands_is_malformed() {
    let cases = [
        (PROVENANCE_V0_2, generator(), "/builder/id", json!(7)),
        (PROVENANCE_V0_2, generator(), "/builder", json!(null)),
        (PROVENANCE_V0_2, generator(), "/buildType", json!("")),
        (PROVENANCE_V0_2, generator(), "/invocation", json!([])),
        (PROVENANCE_V0_2, generator(), "/invocation/configSource/uri", json!({})),
        (PROVENANCE_V0_2, generator(), "/materials", json!({})),
        (PROVENANCE_V0_2, generator(), "/metadata/buildFinishedOn", json!("yesterday")),
        (PROVENANCE_V1, github(), "/runDetails", json!(null)),
        (PROVENANCE_V1, github(), "/runDetails/builder/id", json!("")),
        (PROVENANCE_V1, github(), "/buildDefinition/externalParameters", json!("x")),
        (PROVENANCE_V1, github(), "/buildDefinition/externalParameters/workflow/ref", json!(1)),
        (
            PROVENANCE_V1,
            github(),
            "/buildDefinition/resolvedDependencies/0/digest/gitCommit",
            json!(1),
        ),
    ];
    for (predicate_type, mut predicate, pointer, value) in cases {
        *predicate.pointer_mut(pointer).unwrap() = value;
        let error = Provenance::read(&statement(predicate_type, &predicate)).unwrap_err();
        assert_eq!(error.reason(), Reason::MalformedStatement, "{pointer}");
    }
    for predicate_type in
        ["https://slsa.dev/provenance/v0.1", "https://slsa.dev/provenance/v1 ", "x"]
    {
        let error = Provenance::read(&statement(predicate_type, &github())).unwrap_err();
        assert_eq!(error.reason(), Reason::UnexpectedPredicate);
    }
}
