use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::SemVer;

/// JavaScript packages, named `name` or `@scope/name`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "npm",
    purl_type: "npm",
    purl_namespace: None,
    order: &SemVer,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "npm", url: "https://www.npmjs.com" },
    syft: Syft { package_type: Some("npm"), language: Some("javascript") },
};
