use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Dpkg;

/// Debian; advisories speak of source packages, the release is the major version.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Debian",
    purl_type: "deb",
    purl_namespace: Some("debian"),
    order: &Dpkg,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Debian", url: "https://www.debian.org" },
    syft: Syft { package_type: Some("deb"), language: None },
};
