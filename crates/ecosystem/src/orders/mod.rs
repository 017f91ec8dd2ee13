//! Version orders, one file an order. To add one, write its file and name it in [`ORDERS`]; the
//! generic tests go by that slice.

mod apk;
mod bitnami;
mod conda;
mod cran;
mod dpkg;
mod golang;
mod hackage;
mod hex;
mod julia;
mod maven;
mod nuget;
mod packagist;
mod pacman;
mod pep440;
mod pub_semver;
mod rpm;
mod rubygems;
mod semver;
#[cfg(test)]
mod tests;
mod words;

use std::cmp::Ordering;

pub use apk::Apk;
pub use bitnami::Bitnami;
pub use conda::Conda;
pub use cran::Cran;
pub use dpkg::Dpkg;
pub use golang::Golang;
pub use hackage::Hackage;
pub use hex::Hex;
pub use julia::Julia;
pub use maven::Maven;
pub use nuget::NuGet;
pub use packagist::Packagist;
pub use pacman::Pacman;
pub use pep440::Pep440;
pub use pub_semver::PubSemver;
pub use rpm::Rpm;
pub use rubygems::RubyGems;
pub use semver::SemVer;

/// Every order there is, ordered by name.
pub const ORDERS: &[&dyn VersionOrder] = &[
    &Apk, &Bitnami, &Conda, &Cran, &Dpkg, &Golang, &Hackage, &Hex, &Julia, &Maven, &NuGet,
    &Packagist, &Pacman, &Pep440, &PubSemver, &Rpm, &RubyGems, &SemVer,
];

/// The longest text that may be a version, in bytes.
pub const MAX_VERSION: usize = 512;

/// The order of an ecosystem's versions. Implementations compare texts of any length and content
/// in time that grows with their length, and never panic.
pub trait VersionOrder: Sync {
    /// Returns the stable kebab-case name.
    fn id(&self) -> &'static str;

    /// Returns the name of the specification or program that defines the order.
    fn specification(&self) -> &'static str;

    /// Compares two versions. Nothing means that one of them is no version of this order, and so
    /// that nobody knows which comes first.
    fn compare(&self, left: &str, right: &str) -> Option<Ordering>;

    /// Says whether `text` is a version in the form that the specification demands today.
    fn is_version(&self, text: &str) -> bool {
        self.compare(text, text).is_some()
    }

    /// Compares a package's version with one that an advisory names, which may mean more than
    /// that one version.
    fn compare_with_named(&self, version: &str, named: &str) -> Option<Ordering> {
        self.compare(version, named)
    }

    /// Says whether versions that are equal in the order are one version. They are not where build
    /// metadata tells them apart.
    fn equal_is_same(&self) -> bool {
        true
    }

    /// Says whether it orders every semantic version as [`SemVer`] does, and perhaps others too, so
    /// that it may decide what is stated in semantic versions.
    fn extends_semver(&self) -> bool {
        false
    }
}

/// Reads both versions and compares them, if both are short enough to be any.
fn compare_parsed<'a, V: Ord>(
    left: &'a str,
    right: &'a str,
    parse: impl Fn(&'a str) -> Option<V>,
) -> Option<Ordering> {
    if left.len() > MAX_VERSION || right.len() > MAX_VERSION {
        return None;
    }
    Some(parse(left)?.cmp(&parse(right)?))
}

/// Implements the comparisons of a version type by the function `compare` beside it.
macro_rules! ordered_by {
    ($version:ident, $compare:path) => {
        impl Ord for $version<'_> {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                $compare(self, other)
            }
        }

        impl PartialOrd for $version<'_> {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $version<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }

        impl Eq for $version<'_> {}
    };
}
use ordered_by;
