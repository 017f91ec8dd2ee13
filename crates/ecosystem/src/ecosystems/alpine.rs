use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;
use crate::releases::one_word;

/// Alpine Linux; the release is a branch such as `v3.20`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Alpine",
    purl: Some(Purl { kind: "apk", namespace: Namespace::Always("alpine") }),
    order: &Apk,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: branch }),
    advises_sources: true,
    os_ids: &["alpine"],
    supplier: Supplier { name: "Alpine Linux", url: "https://alpinelinux.org" },
    syft: Syft { package_type: Some("apk"), language: None },
};

/// `3.20.3` is of the branch `v3.20`; edge (`3.21_alpha20240923`) is of none.
fn branch(version: &str) -> Option<String> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = version.strip_prefix('v').unwrap_or(version).split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    (number(major) && number(minor)).then(|| format!("v{major}.{minor}"))
}
