use crate::ecosystem::Ecosystem;
use crate::ecosystems::ECOSYSTEMS;

/// The ecosystems that are known. Who looks one up by a foreign name, a package URL or an operating
/// system asks here, and what is not here is refused or unknown.
#[derive(Clone, Copy, Debug)]
pub struct Registry(&'static [&'static Ecosystem]);

impl Registry {
    /// Returns all that this crate describes.
    #[must_use]
    pub const fn built_in() -> Self {
        Self(ECOSYSTEMS)
    }

    /// Makes a registry of these; of two with one name the first is found.
    #[must_use]
    pub const fn new(ecosystems: &'static [&'static Ecosystem]) -> Self {
        Self(ecosystems)
    }

    /// Returns the ecosystem of this name: OSV's, with a release or without (`Debian:12`).
    #[must_use]
    pub fn find(self, name: &str) -> Option<&'static Ecosystem> {
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        self.first(|ecosystem| ecosystem.name == name)
    }

    /// Reads what an advisory calls an ecosystem (OSV schema, section "affected[].package field"):
    /// its name and the release. Nothing for what is not known, and for what is another archive
    /// than the one that packages of the ecosystem come from, such as `Ubuntu:Pro:18.04:LTS` or
    /// `Maven:https://repo.example`.
    #[must_use]
    pub fn read(self, text: &str) -> Option<(&'static Ecosystem, Option<&str>)> {
        let ecosystem = self.find(text)?;
        match text.split_once(':') {
            None => Some((ecosystem, None)),
            Some((_, suffix)) => {
                Some((ecosystem, Some((ecosystem.releases?.in_advisory)(suffix)?)))
            }
        }
    }

    /// Returns the ecosystem whose packages have package URLs of this type and namespace.
    #[must_use]
    pub fn of_purl(self, kind: &str, namespace: Option<&str>) -> Option<&'static Ecosystem> {
        self.first(|ecosystem| {
            ecosystem.purl.is_some_and(|purl| {
                purl.kind == kind && purl.namespace.join(namespace, "name").is_some()
            })
        })
    }

    /// Returns the distribution of a system with this `ID` in os-release(5) whose packages are of
    /// the same type as those of `alike`.
    #[must_use]
    pub fn of_os(self, id: &str, alike: &Ecosystem) -> Option<&'static Ecosystem> {
        let kind = |ecosystem: &Ecosystem| ecosystem.purl.map(|purl| purl.kind);
        self.first(|ecosystem| ecosystem.os_ids.contains(&id) && kind(ecosystem) == kind(alike))
    }

    fn first(self, is_wanted: impl Fn(&Ecosystem) -> bool) -> Option<&'static Ecosystem> {
        self.0.iter().copied().find(|ecosystem| is_wanted(ecosystem))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const BUILT_IN: Registry = Registry::built_in();

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
        assert_eq!(BUILT_IN.find("Debian:12").map(|it| it.name), Some("Debian"));
        assert_eq!(BUILT_IN.find("Ubuntu:24.04:LTS").map(|it| it.name), Some("Ubuntu"));
        for name in ["", "debian", "Debian12", "NPM"] {
            assert!(BUILT_IN.find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn advisories_spell_ecosystems_with_their_release() {
        for (text, name, release) in [
            ("PyPI", "PyPI", None),
            ("crates.io", "crates.io", None),
            ("Debian:12", "Debian", Some("12")),
            ("Debian", "Debian", None),
            ("Ubuntu:24.04:LTS", "Ubuntu", Some("24.04")),
            ("Ubuntu:25.10", "Ubuntu", Some("25.10")),
            ("Alpine:v3.20", "Alpine", Some("v3.20")),
            ("openSUSE:Leap 15.6", "openSUSE", Some("Leap 15.6")),
            (
                "Red Hat:enterprise_linux:8::appstream",
                "Red Hat",
                Some("enterprise_linux:8::appstream"),
            ),
        ] {
            let (ecosystem, read) = BUILT_IN.read(text).unwrap();
            assert_eq!((ecosystem.name, read), (name, release), "{text}");
        }
    }

    #[test]
    fn other_archives_and_other_names_are_none_of_them() {
        for text in [
            "",
            "pypi",
            "PyPI:x",
            "PyPI:",
            "Debian:",
            "Debian:12:x",
            "Debian ",
            "Ubuntu:Pro:18.04:LTS",
            "Ubuntu:FIPS:18.04:LTS",
            "Ubuntu:24.04:LTS:x",
            "Ubuntu:24.04:FIPS",
            "Maven:https://maven.example",
            "Packagist:https://packages.example/8",
        ] {
            assert!(BUILT_IN.read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn names_that_an_ecosystem_holds_equal_are_folded_into_one() {
        for (ecosystem, name, folded) in [
            ("PyPI", "Zope._.Interface", "zope-interface"),
            ("crates.io", "Serde_JSON", "serde-json"),
            ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
            ("Debian", "libstdc++", "libstdc++"),
            ("npm", "JSONStream", "JSONStream"),
        ] {
            assert_eq!((BUILT_IN.find(ecosystem).unwrap().fold_name)(name), folded);
        }
    }

    #[test]
    fn no_package_url_and_no_system_is_of_two_ecosystems() {
        let mut urls = BTreeSet::new();
        let mut systems = BTreeSet::new();
        for ecosystem in ECOSYSTEMS {
            let Some(purl) = ecosystem.purl else { continue };
            assert_ne!(purl.kind, "generic", "{ecosystem:?}");
            let (namespace, _) = purl.namespace.split("name");
            assert!(urls.insert((purl.kind, namespace)), "{ecosystem:?}");
            assert_eq!(BUILT_IN.of_purl(purl.kind, namespace), Some(*ecosystem));
            for id in ecosystem.os_ids {
                assert!(systems.insert(*id), "{id}");
                assert_eq!(BUILT_IN.of_os(id, ecosystem), Some(*ecosystem));
            }
        }
        assert_eq!(BUILT_IN.of_purl("generic", None), None);
        assert_eq!(BUILT_IN.of_purl("deb", Some("kali")), None);
    }

    #[test]
    fn names_are_taken_apart_for_package_urls_and_put_together_again() {
        for (ecosystem, name, namespace, rest) in [
            ("npm", "@scope/name", Some("@scope"), "name"),
            ("npm", "name", None, "name"),
            ("Maven", "org.example:core", Some("org.example"), "core"),
            ("Go", "example.org/a/b", Some("example.org/a"), "b"),
            ("Debian", "bash", Some("debian"), "bash"),
            ("PyPI", "django", None, "django"),
        ] {
            let purl = BUILT_IN.find(ecosystem).unwrap().purl.unwrap();
            assert_eq!(purl.namespace.split(name), (namespace, rest));
            assert_eq!(purl.namespace.join(namespace, rest).unwrap(), name);
        }
    }

    #[test]
    fn systems_say_their_release_as_advisories_do_or_nothing() {
        for (ecosystem, version, release) in [
            ("Debian", Some("12.5"), Some("12")),
            ("Debian", Some("sid"), None),
            ("Debian", None, None),
            ("Ubuntu", Some("24.04"), Some("24.04")),
            ("Alpine", Some("3.20.3"), Some("v3.20")),
            ("Alpine", Some("v3.20"), Some("v3.20")),
            ("Alpine", Some("3.21_alpha20240923"), None),
            ("openSUSE", Some("15.6"), Some("Leap 15.6")),
            ("openSUSE", Some("20240923"), None),
            ("Red Hat", Some("9.4"), None),
            ("Wolfi", Some("20230201"), None),
        ] {
            let found = BUILT_IN.find(ecosystem).unwrap().release_of_os(version);
            assert_eq!(found.as_deref(), release, "{ecosystem} {version:?}");
        }
    }
}
