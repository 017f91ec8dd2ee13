use crate::Location;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a package comes from and so which advisories and which version order apply to it. The
/// names are those of the OSV schema (section "affected[].package field").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Ecosystem {
    /// Rust crates; versions are semantic versions.
    #[serde(rename = "crates.io")]
    CratesIo,
    /// Python packages; versions follow PEP 440, names are normalised (PEP 503).
    PyPI,
    /// Debian packages; versions follow deb-version(7).
    Debian {
        /// The major release, such as `12`; absent for unstable and unknown ones.
        release: Option<String>,
    },
    /// Ubuntu packages; versions follow deb-version(7).
    Ubuntu {
        /// The release, such as `24.04`.
        release: Option<String>,
    },
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, release) = match self {
            Self::CratesIo => ("crates.io", None),
            Self::PyPI => ("PyPI", None),
            Self::Debian { release } => ("Debian", release.as_deref()),
            Self::Ubuntu { release } => ("Ubuntu", release.as_deref()),
        };
        match release {
            Some(release) => write!(f, "{name}:{release}"),
            None => f.write_str(name),
        }
    }
}

/// Says whether advisory sources can speak about a package at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// From the ecosystem's public registry or archive.
    Registry,
    /// The project's own code: a workspace member or an editable install. No source speaks of it.
    Local,
    /// A git repository, a private registry, a direct URL: named here, covered by no source.
    Elsewhere(String),
}

/// A package in one exact version, found in a lockfile, an SBOM or an image.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Package {
    /// Which registry's names and versions these are.
    pub ecosystem: Ecosystem,
    /// The name as the registry writes it; PyPI names are normalised (PEP 503).
    pub name: String,
    /// The exact version, as written.
    pub version: String,
    /// Debian and Ubuntu: the source package, where it is another than `name`.
    pub source_name: Option<String>,
    /// Debian and Ubuntu: the source package's version, where it is another than `version`.
    pub source_version: Option<String>,
    /// Debian and Ubuntu: the machine architecture.
    pub architecture: Option<String>,
    /// Where the package was obtained.
    pub origin: Origin,
    /// Where it was found.
    pub location: Location,
}
