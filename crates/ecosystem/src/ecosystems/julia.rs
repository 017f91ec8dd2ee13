use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Julia;

/// Julia packages of the general registry.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Julia",
    purl_type: "julia",
    purl_namespace: None,
    order: &Julia,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Julia", url: "https://julialang.org" },
    syft: Syft { package_type: Some("julia"), language: Some("julia") },
};
