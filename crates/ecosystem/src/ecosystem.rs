use crate::ecosystems::ECOSYSTEMS;
use crate::orders::VersionOrder;
use std::borrow::Cow;
use std::fmt;

/// What is particular to one ecosystem of packages.
pub struct Ecosystem {
    /// The name in the OSV schema (section "affected[].package field"), without a release.
    pub name: &'static str,
    /// The type in package URLs (package-url specification, "Types").
    pub purl_type: &'static str,
    /// The namespace in package URLs, where it is always the same one.
    pub purl_namespace: Option<&'static str>,
    /// How versions are ordered.
    pub order: &'static dyn VersionOrder,
    /// Brings two spellings of one name together.
    pub fold_name: fn(&str) -> Cow<'_, str>,
    /// Whether packages belong to a release, so that one version may be fixed in one release and
    /// affected in another.
    pub has_releases: bool,
    /// Who hands the packages out, for SBOMs.
    pub supplier: Supplier,
    /// What syft calls the packages, for SBOMs that other tools read.
    pub syft: Syft,
}

/// Who hands packages out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supplier {
    /// The name.
    pub name: &'static str,
    /// The address.
    pub url: &'static str,
}

/// Syft's words for packages (properties `syft:package:type` and `syft:package:language`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syft {
    /// The type, where syft has one.
    pub package_type: Option<&'static str>,
    /// The language, where there is one.
    pub language: Option<&'static str>,
}

impl Ecosystem {
    /// Returns the ecosystem of this name: OSV's, with a release or without (`Debian:12`).
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        ECOSYSTEMS.iter().find(|ecosystem| ecosystem.name == name).copied()
    }
}

impl fmt::Debug for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ecosystem").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecosystems_are_named_once_and_sorted() {
        let names: Vec<_> = ECOSYSTEMS.iter().map(|ecosystem| ecosystem.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn names_are_found_with_their_release_and_no_other_case() {
        assert_eq!(Ecosystem::find("Debian:12").map(|it| it.name), Some("Debian"));
        assert_eq!(Ecosystem::find("Ubuntu:24.04:LTS").map(|it| it.name), Some("Ubuntu"));
        for name in ["", "debian", "Debian12", "NPM"] {
            assert!(Ecosystem::find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn names_that_an_ecosystem_holds_equal_are_folded_into_one() {
        let fold = |ecosystem: &str, name: &str| {
            Ecosystem::find(ecosystem).map(|it| (it.fold_name)(name).into_owned())
        };
        let cases = [
            ("PyPI", "Zope._.Interface", "zope-interface"),
            ("crates.io", "Serde_JSON", "serde-json"),
            ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
            ("Debian", "libstdc++", "libstdc++"),
            ("npm", "JSONStream", "JSONStream"),
        ];
        for (ecosystem, name, folded) in cases {
            assert_eq!(fold(ecosystem, name).as_deref(), Some(folded));
        }
    }
}
