use beleg_ecosystem::{Ecosystem, Registry};
use beleg_model::Package;
use std::fmt;

/// What an advisory's ecosystem string stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) ecosystem: &'static Ecosystem,
    /// The release it speaks about; none is all of them.
    pub(crate) release: Option<String>,
}

impl Scope {
    /// Reads an ecosystem string of the OSV schema, or returns nothing for one that no [`Package`]
    /// can name: an ecosystem that is not known, or another archive than its ordinary one.
    pub(crate) fn read(text: &str, known: Registry) -> Option<Self> {
        let (ecosystem, release) = known.read(text)?;
        Some(Self { ecosystem, release: release.map(str::to_owned) })
    }
}

/// Writes it as [`beleg_model::Ecosystem`] does, so that coverage compares as text.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.release {
            Some(release) => write!(f, "{}:{release}", self.ecosystem.name),
            None => f.write_str(self.ecosystem.name),
        }
    }
}

/// Returns the name and the version that the ecosystem's advisories use for a package.
pub(crate) fn advised_name_and_version<'a>(
    ecosystem: &Ecosystem,
    package: &'a Package,
) -> (&'a str, &'a str) {
    let Package { name, version, source_name, source_version, .. } = package;
    if !ecosystem.advises_sources {
        return (name, version);
    }
    (source_name.as_deref().unwrap_or(name), source_version.as_deref().unwrap_or(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn ecosystem_strings_are_shown_as_packages_show_theirs() {
        for (text, shown) in [
            ("PyPI", "PyPI"),
            ("Debian:12", "Debian:12"),
            ("Ubuntu:24.04:LTS", "Ubuntu:24.04"),
            ("Ubuntu:25.10", "Ubuntu:25.10"),
            ("npm", "npm"),
        ] {
            assert_eq!(Scope::read(text, Registry::built_in()).unwrap().to_string(), shown);
        }
        for text in ["", "pypi", "Ubuntu:Pro:18.04:LTS"] {
            assert_eq!(Scope::read(text, Registry::built_in()), None, "{text}");
        }
    }
}
