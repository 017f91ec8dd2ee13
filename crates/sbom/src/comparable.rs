use crate::pep503::normalised_name;
use beleg_model::Ecosystem;

/// A version in the form in which two spellings of one version are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Comparable<'a> {
    /// By PEP 440, in which `23.2`, `23.2.0` and `v23.2` are one version.
    Python(pep440_rs::Version),
    /// As written. That is also how a Python version from before PEP 440 compares.
    Written(&'a str),
}

/// Returns what of `version` counts when two versions of the ecosystem are compared.
pub(crate) fn comparable<'a>(ecosystem: &Ecosystem, version: &'a str) -> Comparable<'a> {
    match ecosystem {
        Ecosystem::PyPI => version.parse().map_or(Comparable::Written(version), Comparable::Python),
        // A missing epoch is 0 (deb-version(7)).
        Ecosystem::Debian { .. } | Ecosystem::Ubuntu { .. } => {
            Comparable::Written(version.strip_prefix("0:").unwrap_or(version))
        }
        // Cargo tells versions apart by their build metadata too.
        _ => Comparable::Written(version),
    }
}

/// Returns `name` as packages of the ecosystem bear it.
pub(crate) fn folded(ecosystem: &Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::PyPI => normalised_name(name),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(ecosystem: &Ecosystem, left: &str, right: &str) -> bool {
        comparable(ecosystem, left) == comparable(ecosystem, right)
    }

    #[test]
    fn spellings_of_one_version_are_one_version() {
        for (left, right, equal) in [
            ("23.2", "23.2.0", true),
            ("v3.7", "3.7", true),
            ("1.0RC1", "1.0rc1", true),
            ("1.0-1", "1.0.post1", true),
            ("2.0.1+cu118", "2.0.1", false),
            ("2004b?", "2004b?", true),
            ("2004b?", "2004", false),
        ] {
            assert_eq!(same(&Ecosystem::PyPI, left, right), equal, "{left} {right}");
        }
        let debian = Ecosystem::Debian { release: None };
        assert!(same(&debian, "0:1.2-3", "1.2-3"));
        assert!(!same(&debian, "1:1.2-3", "1.2-3"));
        assert!(!same(&Ecosystem::CratesIo, "1.0", "1.0.0"));
        assert!(!same(&Ecosystem::CratesIo, "1.0.0+a", "1.0.0+b"));
    }
}
