use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Cran;

/// R packages of Bioconductor.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Bioconductor",
    purl_type: "bioconductor",
    purl_namespace: None,
    order: &Cran,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Bioconductor", url: "https://bioconductor.org" },
    syft: Syft { package_type: Some("R-package"), language: Some("R") },
};
