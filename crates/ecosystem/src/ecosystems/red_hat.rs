use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// Red Hat's products; the release is a CPE such as `enterprise_linux:8::appstream`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Red Hat",
    purl_type: "rpm",
    purl_namespace: Some("redhat"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Red Hat", url: "https://www.redhat.com" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
