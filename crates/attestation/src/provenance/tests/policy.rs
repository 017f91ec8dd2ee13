use super::slsa::{generator, github};
use super::{COMMIT, NOW, artifact, statement};
use crate::provenance::{
    Assessment, CertificateClaims, PROVENANCE_V0_2, PROVENANCE_V1, ProvenanceContext,
    ProvenancePolicy,
};
use beleg_model::Digest;
use beleg_trust::Reason;
use serde_json::{Value, json};

const POLICY: &str = r#"
builders = ["https://github.com/actions/runner/github-hosted"]
source = "https://github.com/org/repo"
tag = "v*"
workflow = ".github/workflows/release.yml"
"#;

fn policy(text: &str) -> ProvenancePolicy {
    toml::from_str(text).unwrap()
}

fn context<'a>(
    artifact: &'a [Digest],
    certificate: Option<&'a CertificateClaims>,
) -> ProvenanceContext<'a> {
    ProvenanceContext { artifact, commit: None, certificate, now: NOW.parse().unwrap() }
}

fn judge(text: &str, predicate: &Value) -> Assessment {
    policy(text).judge(&statement(PROVENANCE_V1, predicate), &context(&artifact(), None))
}

/// Changes one value of GitHub's form.
fn changed(pointer: &str, value: &str) -> Value {
    let mut predicate = github();
    *predicate.pointer_mut(pointer).unwrap() = json!(value);
    predicate
}

fn reasons(assessment: &Assessment) -> Vec<Reason> {
    assessment.mismatches.iter().map(|mismatch| mismatch.reason).collect()
}

const REPOSITORY: &str = "/buildDefinition/externalParameters/workflow/repository";
const REF: &str = "/buildDefinition/externalParameters/workflow/ref";
const PATH: &str = "/buildDefinition/externalParameters/workflow/path";
const URI: &str = "/buildDefinition/resolvedDependencies/0/uri";
const BUILDER: &str = "/runDetails/builder/id";

#[test]
fn provenance_that_meets_the_policy_is_trusted() {
    assert_eq!(judge(POLICY, &github()).reason, Reason::Trusted);
    let text = POLICY.replace(
        "https://github.com/actions/runner/github-hosted",
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/*.yml@refs/tags/v*",
    ) + "min-build-level = 3\nmax-age = \"7d\"";
    let assessment =
        policy(&text).judge(&statement(PROVENANCE_V0_2, &generator()), &context(&artifact(), None));
    assert_eq!(assessment.reason, Reason::Trusted, "{assessment:?}");
}

#[test]
fn every_lie_about_the_source_is_refused_by_its_name() {
    for (pointer, value, reason) in [
        (REPOSITORY, "https://github.com/org/repo-evil", Reason::SourceMismatch),
        (REPOSITORY, "https://github.com/org/repo/../evil", Reason::SourceMismatch),
        (REPOSITORY, "https://github.com/org/repo@refs/tags/v1.0.0", Reason::SourceMismatch),
        (REPOSITORY, "https://github.com@evil.example/org/repo", Reason::SourceMismatch),
        (REPOSITORY, "https://g\u{456}thub.com/org/repo", Reason::SourceMismatch),
        (REPOSITORY, "http://github.com/org/repo", Reason::SourceMismatch),
        (REF, "refs/heads/v1.0.0", Reason::RefMismatch),
        (REF, "refs/tags/../heads/v1", Reason::RefMismatch),
        (REF, "refs/tags/v1/../../heads/main", Reason::RefMismatch),
        (REF, "v1.0.0", Reason::RefMismatch),
        (REF, "refs/pull/7/merge", Reason::RefMismatch),
        (URI, "git+https://github.com/org/repo@refs/heads/evil", Reason::RefMismatch),
        (PATH, ".github/workflows/evil.yml", Reason::WorkflowMismatch),
        (PATH, "x/../.github/workflows/release.yml", Reason::WorkflowMismatch),
        (BUILDER, "https://github.com/actions/runner/self-hosted", Reason::BuilderNotAllowed),
        (BUILDER, "https://github.com/actions/runner/github-hosted/", Reason::BuilderNotAllowed),
    ] {
        let assessment = judge(POLICY, &changed(pointer, value));
        assert!(reasons(&assessment).contains(&reason), "{value}: {assessment:?}");
        assert_ne!(assessment.reason, Reason::Trusted);
    }
}

#[test]
fn all_mismatches_are_told_and_the_worst_decides() {
    let mut predicate = changed(REPOSITORY, "https://github.com/evil/repo");
    *predicate.pointer_mut(BUILDER).unwrap() = json!("https://evil.example");
    let other: Digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    let assessment = policy(POLICY)
        .judge(&statement(PROVENANCE_V1, &predicate), &context(std::slice::from_ref(&other), None));
    assert_eq!(
        reasons(&assessment),
        [Reason::SubjectNotCovered, Reason::BuilderNotAllowed, Reason::SourceMismatch]
    );
    assert_eq!(assessment.reason, Reason::SourceMismatch);
}

#[test]
fn provenance_without_an_artifact_shows_nothing() {
    let assessment =
        policy(POLICY).judge(&statement(PROVENANCE_V1, &github()), &context(&[], None));
    assert_eq!(assessment.reason, Reason::ContentNeeded);
}

#[test]
fn another_predicate_is_unexpected() {
    let assessment =
        policy(POLICY).judge(&statement("urn:x", &github()), &context(&artifact(), None));
    assert_eq!(assessment.reason, Reason::UnexpectedPredicate);
}

#[test]
fn where_an_unknown_build_type_names_its_source_is_unknown_and_not_passed() {
    let assessment =
        judge(POLICY, &changed("/buildDefinition/buildType", "https://example.org/mine"));
    assert_eq!(assessment.reason, Reason::UnsupportedFormat);
    let any_source = r#"
        builders = ["https://github.com/actions/runner/github-hosted"]
        any-source-unsafe = true"#;
    let assessment =
        judge(any_source, &changed("/buildDefinition/buildType", "https://example.org/mine"));
    assert_eq!(assessment.reason, Reason::Trusted);
}

#[test]
fn the_commit_of_the_tag_has_to_be_the_one_that_was_built() {
    let artifact = artifact();
    let (good, other) =
        (Digest::git_commit(COMMIT).unwrap(), Digest::git_commit(&"0".repeat(40)).unwrap());
    for (commit, reason) in [(good, Reason::Trusted), (other, Reason::SourceMismatch)] {
        let context = ProvenanceContext { commit: Some(&commit), ..context(&artifact, None) };
        let assessment = policy(POLICY).judge(&statement(PROVENANCE_V1, &github()), &context);
        assert_eq!(assessment.reason, reason);
    }
    let text = format!("{POLICY}source-digest = \"{}\"", "0".repeat(40));
    assert_eq!(judge(&text, &github()).reason, Reason::SourceMismatch);
}

#[test]
fn the_build_level_comes_from_the_policy_and_else_from_what_is_known() {
    let with = |more: &str| judge(&format!("{POLICY}{more}"), &github()).reason;
    assert_eq!(with("min-build-level = 2"), Reason::Trusted);
    assert_eq!(with("min-build-level = 3"), Reason::BuildLevelTooLow);
    assert_eq!(
        with("min-build-level = 3\n[levels]\n\"https://github.com/actions/runner/*\" = 3"),
        Reason::Trusted
    );
    assert_eq!(
        with("min-build-level = 2\n[levels]\n\"https://github.com/actions/runner/*\" = 1"),
        Reason::BuildLevelTooLow
    );
    let text = POLICY.replace("github-hosted", "self-hosted") + "min-build-level = 2";
    let predicate = changed(BUILDER, "https://github.com/actions/runner/self-hosted");
    assert_eq!(judge(&text, &predicate).reason, Reason::BuildLevelTooLow);
}

#[test]
fn age_is_limited_and_a_build_of_tomorrow_is_refused() {
    let text = format!("{POLICY}max-age = \"1d\"");
    let at = |time: &str| {
        let mut predicate = github();
        *predicate.pointer_mut("/runDetails/metadata").unwrap() = json!({"finishedOn": time});
        judge(&text, &predicate).reason
    };
    assert_eq!(at("2026-05-31T12:00:00Z"), Reason::Trusted);
    assert_eq!(at("2026-05-30T12:00:00Z"), Reason::ProvenanceStale);
    assert_eq!(at("2026-06-02T00:00:00Z"), Reason::ProvenanceStale);
    assert_eq!(judge(&text, &github()).reason, Reason::ProvenanceStale);
    for (started, finished) in [
        ("2101-01-01T00:00:00Z", "2026-05-31T12:00:00Z"),
        ("2026-05-31T13:00:00Z", "2026-05-31T12:00:00Z"),
    ] {
        let mut predicate = github();
        let times = json!({"startedOn": started, "finishedOn": finished});
        *predicate.pointer_mut("/runDetails/metadata").unwrap() = times;
        assert_eq!(judge(POLICY, &predicate).reason, Reason::ProvenanceStale, "{started}");
    }
}

#[test]
fn provenance_that_contradicts_its_certificate_is_refused() {
    let good = CertificateClaims {
        source_repository: Some("https://github.com/org/repo".to_owned()),
        source_ref: Some("refs/tags/v1.0.0".to_owned()),
        source_digest: Some(COMMIT.to_owned()),
        workflow_ref: Some(
            "https://github.com/org/repo/.github/workflows/release.yml@refs/tags/v1.0.0".to_owned(),
        ),
        builder: Some(
            "https://github.com/org/repo/.github/workflows/release.yml@refs/tags/v1.0.0".to_owned(),
        ),
        runner_environment: Some("github-hosted".to_owned()),
        run: Some("https://github.com/org/repo/actions/runs/1/attempts/1".to_owned()),
    };
    let judge = |claims: &CertificateClaims| {
        policy(POLICY)
            .judge(&statement(PROVENANCE_V1, &github()), &context(&artifact(), Some(claims)))
            .reason
    };
    assert_eq!(judge(&good), Reason::Trusted);
    let some = |text: &str| Some(text.to_owned());
    for (claims, reason) in [
        (
            CertificateClaims {
                source_repository: some("https://github.com/org/repo-evil"),
                ..good.clone()
            },
            Reason::SourceMismatch,
        ),
        (
            CertificateClaims { source_repository: some("nonsense"), ..good.clone() },
            Reason::SourceMismatch,
        ),
        (
            CertificateClaims { source_ref: some("refs/heads/v1.0.0"), ..good.clone() },
            Reason::RefMismatch,
        ),
        (CertificateClaims { source_digest: some("0"), ..good.clone() }, Reason::SourceMismatch),
        (
            CertificateClaims {
                workflow_ref: some(
                    "https://github.com/org/repo/.github/workflows/x.yml@refs/tags/v1.0.0",
                ),
                ..good.clone()
            },
            Reason::WorkflowMismatch,
        ),
        (
            CertificateClaims { runner_environment: some("self-hosted"), ..good.clone() },
            Reason::BuilderNotAllowed,
        ),
        (
            CertificateClaims {
                run: some("https://github.com/org/repo/actions/runs/2/attempts/1"),
                ..good.clone()
            },
            Reason::WorkflowMismatch,
        ),
    ] {
        assert_eq!(judge(&claims), reason, "{claims:?}");
    }
}

#[test]
fn a_policy_that_would_let_anything_pass_is_refused_with_all_its_problems() {
    for (text, problem) in [
        ("", "`builders`"),
        ("builders = [\"b\"]", "`source` is absent"),
        (
            "builders = [\"\"]\nany-source-unsafe = true",
            "`builders` holds no pattern: the pattern is empty",
        ),
        ("builders = [\"b\"]\nsource = \"org/repo\"", "no address"),
        ("builders = [\"b\"]\nsource = \"https://h/r\"\nany-source-unsafe = true", "exclude"),
        ("builders = [\"b\"]\nsource = \"https://h/r\"\ntag = \"a\"\nbranch = \"b\"", "exclude"),
        ("builders = [\"b\"]\nsource = \"https://h/r\"\nmin-build-level = 9", "build level"),
        ("builders = [\"b\"]\nsource = \"https://h/r\"\nmin-build-level = 0", "build level"),
        ("builders = [\"b\"]\nsource = \"https://h/r\"\nmax-age = \"-1d\"", "max-age"),
        ("builders = [\"b\"]\nsource = \"https://h/r\"\nsource-digest = \"x\"", "source-digest"),
        ("builders = [\"b\"]\nsources = \"https://h/r\"", "unknown field"),
    ] {
        let error = toml::from_str::<ProvenancePolicy>(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }
    let error = toml::from_str::<ProvenancePolicy>("max-age = \"x\"").unwrap_err().to_string();
    for problem in ["`builders`", "`source`", "`max-age`"] {
        assert!(error.contains(problem), "{error}");
    }
}
