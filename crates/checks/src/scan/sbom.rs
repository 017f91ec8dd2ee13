//! The packages that an SBOM lists.

use super::Held;
use crate::World;
use crate::failure::{chain, unreadable};
use crate::found::Found;
use crate::rules;
use beleg_model::{Digest, Finding, Input, Metric};
use beleg_sbom::cyclonedx::{self, Bom};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// How many bytes of a file say whether it is an SBOM.
const HEAD: u64 = 4 << 10;

/// Reads what the CycloneDX SBOM at `locator` lists.
///
/// # Errors
/// The finding that says why it could not be read.
pub(crate) fn read(locator: &str, world: &World) -> Result<Held, Box<Finding>> {
    let limits = cyclonedx::Limits::default();
    let bytes = world
        .stores
        .read(locator, limits.bytes.0)
        .map_err(|error| Box::new(unreadable(&rules::SBOM_UNREADABLE, locator, &error)))?;
    let bom = cyclonedx::read(&bytes, &limits).map_err(|error| {
        let message = format!("The SBOM is refused: {}.", chain(&error));
        Box::new(Finding::of(&rules::SBOM_MALFORMED, locator, message))
    })?;
    let parsed = bom.packages(locator, world.ecosystems);
    let mut found = Found::default();
    if parsed.packages.is_empty() && parsed.unread.is_empty() {
        let message = "The SBOM lists no component, so that nothing says what is in it.";
        found.findings.push(Finding::of(&rules::NO_PACKAGES_FOUND, locator, message));
    }
    found.findings.extend(bom.statements(locator, world.ecosystems));
    found.take(locator, parsed, |location| location);
    found.settle(locator, world.ecosystems);
    let digest = Digest::sha256(Sha256::digest(&bytes).into());
    let as_of = bom.timestamp.as_deref().and_then(|text| text.parse().ok());
    let input =
        Input { name: "sbom".to_owned(), locator: locator.to_owned(), digest: Some(digest), as_of };
    let components = u64::try_from(bom.components.len()).unwrap_or(u64::MAX);
    let metrics = vec![("components", Metric::Count(components))];
    Ok(Held { found, inputs: vec![input], metrics, ..Held::default() })
}

/// Reads a file that may be a CycloneDX SBOM; returns its bytes too.
pub(super) fn in_file(path: &Path, world: &World) -> Option<(Vec<u8>, Bom)> {
    let limits = cyclonedx::Limits::default();
    let locator = path.to_string_lossy();
    let bytes = world.stores.read(&locator, limits.bytes.0).ok().filter(|_| begins(path))?;
    let bom = cyclonedx::read(&bytes, &limits).ok()?;
    Some((bytes, bom))
}

/// Says whether a file begins like a CycloneDX SBOM in JSON.
pub(super) fn begins(path: &Path) -> bool {
    // A pipe would be waited for.
    if !path.is_file() {
        return false;
    }
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    let head = String::from_utf8_lossy(&head);
    let is_object = head.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let is_named = head.contains("\"bomFormat\"") || head.contains("cyclonedx.org/schema");
    read.is_ok() && is_object && is_named
}
