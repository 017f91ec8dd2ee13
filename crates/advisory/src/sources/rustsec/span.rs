use crate::text::shown;
use crate::versions::{Order, Version};
use semver::{Comparator, Op, Prerelease, VersionReq};
use std::ops::Bound;

/// Versions between two bounds, by precedence. RustSec writes them as requirements of Cargo but
/// means every version between the bounds, pre-releases too, unlike Cargo.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    begin: Bound<Version>,
    end: Bound<Version>,
}

impl Span {
    /// Reads a requirement such as `>= 1.2.3, < 2.0` or `^0.4.1`. As in RustSec, missing numbers
    /// are zeros: `= 1.2` is 1.2.0 alone.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{}` is not a version requirement of RustSec", shown(text));
        let requirement = VersionReq::parse(text).map_err(|_| refuse())?;
        let mut span = Self { begin: Bound::Unbounded, end: Bound::Unbounded };
        for comparator in &requirement.comparators {
            let (begin, end) = bounds(comparator).ok_or_else(refuse)?;
            for (bound, place) in [(begin, &mut span.begin), (end, &mut span.end)] {
                if bound == Bound::Unbounded {
                    continue;
                }
                if *place != Bound::Unbounded {
                    return Err(refuse());
                }
                *place = bound;
            }
        }
        Ok(span)
    }

    pub(crate) fn contains(&self, version: &Version) -> bool {
        let begun = match &self.begin {
            Bound::Unbounded => true,
            Bound::Included(begin) => version >= begin,
            Bound::Excluded(begin) => version > begin,
        };
        let ended = match &self.end {
            Bound::Unbounded => false,
            Bound::Included(end) => version > end,
            Bound::Excluded(end) => version >= end,
        };
        begun && !ended
    }

    /// Returns the version the span begins with, if that comes after `version`; `> 1.2` where
    /// the first version has no name.
    pub(crate) fn begin_after(&self, version: &Version) -> Option<String> {
        match &self.begin {
            Bound::Included(begin) if begin > version => Some(begin.text().to_owned()),
            Bound::Excluded(begin) if begin >= version => Some(format!("> {}", begin.text())),
            _ => None,
        }
    }
}

type Bounds = (Bound<Version>, Bound<Version>);

/// Returns the bounds of one comparator, or nothing for a wildcard or a number too large to
/// count on from.
fn bounds(comparator: &Comparator) -> Option<Bounds> {
    let version = semver::Version {
        major: comparator.major,
        minor: comparator.minor.unwrap_or(0),
        patch: comparator.patch.unwrap_or(0),
        pre: comparator.pre.clone(),
        build: semver::BuildMetadata::EMPTY,
    };
    let version = Order::SEMVER.parse(&version.to_string())?;
    Some(match comparator.op {
        Op::Greater => (Bound::Excluded(version), Bound::Unbounded),
        Op::GreaterEq => (Bound::Included(version), Bound::Unbounded),
        Op::Less => (Bound::Unbounded, Bound::Excluded(version)),
        Op::LessEq => (Bound::Unbounded, Bound::Included(version)),
        Op::Exact => (Bound::Included(version.clone()), Bound::Included(version)),
        Op::Caret | Op::Tilde => {
            let end = Order::SEMVER.parse(&end_of_compatible(comparator)?.to_string())?;
            (Bound::Included(version), Bound::Excluded(end))
        }
        _ => return None,
    })
}

/// Returns the first version that `^` or `~` does not hold, which is a pre-release: `^1.2` ends
/// at 2.0.0-0.
fn end_of_compatible(comparator: &Comparator) -> Option<semver::Version> {
    let Comparator { op, major, minor, patch, .. } = comparator;
    let (major, minor, patch) = match (op, major, minor, patch) {
        (Op::Caret, 0, Some(0), Some(patch)) => (0, 0, patch.checked_add(1)?),
        (Op::Caret, 0, Some(minor), _) => (0, minor.checked_add(1)?, 0),
        (Op::Tilde, major, Some(minor), _) => (*major, minor.checked_add(1)?, 0),
        (_, major, _, _) => (major.checked_add(1)?, 0, 0),
    };
    let mut end = semver::Version::new(major, minor, patch);
    end.pre = Prerelease::new("0").ok()?;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(requirement: &str, version: &str) -> bool {
        let span = Span::read(requirement).unwrap_or_else(|why| panic!("{why}"));
        let version = Order::SEMVER.parse(version).unwrap_or_else(|| panic!("{version}"));
        span.contains(&version)
    }

    #[test]
    fn requirements_hold_what_lies_between_their_bounds() {
        for (requirement, inside, outside) in [
            (">= 1.2.3", "1.2.3", "1.2.3-rc.1"),
            ("> 1.2.3", "1.2.4-0", "1.2.3+build"),
            ("< 1.2.3", "1.2.3-rc.1", "1.2.3"),
            ("<= 1.2.3", "1.2.3+build", "1.2.4-0"),
            ("= 1.2", "1.2.0", "1.2.1"),
            ("^1.2", "1.9.9", "2.0.0-rc.1"),
            ("1.2", "1.2.0", "1.1.9"),
            ("^0.2.3", "0.2.9", "0.3.0-alpha"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("^0", "0.9.9", "1.0.0"),
            ("~1.2.3", "1.2.9", "1.3.0"),
            ("~1", "1.9.0", "2.0.0"),
            (">= 1.2, < 1.4", "1.3.9", "1.4.0"),
        ] {
            assert!(holds(requirement, inside), "{requirement} {inside}");
            assert!(!holds(requirement, outside), "{requirement} {outside}");
        }
        assert!(holds("*", "0.0.0-alpha"));
    }

    #[test]
    fn requirements_that_nobody_can_place_are_refused() {
        for text in ["", "1.*", "> 1, > 2", "= 1.0, < 2.0", "latest"] {
            assert!(Span::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_that_nothing_comes_after_has_no_end() {
        let most = u64::MAX;
        for (op, major, minor, patch) in [
            (Op::Caret, most, None, None),
            (Op::Tilde, 1, Some(most), None),
            (Op::Caret, 0, Some(0), Some(most)),
        ] {
            let comparator = Comparator { op, major, minor, patch, pre: Prerelease::EMPTY };
            assert!(bounds(&comparator).is_none(), "{comparator}");
        }
    }
}
