use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Hackage;

/// Components of the Glasgow Haskell Compiler.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "GHC",
    purl_type: "generic",
    purl_namespace: None,
    order: &Hackage,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Haskell", url: "https://www.haskell.org/ghc" },
    syft: Syft { package_type: None, language: Some("haskell") },
};
