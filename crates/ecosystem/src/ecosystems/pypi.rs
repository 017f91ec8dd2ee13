use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::normalized_name;
use crate::orders::Pep440;

/// Python packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "PyPI",
    purl: Some(Purl { kind: "pypi", namespace: Namespace::None }),
    order: &Pep440,
    fold_name: normalized_name,
    canonical_name: normalized_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Python Package Index", url: "https://pypi.org" },
    syft: Syft { package_type: Some("python"), language: Some("python") },
};
