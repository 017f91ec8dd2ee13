use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Pacman;

/// Arch Linux, which has no releases. OSV has no records of it; its own tracker has.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Arch Linux",
    purl_type: "alpm",
    purl_namespace: Some("arch"),
    order: &Pacman,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "Arch Linux", url: "https://archlinux.org" },
    syft: Syft { package_type: Some("alpm"), language: None },
};
