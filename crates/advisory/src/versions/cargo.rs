use std::cmp::Ordering;

/// A semantic version that compares by precedence, so without its build metadata.
#[derive(Clone, Debug)]
pub(crate) struct Precedence(pub(crate) semver::Version);

impl Ord for Precedence {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp_precedence(&other.0)
    }
}

impl PartialOrd for Precedence {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Precedence {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Precedence {}

/// Reads a semantic version. Advisories also write `v1.2` and `1`: missing numbers are zero.
pub(crate) fn parse(text: &str) -> Option<Precedence> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    if let Ok(version) = semver::Version::parse(text) {
        return Some(Precedence(version));
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at_checked(end)?;
    let missing = match numbers.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => return None,
    };
    semver::Version::parse(&format!("{numbers}{missing}{rest}")).ok().map(Precedence)
}

#[cfg(test)]
mod tests {
    use super::super::Order::Cargo;
    use super::*;

    #[test]
    fn semantic_versions_are_ordered_by_precedence() {
        // SemVer 2.0, section 11.
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.2.0",
            "1.10.0",
        ];
        for (low, high) in ordered.iter().zip(ordered.iter().skip(1)) {
            assert_eq!(Cargo.compare(low, high), Some(Ordering::Less), "{low} {high}");
        }
        assert_eq!(Cargo.compare("1.0.0+a", "1.0.0+b"), Some(Ordering::Equal));
    }

    #[test]
    fn short_versions_of_advisories_are_filled_with_zeros() {
        for (text, full) in [("1", "1.0.0"), ("v1.2", "1.2.0"), ("1.2-rc.1", "1.2.0-rc.1")] {
            assert_eq!(Cargo.compare(text, full), Some(Ordering::Equal), "{text}");
        }
    }

    #[test]
    fn what_is_no_semantic_version_is_not_comparable() {
        for text in ["", "v", "-", "1.2.3.4", "01.0.0", "1..0", "latest", "1.x", "é"] {
            assert_eq!(Cargo.compare(text, "1.0.0"), None, "{text}");
        }
    }
}
