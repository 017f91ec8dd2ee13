use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Bitnami;

/// Bitnami's packaged applications.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Bitnami",
    purl: Some(Purl { kind: "bitnami", namespace: Namespace::None }),
    order: &Bitnami,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Bitnami", url: "https://bitnami.com" },
    syft: Syft { package_type: Some("bitnami"), language: None },
};
