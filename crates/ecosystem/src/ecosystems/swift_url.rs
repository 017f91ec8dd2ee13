use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::lower_case;
use crate::orders::SemVer;

/// Swift packages, named by the address of their repository.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "SwiftURL",
    purl_type: "swift",
    purl_namespace: None,
    order: &SemVer,
    fold_name: lower_case,
    has_releases: false,
    supplier: Supplier { name: "Swift", url: "https://www.swift.org" },
    syft: Syft { package_type: Some("swift"), language: Some("swift") },
};
