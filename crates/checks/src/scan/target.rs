//! What somebody means by the name of a thing to scan.

use super::sbom;
use crate::World;
use beleg_image::{Layout, Selection};
use beleg_sbom::formats::format_of;
use std::path::Path;

/// Something to scan, by the locator that reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A folder, with everything below it.
    Folder(String),
    /// One file that lists packages, or a program that says what it is built of.
    File(String),
    /// One image of an OCI image layout, a folder or a tar archive.
    Image(String, Selection),
    /// A CycloneDX SBOM.
    Sbom(String),
}

/// Says why a name is nothing that can be scanned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing is there.
    #[error("`{0}` is not there")]
    Absent(String),
    /// An image that is not on this machine, or not in a form that is read.
    #[error("`{name}` is not read: {remedy}")]
    NotRead {
        /// What was named.
        name: String,
        /// How it becomes something that is.
        remedy: &'static str,
    },
    /// Something else was named than an image.
    #[error(
        "`{0}` is no image, so `--reference`, `--digest` and `--platform` say nothing about it"
    )]
    NoImage(String),
}

const COPY: &str = "copy the image first, as with `skopeo copy docker://NAME oci:FOLDER`, and scan \
                    the folder";
/// The prefixes by which other scanners call images that are not read here.
const ELSEWHERE: [&str; 6] =
    ["registry:", "docker:", "podman:", "containerd:", "docker://", "docker-archive:"];

impl Target {
    /// Finds out what `name` means: what a prefix (`dir:`, `file:`, `oci:`, `sbom:`) says, or else
    /// what is there. `selection` says which image of several is meant.
    ///
    /// # Errors
    /// When nothing that can be scanned is meant.
    pub fn find(name: &str, selection: Selection, world: &World) -> Result<Self, TargetError> {
        let is_there = |name: &str| world.stores.local_path(name).is_some_and(|it| it.exists());
        let target = match name.split_once(':') {
            _ if is_there(name) => Self::by_looking(name, &selection, world),
            Some(("dir", path)) if is_there(path) => Self::Folder(path.to_owned()),
            Some(("file", path)) if is_there(path) => Self::File(path.to_owned()),
            Some(("oci", path)) if is_there(path) => {
                Self::Image(path.to_owned(), selection.clone())
            }
            Some(("sbom", path)) if is_there(path) => Self::Sbom(path.to_owned()),
            Some(("dir" | "file" | "oci" | "sbom", path)) if !path.starts_with("//") => {
                return Err(TargetError::Absent(path.to_owned()));
            }
            _ if ELSEWHERE.iter().any(|prefix| name.starts_with(prefix)) => {
                return Err(TargetError::NotRead { name: name.to_owned(), remedy: COPY });
            }
            // A locator of a store; what cannot be read of it is said when it is read.
            _ if name.contains("://") => Self::File(name.to_owned()),
            _ => return Err(TargetError::Absent(name.to_owned())),
        };
        if selection != Selection::default() && !matches!(target, Self::Image(..)) {
            return Err(TargetError::NoImage(name.to_owned()));
        }
        Ok(target)
    }

    fn by_looking(name: &str, selection: &Selection, world: &World) -> Self {
        let locator = name.to_owned();
        let Some(path) = world.stores.local_path(name) else { return Self::File(locator) };
        let is_layout = |path: &Path| Layout::open(path).is_ok();
        if path.is_dir() {
            // One that is damaged is no mere folder.
            let is_image = path.join("oci-layout").exists() && path.join("index.json").exists();
            return if is_image {
                Self::Image(locator, selection.clone())
            } else {
                Self::Folder(locator)
            };
        }
        if format_of(name).is_some() {
            return Self::File(locator);
        }
        if sbom::begins(&path) {
            return Self::Sbom(locator);
        }
        if is_layout(&path) { Self::Image(locator, selection.clone()) } else { Self::File(locator) }
    }

    /// Returns the locator.
    #[must_use]
    pub fn locator(&self) -> &str {
        let (Self::Folder(locator)
        | Self::File(locator)
        | Self::Image(locator, _)
        | Self::Sbom(locator)) = self;
        locator
    }

    /// Returns what it is, in one word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Folder(_) => "folder",
            Self::File(_) => "file",
            Self::Image(..) => "image",
            Self::Sbom(_) => "SBOM",
        }
    }
}
