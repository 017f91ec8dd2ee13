//! `release.toml`: what a release must consist of, and who must have signed it.

use super::provenance::{Stated, read_policy as read_provenance, read_summary_policy};
use crate::decision::{Decision, EXEMPT_MAX_TERM};
use crate::ignores;
use crate::kinds::advisory_scan::read_policy;
use crate::packages::Rules;
use crate::verify::SignerLocators;
use beleg_attestation::provenance::{ProvenancePolicy, SummaryPolicy};
use beleg_engine::Advisories;
use beleg_settings::Section;
use beleg_settings::{Problem, Problems, SourceText, parse};
use beleg_trust::Glob;
use std::collections::BTreeSet;
use std::time::Duration;

/// A release policy.
pub(super) struct ReleasePolicy {
    /// What goes out, such as `app 1.2.0`.
    pub(super) name: String,
    /// Who verifies, as a URI, for the verification summary.
    pub(super) verifier: Option<String>,
    /// Its URI in the verification summary.
    pub(super) resource: String,
    /// Who may sign.
    pub(super) signers: SignerLocators,
    /// A log's signed promise stands for its proof.
    pub(super) promise_suffices_unsafe: bool,
    /// The rules for files, in the order in which they are tried.
    pub(super) artifacts: Vec<ArtifactRule>,
    /// Files that need nothing.
    pub(super) exempt: Vec<Exemption>,
    /// How long an exemption may run at most.
    pub(super) exempt_max_term: Duration,
    /// The tag that the release is made from.
    pub(super) tag: Option<TagRule>,
    /// The folder of a second build.
    pub(super) rebuild: Option<String>,
    /// What components are compared with.
    pub(super) advisories: Option<Rules>,
}

/// What holds for the files that match.
pub(super) struct ArtifactRule {
    pub(super) name: String,
    pub(super) files: Vec<Glob>,
    /// By how many different signers each must be signed.
    pub(super) signatures: u64,
    /// Each has an SBOM that is signed too and describes it by digest.
    pub(super) sbom: bool,
    pub(super) provenance: Option<Stated<ProvenancePolicy>>,
    /// Each has been verified by somebody else, who says so.
    pub(super) summary: Option<Stated<SummaryPolicy>>,
    /// No component in the SBOM has an open advisory at or above the gate.
    pub(super) advisories: bool,
    /// Each is the same in the second build.
    pub(super) rebuilt: bool,
}

/// Files that need nothing, for a stated reason and a limited time.
pub(super) struct Exemption {
    pub(super) files: Vec<Glob>,
    pub(super) decision: Decision,
}

/// The tag that the release is made from.
pub(super) struct TagRule {
    pub(super) repository: String,
    pub(super) name: String,
}

impl ReleasePolicy {
    /// Reads a policy; `Err` holds every problem.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let policy = parse(SourceText { file, text }, &problems, Self::read);
        let problems = problems.into_sorted();
        if problems.is_empty() { Ok(policy) } else { Err(problems) }
    }

    fn read(top: &Section<'_>) -> Self {
        let name = top.required_text("name", "Name what goes out, such as \"app 1.2.0\".");
        let name = name.unwrap_or_default();
        let signers = top.table("signers", SignerLocators::read).unwrap_or_default();
        let signer_names = signers.names();
        let mut names = BTreeSet::new();
        let artifacts: Vec<ArtifactRule> = top.tables("artifact", |section| {
            let rule = ArtifactRule::read(section, &signer_names);
            if !rule.name.is_empty() && !names.insert(rule.name.clone()) {
                let message = format!("another rule is called `{}` already", rule.name);
                section.problem("name", message, "Give each rule a name of its own.");
            }
            rule
        });
        if artifacts.is_empty() {
            let remedy = "Write one `[[artifact]]` with `name` and `files` for each kind of file.";
            top.problem("artifact", "the policy has no rule for files", remedy);
        }
        if signers.is_empty() && artifacts.iter().any(|rule| rule.signatures > 0) {
            let remedy = "Say in `[signers]` which keys, identities or trust files count.";
            top.problem("signers", "files must be signed, but nobody may sign", remedy);
        }
        let advisories = top.table("advisories", read_advisories);
        if advisories.is_none() && artifacts.iter().any(|rule| rule.advisories) {
            let remedy = "Name the sources in `[advisories]`: `rustsec`, `osv`.";
            top.problem("advisories", "there is nothing to compare components with", remedy);
        }
        let rebuild = top.text("rebuild");
        if rebuild.is_none() && artifacts.iter().any(|rule| rule.rebuilt) {
            let remedy = "Name the folder of the second build with `rebuild`.";
            top.problem("rebuild", "there is no second build to compare with", remedy);
        }
        Self {
            promise_suffices_unsafe: top
                .boolean("inclusion-promise-suffices-unsafe")
                .unwrap_or(false),
            verifier: top.text("verifier"),
            resource: top.text("resource").unwrap_or_else(|| name.clone()),
            name,
            signers,
            artifacts,
            exempt: top.tables("exempt", Exemption::read).into_iter().flatten().collect(),
            exempt_max_term: top.duration("exempt-max-term").unwrap_or(EXEMPT_MAX_TERM),
            tag: top.table("tag", TagRule::read).flatten(),
            rebuild,
            advisories,
        }
    }
}

impl ArtifactRule {
    fn read(section: &Section<'_>, signers: &[String]) -> Self {
        let name = section.required_text("name", "Give the rule a name for reports.");
        let unsigned = section.boolean("unsigned-unsafe").unwrap_or(false);
        let signatures = section.count("signatures").unwrap_or(u64::from(!unsigned));
        if unsigned == (signatures > 0) {
            section.problem(
                "signatures",
                "`signatures` and `unsigned-unsafe` contradict each other",
                "Demand at least one signature, or write `unsigned-unsafe = true` alone.",
            );
        }
        let rule = Self {
            name: name.unwrap_or_default(),
            files: globs(section),
            signatures,
            sbom: section.boolean("sbom").unwrap_or(true),
            provenance: section.table("provenance", |it| read_provenance(it, signers)).flatten(),
            summary: section.table("summary", |it| read_summary_policy(it, signers)).flatten(),
            advisories: section.boolean("advisories").unwrap_or(false),
            rebuilt: section.boolean("rebuilt").unwrap_or(false),
        };
        if rule.demands_nothing() {
            let remedy = "Write an `[[exempt]]` with a reason and an end instead.";
            section.problem("unsigned-unsafe", "the rule demands nothing", remedy);
        }
        rule
    }

    /// Says whether anything would pass.
    fn demands_nothing(&self) -> bool {
        let Self { signatures, sbom, provenance, summary, advisories, rebuilt, .. } = self;
        let stated = provenance.is_some() || summary.is_some();
        *signatures == 0 && !(*sbom || *advisories || *rebuilt || stated)
    }
}

impl Exemption {
    /// Names the files.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.files.iter().map(|glob| format!("`{glob}`")).collect();
        names.join(", ")
    }

    fn read(section: &Section<'_>) -> Option<Self> {
        let files = globs(section);
        let decision = Decision::read(section)?;
        Some(Self { files, decision })
    }
}

impl TagRule {
    fn read(section: &Section<'_>) -> Option<Self> {
        let repository = section.required_text("repository", "Name the repository's folder.");
        let name = section.required_text("name", "Name the tag, such as \"v1.2.0\".");
        Some(Self { repository: repository?, name: name? })
    }
}

fn read_advisories(section: &Section<'_>) -> Rules {
    let mut advisories = Advisories::default();
    advisories.read(section);
    let (policy, ignores) = (read_policy(section), ignores::read(section));
    Rules { advisories, policy, ignores, baseline: None, subjects: 1 }
}

fn globs(section: &Section<'_>) -> Vec<Glob> {
    let texts = section.required_texts("files", "Name the files, such as [\"*.tar.gz\"].");
    let mut globs = Vec::new();
    for text in texts {
        match Glob::parse(&text) {
            Ok(glob) => globs.push(glob),
            Err(error) => {
                let message = format!("`{text}` is no pattern of names: {error}");
                section.problem("files", message, "Use `*` within a name and `**` across folders.");
            }
        }
    }
    globs
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let parsed = ReleasePolicy::parse("release.toml", text);
        parsed.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_example_of_the_documentation_is_accepted() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signatures.md");
        let page = std::fs::read_to_string(path).unwrap();
        let example = page.split("```toml\n").find(|block| block.starts_with("name = ")).unwrap();
        let example = example.split("```").next().unwrap();
        assert_eq!(problems(example), [""; 0]);
    }

    #[test]
    fn a_policy_that_lets_everything_pass_is_refused_in_all_its_points() {
        let found = problems(
            "name = \"a\"\n[[artifact]]\nname = \"all\"\nfiles = [\"**\"]\nrebuilt = true\n\
             advisories = true\n[artifact.provenance]\n",
        );
        let all = found.join("\n");
        for text in
            ["nobody may sign", "second build", "compare components", "`builders`", "`source`"]
        {
            assert!(all.contains(text), "{text}: {all}");
        }
    }

    #[test]
    fn two_signers_of_one_name_are_refused() {
        let found = problems(
            "name = \"a\"\n[[artifact]]\nname = \"x\"\nfiles = [\"x\"]\n[[signers.key]]\n\
             name = \"k\"\nfile = \"k\"\n[[signers.identity]]\nname = \"k\"\n\
             identity = \"ann@example.org\"\nissuer = \"https://example.org\"\n",
        );
        let [problem] = found.as_slice() else { panic!("{found:?}") };
        assert!(problem.contains("two signers"), "{problem}");
    }

    #[test]
    fn a_rule_that_demands_nothing_is_refused() {
        let rule = |rest: &str| {
            problems(&format!(
                "name = \"a\"\n[[artifact]]\nname = \"x\"\nfiles = [\"x\"]\n\
                 unsigned-unsafe = true\n{rest}\n"
            ))
        };
        assert!(rule("sbom = false").concat().contains("demands nothing"));
        assert_eq!(rule("sbom = true"), [""; 0]);
    }

    #[test]
    fn an_exemption_needs_a_reason_an_end_and_who_decided() {
        let found = problems(
            "name = \"a\"\n[[artifact]]\nname = \"x\"\nfiles = [\"x\"]\nunsigned-unsafe = true\n\
             [[exempt]]\nfiles = [\"y\"]\n",
        );
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
