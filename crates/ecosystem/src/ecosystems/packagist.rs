use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::{lower_case, same_name};
use crate::orders::Packagist;

/// PHP packages, named `vendor/package`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Packagist",
    purl: Some(Purl { kind: "composer", namespace: Namespace::Before('/') }),
    order: &Packagist,
    fold_name: lower_case,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Packagist", url: "https://packagist.org" },
    syft: Syft { package_type: Some("php-composer"), language: Some("php") },
};
