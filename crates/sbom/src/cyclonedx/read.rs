use super::bom::{Bom, Component, Dependency, Place};
use super::document::{
    Contact, Document, Hash, Organisation, RawComponent, RawMetadata, RawService,
};
use super::origin::SAYS_WHENCE;
use super::shape::check_json;
use crate::text::shown;
use beleg_model::ByteCount;
use std::borrow::Cow;

const KNOWN_VERSIONS: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// How much of an SBOM is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes: 64 MiB by default.
    pub bytes: ByteCount,
    /// The most components, nested ones counted: one million by default.
    pub components: usize,
    /// The most JSON objects of any kind: one million by default.
    pub objects: usize,
    /// The most JSON values, roughly: eight million by default.
    pub values: usize,
    /// The deepest nesting of objects and arrays: 64 by default, which are some 30 components
    /// within one another.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: ByteCount::mebibytes(64),
            components: 1_000_000,
            objects: 1_000_000,
            values: 8_000_000,
            depth: 64,
        }
    }
}

/// Says why bytes were refused as a CycloneDX SBOM.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BomError {
    /// More bytes than [`Limits::bytes`].
    #[error("the SBOM is larger than the limit of {limit}")]
    TooLarge {
        /// The most bytes allowed.
        limit: ByteCount,
    },
    /// More objects or values than the limits.
    #[error("the SBOM has more than the limit of {objects} objects or {values} values")]
    TooManyValues {
        /// The most objects allowed.
        objects: usize,
        /// The most values allowed.
        values: usize,
    },
    /// More components than [`Limits::components`].
    #[error("the SBOM has more than the limit of {limit} components")]
    TooManyComponents {
        /// The most components allowed.
        limit: usize,
    },
    /// Deeper nesting than [`Limits::depth`].
    #[error("the SBOM is nested deeper than the limit of {limit} levels")]
    TooDeep {
        /// The deepest nesting allowed.
        limit: usize,
    },
    /// The same key twice in the outermost object.
    #[error("the SBOM has the key `{key}` twice")]
    DoubledKey {
        /// The key.
        key: String,
    },
    /// Not JSON, or not of CycloneDX's types.
    #[error("the SBOM is no CycloneDX JSON")]
    Malformed(#[source] serde_json::Error),
    /// `bomFormat` is missing or another.
    #[error("the document is no CycloneDX SBOM: its `bomFormat` is {found}")]
    WrongFormat {
        /// What it says: a name in backticks, or `missing`.
        found: String,
    },
    /// `specVersion` is missing or not one that is known.
    #[error("the SBOM's `specVersion` is {found}; 1.2 to 1.7 are known")]
    UnknownVersion {
        /// What it says: a version in backticks, or `missing`.
        found: String,
    },
}

/// Reads a CycloneDX JSON SBOM. Nested components are flattened, outer before inner.
///
/// # Errors
/// When the bytes are beyond the limits, no JSON of the right types, or of another format or
/// version. Doubled `bom-ref`s are no error: see [`Bom::findings`].
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Bom, BomError> {
    // RFC 8259 forbids the mark, but tools for Windows write it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    check_json(bytes, limits)?;
    let document: Document = serde_json::from_slice(bytes).map_err(BomError::Malformed)?;
    let says = |text: &Option<String>| match text {
        Some(text) => format!("`{}`", shown(text)),
        None => "missing".to_owned(),
    };
    if document.bom_format.as_deref() != Some("CycloneDX") {
        return Err(BomError::WrongFormat { found: says(&document.bom_format) });
    }
    let found = says(&document.spec_version);
    let spec_version = document
        .spec_version
        .filter(|version| KNOWN_VERSIONS.contains(&version.as_str()))
        .ok_or(BomError::UnknownVersion { found })?;
    let metadata = document.metadata.unwrap_or_default();
    let mut components = Vec::new();
    let (root, author) = root_and_author(metadata, &mut components);
    flatten(document.components.unwrap_or_default(), Place::Bom, &mut components);
    if components.len() > limits.components {
        return Err(BomError::TooManyComponents { limit: limits.components });
    }
    let compositions = document.compositions.unwrap_or_default().into_iter();
    let says_less = compositions.map(|it| it.aggregate).find(|it| it.starts_with("incomplete"));
    let dependencies = document.dependencies.unwrap_or_default().into_iter();
    Ok(Bom {
        spec_version,
        serial_number: document.serial_number,
        timestamp: author.timestamp,
        authors: author.names,
        supplier: author.supplier,
        root,
        components,
        says_less: says_less.map(Cow::into_owned),
        services: references_of(document.services.unwrap_or_default()),
        dependencies: dependencies
            .map(|raw| Dependency {
                reference: raw.r#ref.unwrap_or_default(),
                depends_on: raw.depends_on.unwrap_or_default(),
            })
            .collect(),
    })
}

/// What the metadata says about who made the SBOM and when.
struct Authorship {
    timestamp: Option<String>,
    names: Vec<String>,
    supplier: Option<String>,
}

fn root_and_author(
    metadata: RawMetadata,
    components: &mut Vec<Component>,
) -> (Option<Component>, Authorship) {
    let root = metadata.component.map(|mut raw| {
        let nested = raw.components.take().unwrap_or_default();
        flatten(nested, Place::Root, components);
        component(raw, Place::Bom)
    });
    let manufacturers = metadata.manufacturer.into_iter().chain(metadata.manufacture);
    let authors = metadata.authors.into_iter().flatten().filter_map(Contact::known_as);
    let authorship = Authorship {
        timestamp: metadata.timestamp,
        names: authors.chain(manufacturers.filter_map(Organisation::known_as)).collect(),
        supplier: metadata.supplier.and_then(Organisation::known_as),
    };
    (root, authorship)
}

/// Takes nested components out of one another. The recursion ends at the depth limit, which
/// [`check_json`] has checked before.
fn flatten(raw: Vec<RawComponent>, place: Place, components: &mut Vec<Component>) {
    for mut raw in raw {
        let inner = raw.components.take().unwrap_or_default();
        let at = components.len();
        components.push(component(raw, place));
        flatten(inner, Place::Component(at), components);
    }
}

/// Lists the identifiers of services, outer before inner, to the same depth.
fn references_of(services: Vec<RawService>) -> Vec<String> {
    let of = |service: RawService| {
        let inner = references_of(service.services.unwrap_or_default());
        service.bom_ref.into_iter().chain(inner)
    };
    services.into_iter().flat_map(of).collect()
}

fn component(raw: RawComponent, place: Place) -> Component {
    let present = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let organisations = raw.supplier.into_iter().chain(raw.manufacturer);
    let people = raw.authors.into_iter().flatten().filter_map(Contact::known_as);
    let supplier = organisations
        .filter_map(|organisation| organisation.known_as())
        .chain(present(raw.publisher))
        .chain(present(raw.author))
        .chain(people)
        .next();
    Component {
        kind: raw.kind.unwrap_or_default(),
        reference: present(raw.bom_ref),
        group: present(raw.group),
        name: present(raw.name),
        version: present(raw.version),
        purl: present(raw.purl),
        is_excluded: raw.scope.as_deref() == Some("excluded"),
        digests: raw.hashes.iter().flatten().filter_map(Hash::digest).collect(),
        cpe: present(raw.cpe),
        swid: raw.swid.and_then(|swid| present(swid.tag_id)),
        supplier,
        properties: raw
            .properties
            .into_iter()
            .flatten()
            .map(|property| (property.name.unwrap_or_default(), property.value.unwrap_or_default()))
            .collect(),
        references: raw
            .external_references
            .into_iter()
            .flatten()
            .filter_map(|it| Some((it.kind?, it.url?)))
            .filter(|(kind, _)| SAYS_WHENCE.contains(&kind.as_str()))
            .collect(),
        place,
    }
}
