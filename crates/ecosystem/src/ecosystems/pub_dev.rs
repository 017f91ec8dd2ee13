use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::PubSemver;

/// Dart and Flutter packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Pub",
    purl_type: "pub",
    purl_namespace: None,
    order: &PubSemver,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "pub.dev", url: "https://pub.dev" },
    syft: Syft { package_type: Some("dart-pub"), language: Some("dart") },
};
