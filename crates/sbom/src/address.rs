//! Where a package was taken from, as an SBOM states it: in qualifiers of its package URL, in
//! references to its distribution, in properties of the tool that made the SBOM.

use crate::text::without_credentials;
use beleg_model::Origin;

/// The addresses of the public registries' indexes.
const INDEXES: [&str; 5] = [
    "https://crates.io",
    "https://index.crates.io",
    "https://github.com/rust-lang/crates.io-index",
    "https://pypi.org",
    "https://pypi.org/simple",
];
/// Below these addresses the public registries hand out their packages, each to anybody.
const DOWNLOADS: [&str; 7] = [
    "https://crates.io/crates/",
    "https://crates.io/api/v1/crates/",
    "https://static.crates.io/crates/",
    "https://pypi.org/project/",
    "https://pypi.org/simple/",
    "https://files.pythonhosted.org/packages/",
    "https://pypi.python.org/packages/",
];

/// Reads an address as a lockfile, a package URL or a reference writes it. A registry may be named
/// as cargo does (The Cargo Book, "Package ID Specifications"): `registry+https://…`,
/// `sparse+https://…`. An address that is not known to be the public registry's is elsewhere: nobody
/// can tell a mirror from another registry by its address.
pub(crate) fn origin_of(address: &str) -> Origin {
    let address = with_plus(address.trim());
    let registry = ["registry+", "sparse+"].iter().find_map(|kind| address.strip_prefix(kind));
    let place = registry.unwrap_or(&address);
    if INDEXES.contains(&place.trim_end_matches('/'))
        || DOWNLOADS.iter().any(|start| place.starts_with(start))
    {
        Origin::Registry
    } else if place.starts_with("path+") {
        Origin::Local
    } else {
        Origin::Elsewhere(without_credentials(&address))
    }
}

/// What two addresses of one place have in common: a repository, or a registry's host. Revisions
/// are passed over, because versions are compared apart from this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    host: String,
    /// Of a repository; registries hand one package out at several paths.
    path: Option<String>,
}

impl Place {
    pub(crate) fn of(address: &str) -> Self {
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.get(..end).and_then(|it| it.split_once('/')).unwrap_or((rest, ""));
        let path = path.rsplit_once('@').map_or(path, |(path, _)| path).trim_end_matches('/');
        let versioned = |part: &str| ["git", "hg", "svn", "bzr"].contains(&part);
        let is_repository = scheme.split('+').any(versioned) || path.ends_with(".git");
        let path = path.strip_suffix(".git").unwrap_or(path);
        Self {
            host: host.rsplit_once('@').map_or(host, |(_, host)| host).to_ascii_lowercase(),
            path: (is_repository || host.is_empty()).then(|| path.to_owned()),
        }
    }
}

/// Gives a scheme its `+` back: some writers of package URLs leave it as it is, and some readers
/// take it for a space, as in forms.
fn with_plus(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => format!("{}://{rest}", scheme.replace(' ', "+")),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_registries_are_known_by_any_of_their_addresses() {
        for address in [
            "registry+https://github.com/rust-lang/crates.io-index",
            "sparse+https://index.crates.io/",
            "https://crates.io/",
            "https://static.crates.io/crates/ryu/ryu-1.0.17.crate",
            "https://files.pythonhosted.org/packages/ab/cd/a-1.whl",
            "https://pypi.org/simple/a/",
        ] {
            assert_eq!(origin_of(address), Origin::Registry, "{address}");
        }
    }

    #[test]
    fn every_other_address_is_elsewhere_and_shows_no_credentials() {
        for (address, place) in [
            ("git https://me:pw@h/a.git#12", "git+https://h/a.git#12"),
            (
                "registry+https://crates.shop.example/index",
                "registry+https://crates.shop.example/index",
            ),
            ("https://crates.io.evil.example/crates/a", "https://crates.io.evil.example/crates/a"),
            (
                "git+https://github.com/rust-lang/crates.io-index",
                "git+https://github.com/rust-lang/crates.io-index",
            ),
            ("https://pypi.shop.example/simple", "https://pypi.shop.example/simple"),
        ] {
            assert_eq!(origin_of(address), Origin::Elsewhere(place.to_owned()), "{address}");
        }
        assert_eq!(origin_of("path+file:///src/a"), Origin::Local);
    }

    #[test]
    fn one_repository_or_one_registry_is_one_place() {
        for (left, right, one) in [
            ("git+https://h/a?rev=1#12", "git+https://H/a.git@12", true),
            ("git+https://h/a", "git+https://h/b", false),
            ("git+https://h/a", "git+ssh://git@h/a.git", true),
            ("git+https://h/a", "https://h/a.git", true),
            ("git+https://h/a", "https://h/b", false),
            ("file:///a.whl", "file:///b.whl", false),
            ("registry+https://h/index", "sparse+https://h/other/", true),
            ("https://h/simple", "https://h/packages/a-1.whl", true),
            ("https://h/simple", "https://i/simple", false),
        ] {
            assert_eq!(Place::of(left) == Place::of(right), one, "{left} {right}");
        }
    }
}
