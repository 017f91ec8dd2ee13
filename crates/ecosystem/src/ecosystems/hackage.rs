use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Hackage;

/// Haskell packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Hackage",
    purl: Some(Purl { kind: "hackage", namespace: Namespace::None }),
    order: &Hackage,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Hackage", url: "https://hackage.haskell.org" },
    syft: Syft { package_type: Some("hackage"), language: Some("haskell") },
};
