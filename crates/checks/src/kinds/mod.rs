//! The registry of job kinds: a file or folder each. A new kind is written beside these and
//! named in [`all`]; help, the reference and the tests go by it.

pub(crate) mod advisory_scan;
mod image_scan;
mod release;
mod restore_test;
mod sbom_verify;
mod signed_artifacts;
mod signed_commits;
mod signed_images;

use crate::World;
use crate::verify::{Identity, SignerLocators};
use beleg_engine::Kind;
use beleg_settings::Section;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Returns every kind of job there is, ordered by name, for the run that `world` belongs to.
#[must_use]
pub fn all(world: &Arc<World>) -> Vec<Box<dyn Kind>> {
    let world = || Arc::clone(world);
    vec![
        Box::new(advisory_scan::AdvisoryScan(world())),
        Box::new(image_scan::ImageScan(world())),
        Box::new(release::ReleaseVerify(world())),
        Box::new(restore_test::RestoreTest(world())),
        Box::new(sbom_verify::SbomVerify(world())),
        Box::new(signed_artifacts::SignedArtifacts(world())),
        Box::new(signed_commits::SignedCommits(world())),
        Box::new(signed_images::SignedImages(world())),
    ]
}

/// Reads `[signers]`, in which somebody must be able to sign.
fn read_signers(job: &Section<'_>) -> SignerLocators {
    let signers = job.table("signers", SignerLocators::read).unwrap_or_default();
    if signers.is_empty() {
        let remedy = "Say in `[signers]` which keys, identities or trust files count.";
        job.problem("signers", "nobody may sign", remedy);
    }
    signers
}

/// Says who may sign, for the evidence.
pub(crate) fn signers_in_words(signers: &SignerLocators) -> BTreeMap<String, String> {
    let keys: Vec<String> =
        signers.keys.iter().map(|(name, file)| format!("{name} ({file})")).collect();
    let identity = |it: &Identity| match &it.issuer {
        Some(issuer) => format!("{} by {issuer}", it.identity),
        None => it.identity.clone(),
    };
    let identities: Vec<String> = signers.identities.iter().map(identity).collect();
    let files: Vec<&str> = signers.trust.files().map(String::as_str).collect();
    [
        ("keys", keys.join(", ")),
        ("identities", identities.join(", ")),
        ("trust-files", files.join(", ")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
