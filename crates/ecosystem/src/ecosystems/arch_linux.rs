use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Pacman;

/// Arch Linux, which has no releases. OSV has no records of it; its own tracker has.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Arch Linux",
    purl: Some(Purl { kind: "alpm", namespace: Namespace::Always("arch") }),
    order: &Pacman,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &["arch"],
    supplier: Supplier { name: "Arch Linux", url: "https://archlinux.org" },
    syft: Syft { package_type: Some("alpm"), language: None },
};
