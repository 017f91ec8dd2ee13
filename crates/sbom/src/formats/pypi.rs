//! What the lockfiles of Python's registry have in common, whichever tool writes them.

use crate::pep508::{is_project_name, is_version};
use crate::text::{shown, without_credentials};
use beleg_ecosystem::normalized_name;
use beleg_model::{Location, Origin, Package};

const PYPI: &str = "https://pypi.org/simple";

/// Says where a package is from by the address of its index.
pub(super) fn origin(index: &str) -> Origin {
    match index.trim_end_matches('/') == PYPI {
        true => Origin::Registry,
        false => Origin::Elsewhere(without_credentials(index)),
    }
}

/// Says that a package is from a repository, at a commit where one is stated.
pub(super) fn of_git(url: &str, commit: Option<&str>) -> Origin {
    let commit = commit.map(|commit| format!("@{}", shown(commit))).unwrap_or_default();
    Origin::Elsewhere(format!("git+{}{commit}", without_credentials(url)))
}

/// Makes the package of a name and version, or says why they name no exact one.
pub(super) fn package(
    name: &str,
    version: &str,
    origin: Origin,
    location: Location,
) -> Result<Package, String> {
    if !is_project_name(name) {
        return Err(format!("`{}` cannot name a Python package", shown(name)));
    }
    if !is_version(version) {
        return Err(format!("`{}` is no exact version of `{name}`", shown(version)));
    }
    Ok(Package::new("PyPI", normalized_name(name).into_owned(), version, origin, location))
}
