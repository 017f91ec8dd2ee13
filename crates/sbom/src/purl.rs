use crate::address::origin_of;
use crate::text::shown;
use beleg_ecosystem::{Namespace, Purl, Registry};
use beleg_model::{Ecosystem, Location, Origin, Package};
use packageurl::PackageUrl;
use std::str::FromStr;

/// The longest package URL that is read, in bytes.
const MAX_PURL: usize = 4096;

/// Says why a package has no package URL, or a package URL names no package.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PurlError {
    /// Not a package URL.
    #[error("`{purl}` is no package URL: {why}")]
    Malformed {
        /// What stands there.
        purl: String,
        /// What is wrong with it.
        why: String,
    },
    /// It names a package of a registry that nothing here knows.
    #[error("`{purl}` is of a type that is not known here")]
    UnknownType {
        /// What stands there.
        purl: String,
    },
    /// It names a package of an ecosystem of which no format here reads anything.
    #[error("`{purl}` is of {ecosystem}, of which nothing is read here")]
    NotRead {
        /// What stands there.
        purl: String,
        /// The ecosystem.
        ecosystem: String,
    },
    /// It names no version.
    #[error("`{purl}` names no version")]
    NoVersion {
        /// What stands there.
        purl: String,
    },
    /// Package URLs cannot name packages of this ecosystem, or it is not known here.
    #[error("packages of {ecosystem} have no package URL that is known here")]
    UnknownEcosystem {
        /// The ecosystem.
        ecosystem: String,
    },
    /// A package's name or version cannot stand in a package URL.
    #[error("the package `{name}` has no package URL: {why}")]
    Unnameable {
        /// The package's name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Writes a package's URL as syft does (package-url specification; syft `pkg/url.go`), with the
/// address of another registry or repository as `repository_url` or `vcs_url`.
///
/// # Errors
/// When the ecosystem is not `known` or has no package URLs, or the name cannot stand in one.
pub fn purl_of(package: &Package, known: Registry) -> Result<String, PurlError> {
    let purl = known.find(&package.ecosystem.name).and_then(|ecosystem| ecosystem.purl);
    let purl = purl.ok_or_else(|| PurlError::UnknownEcosystem {
        ecosystem: shown(&package.ecosystem.to_string()),
    })?;
    build(package, purl).map(|purl| purl.to_string()).map_err(|error| PurlError::Unnameable {
        name: shown(&package.name),
        why: shown(&error.to_string()),
    })
}

/// Reads the package that a package URL of a `known` ecosystem names. What it does not state is
/// absent: a `deb` package
/// without the qualifier `distro` has no release, one without `upstream` no source package.
///
/// # Errors
/// When the text is no package URL, its type is unknown here, or it names no version.
pub fn package_of(text: &str, location: Location, known: Registry) -> Result<Package, PurlError> {
    let malformed = |why: &str| PurlError::Malformed { purl: shown(text), why: shown(why) };
    if text.len() > MAX_PURL {
        return Err(malformed(&format!("it is longer than the limit of {MAX_PURL} bytes")));
    }
    let purl = PackageUrl::from_str(&without_empty_parts(text))
        .map_err(|error| malformed(&error.to_string()))?;
    let qualifier = |name: &str| purl.qualifiers().get(name).map(AsRef::as_ref);
    let unknown = || PurlError::UnknownType { purl: shown(text) };
    let (kind, namespace) = (purl.ty(), purl.namespace());
    let found = known.of_purl(kind, namespace).and_then(|found| Some((found, found.purl?)));
    let Some((ecosystem, Purl { namespace: rule, .. })) = found else { return Err(unknown()) };
    let name = rule.join(namespace, purl.name()).ok_or_else(unknown)?;
    let name = (ecosystem.canonical_name)(&name).into_owned();
    let distro = namespace
        .zip(qualifier("distro"))
        .and_then(|(namespace, distro)| distro.strip_prefix(namespace)?.strip_prefix('-'));
    let version = purl
        .version()
        .filter(|version| !version.trim().is_empty())
        .ok_or_else(|| PurlError::NoVersion { purl: shown(text) })?;
    let is_distribution = matches!(rule, Namespace::Always(_));
    let upstream = qualifier("upstream").filter(|_| is_distribution);
    let (source_name, source_version) = match upstream.map(|upstream| upstream.split_once('@')) {
        Some(Some((name, version))) => (Some(name), Some(version)),
        Some(None) => (upstream, None),
        None => (None, None),
    };
    Ok(Package {
        version: version.to_owned(),
        source_name: source_name.filter(|source| *source != name).map(str::to_owned),
        source_version: source_version.filter(|source| *source != version).map(str::to_owned),
        architecture: qualifier("arch").filter(|_| is_distribution).map(str::to_owned),
        origin: ["vcs_url", "repository_url", "download_url"]
            .into_iter()
            .filter_map(qualifier)
            .map(origin_of)
            .find(|origin| *origin != Origin::Registry)
            .unwrap_or(Origin::Registry),
        ecosystem: Ecosystem::named(ecosystem.name).in_release(ecosystem.release_of_os(distro)),
        name,
        location,
    })
}

/// Takes out what a reader must discard and the library refuses (package-url specification, "How
/// to parse a purl string"): slashes after the scheme, empty segments of namespace and subpath,
/// qualifiers without a value.
fn without_empty_parts(text: &str) -> String {
    let (rest, subpath) = text.rsplit_once('#').unwrap_or((text, ""));
    let (rest, qualifiers) = rest.rsplit_once('?').unwrap_or((rest, ""));
    let Some(rest) = rest.strip_prefix("pkg:") else { return text.to_owned() };
    let (path, version) = match rest.rsplit_once('@') {
        Some((path, version)) => (path, format!("@{version}")),
        None => (rest, String::new()),
    };
    let segments = |path: &str| -> String {
        path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    };
    let valued = |pair: &&str| pair.split_once('=').is_none_or(|(_, value)| !value.is_empty());
    let qualifiers: Vec<&str> =
        qualifiers.split('&').filter(|pair| !pair.is_empty()).filter(valued).collect();
    let after = |mark: &str, part: String| {
        if part.is_empty() { part } else { format!("{mark}{part}") }
    };
    let path = segments(path);
    let (qualifiers, subpath) = (after("?", qualifiers.join("&")), after("#", segments(subpath)));
    format!("pkg:{path}{version}{qualifiers}{subpath}")
}

fn build(package: &Package, purl: Purl) -> packageurl::Result<PackageUrl<'_>> {
    let Purl { kind, namespace: rule } = purl;
    let (namespace, name) = rule.split(&package.name);
    let mut purl = PackageUrl::new(kind, name)?;
    purl.with_version(package.version.as_str())?;
    if let Some(namespace) = namespace {
        purl.with_namespace(namespace)?;
    }
    if let Namespace::Always(distribution) = rule {
        if let Some(architecture) = &package.architecture {
            purl.add_qualifier("arch", architecture.as_str())?;
        }
        if let Some(release) = &package.ecosystem.release {
            purl.add_qualifier("distro", format!("{distribution}-{release}"))?;
        }
        if let Some(upstream) = upstream(package) {
            purl.add_qualifier("upstream", upstream)?;
        }
    }
    if let Origin::Elsewhere(address) = &package.origin
        && address.contains("://")
    {
        let is_repository = address.starts_with("git+");
        let key = if is_repository { "vcs_url" } else { "repository_url" };
        purl.add_qualifier(key, address.as_str())?;
    }
    Ok(purl)
}

fn upstream(package: &Package) -> Option<String> {
    match (&package.source_name, &package.source_version) {
        (None, None) => None,
        (Some(name), None) => Some(name.clone()),
        (name, Some(version)) => {
            Some(format!("{}@{version}", name.as_ref().unwrap_or(&package.name)))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BUILT_IN: Registry = Registry::built_in();

    fn package(ecosystem: Ecosystem, name: &str, version: &str) -> Package {
        Package {
            ecosystem,
            name: name.to_owned(),
            version: version.to_owned(),
            source_name: None,
            source_version: None,
            architecture: None,
            origin: Origin::Registry,
            location: Location::default(),
        }
    }

    fn examples() -> Vec<(Package, &'static str)> {
        let debian = Ecosystem::named("Debian").in_release(Some("12"));
        let ubuntu = Ecosystem::named("Ubuntu").in_release(Some("24.04"));
        vec![
            (package(Ecosystem::named("crates.io"), "serde", "1.0.200"), "pkg:cargo/serde@1.0.200"),
            (
                package(Ecosystem::named("crates.io"), "openssl-src", "300.3.1+3.3.1"),
                "pkg:cargo/openssl-src@300.3.1%2B3.3.1",
            ),
            (package(Ecosystem::named("PyPI"), "django", "3.2.0"), "pkg:pypi/django@3.2.0"),
            (
                Package {
                    source_name: Some("util-linux".to_owned()),
                    source_version: Some("2.38.1-5+deb12u3".to_owned()),
                    architecture: Some("amd64".to_owned()),
                    ..package(debian, "bsdutils", "1:2.38.1-5+deb12u3")
                },
                "pkg:deb/debian/bsdutils@1:2.38.1-5%2Bdeb12u3?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5%2Bdeb12u3",
            ),
            (
                Package {
                    source_name: Some("glibc".to_owned()),
                    ..package(ubuntu, "libc6", "2.39-0ubuntu8")
                },
                "pkg:deb/ubuntu/libc6@2.39-0ubuntu8?distro=ubuntu-24.04&upstream=glibc",
            ),
            (
                Package {
                    origin: Origin::Elsewhere("git+https://example.org/a.git?rev=1#23".to_owned()),
                    ..package(Ecosystem::named("crates.io"), "a", "1.0.0")
                },
                "pkg:cargo/a@1.0.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa.git%3Frev%3D1%2323",
            ),
        ]
    }

    #[test]
    fn packages_are_named_as_syft_names_them_and_read_back() {
        for (package, purl) in examples() {
            assert_eq!(purl_of(&package, BUILT_IN).unwrap(), purl);
            assert_eq!(package_of(purl, Location::default(), BUILT_IN), Ok(package));
        }
    }

    #[test]
    fn spellings_of_other_tools_are_read() {
        let read = |purl: &str| package_of(purl, Location::default(), BUILT_IN).unwrap();
        let package = read("pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12.5");
        assert_eq!(package.ecosystem, Ecosystem::named("Debian").in_release(Some("12")));
        let package = read("pkg:deb/debian/libc6@2.36-9?distro=bookworm");
        assert_eq!(package.ecosystem, Ecosystem::named("Debian"));
        assert_eq!(read("pkg:pypi/Typing_Extensions@4.12").name, "typing-extensions");
        assert_eq!(read("pkg:PyPI/zope.interface@5").name, "zope-interface");
        for purl in [
            "pkg:cargo//ryu@1.0.17#",
            "pkg://cargo/ryu@1.0.17",
            "pkg:/cargo/ryu@1.0.17?arch=#//",
            "pkg:cargo/ryu/@1.0.17?",
        ] {
            let package = read(purl);
            assert_eq!((package.name.as_str(), package.version.as_str()), ("ryu", "1.0.17"));
            assert_eq!(
                (package.ecosystem, package.origin),
                (Ecosystem::named("crates.io"), Origin::Registry)
            );
        }
        let package = read("pkg:cargo/a@1?repository_url=https://crates.io/");
        assert_eq!(package.origin, Origin::Registry);
        // packageurl-js reads the plus of a qualifier as a space, and writes that back.
        for purl in [
            "pkg:cargo/a@1?vcs_url=git%20https://h/a.git%4012",
            "pkg:cargo/a@1?vcs_url=git%2Bhttps://h/a.git%4012",
            "pkg:cargo/a@1?vcs_url=git+https://h/a.git@12",
        ] {
            let elsewhere = Origin::Elsewhere("git+https://h/a.git@12".to_owned());
            assert_eq!(read(purl).origin, elsewhere, "{purl}");
        }
        for address in [
            "registry%2Bhttps://github.com/rust-lang/crates.io-index",
            "https://static.crates.io/crates/a/a-1.crate",
        ] {
            let package = read(&format!("pkg:cargo/a@1?download_url={address}"));
            assert_eq!(package.origin, Origin::Registry, "{address}");
        }
    }

    #[test]
    fn packages_of_every_ecosystem_read_back_from_their_url() {
        for ecosystem in beleg_ecosystem::ECOSYSTEMS {
            let name = match ecosystem.purl.map(|purl| purl.namespace) {
                Some(Namespace::Before(separator)) => format!("demo{separator}demo-1"),
                _ => "demo-1".to_owned(),
            };
            let package = package(Ecosystem::named(ecosystem.name), &name, "1.2.3");
            match purl_of(&package, BUILT_IN) {
                Ok(purl) => {
                    assert_eq!(
                        package_of(&purl, Location::default(), BUILT_IN),
                        Ok(package),
                        "{purl}"
                    );
                }
                Err(error) => assert!(ecosystem.purl.is_none(), "{ecosystem:?}: {error}"),
            }
        }
        for (ecosystem, name, purl) in [
            ("npm", "@scope/name", "pkg:npm/%40scope/name@1.2.3"),
            ("Maven", "org.example:core", "pkg:maven/org.example/core@1.2.3"),
            ("Go", "example.org/a/b", "pkg:golang/example.org/a/b@1.2.3"),
        ] {
            let package = package(Ecosystem::named(ecosystem), name, "1.2.3");
            assert_eq!(purl_of(&package, BUILT_IN).unwrap(), purl);
            assert_eq!(package_of(purl, Location::default(), BUILT_IN), Ok(package));
        }
    }

    #[test]
    fn a_package_of_no_known_ecosystem_has_no_url() {
        for name in ["Demo", "GHC", ""] {
            let package = package(Ecosystem::named(name), "a", "1");
            let error = purl_of(&package, BUILT_IN).unwrap_err();
            assert_eq!(error, PurlError::UnknownEcosystem { ecosystem: name.to_owned() });
        }
    }

    #[test]
    fn what_names_no_known_package_is_refused() {
        let error = |purl: &str| package_of(purl, Location::default(), BUILT_IN).unwrap_err();
        for purl in ["", "serde@1", "pkg:", "pkg:cargo", "pkg:cargo/", "pkg:cargo/%ff@1"] {
            assert!(matches!(error(purl), PurlError::Malformed { .. }), "{purl}");
        }
        for purl in ["pkg:generic/a@1", "pkg:deb/kali/a@1", "pkg:deb/a@1", "pkg:docker/a@1"] {
            assert!(matches!(error(purl), PurlError::UnknownType { .. }), "{purl}");
        }
        for purl in ["pkg:cargo/serde", "pkg:cargo/serde@", "pkg:cargo/serde@%20"] {
            assert!(matches!(error(purl), PurlError::NoVersion { .. }), "{purl}");
        }
        let long = format!("pkg:cargo/{}@1", "a".repeat(MAX_PURL));
        assert!(matches!(error(&long), PurlError::Malformed { .. }));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(pkg:)?.{0,80}") {
            let _ = package_of(&text, Location::default(), BUILT_IN);
        }

        #[test]
        fn any_package_reads_back_from_its_url(
            name in "[a-z0-9][a-z0-9_+.-]{0,20}",
            version in "[0-9][A-Za-z0-9.+~:-]{0,20}",
        ) {
            let package = Package {
                architecture: Some("all".to_owned()),
                ..package(Ecosystem::named("Debian").in_release(Some("13")), &name, &version)
            };
            let purl = purl_of(&package, BUILT_IN).unwrap();
            prop_assert_eq!(package_of(&purl, Location::default(), BUILT_IN), Ok(package));
        }
    }
}
