use super::error::{RegistryError, text};
use beleg_model::Digest;
use reqwest::Url;
use std::fmt;
use std::str::FromStr;
use url::Host;

/// An image in a registry: `oci://host[:port]/name[:tag][@sha256:…]`, with a tag, a digest or
/// both. There is no default host and no default tag: a locator says what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageLocator {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl ImageLocator {
    /// Says whether a text is meant to be such a locator.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with("oci://")
    }

    /// Returns host and port, as written.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the repository's name below the registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the tag.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the digest of the manifest. Where it stands beside a tag, the digest counts.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Returns the registry's origin. Only this machine is spoken to without TLS.
    pub(super) fn origin(&self) -> Result<Url, RegistryError> {
        let refuse = || RegistryError::BadLocator {
            locator: text(&self.registry),
            why: "it is not a host with an optional port".to_owned(),
        };
        let parse = |scheme: &str| Url::parse(&format!("{scheme}://{}/", self.registry));
        let url = parse("https").map_err(|_| refuse())?;
        if is_loopback(&url) { parse("http").map_err(|_| refuse()) } else { Ok(url) }
    }
}

impl FromStr for ImageLocator {
    type Err = RegistryError;

    fn from_str(locator: &str) -> Result<Self, Self::Err> {
        let refuse = |why: &str| RegistryError::BadLocator {
            locator: without_user(locator),
            why: why.to_owned(),
        };
        let rest = locator.strip_prefix("oci://").ok_or_else(|| refuse("it has another scheme"))?;
        let (registry, path) =
            rest.split_once('/').ok_or_else(|| refuse("it names no repository"))?;
        let host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        if registry.is_empty() || !registry.bytes().all(host) {
            return Err(refuse("its host is malformed"));
        }
        let (name, digest) = match path.split_once('@') {
            None => (path, None),
            Some((name, digest)) => {
                let digest = digest.parse().map_err(|_| refuse("its digest is malformed"))?;
                super::sha256_only(&digest)?;
                (name, Some(digest))
            }
        };
        let (repository, tag) = match name.split_once(':') {
            None => (name, None),
            Some((name, tag)) => (name, Some(tag)),
        };
        if !is_repository(repository) {
            return Err(refuse("the name of its repository is malformed"));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(refuse("its tag is malformed"));
        }
        if tag.is_none() && digest.is_none() {
            return Err(refuse("it has neither a tag nor a digest"));
        }
        let locator = Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        };
        locator.origin()?;
        Ok(locator)
    }
}

impl fmt::Display for ImageLocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// Shows a malformed locator without what stands before its host, where secrets hide.
fn without_user(locator: &str) -> String {
    let (scheme, rest) = locator.split_once("://").unwrap_or(("", locator));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    match host.rsplit_once('@') {
        Some((_, host)) => text(&format!("{scheme}://{host}/{path}")),
        None => text(locator),
    }
}

/// Says whether a URL leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Says whether a text is a tag (OCI distribution specification 1.1, "Pulling manifests").
pub(super) fn is_tag(tag: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let begins = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (1..=128).contains(&tag.len())
        && tag.bytes().all(allowed)
        && tag.as_bytes().first().is_some_and(begins)
}

/// Says whether a text is the name of a repository (same place): parts of lower-case letters and
/// digits, each with single separators `.`, `_`, `__` or any number of `-` inside.
fn is_repository(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separator =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    let part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().copied().is_some_and(plain)
            && bytes.last().copied().is_some_and(plain)
            && part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).all(separator)
    };
    name.len() <= 255 && name.split('/').all(part)
}
