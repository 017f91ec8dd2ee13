//! `signed-commits`: who signed each commit of a range, and whether that was allowed.

use crate::World;
use crate::verify::{CommitRange, TrustLocators, read_identities, verify_commits};
use beleg_engine::{Check, CheckError, Ctx, Kind, Project, Unit};
use beleg_model::{Outcome, Subject};
use beleg_settings::Section;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct SignedCommits(pub(super) Arc<World>);

impl Kind for SignedCommits {
    fn name(&self) -> &'static str {
        "signed-commits"
    }

    fn summary(&self) -> &'static str {
        "verifies the signatures of a range of git commits"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["SC-3"]
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
        let check = Verify { world: Arc::clone(&self.0), commits };
        Some(Unit { subject, check: Arc::new(check) })
    }
}

struct Verify {
    world: Arc<World>,
    commits: CommitRange,
}

impl Check for Verify {
    fn files(&self, subject: &Subject) -> Vec<String> {
        let files = [&subject.locator].into_iter().chain(&self.commits.policy);
        files.chain(self.commits.trust.files()).cloned().collect()
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let CommitRange { range, branch, policy, identities, .. } = &self.commits;
        let names: Vec<&str> = identities.iter().map(|it| it.identity.as_str()).collect();
        let text = |text: &Option<String>| text.as_deref().unwrap_or("none").to_owned();
        let files: Vec<&str> = self.commits.trust.files().map(String::as_str).collect();
        let others = self.commits.allow_signing_for_others.to_string();
        [
            ("range", range.clone()),
            ("branch", text(branch)),
            ("policy", text(policy)),
            ("identities", names.join(", ")),
            ("trust-files", files.join(", ")),
            ("allow-signing-for-others-unsafe", others),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn run(&self, ctx: &Ctx, _: &Subject) -> Result<Outcome, CheckError> {
        verify_commits(&self.commits, &self.world.stores, ctx).map(|verified| verified.outcome)
    }
}
