use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::SemVer;

/// C and C++ packages of ConanCenter.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "ConanCenter",
    purl: Some(Purl { kind: "conan", namespace: Namespace::None }),
    order: &SemVer,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "ConanCenter", url: "https://conan.io/center" },
    syft: Syft { package_type: Some("conan"), language: Some("c++") },
};
