use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// AlmaLinux's errata; the release is the major version.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "AlmaLinux",
    purl_type: "rpm",
    purl_namespace: Some("almalinux"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "AlmaLinux", url: "https://almalinux.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
