//! Registries of container images, read through the OCI distribution specification 1.1.

mod authorization;
mod challenge;
mod error;
mod exchange;
mod link;
mod locator;
mod referrers;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]
mod tests;

pub use authorization::Credentials;
pub use error::RegistryError;
pub use locator::ImageLocator;
pub use referrers::ReferrerPages;

use crate::store::Stores;
use authorization::Authorization;
use beleg_model::Digest;
use error::text;
use exchange::{Answer, Request};
use locator::is_tag;
use reqwest::redirect::Policy;
use reqwest::{Client, NoProxy, Proxy, Url};
use sha2::{Digest as _, Sha256, Sha512};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Duration;
use tokio::runtime::Handle;

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFESTS: [&str; 4] = [
    OCI_INDEX,
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// One repository of a registry, for reading. Every answer is hashed before it is handed out.
pub struct Registry {
    locator: ImageLocator,
    runtime: Handle,
    client: Client,
    settings: RegistrySettings,
    /// What the registry's challenge led to, used from then on.
    authorization: Mutex<Option<Authorization>>,
}

/// How to talk to a registry.
#[derive(Clone, Debug)]
pub struct RegistrySettings {
    /// Who asks; nobody in particular when absent.
    pub credentials: Option<Credentials>,
    /// How long one request may take, with all its redirects, retries and bytes: 60 s.
    pub deadline: Duration,
    /// How often a request is repeated when the registry is overloaded: twice.
    pub retries: u32,
    /// The pause before the first repetition, doubled each time: 500 ms. A registry may ask for
    /// up to 10 s.
    pub pause: Duration,
}

/// A manifest or index as the registry holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryManifest {
    /// The SHA-256 of the bytes.
    pub digest: Digest,
    /// What the registry says it is.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            credentials: None,
            deadline: Duration::from_secs(60),
            retries: 2,
            pause: Duration::from_millis(500),
        }
    }
}

impl Stores {
    /// Opens the repository that a locator names. The proxy comes from the variables
    /// `HTTPS_PROXY` and `NO_PROXY`, as these stores know them.
    ///
    /// # Errors
    /// [`RegistryError::Offline`] in an offline run; others when there is no usable TLS set-up.
    /// The registry is first contacted by the first request.
    pub fn registry(
        &self,
        locator: &ImageLocator,
        settings: RegistrySettings,
    ) -> Result<Registry, RegistryError> {
        if self.is_offline() {
            return Err(RegistryError::Offline { locator: locator.to_string() });
        }
        let client = |source: reqwest::Error| RegistryError::Client {
            locator: locator.to_string(),
            // The proxy's address may hold a password.
            source: source.without_url(),
        };
        let variable = |names: [&str; 2]| names.iter().find_map(|name| self.variable(name));
        let mut builder = Client::builder()
            .user_agent("beleg")
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(10))
            // Otherwise the process's own variables would count.
            .no_proxy();
        if let Some(proxy) = variable(["HTTPS_PROXY", "https_proxy"]) {
            let except = variable(["NO_PROXY", "no_proxy"]).unwrap_or_default();
            let proxy = Proxy::https(proxy).map_err(client)?;
            builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(&except)));
        }
        Ok(Registry {
            locator: locator.clone(),
            runtime: self.runtime().clone(),
            client: builder.build().map_err(client)?,
            settings,
            authorization: Mutex::new(None),
        })
    }
}

impl Registry {
    /// Returns the locator it was opened with.
    #[must_use]
    pub fn locator(&self) -> &ImageLocator {
        &self.locator
    }

    /// Reads the manifest or index that a tag names, at most `limit` bytes.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where the registry says that there is no such tag; others say
    /// why it cannot be known, or why the answer is not to be trusted.
    pub fn tagged(&self, tag: &str, limit: u64) -> Result<RegistryManifest, RegistryError> {
        if !is_tag(tag) {
            return Err(RegistryError::BadLocator {
                locator: text(tag),
                why: "it is not a tag".to_owned(),
            });
        }
        self.read_manifest(tag, limit)
    }

    /// Reads the manifest or index of that digest, at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Registry::tagged`], and [`RegistryError::WrongDigest`] for other bytes.
    pub fn manifest(&self, digest: &Digest, limit: u64) -> Result<RegistryManifest, RegistryError> {
        sha256_only(digest)?;
        let manifest = self.read_manifest(&digest.to_string(), limit)?;
        same(self.name_of("manifests", &digest.to_string()), digest, &manifest.digest)?;
        Ok(manifest)
    }

    /// Reads the blob of that digest, at most `limit` bytes. The registry may send the reader to
    /// another host for it; that one is told nothing but the address.
    ///
    /// # Errors
    /// As [`Registry::manifest`].
    pub fn blob(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, RegistryError> {
        sha256_only(digest)?;
        let answer = self.get("blobs", &digest.to_string(), &["*/*"], limit)?;
        let what = self.name_of("blobs", &digest.to_string());
        stated_digests(&what, &answer)?;
        same(what, digest, &sha256(&answer.body))?;
        Ok(answer.body)
    }

    /// Hands the blob of that digest over piece by piece, until `each` wants no more. Nobody has
    /// hashed it yet.
    ///
    /// # Errors
    /// As [`Registry::blob`], but for its digest; the deadline is that of each piece.
    pub fn stream_blob(
        &self,
        digest: &Digest,
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), RegistryError> {
        sha256_only(digest)?;
        let reference = digest.to_string();
        let (url, what) = (self.url("blobs", &reference)?, self.name_of("blobs", &reference));
        self.stream(&Request { what: &what, url, accept: &["*/*"], limit: u64::MAX }, each)
    }

    fn read_manifest(
        &self,
        reference: &str,
        limit: u64,
    ) -> Result<RegistryManifest, RegistryError> {
        let answer = self.get("manifests", reference, &MANIFESTS, limit)?;
        let what = self.name_of("manifests", reference);
        stated_digests(&what, &answer)?;
        let media_type = answer.media_type(&what)?;
        if !MANIFESTS.contains(&media_type.as_str()) {
            return Err(RegistryError::MediaType { what, media_type });
        }
        let digest = sha256(&answer.body);
        Ok(RegistryManifest { digest, media_type, bytes: answer.body })
    }

    fn get(
        &self,
        kind: &str,
        reference: &str,
        accept: &[&str],
        limit: u64,
    ) -> Result<Answer, RegistryError> {
        let url = self.url(kind, reference)?;
        self.exchange(Request { what: &self.name_of(kind, reference), url, accept, limit })
    }

    fn url(&self, kind: &str, reference: &str) -> Result<Url, RegistryError> {
        let mut url = self.locator.origin()?;
        url.set_path(&format!("/v2/{}/{kind}/{reference}", self.locator.repository()));
        Ok(url)
    }

    fn name_of(&self, kind: &str, reference: &str) -> String {
        format!("{}/{}/{kind}/{reference}", self.locator.registry(), self.locator.repository())
    }
}

/// Compares what the registry says about the bytes with the bytes.
fn stated_digests(what: &str, answer: &Answer) -> Result<(), RegistryError> {
    for stated in &answer.content_digests {
        let found = match stated.split_once(':') {
            Some(("sha256", _)) => sha256(&answer.body).to_string(),
            Some(("sha512", _)) => {
                let hash = Sha512::digest(&answer.body);
                let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("sha512:{hex}")
            }
            _ => sha256(&answer.body).to_string(),
        };
        if found != *stated {
            let (what, stated) = (what.to_owned(), text(stated));
            return Err(RegistryError::WrongHeader { what, stated, found });
        }
    }
    Ok(())
}

fn same(what: String, asked: &Digest, found: &Digest) -> Result<(), RegistryError> {
    if asked == found {
        return Ok(());
    }
    Err(RegistryError::WrongDigest { what, asked: asked.clone(), found: found.clone() })
}

/// Refuses a digest that cannot be verified: SHA-256 is what every registry and builder uses.
fn sha256_only(digest: &Digest) -> Result<(), RegistryError> {
    if digest.algorithm() == "sha256" {
        return Ok(());
    }
    let why = "only SHA-256 digests are verified".to_owned();
    Err(RegistryError::BadLocator { locator: digest.to_string(), why })
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::sha256(Sha256::digest(bytes).into())
}
