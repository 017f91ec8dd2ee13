use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Maven;

/// Java packages, named `group:artifact`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Maven",
    purl_type: "maven",
    purl_namespace: None,
    order: &Maven,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Maven Central", url: "https://central.sonatype.com" },
    syft: Syft { package_type: Some("java-archive"), language: Some("java") },
};
