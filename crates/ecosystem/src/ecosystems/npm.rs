use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::SemVer;

/// JavaScript packages, named `name` or `@scope/name`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "npm",
    purl: Some(Purl { kind: "npm", namespace: Namespace::Before('/') }),
    order: &SemVer,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "npm", url: "https://www.npmjs.com" },
    syft: Syft { package_type: Some("npm"), language: Some("javascript") },
};
