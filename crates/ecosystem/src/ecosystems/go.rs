use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Golang;

/// Go modules, the standard library (`stdlib`) and the toolchain (`toolchain`).
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Go",
    purl: Some(Purl { kind: "golang", namespace: Namespace::Before('/') }),
    order: &Golang,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Go", url: "https://pkg.go.dev" },
    syft: Syft { package_type: Some("go-module"), language: Some("go") },
};
