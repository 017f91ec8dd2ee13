use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// MinimOS, a rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "MinimOS",
    purl_type: "apk",
    purl_namespace: Some("minimos"),
    order: &Apk,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Minimus", url: "https://www.minimus.io" },
    syft: Syft { package_type: Some("apk"), language: None },
};
