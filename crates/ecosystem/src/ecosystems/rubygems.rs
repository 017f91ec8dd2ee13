use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::same_name;
use crate::orders::RubyGems;

/// Ruby gems.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "RubyGems",
    purl: Some(Purl { kind: "gem", namespace: Namespace::None }),
    order: &RubyGems,
    fold_name: same_name,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "RubyGems", url: "https://rubygems.org" },
    syft: Syft { package_type: Some("gem"), language: Some("ruby") },
};
