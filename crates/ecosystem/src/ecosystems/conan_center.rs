use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::SemVer;

/// C and C++ packages of ConanCenter.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "ConanCenter",
    purl_type: "conan",
    purl_namespace: None,
    order: &SemVer,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "ConanCenter", url: "https://conan.io/center" },
    syft: Syft { package_type: Some("conan"), language: Some("c++") },
};
