//! Where a component was taken from, by everything its SBOM says of that.
//!
//! A reference of the type `distribution` is a "direct or repository download URL" (CycloneDX 1.6,
//! `externalReferences`). syft puts the source of a `Cargo.lock` there, other tools an archive's or
//! an index's address. It is believed of Rust and Python packages alone: of a distribution's
//! packages it names a mirror or, by syft, the project's web page.

use super::bom::Component;
use crate::address::origin_of;
use beleg_ecosystem::{Namespace, Registry};
use beleg_model::{Ecosystem, Location, Origin, Package};
use std::borrow::Cow;

/// The property by which beleg's own SBOMs say that a package is not from a public registry:
/// `local`, or the place it is from.
pub(super) const ORIGIN_PROPERTY: &str = "beleg:package:origin";
pub(super) const LOCAL: &str = "local";
/// The types of references that may say where a package was taken from.
pub(super) const SAYS_WHENCE: [&str; 2] = [DISTRIBUTION, REPOSITORY];

const DISTRIBUTION: &str = "distribution";
const REPOSITORY: &str = "vcs";
/// The property in which syft kept the source of a lockfile's entry.
const SYFT_SOURCE: &str = "syft:metadata:source";
const SYFT_TYPE: &str = "syft:package:metadataType";
const SYFT_CRATE: &str = "rust-cargo-lock-entry";
const SYFT_PYTHON: &str = "python-package";

/// What an SBOM as a whole says of where its components were taken from.
#[derive(Clone, Copy)]
pub(super) struct Whence {
    /// It names the sources of crates, so that one without is the project's own: a `Cargo.lock`
    /// leaves out no other.
    crates_have_sources: bool,
}

impl Whence {
    pub(super) fn of(components: &[Component]) -> Self {
        let has_source = |it: &Component| it.is(SYFT_CRATE) && it.sources().next().is_some();
        Self { crates_have_sources: components.iter().any(has_source) }
    }
}

impl Component {
    /// Says where the `package` that this component's package URL names was taken from.
    pub(super) fn origin(&self, package: &Package, known: Registry, whence: Whence) -> Origin {
        match self.property(ORIGIN_PROPERTY) {
            Some(LOCAL) => return Origin::Local,
            Some(place) => return Origin::Elsewhere(place.to_owned()),
            None => {}
        }
        let purl = known.find(&package.ecosystem.name).and_then(|ecosystem| ecosystem.purl);
        let of_distribution =
            purl.is_some_and(|purl| matches!(purl.namespace, Namespace::Always(_)));
        if package.origin != Origin::Registry || of_distribution {
            return package.origin.clone();
        }
        if self.is(SYFT_CRATE) && whence.crates_have_sources && self.sources().next().is_none() {
            return Origin::Local;
        }
        let origins = self.sources().map(|address| origin_of(&address));
        origins.into_iter().find(|it| *it != Origin::Registry).unwrap_or(Origin::Registry)
    }

    /// Reads the project's own crate, to which syft gives no package URL because it is in no
    /// registry.
    pub(super) fn own_crate(&self, location: Location) -> Option<Package> {
        let is_own = self.is(SYFT_CRATE) && self.sources().next().is_none();
        let (name, version) = (self.name.clone()?, self.version.clone()?);
        is_own.then(|| Package {
            ecosystem: Ecosystem::named("crates.io"),
            name,
            version,
            source_name: None,
            source_version: None,
            architecture: None,
            origin: Origin::Local,
            location,
        })
    }

    /// Lists the addresses that are said to be where it was taken from. A `vcs` reference is that
    /// in what syft found installed by pip, where it is pip's own record (PEP 610); elsewhere it is
    /// the repository in which the project is developed.
    fn sources(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let by_pip = self.is(SYFT_PYTHON);
        let references =
            self.references.iter().filter_map(move |(kind, address)| match kind.as_str() {
                DISTRIBUTION => Some(Cow::Borrowed(address.as_str())),
                REPOSITORY if by_pip => Some(recorded_by_pip(address)),
                _ => None,
            });
        let property = self.property(SYFT_SOURCE).map(Cow::Borrowed);
        references.chain(property).filter(|it| !it.trim().is_empty())
    }

    fn is(&self, syft_type: &str) -> bool {
        self.property(SYFT_TYPE) == Some(syft_type)
    }

    fn property(&self, wanted: &str) -> Option<&str> {
        let mut properties = self.properties.iter();
        properties.find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

/// Marks the address of a repository, which pip's record keeps apart from the kind of repository.
fn recorded_by_pip(address: &str) -> Cow<'_, str> {
    let is_archive = [".whl", ".zip", ".tar", ".gz", ".bz2", ".xz"]
        .iter()
        .any(|ending| address.ends_with(ending));
    if is_archive || address.contains('+') || !address.starts_with("http") {
        Cow::Borrowed(address)
    } else {
        Cow::Owned(format!("git+{address}"))
    }
}
