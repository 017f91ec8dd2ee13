use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::{lower_case, same_name};
use crate::orders::SemVer;

/// Swift packages, named by the address of their repository.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "SwiftURL",
    purl: Some(Purl { kind: "swift", namespace: Namespace::Before('/') }),
    order: &SemVer,
    fold_name: lower_case,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Swift", url: "https://www.swift.org" },
    syft: Syft { package_type: Some("swift"), language: Some("swift") },
};
