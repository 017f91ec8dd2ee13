use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// Photon OS; the release is `5.0` and the like.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Photon OS",
    purl_type: "rpm",
    purl_namespace: Some("photon"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Photon OS", url: "https://vmware.github.io/photon" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
