use crate::ecosystem::{Ecosystem, Namespace, Purl, Releases, Supplier, Syft};
use crate::names::same_name;
use crate::orders::Apk;
use crate::releases::{as_stated, one_word};

/// Alpaquita Linux of BellSoft.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Alpaquita",
    purl: Some(Purl { kind: "apk", namespace: Namespace::Always("alpaquita") }),
    order: &Apk,
    fold_name: same_name,
    canonical_name: same_name,
    releases: Some(Releases { in_advisory: one_word, in_os_release: as_stated }),
    advises_sources: true,
    os_ids: &["alpaquita"],
    supplier: Supplier { name: "BellSoft", url: "https://bell-sw.com" },
    syft: Syft { package_type: Some("apk"), language: None },
};
