use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::lower_case;
use crate::orders::Packagist;

/// PHP packages, named `vendor/package`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Packagist",
    purl_type: "composer",
    purl_namespace: None,
    order: &Packagist,
    fold_name: lower_case,
    has_releases: false,
    supplier: Supplier { name: "Packagist", url: "https://packagist.org" },
    syft: Syft { package_type: Some("php-composer"), language: Some("php") },
};
