use super::Party;
use super::document::{Organisation, Property, RawComponent, Swid};
use super::origin::{LOCAL, ORIGIN_PROPERTY};
use crate::OsRelease;
use crate::formats::format_of;
use crate::purl::{PurlError, purl_of};
use crate::text::shown;
use beleg_ecosystem::{Registry, Syft};
use beleg_model::{Ecosystem, Origin, Package};
use sha2::{Digest as _, Sha256};

/// Describes a package as a component; `own_supplier` supplies the project's own packages.
///
/// # Errors
/// When the package has no package URL.
pub(super) fn component(
    package: &Package,
    own_supplier: &Party<'_>,
    known: Registry,
) -> Result<RawComponent, PurlError> {
    let purl = purl_of(package, known)?;
    let supplier = match &package.origin {
        Origin::Registry => registry(&package.ecosystem, known),
        Origin::Local => own_supplier.organisation(),
        Origin::Elsewhere(place) => {
            Organisation { name: Some(shown(place)), ..Organisation::default() }
        }
    };
    Ok(RawComponent {
        kind: Some("library".to_owned()),
        bom_ref: Some(reference(package, &purl)),
        supplier: Some(Box::new(supplier)),
        name: Some(package.name.clone()),
        version: Some(package.version.clone()),
        properties: Some(properties(package, known)),
        purl: Some(purl),
        ..RawComponent::default()
    })
}

/// The operating system as syft writes it, so that its readers know the distribution.
pub(super) fn operating_system(os: &OsRelease) -> RawComponent {
    let version = os.version_id.clone();
    let suffix = version.as_ref().map(|version| format!("@{version}")).unwrap_or_default();
    let like = os.id_like.iter().enumerate();
    let properties =
        like.map(|(at, id)| property(&format!("syft:distro:idLike:{at}"), id.clone())).chain(
            [
                ("syft:distro:id", Some(os.id.clone())),
                ("syft:distro:prettyName", os.pretty_name.clone()),
                ("syft:distro:versionCodename", os.codename.clone()),
                ("syft:distro:versionID", version.clone()),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some(property(name, value?))),
        );
    let mut properties: Vec<Property> = properties.collect();
    properties.sort_by(|a, b| a.name.cmp(&b.name));
    RawComponent {
        kind: Some("operating-system".to_owned()),
        bom_ref: Some(format!("os:{}{suffix}", os.id)),
        supplier: Some(Box::new(Organisation {
            name: Some(os.id.clone()),
            ..Organisation::default()
        })),
        name: Some(os.id.clone()),
        swid: Some(Box::new(Swid {
            tag_id: Some(os.id.clone()),
            name: Some(os.id.clone()),
            version: version.clone(),
        })),
        version,
        properties: Some(properties),
        ..RawComponent::default()
    }
}

/// The `bom-ref` in syft's form: the package URL with `package-id`, 16 hex digits. Syft hashes its
/// own structures; any stable digits serve, because readers only compare them.
fn reference(package: &Package, purl: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(purl);
    // The digits tell apart what the package URL does not: two origins, two files, two layers.
    // The line is left out, so that a lockfile that grows does not rename everything below.
    let origin = format!("{:?}", package.origin);
    let container = package.location.within.as_deref().unwrap_or_default();
    for part in [origin.as_str(), &package.location.path, container] {
        hash.update([0]);
        hash.update(part);
    }
    let separator = if purl.contains('?') { '&' } else { '?' };
    let id: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{purl}{separator}package-id={id}")
}

fn registry(ecosystem: &Ecosystem, known: Registry) -> Organisation {
    let supplier = known.find(&ecosystem.name).map(|ecosystem| ecosystem.supplier);
    Organisation {
        name: supplier.map(|supplier| supplier.name.to_owned()),
        url: supplier.map(|supplier| vec![supplier.url.to_owned()]),
        ..Organisation::default()
    }
}

/// The properties that syft writes and its readers know, in syft's order, then our own.
fn properties(package: &Package, known: Registry) -> Vec<Property> {
    let Syft { package_type, language } = known
        .find(&package.ecosystem.name)
        .map_or(Syft { package_type: None, language: None }, |ecosystem| ecosystem.syft);
    let format = format_of(&package.location.path);
    let path = Some(package.location.path.clone()).filter(|path| !path.is_empty());
    let origin = match &package.origin {
        Origin::Registry => None,
        Origin::Local => Some(LOCAL.to_owned()),
        Origin::Elsewhere(place) => Some(place.clone()),
    };
    let found_by = format.map(|format| format!("beleg-{}", format.about().id));
    let metadata_type = format.map(|format| format.about().syft_metadata_type.to_owned());
    [
        ("syft:package:foundBy", found_by),
        ("syft:package:language", language.map(str::to_owned)),
        ("syft:package:type", package_type.map(str::to_owned)),
        ("syft:package:metadataType", metadata_type),
        ("syft:location:0:layerID", package.location.within.clone()),
        ("syft:location:0:path", path),
        (ORIGIN_PROPERTY, origin),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(property(name, value?)))
    .collect()
}

fn property(name: &str, value: String) -> Property {
    Property { name: Some(name.to_owned()), value: Some(value) }
}
