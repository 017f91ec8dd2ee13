use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;
use crate::releases::{not_stated, one_word};

/// openEuler; the release is `24.03-LTS` and the like.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "openEuler",
    purl: Some(Purl { kind: "rpm", namespace: Namespace::Always("openeuler") }),
    order: &Rpm,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: not_stated }),
    advises_sources: true,
    os_ids: &["openEuler"],
    supplier: Supplier { name: "openEuler", url: "https://www.openeuler.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
