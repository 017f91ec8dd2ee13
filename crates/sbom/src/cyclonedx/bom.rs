use super::origin::Whence;
use crate::comparable::{canonical, comparable};
use crate::formats::{Facts, NamedOnly, Parsed, Unread, lists_packages_of};
use crate::purl::{PurlError, package_of};
use crate::rules;
use crate::text::{listed, shown};
use beleg_ecosystem::Registry;
use beleg_model::{Digest, Finding, Location, Origin, Package};
use std::collections::{BTreeMap, BTreeSet};

/// Components of these types are not packages of any registry, so that a missing package URL
/// leaves nothing out.
const NOT_PACKAGES: [&str; 4] = ["operating-system", "file", "data", "cryptographic-asset"];

/// A CycloneDX SBOM, as far as it is read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bom {
    /// The specification's version, such as `1.6`.
    pub spec_version: String,
    /// The SBOM's own identifier, a `urn:uuid:`.
    pub serial_number: Option<String>,
    /// When it was made, as written.
    pub timestamp: Option<String>,
    /// Who made it: the names or e-mail addresses of `metadata.authors` and
    /// `metadata.manufacturer`.
    pub authors: Vec<String>,
    /// Who supplies what it describes: `metadata.supplier`.
    pub supplier: Option<String>,
    /// What it describes: `metadata.component`.
    pub root: Option<Component>,
    /// All components, outer before inner.
    pub components: Vec<Component>,
    /// What the SBOM says of its own list, where that is `incomplete` in one of CycloneDX's words.
    pub says_less: Option<String>,
    /// The identifiers of all services.
    pub services: Vec<String>,
    /// Which component or service depends on which.
    pub dependencies: Vec<Dependency>,
}

/// A component of an SBOM. Texts that are empty or white space are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// The type, such as `library`.
    pub kind: String,
    /// The identifier within the SBOM (`bom-ref`).
    pub reference: Option<String>,
    /// The name's first part, such as a Maven group.
    pub group: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The version.
    pub version: Option<String>,
    /// The package URL.
    pub purl: Option<String>,
    /// Whether it is of no use at run time (`scope: excluded`), as the SBOM says.
    pub is_excluded: bool,
    /// The SHA-256 and SHA-512 of its files.
    pub digests: Vec<Digest>,
    /// The CPE.
    pub cpe: Option<String>,
    /// The SWID tag's identifier.
    pub swid: Option<String>,
    /// The supplier, else the manufacturer, publisher or author.
    pub supplier: Option<String>,
    /// Names and values of the properties.
    pub properties: Vec<(String, String)>,
    /// Types and addresses of the external references that may say where it was taken from.
    pub references: Vec<(String, String)>,
    /// Where in the SBOM it stands.
    pub place: Place,
}

/// Where a component stands: what stands within another is a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In the SBOM's own list.
    #[default]
    Bom,
    /// Within what the SBOM describes.
    Root,
    /// Within the component at this place of [`Bom::components`].
    Component(usize),
}

/// What one component depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependency {
    /// The component's `bom-ref`.
    pub reference: String,
    /// The `bom-ref`s it depends on.
    pub depends_on: Vec<String>,
}

impl Bom {
    /// Reads the packages that the components name by their package URLs; `path` is where the
    /// SBOM was read, for locations.
    ///
    /// What the SBOM describes (`metadata.component`) comes first, as [`Origin::Local`], if it
    /// has a package URL. A component without a readable one is unread, except operating systems,
    /// files, data and cryptographic assets, which are not packages. Unread too is a package of an
    /// ecosystem of which no format reads anything: there is nothing to compare it with.
    #[must_use]
    pub fn packages(&self, path: &str, known: Registry) -> Parsed {
        let mut parsed = Parsed::default();
        let whence = Whence::of(&self.components);
        let root = self.root.iter().filter_map(|root| root.package(path, known, whence)?.ok());
        parsed.packages.extend(root.map(|root| Package { origin: Origin::Local, ..root }));
        for component in &self.components {
            let (why, names_another) = match component.package(path, known, whence) {
                Some(Ok(package)) => {
                    if !component.digests.is_empty() {
                        let facts = Facts::of_digests(component.digests.clone());
                        parsed.facts.insert(parsed.packages.len(), facts);
                    }
                    parsed.packages.push(package);
                    continue;
                }
                Some(Err(error)) => (
                    format!("the component `{}` names no package: {error}", component.label()),
                    matches!(error, PurlError::UnknownType { .. } | PurlError::NotRead { .. }),
                ),
                None if NOT_PACKAGES.contains(&component.kind.as_str()) => continue,
                None => {
                    (format!("the component `{}` has no package URL", component.label()), false)
                }
            };
            parsed.unread.push(Unread::at(Location::from(path), why));
            parsed.named_only.extend(component.named_only().filter(|_| !names_another));
        }
        parsed
    }

    /// Reports components that bear another name or version than their package URL, and what the
    /// SBOM says of itself; `path` is where it was read.
    #[must_use]
    pub fn statements(&self, path: &str, known: Registry) -> Vec<Finding> {
        let differing = self.components.iter().filter(|it| it.differs_from_purl(path, known));
        let differing: Vec<String> = differing.map(Component::label).collect();
        let excluded = self.components.iter().filter(|it| it.is_excluded).count();
        let differs = (!differing.is_empty()).then(|| {
            let message = format!(
                "{} components bear another name or version than their package URL: {}.",
                differing.len(),
                listed(differing.iter().map(String::as_str))
            );
            Finding::of(&rules::SBOM_IDENTITY_MISMATCH, path, message)
        });
        let less = self.says_less.as_ref().map(|word| {
            let message = format!("The SBOM says of its own list that it is `{}`.", shown(word));
            Finding::of(&rules::SBOM_SAYS_INCOMPLETE, path, message)
        });
        let excluded = (excluded > 0).then(|| {
            let message =
                format!("{excluded} components are listed as `excluded`, and were compared.");
            Finding::of(&rules::SBOM_EXCLUDED_COMPONENTS, path, message)
        });
        differs.into_iter().chain(less).chain(excluded).collect()
    }

    /// Reports what makes the SBOM ambiguous: identifiers that are given twice, and dependencies
    /// on components that are not there. `path` is where the SBOM was read.
    #[must_use]
    pub fn findings(&self, path: &str) -> Vec<Finding> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let components = self.root.iter().chain(&self.components).filter_map(Component::reference);
        for reference in components.chain(self.services.iter().map(String::as_str)) {
            let count = counts.entry(reference).or_default();
            *count = count.saturating_add(1);
        }
        let doubled: Vec<&str> =
            counts.iter().filter(|(_, count)| **count > 1).map(|(name, _)| *name).collect();
        // A BOM-Link (`urn:cdx:`) names a component of another SBOM.
        let dangling: BTreeSet<&str> = self
            .dependencies
            .iter()
            .flat_map(|dependency| dependency.depends_on.iter().chain([&dependency.reference]))
            .map(String::as_str)
            .filter(|name| !counts.contains_key(name) && !name.starts_with("urn:cdx:"))
            .collect();
        let mut findings = Vec::new();
        if !doubled.is_empty() {
            findings.push(Finding::of(
                &rules::SBOM_DOUBLED_REFERENCE,
                path,
                format!(
                    "{} identifiers (`bom-ref`) stand for more than one component or service: {}.",
                    doubled.len(),
                    listed(doubled.iter().copied())
                ),
            ));
        }
        if !dangling.is_empty() {
            findings.push(Finding::of(&rules::SBOM_DANGLING_REFERENCE, path, format!(
                    "The dependencies name {} components or services that the SBOM does not hold: {}.",
                    dangling.len(),
                    listed(dangling.iter().copied())
                )));
        }
        findings
    }
}

impl Component {
    /// Returns the name for messages: group, name and version as far as they are there.
    pub(crate) fn label(&self) -> String {
        let name = self.name.as_deref().or(self.reference.as_deref()).unwrap_or("without a name");
        let group = self.group.iter().map(|group| format!("{group}/"));
        let version = self.version.iter().map(|version| format!(" {version}"));
        let parts = group.chain([name.to_owned()]).chain(version);
        shown(&parts.collect::<String>())
    }

    /// Returns whether name or version are not those of the package URL. A version that either does
    /// not state is no difference.
    fn differs_from_purl(&self, path: &str, known: Registry) -> bool {
        let Some(Ok(package)) =
            self.purl.as_deref().map(|it| package_of(it, Location::from(path), known))
        else {
            return false;
        };
        let ecosystem = &package.ecosystem;
        if !lists_packages_of(&ecosystem.name, known) {
            return false;
        }
        let same_name = |name: &String| {
            canonical(ecosystem, name, known) == canonical(ecosystem, &package.name, known)
        };
        let same_version = |version: &String| {
            comparable(ecosystem, version, known) == comparable(ecosystem, &package.version, known)
        };
        !(self.name.as_ref().is_none_or(same_name)
            && self.version.as_ref().is_none_or(same_version))
    }

    pub(super) fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    fn named_only(&self) -> Option<NamedOnly> {
        let (name, version) = (self.name.clone()?, self.version.clone());
        Some(NamedOnly { ecosystem: None, name, version })
    }

    /// Reads the package URL, if there is one, or what else names a package for sure.
    fn package(
        &self,
        path: &str,
        known: Registry,
        whence: Whence,
    ) -> Option<Result<Package, PurlError>> {
        let Some(purl) = self.purl.as_deref() else {
            return self.own_crate(Location::from(path)).map(Ok);
        };
        let read = package_of(purl, Location::from(path), known).and_then(|package| {
            let ecosystem = &package.ecosystem.name;
            match lists_packages_of(ecosystem, known) {
                true => Ok(package),
                false => {
                    let ecosystem = ecosystem.clone().into_owned();
                    Err(PurlError::NotRead { purl: shown(purl), ecosystem })
                }
            }
        });
        Some(
            read.map(|package| Package { origin: self.origin(&package, known, whence), ..package }),
        )
    }
}
