use crate::ecosystem::{Ecosystem, Supplier, Syft};
use crate::names::lower_case;
use crate::orders::SemVer;

/// Actions that workflows use, by repository.
pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "GitHub Actions",
    purl_type: "githubactions",
    purl_namespace: None,
    order: &SemVer,
    fold_name: lower_case,
    has_releases: false,
    supplier: Supplier { name: "GitHub", url: "https://github.com" },
    syft: Syft { package_type: Some("github-action"), language: None },
};
