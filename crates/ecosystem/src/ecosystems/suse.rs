use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// SUSE's products; the release is a product's name.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "SUSE",
    purl_type: "rpm",
    purl_namespace: Some("suse"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "SUSE", url: "https://www.suse.com" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
