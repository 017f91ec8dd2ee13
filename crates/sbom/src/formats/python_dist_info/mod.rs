//! Installed Python packages: `*.dist-info/METADATA`, `*.egg-info/PKG-INFO` and `*.egg-info`
//! files (Python packaging specifications, "Recording installed projects" and "Core metadata").
//! The file says name and version. Where a package was taken from stands in `direct_url.json` beside
//! it (PEP 610) if that was a folder, an archive or a repository; the index is not recorded, and
//! counts as the public one.

mod direct_url;

use self::direct_url::{MAX_DIRECT_URL, is_direct_url};
use super::stanza::{Doubled, stanzas};
use super::tree::beside;
use super::{
    About, FileName, Format, FormatError, FormatKind, Nearby, Parsed, Tree, file_name, relative,
    within_limit,
};
use crate::pep508::{is_project_name, is_version};
use crate::text::shown;
use beleg_ecosystem::normalized_name;
use beleg_model::{Location, Origin, Package};

/// The most bytes of a metadata file: 4 MiB. Long descriptions have some 100 KiB.
const MAX_BYTES: u64 = 4 << 20;

/// One of these stands in the folder that a Python project is built from.
const BUILT_BY: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// One of these stands in the root of a clone or a submodule of git.
const GIT: [&str; 2] = [".git/HEAD", ".git"];

/// The format itself.
pub(super) struct PythonDistInfo;

/// Says whether the Python package whose metadata is at `path` belongs to a Debian or Ubuntu
/// package: it stands in the folder that only dpkg writes to. Its version is then the
/// distribution's, with fixes that PyPI's version number does not show, so that advisories for
/// PyPI would be false alarms; the advisories for the Debian package speak for it.
#[must_use]
pub fn belongs_to_distribution(path: &str) -> bool {
    let Some(below) = relative(path).strip_prefix("usr/lib/python") else { return false };
    let version = |c: char| c.is_ascii_digit() || c == '.';
    below.trim_start_matches(version).starts_with("/dist-packages/")
}

/// Says whose the metadata at `path` is, if it stands in the source tree of a project: setuptools
/// leaves a `*.egg-info` there when it builds or installs the project for development. `is_there`
/// answers for the files around it. An unpacked release has its own `PKG-INFO`, and what pip has
/// installed has a list of its files; both are packages of the index.
///
/// A tree in a folder `src` that is a repository of its own is none of the project's: pip clones
/// what is installed from a repository for development to there.
fn source_tree_of(path: &str, is_there: impl Fn(&str) -> bool) -> Option<Origin> {
    let folder = path.strip_suffix("/PKG-INFO").filter(|it| it.ends_with(".egg-info"))?;
    let is_installed =
        lies_where_pip_installs(path) || is_there(&format!("{folder}/installed-files.txt"));
    let above = |path: &str| path.rsplit_once('/').map_or("", |(above, _)| above).to_owned();
    let beside = above(folder);
    let roots =
        if file_name(&beside) == "src" { vec![above(&beside), beside] } else { vec![beside] };
    let holds = |root: &String, name: &str| match root.as_str() {
        "" => is_there(name),
        root => is_there(&format!("{root}/{name}")),
    };
    let builds = |root| BUILT_BY.iter().any(|it| holds(root, it));
    let is_release = || roots.iter().any(|root| holds(root, "PKG-INFO"));
    if is_installed || !roots.iter().any(builds) || is_release() {
        return None;
    }
    let is_clone =
        |root: &String| file_name(&above(root)) == "src" && GIT.iter().any(|it| holds(root, it));
    Some(match roots.iter().find(|root| is_clone(root)) {
        Some(root) => {
            Origin::Elsewhere(format!("a repository that was cloned to `{}`", shown(root)))
        }
        None => Origin::Local,
    })
}

/// Says whether a file of this path is one that [`source_tree_of`] may ask for.
fn tells_of_source_tree(path: &str) -> bool {
    let name = file_name(path);
    let folder = path.strip_suffix(name).unwrap_or_default().trim_end_matches('/');
    let is_list = name == "installed-files.txt" && folder.ends_with(".egg-info");
    let is_clone = GIT.iter().any(|it| path.ends_with(&format!("/{it}"))) && path.contains("src/");
    let tells = BUILT_BY.contains(&name) || name == "PKG-INFO" || is_list || is_clone;
    tells && !lies_where_pip_installs(path)
}

/// What an installer writes into a `*.dist-info` beside `METADATA` (Python packaging specifications,
/// "Recording installed projects").
const BESIDE_METADATA: [&str; 6] =
    ["RECORD", "WHEEL", "INSTALLER", "REQUESTED", "top_level.txt", "entry_points.txt"];

/// Returns the `*.dist-info` folder of an installed package, in which its metadata has to be, by
/// another file in it.
#[must_use]
pub fn tells_of_installed(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    (BESIDE_METADATA.contains(&name) && folder.ends_with(".dist-info")).then_some(folder)
}

/// Returns the `*.dist-info` folder of which the file at `path` is the metadata.
#[must_use]
pub fn metadata_folder(path: &str) -> Option<&str> {
    path.strip_suffix("/METADATA").filter(|folder| folder.ends_with(".dist-info"))
}

fn lies_where_pip_installs(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "site-packages" | "dist-packages"))
}

const ABOUT: About = About {
    id: "python-dist-info",
    describes: "Installed Python packages by their `*.dist-info` and `*.egg-info`",
    kind: FormatKind::Installed,
    ecosystems: &["PyPI"],
    syft_metadata_type: "python-package",
    files: &[
        FileName::Within(".dist-info", "METADATA"),
        FileName::Within(".egg-info", "PKG-INFO"),
        FileName::Within("EGG-INFO", "PKG-INFO"),
        FileName::Ending(".egg-info"),
    ],
    most_bytes: MAX_BYTES,
};

impl Format for PythonDistInfo {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn asks_for(&self, path: &str) -> Option<u64> {
        let neighbour = || tells_of_source_tree(path).then_some(0);
        is_direct_url(path).then_some(MAX_DIRECT_URL).or_else(neighbour)
    }

    fn parse_in(&self, path: &str, bytes: &[u8], tree: &dyn Tree) -> Result<Parsed, FormatError> {
        let direct_url = match file_name(path) {
            "METADATA" => tree.read(&beside(path, direct_url::NAME), MAX_DIRECT_URL),
            _ => Nearby::Absent,
        };
        let stated = match direct_url {
            Nearby::Absent => None,
            Nearby::Bytes(bytes) => Some(direct_url::origin(&bytes)),
            // A record that is there and cannot be read is none that says nothing.
            Nearby::Unreadable(_) => Some(direct_url::origin(b"")),
        };
        let tree_of = || source_tree_of(path, |path| tree.holds(path));
        let mut parsed = self.parse(path, bytes)?;
        if let Some(origin) = tree_of().or(stated) {
            parsed.packages.iter_mut().for_each(|package| package.origin = origin.clone());
        }
        Ok(parsed)
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        let malformed =
            |why: String| FormatError::Malformed { location: Location::from(path), why };
        // Old packages wrote their author's name in whatever encoding; what is read is ASCII.
        let text = String::from_utf8_lossy(bytes);
        let header = stanzas(text.trim_start_matches('\u{feff}'))
            .next()
            .ok_or_else(|| malformed("the file is empty".to_owned()))?;
        let field = |name| {
            header
                .field(name)
                .map_err(|Doubled(name)| malformed(format!("the field `{name}` is there twice")))?
                .ok_or_else(|| malformed(format!("the field `{name}` is missing")))
        };
        let (name, version) = (field("Name")?, field("Version")?);
        if !is_project_name(name) {
            return Err(malformed(format!("`{}` cannot name a Python package", shown(name))));
        }
        if !is_version(version) {
            return Err(malformed(format!("`{}` is no exact version", shown(version))));
        }
        let package = Package::new(
            "PyPI",
            normalized_name(name).into_owned(),
            version,
            Origin::Registry,
            Location::from(path),
        );
        Ok(Parsed { packages: vec![package], ..Parsed::default() })
    }
}

#[cfg(test)]
mod tests;
