use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// MinimOS, a rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "MinimOS",
    purl: Some(Purl { kind: "apk", namespace: Namespace::Always("minimos") }),
    order: &Apk,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: true,
    os_ids: &["minimos"],
    supplier: Supplier { name: "Minimus", url: "https://www.minimus.io" },
    syft: Syft { package_type: Some("apk"), language: None },
};
