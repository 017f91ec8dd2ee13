use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// Alpaquita Linux of BellSoft.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Alpaquita",
    purl_type: "apk",
    purl_namespace: Some("alpaquita"),
    order: &Apk,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "BellSoft", url: "https://bell-sw.com" },
    syft: Syft { package_type: Some("apk"), language: None },
};
