use pep440_rs::Version;
use std::cmp::Ordering;
use std::str::FromStr;

/// Reads a version of PEP 440. There is no fallback for older ones such as `2004b`: guessing
/// their place could call an affected version clear, so they are not comparable.
pub(crate) fn parse(text: &str) -> Option<Version> {
    Version::from_str(text).ok()
}

/// Compares a package's version with one an advisory names; the package's local label counts
/// only if the named version has one too.
pub(crate) fn against(version: &Version, named: &Version) -> Ordering {
    if version.is_local() && !named.is_local() {
        version.clone().without_local().cmp(named)
    } else {
        version.cmp(named)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Order::Pep440;
    use super::*;

    #[test]
    fn python_versions_are_ordered_as_in_the_specification() {
        // PEP 440, section "Summary of permitted suffixes and relative ordering".
        let ordered = [
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1!0.1",
        ];
        for (low, high) in ordered.iter().zip(ordered.iter().skip(1)) {
            assert_eq!(Pep440.compare(low, high), Some(Ordering::Less), "{low} {high}");
        }
        for (left, right) in [("3.2", "3.2.0"), ("1.0RC1", "1.0c1"), ("v1.0-1", "1.0.post1")] {
            assert_eq!(Pep440.compare(left, right), Some(Ordering::Equal), "{left} {right}");
        }
    }

    #[test]
    fn versions_from_before_the_specification_are_not_comparable() {
        for text in ["", "2004b?", "1.0-dev-r42", "0.1-alpha-0.3.2", "dog", "1.0*", "1.0+", "é"] {
            assert_eq!(Pep440.compare(text, "1.0"), None, "{text}");
        }
    }

    #[test]
    fn a_local_label_counts_only_where_the_advisory_names_one() {
        let read = |text| parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(against(&read("2.0.1+cu118"), &read("2.0.1")), Ordering::Equal);
        assert_eq!(against(&read("2.0.1+patch1"), &read("2.0.1+patch2")), Ordering::Less);
        assert_eq!(against(&read("2.0.1"), &read("2.0.1+patch2")), Ordering::Less);
    }
}
