use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::{crate_name, same_name};
use crate::orders::SemVer;

/// Rust crates.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "crates.io",
    purl: Some(Purl { kind: "cargo", namespace: Namespace::None }),
    order: &SemVer,
    fold_name: crate_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "crates.io", url: "https://crates.io" },
    syft: Syft { package_type: Some("rust-crate"), language: Some("rust") },
};
