use super::words::{compare_numbers, is_number};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Semantic versions by precedence, so without their build metadata (SemVer 2.0, sections 10 and
/// 11). Advisories also write `v1.2` and `1`: missing numbers are zero.
#[derive(Debug)]
pub struct SemVer;

impl VersionOrder for SemVer {
    fn id(&self) -> &'static str {
        "semver"
    }

    fn specification(&self) -> &'static str {
        "SemVer"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, Version::parse)
    }

    fn equal_is_same(&self) -> bool {
        false
    }

    fn extends_semver(&self) -> bool {
        true
    }
}

/// A semantic version, borrowed from its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version<'a> {
    pub(super) numbers: [&'a str; 3],
    /// How many of the numbers stand in the text.
    pub(super) written: usize,
    pub(super) prerelease: Option<&'a str>,
    pub(super) build: Option<&'a str>,
}

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        Self::parse_plain(text.strip_prefix('v').unwrap_or(text))
    }

    /// Reads a version without a letter before it.
    pub(super) fn parse_plain(text: &'a str) -> Option<Self> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        let (core, prerelease) = match text.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (text, None),
        };
        let mut numbers = ["0"; 3];
        let mut written = 0_usize;
        for number in core.split('.') {
            *numbers.get_mut(written)? = number;
            written = written.saturating_add(1);
            if !is_number(number) || has_leading_zero(number) {
                return None;
            }
        }
        let fits = prerelease.is_none_or(|it| are_identifiers(it, true))
            && build.is_none_or(|it| are_identifiers(it, false));
        fits.then_some(Self { numbers, written, prerelease, build })
    }

    /// Compares the numbers and then what comes before the release.
    pub(super) fn precedence(&self, other: &Self) -> Ordering {
        let mut pairs = self.numbers.iter().zip(other.numbers);
        let numbers = pairs.find_map(|(left, right)| differs(compare_numbers(left, right)));
        numbers.unwrap_or_else(|| match (self.prerelease, other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => compare_identifiers(left, right),
        })
    }
}

ordered_by!(Version, Version::precedence);

/// Compares dotted identifiers: numbers by value and before words, words by their bytes, and
/// fewer before more.
pub(super) fn compare_identifiers(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => compare_numbers(left, right),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => left.cmp(right),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn differs(order: Ordering) -> Option<Ordering> {
    order.is_ne().then_some(order)
}

fn has_leading_zero(number: &str) -> bool {
    number.len() > 1 && number.starts_with('0')
}

fn are_identifiers(text: &str, numbers_are_plain: bool) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.split('.').all(|word| {
        let plain = !numbers_are_plain || !is_number(word) || !has_leading_zero(word);
        !word.is_empty() && word.bytes().all(fits) && plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_versions_of_advisories_are_filled_with_zeros() {
        for (text, full) in [("1", "1.0.0"), ("v1.2", "1.2.0"), ("1.2-rc.1", "1.2.0-rc.1")] {
            assert_eq!(SemVer.compare(text, full), Some(Ordering::Equal), "{text}");
        }
    }

    #[test]
    fn what_is_no_semantic_version_is_not_comparable() {
        let texts = ["", "v", "-", "1.2.3.4", "01.0.0", "1..0", "latest", "1.x", "é", "1.0.0-01"];
        for text in texts {
            assert_eq!(SemVer.compare(text, "1.0.0"), None, "{text}");
        }
    }
}
