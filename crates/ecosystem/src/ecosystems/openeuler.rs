use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// openEuler; the release is `24.03-LTS` and the like.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "openEuler",
    purl_type: "rpm",
    purl_namespace: Some("openeuler"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "openEuler", url: "https://www.openeuler.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
