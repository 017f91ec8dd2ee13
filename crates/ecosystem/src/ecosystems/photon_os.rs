use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;
use crate::releases::{as_stated, one_word};

/// Photon OS; the release is `5.0` and the like.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Photon OS",
    purl: Some(Purl { kind: "rpm", namespace: Namespace::Always("photon") }),
    order: &Rpm,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: as_stated }),
    advises_sources: false,
    os_ids: &["photon"],
    supplier: Supplier { name: "Photon OS", url: "https://vmware.github.io/photon" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
