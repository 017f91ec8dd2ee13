use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Hackage;

/// Components of the Glasgow Haskell Compiler.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "GHC",
    purl: None,
    order: &Hackage,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Haskell", url: "https://www.haskell.org/ghc" },
    syft: Syft { package_type: None, language: Some("haskell") },
};
