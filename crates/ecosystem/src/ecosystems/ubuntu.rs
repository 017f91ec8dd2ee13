use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Dpkg;

/// Ubuntu; advisories speak of source packages, the release is `24.04` and the like.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Ubuntu",
    purl_type: "deb",
    purl_namespace: Some("ubuntu"),
    order: &Dpkg,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Ubuntu", url: "https://ubuntu.com" },
    syft: Syft { package_type: Some("deb"), language: None },
};
