use crate::orders::VersionOrder;
use std::borrow::Cow;
use std::fmt;

/// What is particular to one ecosystem of packages.
pub struct Ecosystem {
    /// The name in the OSV schema (section "affected[].package field"), without a release.
    pub name: &'static str,
    /// How package URLs name its packages; none where they cannot.
    pub purl: Option<Purl>,
    /// How versions are ordered.
    pub order: &'static dyn VersionOrder,
    /// Brings two spellings of one name together. They may differ in case and in `-`, `_` and `.`.
    pub fold_name: fn(&str) -> Cow<'_, str>,
    /// Writes a name as packages bear it, whoever wrote it otherwise.
    pub canonical_name: fn(&str) -> Cow<'_, str>,
    /// How releases are spelled, where packages belong to one, so that one version may be fixed in
    /// one release and affected in another.
    pub releases: Option<Releases>,
    /// Whether advisories speak of source packages and their versions.
    pub advises_sources: bool,
    /// The `ID`s in os-release(5) of the systems that it is the distribution of.
    pub os_ids: &'static [&'static str],
    /// Who hands the packages out, for SBOMs.
    pub supplier: Supplier,
    /// What syft calls the packages, for SBOMs that other tools read.
    pub syft: Syft,
}

/// How package URLs name an ecosystem's packages (package-url specification).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purl {
    /// The type.
    pub kind: &'static str,
    /// What stands before the name.
    pub namespace: Namespace,
}

/// What stands before the name in a package URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// Nothing.
    None,
    /// Always this: the distribution.
    Always(&'static str),
    /// What in the package's name comes before the last of this separator, if it is there.
    Before(char),
}

/// How the releases of an ecosystem are spelled.
#[derive(Clone, Copy)]
pub struct Releases {
    /// Returns the release that follows OSV's name in an advisory; nothing for another archive than
    /// the ordinary one.
    pub in_advisory: fn(&str) -> Option<&str>,
    /// Returns the release, as advisories name it, of a system with this `VERSION_ID`.
    pub in_os_release: fn(&str) -> Option<String>,
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
    /// Returns the release, as advisories name it, of a system with this `VERSION_ID`.
    #[must_use]
    pub fn release_of_os(&self, version: Option<&str>) -> Option<String> {
        (self.releases?.in_os_release)(version?)
    }
}

impl Namespace {
    /// Takes the name of a package apart into namespace and name.
    #[must_use]
    pub fn split<'a>(&self, name: &'a str) -> (Option<&'a str>, &'a str) {
        match self {
            Self::None => (None, name),
            Self::Always(namespace) => (Some(namespace), name),
            Self::Before(separator) => match name.rsplit_once(*separator) {
                Some((namespace, name)) => (Some(namespace), name),
                None => (None, name),
            },
        }
    }

    /// Puts namespace and name of a package URL together; nothing if the namespace is another.
    #[must_use]
    pub fn join<'a>(&self, namespace: Option<&str>, name: &'a str) -> Option<Cow<'a, str>> {
        match (self, namespace) {
            (Self::None | Self::Before(_), None) => Some(Cow::Borrowed(name)),
            (Self::Always(own), Some(namespace)) if namespace == *own => Some(Cow::Borrowed(name)),
            (Self::Before(separator), Some(namespace)) => {
                Some(Cow::Owned(format!("{namespace}{separator}{name}")))
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ecosystem").field(&self.name).finish()
    }
}

/// Ecosystems are one if their names are.
impl PartialEq for Ecosystem {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Ecosystem {}
