use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Hackage;

/// Haskell packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Hackage",
    purl_type: "hackage",
    purl_namespace: None,
    order: &Hackage,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Hackage", url: "https://hackage.haskell.org" },
    syft: Syft { package_type: Some("hackage"), language: Some("haskell") },
};
