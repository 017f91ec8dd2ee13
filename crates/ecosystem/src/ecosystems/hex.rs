use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::lower_case;
use crate::orders::Hex;

/// Elixir and Erlang packages.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "Hex",
    purl: Some(Purl { kind: "hex", namespace: Namespace::None }),
    order: &Hex,
    fold_name: lower_case,
    canonical_name: lower_case,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "Hex", url: "https://hex.pm" },
    syft: Syft { package_type: Some("hex"), language: Some("elixir") },
};
