use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// Chainguard's rolling distribution.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Chainguard",
    purl: Some(Purl { kind: "apk", namespace: Namespace::Always("chainguard") }),
    order: &Apk,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: true,
    os_ids: &["chainguard"],
    supplier: Supplier { name: "Chainguard", url: "https://www.chainguard.dev" },
    syft: Syft { package_type: Some("apk"), language: None },
};
