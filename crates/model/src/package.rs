use crate::Location;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Where a package comes from and so which advisories and which version order apply to it: data
/// alone, of which `beleg-ecosystem` knows what it means.
///
/// It is written as OSV writes it, `PyPI` or `Debian:12`. Records from before that are read too:
/// they hold distributions as `{"Debian":{"release":"12"}}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "Written")]
pub struct Ecosystem {
    /// The name in the OSV schema (section "affected[].package field"): `crates.io`, `Debian`.
    pub name: Cow<'static, str>,
    /// The release, such as `12` or `24.04`; absent for unknown ones and where there are none.
    pub release: Option<String>,
}

/// The forms in which an ecosystem stands in records.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Released(BTreeMap<String, Released>),
}

#[derive(Deserialize)]
struct Released {
    release: Option<String>,
}

impl Ecosystem {
    /// Returns the ecosystem of this name, of no release in particular.
    #[must_use]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), release: None }
    }

    /// Returns this release of it.
    #[must_use]
    pub fn in_release(self, release: Option<impl Into<String>>) -> Self {
        Self { release: release.map(Into::into), ..self }
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.release {
            Some(release) => write!(f, "{}:{release}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl From<Ecosystem> for String {
    fn from(ecosystem: Ecosystem) -> Self {
        ecosystem.to_string()
    }
}

impl TryFrom<Written> for Ecosystem {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let (name, release) = match written {
            Written::Text(text) => match text.split_once(':') {
                Some((name, release)) => (name.to_owned(), Some(release.to_owned())),
                None => (text, None),
            },
            Written::Released(one) if one.len() == 1 => {
                let mut one = one.into_iter();
                one.next().map(|(name, it)| (name, it.release)).unwrap_or_default()
            }
            Written::Released(_) => return Err("it names more than one ecosystem, or none"),
        };
        if name.is_empty() || release.as_ref().is_some_and(String::is_empty) {
            return Err("an ecosystem or a release without a name");
        }
        Ok(Self::named(name).in_release(release))
    }
}

/// Says whether advisory sources can speak about a package at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// From the ecosystem's public registry or archive.
    Registry,
    /// The project's own code: a workspace member or an editable install. No source speaks of it.
    Local,
    /// A git repository, a private registry, a direct URL: named here, covered by no source.
    Elsewhere(String),
}

/// A package in one exact version, found in a lockfile, an SBOM or an image.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Package {
    /// Which registry's names and versions these are.
    pub ecosystem: Ecosystem,
    /// The name as the registry writes it; PyPI names are normalised (PEP 503).
    pub name: String,
    /// The exact version, as written.
    pub version: String,
    /// Distributions: the source package, where it is another than `name`.
    pub source_name: Option<String>,
    /// Distributions: the source package's version, where it is another than `version`.
    pub source_version: Option<String>,
    /// Distributions: the machine architecture.
    pub architecture: Option<String>,
    /// Where the package was obtained.
    pub origin: Origin,
    /// Where it was found.
    pub location: Location,
}

impl Package {
    /// Makes a package of an ecosystem of which nothing further is said: by OSV's name of it, and with
    /// the package's own name and version.
    #[must_use]
    pub fn new(
        ecosystem: &'static str,
        name: impl Into<String>,
        version: impl Into<String>,
        origin: Origin,
        location: Location,
    ) -> Self {
        Self {
            ecosystem: Ecosystem::named(ecosystem),
            name: name.into(),
            version: version.into(),
            source_name: None,
            source_version: None,
            architecture: None,
            origin,
            location,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn ecosystems_of_old_and_new_records_are_read() {
        let debian = Ecosystem::named("Debian");
        for (json, ecosystem) in [
            (r#""PyPI""#, Ecosystem::named("PyPI")),
            (r#""crates.io""#, Ecosystem::named("crates.io")),
            (r#"{"Debian":{"release":"12"}}"#, debian.clone().in_release(Some("12"))),
            (r#"{"Debian":{"release":null}}"#, debian.clone()),
            (
                r#"{"Ubuntu":{"release":"24.04"}}"#,
                Ecosystem::named("Ubuntu").in_release(Some("24.04")),
            ),
            (r#""Debian:12""#, debian.in_release(Some("12"))),
        ] {
            let read: Ecosystem = serde_json::from_str(json).unwrap();
            assert_eq!(read, ecosystem);
            let written = serde_json::to_string(&read).unwrap();
            assert_eq!(written, format!("\"{ecosystem}\""));
            assert_eq!(serde_json::from_str::<Ecosystem>(&written).unwrap(), ecosystem);
        }
    }

    #[test]
    fn what_names_no_ecosystem_is_refused() {
        for json in ["\"\"", "\":12\"", "\"Debian:\"", "{}", "1", "null"] {
            assert!(serde_json::from_str::<Ecosystem>(json).is_err(), "{json}");
        }
        let two = r#"{"Debian":{"release":"12"},"Ubuntu":{"release":"24.04"}}"#;
        assert!(serde_json::from_str::<Ecosystem>(two).is_err());
    }
}
