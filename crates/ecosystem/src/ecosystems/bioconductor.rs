use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Cran;

/// R packages of Bioconductor.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Bioconductor",
    purl: Some(Purl { kind: "bioconductor", namespace: Namespace::None }),
    order: &Cran,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Bioconductor", url: "https://bioconductor.org" },
    syft: Syft { package_type: Some("R-package"), language: Some("R") },
};
