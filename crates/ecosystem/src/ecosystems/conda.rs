use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Conda;

/// Conda packages of any channel. OSV has no records of them.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Conda",
    purl: Some(Purl { kind: "conda", namespace: Namespace::None }),
    order: &Conda,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Anaconda", url: "https://anaconda.org" },
    syft: Syft { package_type: Some("conda"), language: None },
};
