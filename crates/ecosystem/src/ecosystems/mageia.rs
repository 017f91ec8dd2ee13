use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// Mageia; the release is the major version.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Mageia",
    purl_type: "rpm",
    purl_namespace: Some("mageia"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Mageia", url: "https://www.mageia.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
