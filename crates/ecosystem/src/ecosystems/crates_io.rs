use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::crate_name;
use crate::orders::SemVer;

/// Rust crates.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "crates.io",
    purl_type: "cargo",
    purl_namespace: None,
    order: &SemVer,
    fold_name: crate_name,
    has_releases: false,
    supplier: Supplier { name: "crates.io", url: "https://crates.io" },
    syft: Syft { package_type: Some("rust-crate"), language: Some("rust") },
};
