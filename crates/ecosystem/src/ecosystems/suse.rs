use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;
use crate::releases::{any_release, not_stated};

/// SUSE's products; the release is a product's name.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "SUSE",
    purl: Some(Purl { kind: "rpm", namespace: Namespace::Always("suse") }),
    order: &Rpm,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: any_release, in_os_release: not_stated }),
    advises_sources: true,
    os_ids: &["sles", "sled"],
    supplier: Supplier { name: "SUSE", url: "https://www.suse.com" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
