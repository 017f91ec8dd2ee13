//! `signed-images`: images, by the signatures and attestations that hang on them.

use crate::World;
use crate::verify::{SignedImage, verify_image};
use crate::weakness::{self, Weakness};
use beleg_engine::{Check, CheckError, Ctx, Kind, Needs, Project, Unearned, Unit};
use beleg_model::{Digest, DigestError, Outcome, Subject};
use beleg_settings::Section;
use beleg_store::ImageLocator;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The control about signed deliveries.
const CONTROL: &str = "SC-4";

pub(super) struct SignedImages(pub(super) Arc<World>);

impl Kind for SignedImages {
    fn name(&self) -> &'static str {
        "signed-images"
    }

    fn summary(&self) -> &'static str {
        "verifies the signatures and attestations of images in layouts and registries"
    }

    fn controls(&self) -> &'static [&'static str] {
        &[CONTROL]
    }

    fn read(&self, job: &Section<'_>, _: &Project) -> Vec<Unit> {
        let signers = super::read_signers(job);
        let units = job.tables("image", |section| {
            let remedy = "Name an OCI layout, or `oci://host/name:tag`.";
            let image = section.required_text("image", remedy);
            let digest = section.text("digest").and_then(|text| {
                let parsed: Result<Digest, DigestError> = text.parse();
                parsed
                    .map_err(|error| {
                        section.problem("digest", error.to_string(), "Copy the manifest's digest.");
                    })
                    .ok()
            });
            let flag = |key| section.boolean(key).unwrap_or(false);
            let image = SignedImage {
                image: image.clone()?,
                reference: section.text("reference"),
                digest,
                without_log: flag("without-transparency-log-unsafe"),
                promise_suffices: flag("inclusion-promise-suffices-unsafe"),
                manifest_only_unsafe: flag("manifest-only-unsafe"),
                signers: signers.clone(),
            };
            let subject =
                Subject { digest: image.digest.clone(), ..Subject::at(image.image.clone()) };
            let check = Verify { world: Arc::clone(&self.0), image };
            Some(Unit { subject, check: Arc::new(check) })
        });
        if units.is_empty() {
            let remedy = "Write one `[[image]]` with `image` for each image.";
            job.problem("image", "the job names no image", remedy);
        }
        units.into_iter().flatten().collect()
    }
}

struct Verify {
    world: Arc<World>,
    image: SignedImage,
}

impl Verify {
    fn unsafe_options(&self) -> [(&'static str, bool); 3] {
        [
            ("without-transparency-log-unsafe", self.image.without_log),
            ("inclusion-promise-suffices-unsafe", self.image.promise_suffices),
            ("manifest-only-unsafe", self.image.manifest_only_unsafe),
        ]
    }
}

impl Check for Verify {
    fn needs(&self) -> Needs {
        let remote = ImageLocator::is_meant_by(&self.image.image);
        let network = remote.then(|| self.image.image.clone()).into_iter().collect();
        Needs { network, ..Needs::default() }
    }

    fn files(&self, subject: &Subject) -> Vec<String> {
        let files = [&subject.locator].into_iter().chain(self.image.signers.files());
        files.cloned().collect()
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = super::signers_in_words(&self.image.signers);
        let options = self.unsafe_options();
        settings.extend(options.map(|(name, is_set)| (name.to_owned(), is_set.to_string())));
        weakness::tell(&Weakness::of_unsafe(CONTROL, &options), &mut settings);
        settings
    }

    fn unearned(&self) -> Vec<Unearned> {
        weakness::unearned(&Weakness::of_unsafe(CONTROL, &self.unsafe_options()))
    }

    fn run(&self, ctx: &Ctx, _: &Subject) -> Result<Outcome, CheckError> {
        verify_image(&self.image, &self.world.stores, ctx).map(|found| found.outcome)
    }
}
