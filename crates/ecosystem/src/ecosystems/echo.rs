use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Dpkg;

/// Echo's rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Echo",
    purl: Some(Purl { kind: "deb", namespace: Namespace::Always("echo") }),
    order: &Dpkg,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: true,
    os_ids: &["echo"],
    supplier: Supplier { name: "Echo", url: "https://www.echo.ai" },
    syft: Syft { package_type: Some("deb"), language: None },
};
