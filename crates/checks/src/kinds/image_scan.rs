//! `image-scan`: the packages of an OCI image layout against advisory sources.

use super::advisory_scan::read_rules;
use crate::World;
use crate::ignores;
use crate::packages::Rules;
use crate::scan::image;
use crate::weakness;
use beleg_engine::{Check, CheckError, Ctx, Kind, Needs, Project, Unearned, Unit};
use beleg_image::Selection;
use beleg_model::{Outcome, Subject};
use beleg_settings::Section;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The control about known vulnerabilities of images.
const CONTROL: &str = "SC-2";

pub(super) struct ImageScan(pub(super) Arc<World>);

impl Kind for ImageScan {
    fn name(&self) -> &'static str {
        "image-scan"
    }

    fn summary(&self) -> &'static str {
        "finds the packages of an OCI image, layer by layer, and matches them with known vulnerabilities"
    }

    fn controls(&self) -> &'static [&'static str] {
        &[CONTROL]
    }

    fn read(&self, job: &Section<'_>, project: &Project) -> Vec<Unit> {
        let remedy = "Write one `[[image]]` with `layout` for each image.";
        let rules = read_rules(job, project);
        let images = job.tables("image", |section| {
            let layout = section.required_text("layout", "Name the folder of an OCI image layout.");
            let reference = section.text("reference");
            let platform = section.text("platform");
            let digest = section.text("digest").and_then(|text| match text.parse() {
                Ok(digest) => Some(digest),
                Err(error) => {
                    let error: beleg_model::DigestError = error;
                    section.problem("digest", error.to_string(), "Copy the manifest's digest.");
                    None
                }
            });
            let layout = layout?;
            let name = match &reference {
                Some(reference) => format!("{layout} {reference}"),
                None => layout.clone(),
            };
            let subject = Subject { name, digest: digest.clone(), ..Subject::at(layout) };
            Some((subject, Selection { reference, digest, platform }))
        });
        if images.is_empty() {
            job.problem("image", "the job names no image", remedy);
        }
        let names = images.iter().flatten().map(|(subject, _)| subject.name.as_str());
        ignores::refuse_other_subjects(job, &rules.ignores, names);
        let rules = Arc::new(Rules { subjects: images.len(), ..rules });
        let unit = |(subject, selection)| {
            let (world, rules) = (Arc::clone(&self.0), Arc::clone(&rules));
            Unit { subject, check: Arc::new(Scan { world, rules, selection }) }
        };
        images.into_iter().flatten().map(unit).collect()
    }
}

struct Scan {
    world: Arc<World>,
    rules: Arc<Rules>,
    selection: Selection,
}

impl Check for Scan {
    fn needs(&self) -> Needs {
        Needs { network: self.rules.remote_sources(&self.world), ..Needs::default() }
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = self.rules.settings();
        weakness::tell(&self.rules.weaknesses(Some(CONTROL)), &mut settings);
        settings
    }

    fn unearned(&self) -> Vec<Unearned> {
        weakness::unearned(&self.rules.weaknesses(Some(CONTROL)))
    }

    fn run(&self, ctx: &Ctx, subject: &Subject) -> Result<Outcome, CheckError> {
        Ok(match image::read(&subject.locator, &self.selection, &self.world, ctx) {
            Ok(held) => held.judge(subject, &self.world, &self.rules, ctx.now).outcome,
            Err(finding) => Outcome::could_not_look(*finding),
        })
    }
}
