use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Rpm;
use crate::releases::one_word;

/// openSUSE; the release is a product's name such as `Leap 15.6`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "openSUSE",
    purl: Some(Purl { kind: "rpm", namespace: Namespace::Always("opensuse") }),
    order: &Rpm,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: leap }),
    advises_sources: true,
    os_ids: &["opensuse-leap", "opensuse-tumbleweed"],
    supplier: Supplier { name: "openSUSE", url: "https://www.opensuse.org" },
    syft: Syft { package_type: Some("rpm"), language: None },
};

/// `15.6` is `Leap 15.6`; Tumbleweed's versions are days (`20240923`).
fn leap(version: &str) -> Option<String> {
    let version = version.strip_prefix("Leap ").unwrap_or(version);
    version.contains('.').then(|| format!("Leap {version}"))
}
