use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Cran;

/// R packages of CRAN.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "CRAN",
    purl: Some(Purl { kind: "cran", namespace: Namespace::None }),
    order: &Cran,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "CRAN", url: "https://cran.r-project.org" },
    syft: Syft { package_type: Some("R-package"), language: Some("R") },
};
