use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Golang;

/// Go modules, the standard library (`stdlib`) and the toolchain (`toolchain`).
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Go",
    purl_type: "golang",
    purl_namespace: None,
    order: &Golang,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Go", url: "https://pkg.go.dev" },
    syft: Syft { package_type: Some("go-module"), language: Some("go") },
};
