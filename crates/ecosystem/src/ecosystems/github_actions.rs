use crate::ecosystem::{Ecosystem, Namespace, Purl, Supplier, Syft};
use crate::names::{lower_case, same_name};
use crate::orders::SemVer;

/// Actions that workflows use, by repository.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "GitHub Actions",
    purl: Some(Purl { kind: "githubactions", namespace: Namespace::Before('/') }),
    order: &SemVer,
    fold_name: lower_case,
    canonical_name: same_name,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "GitHub", url: "https://github.com" },
    syft: Syft { package_type: Some("github-action"), language: None },
};
