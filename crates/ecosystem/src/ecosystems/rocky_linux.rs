use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;
use crate::releases::{major, one_word};

/// Rocky Linux; the release is the major version.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Rocky Linux",
    purl: Some(Purl { kind: "rpm", namespace: Namespace::Always("rocky") }),
    order: &Rpm,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: major }),
    advises_sources: true,
    os_ids: &["rocky"],
    supplier: Supplier { name: "Rocky Linux", url: "https://rockylinux.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
