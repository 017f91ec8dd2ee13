use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::lower_case;
use crate::orders::Hex;

/// Elixir and Erlang packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Hex",
    purl_type: "hex",
    purl_namespace: None,
    order: &Hex,
    fold_name: lower_case,
    has_releases: false,
    supplier: Supplier { name: "Hex", url: "https://hex.pm" },
    syft: Syft { package_type: Some("hex"), language: Some("elixir") },
};
