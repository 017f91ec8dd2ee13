use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// Wolfi, a rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Wolfi",
    purl_type: "apk",
    purl_namespace: Some("wolfi"),
    order: &Apk,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Wolfi", url: "https://wolfi.dev" },
    syft: Syft { package_type: Some("apk"), language: None },
};
