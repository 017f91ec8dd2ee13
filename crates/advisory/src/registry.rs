use beleg_model::{Ecosystem, Package};

/// A public registry or archive whose packages a [`Package`] can name, without its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Registry {
    CratesIo,
    PyPI,
    Debian,
    Ubuntu,
}

/// What an advisory's ecosystem string stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) registry: Registry,
    /// Debian and Ubuntu: the release it speaks about; none is all of them.
    pub(crate) release: Option<String>,
}

impl Registry {
    /// Returns the registry and the release of a package's ecosystem, or nothing for one this
    /// crate does not know yet.
    pub(crate) fn of(ecosystem: &Ecosystem) -> Option<(Self, Option<&str>)> {
        match ecosystem {
            Ecosystem::CratesIo => Some((Self::CratesIo, None)),
            Ecosystem::PyPI => Some((Self::PyPI, None)),
            Ecosystem::Debian { release } => Some((Self::Debian, release.as_deref())),
            Ecosystem::Ubuntu { release } => Some((Self::Ubuntu, release.as_deref())),
            _ => None,
        }
    }

    /// Says whether the registry's packages belong to a release, so that one version may be
    /// mended in one release and affected in another.
    pub(crate) fn has_releases(self) -> bool {
        matches!(self, Self::Debian | Self::Ubuntu)
    }

    /// Returns `name` in the form in which two names of the registry are compared.
    ///
    /// PyPI names are equal under PEP 503. crates.io refuses a name that differs from another
    /// only in case or in `-` against `_`, so that folding them can invent no match.
    pub(crate) fn fold_name(self, name: &str) -> String {
        match self {
            Self::CratesIo => name.to_ascii_lowercase().replace('_', "-"),
            Self::PyPI => {
                let lower = name.to_ascii_lowercase();
                let words = lower.split(['-', '_', '.']).filter(|word| !word.is_empty());
                words.collect::<Vec<_>>().join("-")
            }
            Self::Debian | Self::Ubuntu => name.to_owned(),
        }
    }
}

impl Scope {
    /// Reads an ecosystem string of the OSV schema (section "affected[].package field"), or
    /// returns nothing for one that no [`Package`] can name.
    ///
    /// `Ubuntu:24.04:LTS` is the release `24.04`. `Ubuntu:Pro:…` and `Ubuntu:FIPS:…` are other
    /// archives than the one a package of the ordinary release comes from.
    pub(crate) fn parse(ecosystem: &str) -> Option<Self> {
        let mut parts = ecosystem.split(':');
        let registry = match parts.next()? {
            "crates.io" => Registry::CratesIo,
            "PyPI" => Registry::PyPI,
            "Debian" => Registry::Debian,
            "Ubuntu" => Registry::Ubuntu,
            _ => return None,
        };
        let release = parts.next();
        let suffix = parts.next();
        let known = match registry {
            Registry::CratesIo | Registry::PyPI => release.is_none(),
            Registry::Debian => suffix.is_none(),
            Registry::Ubuntu => {
                let dated = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
                release.is_none_or(dated) && matches!(suffix, None | Some("LTS"))
            }
        };
        let ended = parts.next().is_none();
        (known && ended).then(|| Self { registry, release: release.map(str::to_owned) })
    }

    /// Returns the ecosystem as [`Ecosystem`] shows it, so that coverage compares as text.
    pub(crate) fn ecosystem(&self) -> String {
        let release = self.release.clone();
        match self.registry {
            Registry::CratesIo => Ecosystem::CratesIo,
            Registry::PyPI => Ecosystem::PyPI,
            Registry::Debian => Ecosystem::Debian { release },
            Registry::Ubuntu => Ecosystem::Ubuntu { release },
        }
        .to_string()
    }
}

/// Returns the name and the version that advisories use for a package: Debian and Ubuntu speak
/// about source packages.
pub(crate) fn advised_name_and_version(package: &Package) -> (&str, &str) {
    let releases = Registry::of(&package.ecosystem).is_some_and(|(it, _)| it.has_releases());
    if !releases {
        return (&package.name, &package.version);
    }
    (
        package.source_name.as_deref().unwrap_or(&package.name),
        package.source_version.as_deref().unwrap_or(&package.version),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn ecosystem_strings_are_read_with_their_release() {
        for (text, shown) in [
            ("PyPI", "PyPI"),
            ("crates.io", "crates.io"),
            ("Debian:12", "Debian:12"),
            ("Debian", "Debian"),
            ("Ubuntu:24.04:LTS", "Ubuntu:24.04"),
            ("Ubuntu:25.10", "Ubuntu:25.10"),
        ] {
            assert_eq!(Scope::parse(text).unwrap().ecosystem(), shown);
        }
        for text in ["", "npm", "pypi", "PyPI:x", "Ubuntu:Pro:18.04:LTS", "Debian:12:x", "Debian "]
        {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
    }

    #[test]
    fn names_that_the_registry_holds_equal_are_equal() {
        assert_eq!(Registry::PyPI.fold_name("Zope._.Interface"), "zope-interface");
        assert_eq!(Registry::CratesIo.fold_name("Serde_JSON"), "serde-json");
        assert_eq!(Registry::Debian.fold_name("libstdc++"), "libstdc++");
    }
}
