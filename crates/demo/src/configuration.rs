//! The demo company's configuration: what a new user would write for their own.

use crate::{DemoError, files};
use std::path::Path;

const FILES: [(&str, &str); 7] = [
    ("beleg.toml", include_str!("configuration/beleg.toml")),
    ("jobs/dependencies.toml", include_str!("configuration/jobs/dependencies.toml")),
    ("jobs/image.toml", include_str!("configuration/jobs/image.toml")),
    ("jobs/commits.toml", include_str!("configuration/jobs/commits.toml")),
    ("jobs/sbom.toml", include_str!("configuration/jobs/sbom.toml")),
    ("jobs/restore.toml", include_str!("configuration/jobs/restore.toml")),
    ("schedules/nightly.toml", include_str!("configuration/schedules/nightly.toml")),
];

pub(crate) fn write(folder: &Path) -> Result<(), DemoError> {
    FILES.iter().try_for_each(|(name, text)| files::write(&folder.join(name), text.as_bytes()))
}
