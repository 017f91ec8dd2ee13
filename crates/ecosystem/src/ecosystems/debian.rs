use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Dpkg;
use crate::releases::{major, one_word};

/// Debian; advisories speak of source packages, the release is the major version.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Debian",
    purl: Some(Purl { kind: "deb", namespace: Namespace::Always("debian") }),
    order: &Dpkg,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: major }),
    advises_sources: true,
    os_ids: &["debian"],
    supplier: Supplier { name: "Debian", url: "https://www.debian.org" },
    syft: Syft { package_type: Some("deb"), language: None },
};
