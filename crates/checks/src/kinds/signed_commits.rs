//! `signed-commits`: who signed each commit of a range, and whether that was allowed.

use crate::World;
use crate::verify::{
    CommitRange, HEAD_INPUT, PolicyInWords, TrustLocators, read_identities, verify_commits,
};
use crate::weakness::{self, Weakness};
use beleg_engine::{Check, CheckError, Ctx, Kind, Project, Unearned, Unit};
use beleg_model::{Finding, Outcome, Subject};
use beleg_settings::Section;
use beleg_trust::Reason;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The control about signed history.
const CONTROL: &str = "SC-3";

pub(super) struct SignedCommits(pub(super) Arc<World>);

impl Kind for SignedCommits {
    fn name(&self) -> &'static str {
        "signed-commits"
    }

    fn summary(&self) -> &'static str {
        "verifies the signatures of a range of git commits"
    }

    fn controls(&self) -> &'static [&'static str] {
        &[CONTROL]
    }

    fn read(&self, job: &Section<'_>, _: &Project) -> Vec<Unit> {
        let remedy = "Write one `[[repository]]` with `path`, `range` and who may sign.";
        let units = job.tables("repository", |section| self.unit(section));
        if units.is_empty() {
            job.problem("repository", "the job names no repository", remedy);
        }
        units.into_iter().flatten().collect()
    }
}

impl SignedCommits {
    fn unit(&self, section: &Section<'_>) -> Option<Unit> {
        let path = section.required_text("path", "Name the repository's folder.");
        let range = section.text("range").unwrap_or_else(|| "HEAD".to_owned());
        let trust = TrustLocators::read(section);
        if trust.is_empty() {
            section.problem(
                "allowed-signers",
                "nobody may sign: there is neither `allowed-signers` nor `keyring` nor \
                 `authorities` nor `trusted-root`",
                "Name an allowed-signers file (SSH), a keyring (OpenPGP), certificate \
                 authorities (X.509) or a trusted root (gitsign), or several.",
            );
        }
        let anybody = section.boolean("allow-signing-for-others-unsafe").unwrap_or(false);
        let path = path?;
        let subject = Subject { name: format!("{path} {range}"), ..Subject::at(path.clone()) };
        let commits = CommitRange {
            repository: path,
            range,
            branch: section.text("branch"),
            policy: section.text("policy"),
            cache: section.text("cache"),
            trust,
            identities: read_identities(section),
            allow_signing_for_others: anybody,
        };
        let check = Verify { world: Arc::clone(&self.0), commits, policy: OnceLock::new() };
        Some(Unit { subject, check: Arc::new(check) })
    }
}

struct Verify {
    world: Arc<World>,
    commits: CommitRange,
    /// The policy as the run has read it.
    policy: OnceLock<PolicyInWords>,
}

impl Verify {
    fn weaknesses(&self) -> Vec<Weakness> {
        let CommitRange { range, cache, allow_signing_for_others, .. } = &self.commits;
        let others = [("allow-signing-for-others-unsafe", *allow_signing_for_others)];
        let cached = cache.as_ref().map(|cache| {
            Weakness::told(format!("signatures are taken for good that `{cache}` remembers"))
        });
        let part = why_not_whole(range).map(|why| Weakness::voids(CONTROL, why));
        let of_policy = self.policy.get().into_iter().flat_map(|it| it.weaknesses.clone());
        let unsafe_options = Weakness::of_unsafe(CONTROL, &others);
        part.into_iter().chain(unsafe_options).chain(cached).chain(of_policy).collect()
    }
}

/// Says why a range is not a whole branch, by how it is written. What its name stands for, only the
/// repository says.
fn why_not_whole(range: &str) -> Option<String> {
    if range.contains("..") {
        return Some(format!("the range `{range}` leaves out what lies before its beginning"));
    }
    let has_steps = ["~", "^", ":", "@{"].iter().any(|step| range.contains(step));
    has_steps.then(|| format!("the range `{range}` need not end where a branch does"))
}

/// Says whether the end of a range is the end of a branch: by its whole name, as it was resolved.
fn is_branch(name: &str) -> bool {
    name == "HEAD" || name.starts_with("refs/heads/") || name.starts_with("refs/remotes/")
}

/// Takes the control from evidence about anything less than a whole branch, as it turned out.
fn only_for_whole_branches(outcome: Outcome) -> Outcome {
    let head = outcome.inputs.iter().find(|input| input.name == HEAD_INPUT);
    let elsewhere = head.filter(|head| !is_branch(&head.locator));
    let elsewhere =
        elsewhere.map(|head| format!("the range ends at `{}`, which is no branch", head.locator));
    let is_outside = |finding: &Finding| finding.rule == Reason::OutsideRule.code();
    let older = outcome.findings.iter().any(is_outside);
    let older = older.then(|| "`from` in the policy lets older commits be unsigned".to_owned());
    let why = elsewhere.into_iter().chain(older);
    why.fold(outcome, |outcome, why| {
        outcome.with_finding(Finding::control_not_served(CONTROL, &why))
    })
}

impl Check for Verify {
    fn files(&self, subject: &Subject) -> Vec<String> {
        let files = [&subject.locator].into_iter().chain(&self.commits.policy);
        files.chain(self.commits.trust.files()).cloned().collect()
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let CommitRange { range, branch, policy, identities, cache, .. } = &self.commits;
        let names: Vec<&str> = identities.iter().map(|it| it.identity.as_str()).collect();
        let text = |text: &Option<String>| text.as_deref().unwrap_or("none").to_owned();
        let files: Vec<&str> = self.commits.trust.files().map(String::as_str).collect();
        let others = self.commits.allow_signing_for_others.to_string();
        let mut settings: BTreeMap<String, String> = [
            ("cache", text(cache)),
            ("range", range.clone()),
            ("branch", text(branch)),
            ("policy", text(policy)),
            ("identities", names.join(", ")),
            ("trust-files", files.join(", ")),
            ("allow-signing-for-others-unsafe", others),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let of_policy = self.policy.get().map(|policy| policy.settings.clone());
        settings.extend(of_policy.unwrap_or_default());
        weakness::tell(&self.weaknesses(), &mut settings);
        settings
    }

    fn unearned(&self) -> Vec<Unearned> {
        weakness::unearned(&self.weaknesses())
    }

    fn run(&self, ctx: &Ctx, _: &Subject) -> Result<Outcome, CheckError> {
        let verified = verify_commits(&self.commits, &self.world.stores, ctx)?;
        // A check runs once.
        let _ = verified.policy.map(|policy| self.policy.set(policy));
        Ok(only_for_whole_branches(verified.outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::{is_branch, why_not_whole};

    #[test]
    fn a_part_of_a_branch_is_not_the_whole() {
        for whole in ["HEAD", "main", "refs/heads/release/1.x", "origin/main", "@"] {
            assert_eq!(why_not_whole(whole), None, "{whole}");
        }
        for part in ["HEAD~10..HEAD", "v1..", "..main", "main~3", "main^", "HEAD@{1}", "main^{}"] {
            assert!(why_not_whole(part).is_some(), "{part}");
        }
    }

    #[test]
    fn a_tag_and_an_object_are_no_branch() {
        for name in ["HEAD", "refs/heads/main", "refs/remotes/origin/main"] {
            assert!(is_branch(name), "{name}");
        }
        for name in ["refs/tags/main", "refs/notes/commits", "refs/headsman", &"a".repeat(40)] {
            assert!(!is_branch(name), "{name}");
        }
    }
}
