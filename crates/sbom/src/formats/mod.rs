//! The package-manager formats, one folder each. To add one, write its folder and name it in
//! [`FORMATS`]; help, reference and the generic tests go by that slice.

mod answers;
mod apk_installed;
mod auditable_program;
mod bun_lock;
mod cargo_lock;
mod composer;
mod composer_installed;
mod composer_lock;
mod conan_lock;
mod deno_lock;
mod dpkg_status;
mod error;
mod facts;
mod format;
mod gem_specification;
mod gemfile_lock;
mod go_mod;
mod go_program;
mod golang;
mod gradle_lockfile;
mod java_archive;
mod json;
mod jsonc;
mod lines;
mod node_modules;
mod npm;
mod nuget_lock;
mod package_lock;
mod package_resolved;
mod parsed;
mod pdm_lock;
mod pipfile_lock;
mod pnpm_lock;
mod poetry_lock;
mod pom_xml;
mod pubspec_lock;
mod pylock;
mod pypi;
mod python_dist_info;
mod requirements_txt;
mod rpm_database;
mod stanza;
#[cfg(test)]
mod testdata;
#[cfg(test)]
mod tests;
mod tree;
mod uv_lock;
mod workflow_uses;
mod xml;
mod yaml;
mod yarn_lock;

use beleg_ecosystem::Registry;

pub use error::FormatError;
pub use facts::{Facts, Scope};
pub use format::{About, FileName, Format, FormatKind};
pub use parsed::{Edge, NamedOnly, Parsed, Unread};
pub use tree::{Alone, Nearby, Tree};

pub use dpkg_status::{MAX_FILE_LIST, file_list_of, listed_files};
pub(crate) use java_archive::{begins_archive, found_in, is_java_archive};
pub use python_dist_info::belongs_to_distribution;
pub use python_dist_info::{metadata_folder, tells_of_installed};
pub use requirements_txt::read_constraints;

/// Every format there is, ordered by name.
pub const FORMATS: &[&dyn Format] = &[
    &apk_installed::ApkInstalled,
    &auditable_program::AuditableProgram,
    &bun_lock::BunLock,
    &cargo_lock::CargoLock,
    &composer_installed::ComposerInstalled,
    &composer_lock::ComposerLock,
    &conan_lock::ConanLock,
    &deno_lock::DenoLock,
    &dpkg_status::DpkgStatus,
    &gem_specification::GemSpecification,
    &gemfile_lock::GemfileLock,
    &go_mod::GoMod,
    &go_program::GoProgram,
    &gradle_lockfile::GradleLockfile,
    &java_archive::JavaArchive,
    &node_modules::NodeModules,
    &nuget_lock::NugetLock,
    &package_lock::PackageLock,
    &package_resolved::PackageResolved,
    &pdm_lock::PdmLock,
    &pipfile_lock::PipfileLock,
    &pnpm_lock::PnpmLock,
    &poetry_lock::PoetryLock,
    &pom_xml::PomXml,
    &pubspec_lock::PubspecLock,
    &pylock::Pylock,
    &python_dist_info::PythonDistInfo,
    &requirements_txt::RequirementsTxt,
    &rpm_database::RpmDatabase,
    &uv_lock::UvLock,
    &workflow_uses::WorkflowUses,
    &yarn_lock::YarnLock,
];

/// The most packages one file may list. The largest distributions have some 70,000.
pub const MAX_PACKAGES: usize = 500_000;

/// The most entries of one file that may be unread; with more the file as a whole is.
pub const MAX_UNREAD: usize = 10_000;

/// The longest name or version of a package, in bytes.
const MAX_WORD: usize = 255;

/// Finds a format by its name.
#[must_use]
pub fn format_by_id(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.about().id == id)
}

/// Says whether any format lists packages of this ecosystem. Distributions share the formats of
/// their package manager.
pub(crate) fn lists_packages_of(ecosystem: &str, known: Registry) -> bool {
    let purl_type = |name| Some(known.find(name)?.purl?.kind);
    let wanted = purl_type(ecosystem);
    let mut listed = FORMATS.iter().flat_map(|format| format.about().ecosystems);
    wanted.is_some() && listed.any(|ecosystem| purl_type(ecosystem) == wanted)
}

/// Finds the format that wants the file at `path`.
#[must_use]
pub fn format_of(path: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.wants(path))
}

/// Says whether a file at `path` may be a program, by the folder that it stands in, or an archive of
/// Java.
#[must_use]
pub fn may_be_program(path: &str) -> bool {
    const FOLDERS: [&str; 3] = ["bin", "sbin", "libexec"];
    let (folder, _) = path.rsplit_once('/').unwrap_or_default();
    folder.split('/').any(|part| FOLDERS.contains(&part)) || is_java_archive(path)
}

/// Says whether a file of a system's package may list packages of another registry.
fn may_list(path: &str) -> bool {
    may_be_program(path) || format_of(path).is_some()
}

/// Returns the most bytes that any format may need of the file at `path` for what it says of others.
#[must_use]
pub fn asked_for(path: &str) -> Option<u64> {
    FORMATS.iter().filter_map(|format| format.asks_for(path)).max()
}

/// Takes `./` and `/` off the front of a path: archives and users write them or not.
fn relative(path: &str) -> &str {
    path.trim_start_matches("./").trim_start_matches('/')
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn within_limit(path: &str, bytes: &[u8], limit: u64) -> Result<(), FormatError> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(())
    } else {
        Err(FormatError::TooLarge { path: path.to_owned(), limit })
    }
}

fn text_within<'a>(path: &str, bytes: &'a [u8], limit: u64) -> Result<&'a str, FormatError> {
    within_limit(path, bytes, limit)?;
    let text =
        std::str::from_utf8(bytes).map_err(|_| FormatError::NotText { path: path.to_owned() })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
