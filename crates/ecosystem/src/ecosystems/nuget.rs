use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::lower_case;
use crate::orders::NuGet;

/// .NET packages, whose names have no case.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "NuGet",
    purl_type: "nuget",
    purl_namespace: None,
    order: &NuGet,
    fold_name: lower_case,
    has_releases: false,
    supplier: Supplier { name: "NuGet", url: "https://www.nuget.org" },
    syft: Syft { package_type: Some("dotnet"), language: Some("dotnet") },
};
