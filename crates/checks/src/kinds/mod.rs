//! The registry of job kinds: a file or folder each. A new kind is written beside these and
//! named in [`all`]; help, the reference and the tests go by it.

mod advisory_scan;
mod image_scan;
mod restore_test;
mod sbom_verify;
mod signed_commits;

use crate::World;
use beleg_engine::Kind;
use std::sync::Arc;

/// Returns every kind of job there is, ordered by name, for the run that `world` belongs to.
#[must_use]
pub fn all(world: &Arc<World>) -> Vec<Box<dyn Kind>> {
    let world = || Arc::clone(world);
    vec![
        Box::new(advisory_scan::AdvisoryScan(world())),
        Box::new(image_scan::ImageScan(world())),
        Box::new(restore_test::RestoreTest(world())),
        Box::new(sbom_verify::SbomVerify(world())),
        Box::new(signed_commits::SignedCommits(world())),
    ]
}
