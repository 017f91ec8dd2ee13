//! Composer's `composer.lock` (Composer documentation, "Basic usage"). Packages of Packagist are
//! `Registry`; folders are the project's own; branches, repositories and other registries are
//! `Elsewhere`.

use super::composer;
use super::json::{JsonFile, Raw};
use super::{About, FileName, Format, FormatError, FormatKind, Parsed, Scope};
use serde::Deserialize;

/// The most bytes: 32 MiB. One of 200 packages has 0.5 MiB.
const MAX_BYTES: u64 = 32 << 20;

/// The format itself.
pub(super) struct ComposerLock;

const ABOUT: About = About {
    id: "composer-lock",
    describes: "PHP packages of a `composer.lock`",
    kind: FormatKind::Lockfile,
    ecosystems: &["Packagist"],
    syft_metadata_type: "php-composer-lock-entry",
    files: &[FileName::Named("composer.lock")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock<'a> {
    #[serde(borrow)]
    packages: Vec<Raw<'a>>,
    #[serde(borrow)]
    packages_dev: Option<Vec<Raw<'a>>>,
}

impl Format for ComposerLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let lock: Lock<'_> = file.read()?;
        let development = lock.packages_dev.unwrap_or_default();
        let lists =
            [(lock.packages, Some(Scope::Runtime)), (development, Some(Scope::Development))];
        composer::read(path, &file, lists)
    }
}

#[cfg(test)]
mod tests;
