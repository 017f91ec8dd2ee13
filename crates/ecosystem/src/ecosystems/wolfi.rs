use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// Wolfi, a rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Wolfi",
    purl: Some(Purl { kind: "apk", namespace: Namespace::Always("wolfi") }),
    order: &Apk,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: true,
    os_ids: &["wolfi"],
    supplier: Supplier { name: "Wolfi", url: "https://wolfi.dev" },
    syft: Syft { package_type: Some("apk"), language: None },
};
