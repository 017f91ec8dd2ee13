use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Dpkg;
use crate::releases::as_stated;

/// Ubuntu; advisories speak of source packages, the release is `24.04` and the like.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Ubuntu",
    purl: Some(Purl { kind: "deb", namespace: Namespace::Always("ubuntu") }),
    order: &Dpkg,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: ubuntu, in_os_release: as_stated }),
    advises_sources: true,
    os_ids: &["ubuntu"],
    supplier: Supplier { name: "Ubuntu", url: "https://ubuntu.com" },
    syft: Syft { package_type: Some("deb"), language: None },
};

/// `24.04:LTS` is the release `24.04`. `Pro:…` and `FIPS:…` are other archives than the one that a
/// package of the ordinary release comes from.
fn ubuntu(suffix: &str) -> Option<&str> {
    let release = suffix.strip_suffix(":LTS").unwrap_or(suffix);
    let is_dated = release.starts_with(|c: char| c.is_ascii_digit()) && !release.contains(':');
    is_dated.then_some(release)
}
