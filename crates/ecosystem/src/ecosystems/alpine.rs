use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;

/// Alpine Linux; the release is a branch such as `v3.20`.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Alpine",
    purl_type: "apk",
    purl_namespace: Some("alpine"),
    order: &Apk,
    fold_name: same_name,
    has_releases: true,
    supplier: Supplier { name: "Alpine Linux", url: "https://alpinelinux.org" },
    syft: Syft { package_type: Some("apk"), language: None },
};
