use super::semver::{Version, compare_identifiers};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Dart's versions: semantic ones with all three numbers, of which build metadata counts, so that
/// `1.0.0` comes before `1.0.0+1` (documentation of Dart's package `pub_semver`).
#[derive(Debug)]
pub struct PubSemver;

impl VersionOrder for PubSemver {
    fn id(&self) -> &'static str {
        "pub-semver"
    }

    fn specification(&self) -> &'static str {
        "Dart's pub_semver"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| {
            Version::parse_plain(text).filter(|version| version.written == 3).map(Built)
        })
    }
}

/// A version of which build metadata counts, after everything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Built<'a>(pub(super) Version<'a>);

fn compare(left: &Built<'_>, right: &Built<'_>) -> Ordering {
    left.0.precedence(&right.0).then_with(|| match (left.0.build, right.0.build) {
        (Some(left), Some(right)) => compare_identifiers(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    })
}

ordered_by!(Built, compare);
