use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;
use crate::releases::{major, one_word};

/// Azure Linux, formerly CBL-Mariner.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Azure Linux",
    purl: Some(Purl { kind: "rpm", namespace: Namespace::Always("azurelinux") }),
    order: &Rpm,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: major }),
    advises_sources: true,
    os_ids: &["azurelinux", "mariner"],
    supplier: Supplier { name: "Microsoft", url: "https://www.microsoft.com" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
