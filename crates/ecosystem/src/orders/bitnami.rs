use super::semver::Version;
use super::words::{compare_numbers, is_number};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Bitnami's versions: semantic ones of which a number after `-` is a revision of the package, and
/// so comes after the release instead of before it.
#[derive(Debug)]
pub struct Bitnami;

impl VersionOrder for Bitnami {
    fn id(&self) -> &'static str {
        "bitnami"
    }

    fn specification(&self) -> &'static str {
        "Bitnami's versions"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, Revised::parse)
    }

    fn equal_is_same(&self) -> bool {
        false
    }
}

struct Revised<'a> {
    version: Version<'a>,
    /// None comes before revision 0.
    revision: Option<&'a str>,
}

impl<'a> Revised<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let version = Version::parse(text)?;
        Some(match version.prerelease {
            Some(revision) if is_number(revision) => {
                Self { version: Version { prerelease: None, ..version }, revision: Some(revision) }
            }
            _ => Self { version, revision: None },
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.version.precedence(&other.version).then_with(|| {
            match (self.revision, other.revision) {
                (Some(left), Some(right)) => compare_numbers(left, right),
                (left, right) => left.is_some().cmp(&right.is_some()),
            }
        })
    }
}

ordered_by!(Revised, Revised::compare);
