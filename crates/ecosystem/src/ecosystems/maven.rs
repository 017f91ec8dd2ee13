use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Maven;

/// Java packages, named `group:artifact`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Maven",
    purl: Some(Purl { kind: "maven", namespace: Namespace::Before(':') }),
    order: &Maven,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Maven Central", url: "https://central.sonatype.com" },
    syft: Syft { package_type: Some("java-archive"), language: Some("java") },
};
