use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Dpkg;

/// Echo's rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Echo",
    purl_type: "deb",
    purl_namespace: Some("echo"),
    order: &Dpkg,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Echo", url: "https://www.echo.ai" },
    syft: Syft { package_type: Some("deb"), language: None },
};
