use beleg_trust::Matcher;

/// The highest build level: 3 in SLSA v1, 4 before.
pub(super) const MAX_LEVEL: u8 = 4;

/// The builders that are known well enough, and the SLSA v1 build level that their makers state:
/// GitHub's runners 2 (anyone's workflow makes the provenance beside the build), GitHub's
/// reusable generators at a released version 3, Google Cloud Build 3. A builder that is not here
/// and not in the policy reaches level 1: there is provenance, and no more is known.
const KNOWN: [(&str, u8); 9] = [
    ("https://github.com/actions/runner/github-hosted", 2),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v*",
        3,
    ),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v*",
        3,
    ),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_go_slsa3.yml@refs/tags/v*",
        3,
    ),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_nodejs_slsa3.yml@refs/tags/v*",
        3,
    ),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_maven_slsa3.yml@refs/tags/v*",
        3,
    ),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_gradle_slsa3.yml@refs/tags/v*",
        3,
    ),
    (
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_container-based_slsa3.yml@refs/tags/v*",
        3,
    ),
    ("https://cloudbuild.googleapis.com/GoogleHostedWorker", 3),
];

/// Returns the build level of a builder: what the policy says, the lowest if several patterns
/// match, otherwise what is known, otherwise 1.
pub(super) fn build_level(builder: &str, policy: &[(Matcher, u8)]) -> u8 {
    let matching = policy.iter().filter(|(pattern, _)| pattern.matches(builder));
    let stated = matching.map(|(_, level)| *level).min();
    stated.or_else(|| known_level(builder)).unwrap_or(1)
}

fn known_level(builder: &str) -> Option<u8> {
    let is_it = |pattern| Matcher::pattern(pattern).is_ok_and(|pattern| pattern.matches(builder));
    KNOWN.iter().find(|(pattern, _)| is_it(pattern)).map(|(_, level)| *level)
}
