//! Composer's list of what it has installed, `vendor/composer/installed.json`: an object of Composer 2,
//! a bare list of Composer 1. Where packages are from, see [`composer_lock`](super::composer_lock).

use super::composer;
use super::json::{JsonFile, Raw};
use super::{About, FileName, Format, FormatError, FormatKind, Parsed};
use serde::Deserialize;

/// The most bytes: 32 MiB. One of 200 packages has 0.5 MiB.
const MAX_BYTES: u64 = 32 << 20;

/// The format itself.
pub(super) struct ComposerInstalled;

const ABOUT: About = About {
    id: "composer-installed",
    describes: "Installed PHP packages by Composer's `installed.json`",
    kind: FormatKind::Installed,
    ecosystems: &["Packagist"],
    syft_metadata_type: "php-composer-installed-entry",
    files: &[FileName::Beneath("vendor/composer/installed.json")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct Installed<'a> {
    #[serde(borrow)]
    packages: Vec<Raw<'a>>,
}

impl Format for ComposerInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let packages = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[') => file.read::<Vec<Raw<'_>>>()?,
            _ => file.read::<Installed<'_>>()?.packages,
        };
        composer::read(path, &file, [(packages, None)])
    }
}
