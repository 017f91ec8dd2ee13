//! `signed-artifacts`: files, by the signatures and attestations beside them.

use crate::World;
use crate::verify::{ArtifactFiles, verify_artifacts};
use crate::weakness::{self, Weakness};
use beleg_engine::{Check, CheckError, Ctx, Kind, Project, Unearned, Unit};
use beleg_model::{Outcome, Subject};
use beleg_settings::Section;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The control about signed deliveries.
const CONTROL: &str = "SC-4";

pub(super) struct SignedArtifacts(pub(super) Arc<World>);

impl Kind for SignedArtifacts {
    fn name(&self) -> &'static str {
        "signed-artifacts"
    }

    fn summary(&self) -> &'static str {
        "verifies files by the signatures and attestations beside them"
    }

    fn controls(&self) -> &'static [&'static str] {
        &[CONTROL]
    }

    fn read(&self, job: &Section<'_>, _: &Project) -> Vec<Unit> {
        let files = job.required_texts("files", "Name the files, such as [\"dist/app.tar.gz\"].");
        let signers = super::read_signers(job);
        let without_log = job.boolean("without-transparency-log-unsafe").unwrap_or(false);
        let promise_suffices = job.boolean("inclusion-promise-suffices-unsafe").unwrap_or(false);
        let unit = |file: String| {
            let artifacts = ArtifactFiles {
                files: vec![file.clone()],
                signature: None,
                bundles_only: false,
                without_log,
                promise_suffices,
                signers: signers.clone(),
            };
            let check = Verify { world: Arc::clone(&self.0), artifacts };
            Unit { subject: Subject::at(file), check: Arc::new(check) }
        };
        files.into_iter().map(unit).collect()
    }
}

struct Verify {
    world: Arc<World>,
    artifacts: ArtifactFiles,
}

impl Verify {
    fn unsafe_options(&self) -> [(&'static str, bool); 2] {
        [
            ("without-transparency-log-unsafe", self.artifacts.without_log),
            ("inclusion-promise-suffices-unsafe", self.artifacts.promise_suffices),
        ]
    }
}

impl Check for Verify {
    fn files(&self, subject: &Subject) -> Vec<String> {
        let files = [&subject.locator].into_iter().chain(self.artifacts.signers.files());
        files.cloned().collect()
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = super::signers_in_words(&self.artifacts.signers);
        let options = self.unsafe_options();
        settings.extend(options.map(|(name, is_set)| (name.to_owned(), is_set.to_string())));
        weakness::tell(&Weakness::of_unsafe(CONTROL, &options), &mut settings);
        settings
    }

    fn unearned(&self) -> Vec<Unearned> {
        weakness::unearned(&Weakness::of_unsafe(CONTROL, &self.unsafe_options()))
    }

    fn run(&self, ctx: &Ctx, _: &Subject) -> Result<Outcome, CheckError> {
        verify_artifacts(&self.artifacts, &self.world.stores, ctx).map(|found| found.outcome)
    }
}
