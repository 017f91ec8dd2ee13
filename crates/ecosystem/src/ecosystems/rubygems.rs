use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::same_name;
use crate::orders::RubyGems;

/// Ruby gems.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "RubyGems",
    purl_type: "gem",
    purl_namespace: None,
    order: &RubyGems,
    fold_name: same_name,
    has_releases: false,
    supplier: Supplier { name: "RubyGems", url: "https://rubygems.org" },
    syft: Syft { package_type: Some("gem"), language: Some("ruby") },
};
