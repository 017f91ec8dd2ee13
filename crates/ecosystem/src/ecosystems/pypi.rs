use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::normalized_name;
use crate::orders::Pep440;

/// Python packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "PyPI",
    purl_type: "pypi",
    purl_namespace: None,
    order: &Pep440,
    fold_name: normalized_name,
    has_releases: false,
    supplier: Supplier { name: "Python Package Index", url: "https://pypi.org" },
    syft: Syft { package_type: Some("python"), language: Some("python") },
};
