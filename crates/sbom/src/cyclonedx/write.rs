use super::component::{component, operating_system};
use super::document::{
    Composition, Contact, Document, Hash, Organisation, RawComponent, RawDependency, RawMetadata,
    Tools,
};
use crate::OsRelease;
use crate::formats::Edge;
use crate::purl::{PurlError, purl_of};
use beleg_ecosystem::Registry;
use beleg_model::{Digest, Origin, Package};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the specification that is written. BSI TR-03183-2 demands at least this one.
pub const SPEC_VERSION: &str = "1.6";
const SCHEMA: &str = "http://cyclonedx.org/schema/bom-1.6.schema.json";
const ROOT: &str = "root";

/// Everything an SBOM is made of. The same input makes the same bytes.
#[derive(Clone, Debug)]
pub struct NewBom<'a> {
    /// The name of what the SBOM describes.
    pub name: &'a str,
    /// Its version; without one the SBOM lacks an NTIA minimum element.
    pub version: Option<&'a str>,
    /// What kind of thing it is.
    pub kind: SubjectKind,
    /// The SHA-256 of the artifact itself, which ties the SBOM to it.
    pub artifact: Option<&'a Digest>,
    /// Who makes the SBOM.
    pub author: Party<'a>,
    /// Who supplies what it describes, and with it the project's own packages.
    pub supplier: Party<'a>,
    /// The version of beleg that writes.
    pub tool_version: &'a str,
    /// When it is made.
    pub timestamp: Timestamp,
    /// The operating system, if the SBOM describes an image.
    pub distribution: Option<&'a OsRelease>,
    /// The packages.
    pub packages: &'a [Package],
    /// Which depends on which, as places in `packages`, where that is known.
    pub edges: Option<&'a [Edge]>,
    /// The ecosystems of which they may be.
    pub ecosystems: Registry,
    /// Whether `packages` is all there is: `false` as soon as anything was unread.
    pub complete: bool,
}

/// A person or organisation, by name and e-mail address.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// The name.
    pub name: &'a str,
    /// The e-mail address.
    pub email: Option<&'a str>,
}

/// What kind of thing an SBOM describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// A program or service.
    Application,
    /// A container image.
    Container,
    /// A library.
    Library,
}

/// Says why an SBOM was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A package has no package URL.
    #[error("the SBOM cannot name one of its packages")]
    Package(#[from] PurlError),
    /// An edge leads to a package that is not there.
    #[error("the dependency of package {from} on package {to} leads nowhere")]
    Edge {
        /// The place of the package that depends.
        from: usize,
        /// The place it depends on.
        to: usize,
    },
    /// The document has no JSON form.
    #[error("the SBOM has no JSON form")]
    Json(#[source] serde_json::Error),
}

/// Writes a CycloneDX 1.6 SBOM as JSON, ordered and indented, with a newline at its end.
///
/// The serial number is a UUID of version 8 (RFC 9562) made of the SHA-256 of the rest. A package
/// of the project that has the name and version of what is described becomes
/// `metadata.component` itself. The supplier of a public package is its registry: CycloneDX
/// counts distributors as suppliers, and a lockfile names no other.
///
/// # Errors
/// When a package has no package URL, or an edge leads nowhere.
pub fn write(new: &NewBom<'_>) -> Result<Vec<u8>, WriteError> {
    let subject = new.packages.iter().position(|package| new.describes(package));
    let mut references = Vec::new();
    let mut components: BTreeMap<(&str, &str, String), RawComponent> = BTreeMap::new();
    for (at, package) in new.packages.iter().enumerate() {
        if subject == Some(at) {
            references.push(ROOT.to_owned());
            continue;
        }
        let component = component(package, &new.supplier, new.ecosystems)?;
        let reference = component.bom_ref.clone().unwrap_or_default();
        references.push(reference.clone());
        components.insert((&package.name, &package.version, reference), component);
    }
    let system = new.distribution.map(operating_system);
    let mut leads_to = graph(new, &references)?;
    leads_to.entry(ROOT).or_default();
    let system_reference = system.as_ref().and_then(|system| system.bom_ref.clone());
    if let Some(reference) = &system_reference {
        leads_to.entry(ROOT).or_default().insert(reference);
        leads_to.entry(reference).or_default();
    }
    let subject = subject.and_then(|at| new.packages.get(at));
    let root_purl = subject.map(|package| purl_of(package, new.ecosystems)).transpose()?;
    let mut document = Document {
        schema: Some(SCHEMA.to_owned()),
        bom_format: Some("CycloneDX".to_owned()),
        spec_version: Some(SPEC_VERSION.to_owned()),
        serial_number: None,
        version: Some(1),
        metadata: Some(metadata(new, root_purl)),
        services: None,
        compositions: Some(compositions(new, &leads_to)),
        dependencies: Some(
            leads_to
                .iter()
                .map(|(reference, depends_on)| RawDependency {
                    r#ref: Some((*reference).to_owned()),
                    depends_on: Some(depends_on.iter().map(|to| (*to).to_owned()).collect()),
                })
                .collect(),
        ),
        components: Some(system.into_iter().chain(components.into_values()).collect()),
    };
    let content = serde_json::to_vec(&document).map_err(WriteError::Json)?;
    document.serial_number = Some(serial_number(&content));
    let mut bytes = serde_json::to_vec_pretty(&document).map_err(WriteError::Json)?;
    bytes.push(b'\n');
    Ok(bytes)
}

impl NewBom<'_> {
    fn describes(&self, package: &Package) -> bool {
        package.origin == Origin::Local
            && package.name == self.name
            && Some(package.version.as_str()) == self.version
    }
}

impl Party<'_> {
    pub(super) fn organisation(&self) -> Organisation {
        Organisation {
            name: Some(self.name.to_owned()),
            url: None,
            contact: self.email.map(|_| vec![self.contact()]),
        }
    }

    fn contact(&self) -> Contact {
        Contact { name: Some(self.name.to_owned()), email: self.email.map(str::to_owned) }
    }
}

fn metadata(new: &NewBom<'_>, root_purl: Option<String>) -> RawMetadata {
    let kind = match new.kind {
        SubjectKind::Application => "application",
        SubjectKind::Container => "container",
        SubjectKind::Library => "library",
    };
    RawMetadata {
        timestamp: Some(new.timestamp.to_string()),
        tools: Some(Tools {
            components: vec![RawComponent {
                kind: Some("application".to_owned()),
                name: Some("beleg".to_owned()),
                version: Some(new.tool_version.to_owned()),
                ..RawComponent::default()
            }],
        }),
        authors: Some(vec![new.author.contact()]),
        supplier: Some(new.supplier.organisation()),
        component: Some(RawComponent {
            kind: Some(kind.to_owned()),
            bom_ref: Some(ROOT.to_owned()),
            supplier: Some(Box::new(new.supplier.organisation())),
            name: Some(new.name.to_owned()),
            version: new.version.map(str::to_owned),
            purl: root_purl,
            hashes: new.artifact.map(|digest| {
                vec![Hash { alg: "SHA-256".to_owned(), content: digest.hex().to_owned() }]
            }),
            ..RawComponent::default()
        }),
        ..RawMetadata::default()
    }
}

type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Says for every reference what it leads to. What nothing else leads to hangs on the root, and
/// the project's own packages do so always, because they may lead to one another in a circle.
fn graph<'a>(new: &NewBom<'_>, references: &'a [String]) -> Result<Graph<'a>, WriteError> {
    let mut leads_to: Graph<'a> =
        references.iter().map(|reference| (reference.as_str(), BTreeSet::new())).collect();
    let mut led_to = BTreeSet::new();
    for edge in new.edges.unwrap_or_default() {
        let nowhere = || WriteError::Edge { from: edge.from, to: edge.to };
        let from = references.get(edge.from).ok_or_else(nowhere)?.as_str();
        let to = references.get(edge.to).ok_or_else(nowhere)?.as_str();
        if from != to && to != ROOT {
            leads_to.entry(from).or_default().insert(to);
            led_to.insert(to);
        }
    }
    for (package, reference) in new.packages.iter().zip(references) {
        let is_first = package.origin == Origin::Local || !led_to.contains(reference.as_str());
        if is_first && reference != ROOT {
            leads_to.entry(ROOT).or_default().insert(reference);
        }
    }
    Ok(leads_to)
}

/// Says how much of the whole is known (BSI TR-03183-2, section 5.2.2, asks for it): whether all
/// components are listed, and whether all dependencies are.
fn compositions(new: &NewBom<'_>, leads_to: &Graph<'_>) -> Vec<Composition> {
    let components = if new.complete { "complete" } else { "incomplete" };
    let dependencies = match new.edges {
        Some(_) => components,
        None => "unknown",
    };
    vec![
        Composition {
            aggregate: components.into(),
            assemblies: vec![ROOT.to_owned()],
            dependencies: Vec::new(),
        },
        Composition {
            aggregate: dependencies.into(),
            assemblies: Vec::new(),
            dependencies: leads_to.keys().map(|reference| (*reference).to_owned()).collect(),
        },
    ]
}

/// Makes a UUID of version 8 (RFC 9562, section 5.8) of the first 16 bytes of a SHA-256.
fn serial_number(content: &[u8]) -> String {
    let digits: String = Sha256::digest(content)
        .iter()
        .take(16)
        .zip(0..)
        .map(|(byte, at)| match at {
            6 => format!("{:02x}", byte & 0x0f | 0x80),
            8 => format!("{:02x}", byte & 0x3f | 0x80),
            _ => format!("{byte:02x}"),
        })
        .collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32)
    )
}
