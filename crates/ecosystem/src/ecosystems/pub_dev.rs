use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::PubSemver;

/// Dart and Flutter packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Pub",
    purl: Some(Purl { kind: "pub", namespace: Namespace::None }),
    order: &PubSemver,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "pub.dev", url: "https://pub.dev" },
    syft: Syft { package_type: Some("dart-pub"), language: Some("dart") },
};
