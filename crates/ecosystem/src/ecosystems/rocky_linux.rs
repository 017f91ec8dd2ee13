use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// Rocky Linux; the release is the major version.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Rocky Linux",
    purl_type: "rpm",
    purl_namespace: Some("rocky"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Rocky Linux", url: "https://rockylinux.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
