//! `release-verify`: a folder that goes out, against a release policy.

use crate::World;
use crate::failure::policy_unreadable;
use crate::rules;
use crate::verify::{
    PolicyInWords, Release, ReleaseError, Verified, policy_in_words, verify_release,
};
use crate::weakness;
use beleg_engine::{Check, CheckError, Ctx, Kind, Project, Unearned, Unit};
use beleg_model::{Finding, Outcome, Subject};
use beleg_settings::Section;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub(super) struct ReleaseVerify(pub(super) Arc<World>);

impl Kind for ReleaseVerify {
    fn name(&self) -> &'static str {
        "release-verify"
    }

    fn summary(&self) -> &'static str {
        "verifies every file of a release: signatures, SBOMs, provenance, tag, advisories"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["SC-4", "SC-5"]
    }

    fn read(&self, job: &Section<'_>, _: &Project) -> Vec<Unit> {
        let units = job.tables("release", |section| {
            let folder = section.required_text("folder", "Name the folder that goes out.");
            let policy = section.required_text("policy", "Name the release policy.");
            let release = Release { folder: folder?, policy: policy? };
            let subject = Subject::at(release.folder.clone());
            let check = Verify { world: Arc::clone(&self.0), release, policy: OnceLock::new() };
            Some(Unit { subject, check: Arc::new(check) })
        });
        if units.is_empty() {
            let remedy = "Write one `[[release]]` with `folder` and `policy` for each release.";
            job.problem("release", "the job names no release", remedy);
        }
        units.into_iter().flatten().collect()
    }
}

struct Verify {
    world: Arc<World>,
    release: Release,
    /// The policy as the run has read it.
    policy: OnceLock<PolicyInWords>,
}

impl Verify {
    /// Keeps what the policy demanded, and takes the controls that it is too weak for from the
    /// evidence: it may have changed since the plan was made.
    fn keep(&self, verified: Verified) -> Outcome {
        let Verified { outcome, policy, .. } = verified;
        let unearned = policy.as_ref().map(|policy| weakness::unearned(&policy.weaknesses));
        let unearned = unearned.into_iter().flatten();
        let remarks = unearned.map(|it| Finding::control_not_served(it.control, &it.why));
        let outcome = remarks.fold(outcome, Outcome::with_finding);
        // A check runs once.
        let _ = policy.map(|policy| self.policy.set(policy));
        outcome
    }
}

impl Check for Verify {
    fn files(&self, subject: &Subject) -> Vec<String> {
        vec![subject.locator.clone(), self.release.policy.clone()]
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let path = || [("policy".to_owned(), self.release.policy.clone())].into();
        let Some(policy) = self.policy.get() else { return path() };
        let mut settings = policy.settings.clone();
        weakness::tell(&policy.weaknesses, &mut settings);
        settings
    }

    fn unearned(&self) -> Vec<Unearned> {
        let policy = policy_in_words(&self.release, &self.world.stores);
        policy.map(|policy| weakness::unearned(&policy.weaknesses)).unwrap_or_default()
    }

    fn run(&self, ctx: &Ctx, subject: &Subject) -> Result<Outcome, CheckError> {
        let could_not_look = |message: String, remedy: &str| {
            let place = subject.locator.as_str();
            let finding =
                Finding::of(&rules::RELEASE_UNREADABLE, place, message).with_remedy(remedy);
            Ok(Outcome::could_not_look(finding))
        };
        match verify_release(&self.release, &self.world, ctx) {
            Ok(found) => Ok(self.keep(found.verified)),
            Err(ReleaseError::Policy { problems, .. }) => {
                Ok(Outcome::could_not_begin(policy_unreadable(&problems)))
            }
            Err(ReleaseError::Check(error)) => Err(error),
            Err(error) => could_not_look(format!("{error}."), "Check the paths."),
        }
    }
}
