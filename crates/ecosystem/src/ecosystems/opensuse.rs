use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// openSUSE; the release is a product's name such as `Leap 15.6`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "openSUSE",
    purl_type: "rpm",
    purl_namespace: Some("opensuse"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "openSUSE", url: "https://www.opensuse.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
