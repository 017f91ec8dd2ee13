//! What `go.mod` and the build information in programs have in common.

use super::MAX_WORD;
use beleg_model::{Location, Origin, Package};

/// The name under which advisories speak of Go's standard library.
pub(super) const STANDARD_LIBRARY: &str = "stdlib";

/// Makes the package of a module.
pub(super) fn package(name: &str, version: &str, origin: Origin, location: Location) -> Package {
    Package::new("Go", name, version, origin, location)
}

/// Says whether `path` can be the path of a module (Go Modules Reference, "Module paths").
pub(super) fn is_module(path: &str) -> bool {
    let is_element = |element: &str| {
        !element.is_empty()
            && !element.starts_with('.')
            && !element.ends_with('.')
            && element.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._~".contains(&it))
    };
    path.len() <= MAX_WORD && path.split('/').all(is_element)
}

/// Says whether `version` is one exact version (Go Modules Reference, "Versions"): `v`, SemVer, and
/// `+incompatible` or what Go adds to the version of a program's own module.
pub(super) fn is_version(version: &str) -> bool {
    let Some(numbers) = version.strip_prefix('v') else { return false };
    let (numbers, rest) = numbers.split_at(numbers.find(['-', '+']).unwrap_or(numbers.len()));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    version.len() <= MAX_WORD
        && numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && rest.bytes().all(|it| it.is_ascii_alphanumeric() || b".-+".contains(&it))
}

/// Says whether a module is replaced by a folder, and not by another module.
pub(super) fn is_folder(path: &str) -> bool {
    path.starts_with("./") || path.starts_with("../") || path.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_versions_are_whole() {
        for path in ["example.org/a", "github.com/A/b_c.v2/v3", "gopkg.in/yaml.v3"] {
            assert!(is_module(path), "{path}");
        }
        for path in ["", "../a", "a//b", "a b", "example.org/./a", "/a", "https://a"] {
            assert!(!is_module(path), "{path}");
        }
        for version in ["v1.2.3", "v0.0.0-20161208181325-20d25e280405", "v2.0.0+incompatible"] {
            assert!(is_version(version), "{version}");
        }
        for version in ["", "1.2.3", "v1", "v1.2", "master", "(devel)", "v1.2.x", "v1.2.3 "] {
            assert!(!is_version(version), "{version}");
        }
    }
}
