use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Julia;

/// Julia packages of the general registry.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Julia",
    // They name packages by a UUID too (`uuid`), which OSV does not know.
    purl: None,
    order: &Julia,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Julia", url: "https://julialang.org" },
    syft: Syft { package_type: Some("julia"), language: Some("julia") },
};
