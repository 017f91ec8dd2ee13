use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Cran;

/// R packages of CRAN.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "CRAN",
    purl_type: "cran",
    purl_namespace: None,
    order: &Cran,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "CRAN", url: "https://cran.r-project.org" },
    syft: Syft { package_type: Some("R-package"), language: Some("R") },
};
