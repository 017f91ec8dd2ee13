use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;
use crate::releases::{any_release, not_stated};

/// Red Hat's products; the release is a CPE such as `enterprise_linux:8::appstream`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Red Hat",
    purl: Some(Purl { kind: "rpm", namespace: Namespace::Always("redhat") }),
    order: &Rpm,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: any_release, in_os_release: not_stated }),
    advises_sources: false,
    os_ids: &["rhel"],
    supplier: Supplier { name: "Red Hat", url: "https://www.redhat.com" },
    syft: Syft { package_type: Some("rpm"), language: None },
};
