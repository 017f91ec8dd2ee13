use super::semver::compare_identifiers;
use super::words::{compare_numbers, is_number};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// NuGet's versions: up to four numbers, and a pre-release whose case does not count (NuGet's
/// documentation, "Package versioning").
#[derive(Debug)]
pub struct NuGet;

impl VersionOrder for NuGet {
    fn id(&self) -> &'static str {
        "nuget"
    }

    fn specification(&self) -> &'static str {
        "NuGet"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, Version::parse)
    }
}

struct Version<'a> {
    numbers: [&'a str; 4],
    prerelease: Option<String>,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let text = text.split_once('+').map_or(text, |(text, _)| text);
        let (core, prerelease) = match text.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (text, None),
        };
        let mut numbers = ["0"; 4];
        for (index, number) in core.split('.').enumerate() {
            *numbers.get_mut(index)? = number;
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(fits);
        let labels = prerelease.is_none_or(|it| it.split('.').all(is_label));
        (numbers.iter().all(|it| is_number(it)) && labels)
            .then(|| Self { numbers, prerelease: prerelease.map(str::to_ascii_lowercase) })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let mut pairs = self.numbers.iter().zip(other.numbers);
        let numbers = pairs
            .find_map(|(left, right)| Some(compare_numbers(left, right)).filter(|it| it.is_ne()));
        numbers.unwrap_or_else(|| match (&self.prerelease, &other.prerelease) {
            (Some(left), Some(right)) => compare_identifiers(left, right),
            (left, right) => left.is_none().cmp(&right.is_none()),
        })
    }
}

ordered_by!(Version, Version::compare);
