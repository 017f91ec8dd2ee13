use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Conda;

/// Conda packages of any channel. OSV has no records of them.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Conda",
    purl_type: "conda",
    purl_namespace: None,
    order: &Conda,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Anaconda", url: "https://anaconda.org" },
    syft: Syft { package_type: Some("conda"), language: None },
};
