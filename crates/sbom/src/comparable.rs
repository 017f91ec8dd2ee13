use beleg_ecosystem::{Registry, VersionOrder};
use beleg_model::Ecosystem;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A version in the form in which two spellings of one version are equal, as the ecosystem's order
/// says. What is no version of that order compares as written, after all versions.
#[derive(Clone, Copy)]
pub(crate) struct Comparable<'a> {
    order: Option<&'static dyn VersionOrder>,
    version: &'a str,
}

/// Returns what of `version` counts when two versions of the ecosystem are compared.
pub(crate) fn comparable<'a>(
    ecosystem: &Ecosystem,
    version: &'a str,
    known: Registry,
) -> Comparable<'a> {
    let order = known.find(&ecosystem.name).map(|ecosystem| ecosystem.order);
    Comparable { order: order.filter(|order| order.is_version(version)), version }
}

/// Returns `name` as packages of the ecosystem bear it.
pub(crate) fn canonical<'a>(ecosystem: &Ecosystem, name: &'a str, known: Registry) -> Cow<'a, str> {
    known.find(&ecosystem.name).map_or(Cow::Borrowed(name), |it| (it.canonical_name)(name))
}

impl Ord for Comparable<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let written = || self.version.cmp(other.version);
        match (self.order, other.order) {
            (None, None) => written(),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(order), Some(_)) => match order.compare(self.version, other.version) {
                Some(Ordering::Equal) if order.equal_is_same() => Ordering::Equal,
                Some(Ordering::Equal) | None => written(),
                Some(differs) => differs,
            },
        }
    }
}

impl PartialOrd for Comparable<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Comparable<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Comparable<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(ecosystem: &str, left: &str, right: &str) -> bool {
        let ecosystem = Ecosystem::named(ecosystem.to_owned());
        let read = |version| comparable(&ecosystem, version, Registry::built_in());
        read(left) == read(right)
    }

    #[test]
    fn spellings_of_one_version_are_one_version() {
        for (ecosystem, left, right, equal) in [
            ("PyPI", "23.2", "23.2.0", true),
            ("PyPI", "v3.7", "3.7", true),
            ("PyPI", "1.0RC1", "1.0rc1", true),
            ("PyPI", "1.0-1", "1.0.post1", true),
            ("PyPI", "2.0.1+cu118", "2.0.1", false),
            ("PyPI", "2004b?", "2004b?", true),
            ("PyPI", "2004b?", "2004", false),
            ("Debian", "0:1.2-3", "1.2-3", true),
            ("Debian", "1:1.2-3", "1.2-3", false),
            ("crates.io", "1.0.0", "1.0.1", false),
            ("crates.io", "1.0.0+a", "1.0.0+b", false),
            ("Go", "v2.0.0+incompatible", "v2.0.0", false),
            ("Demo", "1.0", "1.0.0", false),
        ] {
            assert_eq!(same(ecosystem, left, right), equal, "{ecosystem} {left} {right}");
        }
    }
}
