use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;

/// Azure Linux, formerly CBL-Mariner.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Azure Linux",
    purl_type: "rpm",
    purl_namespace: Some("azurelinux"),
    order: &Rpm,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Microsoft", url: "https://www.microsoft.com" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
