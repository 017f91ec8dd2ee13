use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// Chainguard's rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Chainguard",
    purl_type: "apk",
    purl_namespace: Some("chainguard"),
    order: &Apk,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Chainguard", url: "https://www.chainguard.dev" },
    syft: Syft { package_type: Some("apk"), language: None },
};
