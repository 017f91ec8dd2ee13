//! Version orders, one file an order.

mod cargo;
mod debian;
mod pep440;

pub(crate) use cargo::Precedence;

use crate::registry::Registry;
use crate::text::shown;
use beleg_model::Ecosystem;
use std::cmp::Ordering;

/// The most characters of a version that are compared; longer ones are not versions.
const MAX_VERSION: usize = 512;

/// The order of an ecosystem's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// Semantic versions, by precedence: build metadata does not count (SemVer 2.0, section 10).
    Cargo,
    /// Python versions (PEP 440). Versions from before it are not comparable.
    Pep440,
    /// Debian and Ubuntu versions (deb-version(7)).
    Debian,
}

/// A version that its order understands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    Cargo(Precedence),
    Pep440(pep440_rs::Version),
    Debian(debian::Version),
}

impl Order {
    /// Every order there is.
    pub const ALL: &[Self] = &[Self::Cargo, Self::Pep440, Self::Debian];

    /// Returns the order of an ecosystem's versions, or nothing for an ecosystem that is unknown
    /// here.
    #[must_use]
    pub fn of(ecosystem: &Ecosystem) -> Option<Self> {
        Registry::of(ecosystem).map(|(registry, _)| Self::of_registry(registry))
    }

    /// Compares two versions. Nothing means that one of them is no version of this order, and
    /// so that nobody knows which comes first.
    #[must_use]
    pub fn compare(self, left: &str, right: &str) -> Option<Ordering> {
        Some(self.parse(left)?.cmp(&self.parse(right)?))
    }

    /// Returns the name of the order's specification.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cargo => "SemVer",
            Self::Pep440 => "PEP 440",
            Self::Debian => "deb-version(7)",
        }
    }

    pub(crate) fn of_registry(registry: Registry) -> Self {
        match registry {
            Registry::CratesIo => Self::Cargo,
            Registry::PyPI => Self::Pep440,
            Registry::Debian | Registry::Ubuntu => Self::Debian,
        }
    }

    pub(crate) fn parse(self, text: &str) -> Option<Version> {
        if text.len() > MAX_VERSION {
            return None;
        }
        match self {
            Self::Cargo => cargo::parse(text).map(Version::Cargo),
            Self::Pep440 => pep440::parse(text).map(Version::Pep440),
            Self::Debian => debian::Version::parse(text).map(Version::Debian),
        }
    }

    pub(crate) fn not_comparable(self, text: &str) -> String {
        format!("`{}` is not a version that {} can order", shown(text), self.name())
    }
}

impl Version {
    /// Compares a package's version with one that an advisory names. A Python package's local
    /// label counts only where the advisory names one, so that `2.0.1+cu118` is the `2.0.1` that
    /// an advisory means (PEP 440, section "Version specifiers").
    pub(crate) fn against(&self, named: &Self) -> Ordering {
        match (self, named) {
            (Self::Pep440(version), Self::Pep440(named)) => pep440::against(version, named),
            _ => self.cmp(named),
        }
    }
}
