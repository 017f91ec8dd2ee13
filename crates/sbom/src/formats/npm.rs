//! What the lockfiles of npm's registry have in common, whichever tool writes them.

use super::MAX_WORD;
use crate::text::without_credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_model::{Digest, Location, Origin, Package};

/// The registry's own address, and the name by which Yarn reaches it.
const REGISTRY: [&str; 2] = ["https://registry.npmjs.org/", "https://registry.yarnpkg.com/"];

/// Makes the package of a name, version and place.
pub(super) fn package(name: &str, version: &str, origin: Origin, location: Location) -> Package {
    Package::new("npm", name, version, origin, location)
}

/// Says whether `name` can name a package: npm's rules for names that were ever allowed
/// (`validate-npm-package-name`, "legacy names").
pub(super) fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~!*'()".contains(&byte))
    };
    name.len() <= MAX_WORD
        && match name.strip_prefix('@') {
            Some(scoped) => {
                scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name))
            }
            None => is_part(name),
        }
}

/// Says whether `version` is one exact version: SemVer 2.0.0, as npm holds every release to.
pub(super) fn is_version(version: &str) -> bool {
    let (numbers, _) = version.split_at(version.find(['-', '+']).unwrap_or(version.len()));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    version.len() <= MAX_WORD
        && numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && version.bytes().all(|it| it.is_ascii_alphanumeric() || b".-+".contains(&it))
}

/// Reads what a file of subresource integrity says (W3C, "Subresource Integrity", section 3.5):
/// `sha512-BASE64`, several with spaces between.
pub(super) fn digests(integrity: &str) -> Vec<Digest> {
    let digest = |word: &str| {
        let (algorithm, encoded) = word.split_once('-')?;
        let encoded = encoded.split('?').next()?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{algorithm}:{hex}").parse().ok()
    };
    integrity.split_ascii_whitespace().filter_map(digest).collect()
}

/// Says where a package is from by the address of its archive or repository; without one, from the
/// registry.
pub(super) fn origin(resolved: Option<&str>) -> Origin {
    match resolved {
        None => Origin::Registry,
        Some(url) if REGISTRY.iter().any(|registry| url.starts_with(registry)) => Origin::Registry,
        Some(place) => Origin::Elsewhere(without_credentials(place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_whole() {
        for name in ["a", "@a/b", "JSONStream", "lodash.get", "@a/b.c"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "@a", "@/b", "a/b", ".a", "../a", "a b", "@a/../b", "@a/b/c"] {
            assert!(!is_name(name), "{name}");
        }
        for version in ["1.2.3", "1.2.3-beta.1+5", "0.0.0"] {
            assert!(is_version(version), "{version}");
        }
        for version in
            ["", "1", "1.2", "^1.2.3", "1.2.x", "v1.2.3", "file:a", "1.2.3 ", "npm:a@1.2.3"]
        {
            assert!(!is_version(version), "{version}");
        }
    }

    #[test]
    fn digests_are_read_and_others_left() {
        let read = digests("sha512-AAAA sha1-3q0= md5-3q0= sha256-");
        assert!(read.is_empty(), "of the wrong length: {read:?}");
        let whole = format!("sha1-{}", STANDARD.encode([7_u8; 20]));
        assert!(digests(&whole).len() <= 1);
        let whole =
            format!("sha512-{}?opt sha256-{}", STANDARD.encode([7; 64]), STANDARD.encode([7; 32]));
        assert_eq!(digests(&whole).len(), 2);
    }
}
