use crate::text::shown;
use beleg_ecosystem::{Ecosystem, SemVer, VersionOrder};
use std::cmp::Ordering;
use std::fmt;

/// The order of an ecosystem's versions.
#[derive(Clone, Copy)]
pub(crate) struct Order(&'static dyn VersionOrder);

/// A version that its order understands.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    order: Order,
    text: String,
}

impl Order {
    /// The order of RustSec's records.
    pub(crate) const SEMVER: Self = Self(&SemVer);
    #[cfg(test)]
    pub(crate) const PEP440: Self = Self(&beleg_ecosystem::Pep440);
    #[cfg(test)]
    pub(crate) const DPKG: Self = Self(&beleg_ecosystem::Dpkg);

    pub(crate) fn of(ecosystem: &Ecosystem) -> Self {
        Self(ecosystem.order)
    }

    /// Returns the order of `SEMVER` ranges about an ecosystem's packages: its own where that
    /// orders semantic versions too and perhaps knows others, such as `go1.21rc2`.
    pub(crate) fn of_semver_range(ecosystem: &Ecosystem) -> Self {
        if ecosystem.order.extends_semver() { Self::of(ecosystem) } else { Self::SEMVER }
    }

    /// Reads a version. Nothing means that nobody knows its place: guessing it could call an
    /// affected version clear.
    pub(crate) fn parse(self, text: &str) -> Option<Version> {
        self.0.is_version(text).then(|| Version { order: self, text: text.to_owned() })
    }

    pub(crate) fn compare(self, left: &str, right: &str) -> Option<Ordering> {
        self.0.compare(left, right)
    }

    pub(crate) fn not_comparable(self, text: &str) -> String {
        format!("`{}` is not a version that {} can order", shown(text), self.0.specification())
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id())
    }
}

impl Version {
    /// Returns the version as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Compares a package's version with one that an advisory names.
    pub(crate) fn against(&self, named: &Self) -> Ordering {
        // Both were read by the order that compares them.
        self.order.0.compare_with_named(&self.text, &named.text).unwrap_or(Ordering::Equal)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&self.text, &other.text).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}
