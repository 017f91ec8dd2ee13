use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::{lower_case, same_name};
use crate::orders::NuGet;

/// .NET packages, whose names have no case.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "NuGet",
    purl: Some(Purl { kind: "nuget", namespace: Namespace::None }),
    order: &NuGet,
    fold_name: lower_case,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "NuGet", url: "https://www.nuget.org" },
    syft: Syft { package_type: Some("dotnet"), language: Some("dotnet") },
};
