use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Bitnami;

/// Bitnami's packaged applications.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Bitnami",
    purl_type: "bitnami",
    purl_namespace: None,
    order: &Bitnami,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Bitnami", url: "https://bitnami.com" },
    syft: Syft { package_type: Some("bitnami"), language: None },
};
