use crate::StoreError;
use crate::place::Place;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Options of a store by object_store's configuration names, such as `aws_region`,
/// `aws_endpoint` or `allow_http`. A value `env:NAME` is read from that environment variable, so
/// that no secret stands in a file.
pub type Options = BTreeMap<String, String>;

/// How long a store may be unreachable before that is the answer.
const RETRY: Duration = Duration::from_secs(20);
/// How long one request may take, body included; a stream that breaks is resumed by range.
const REQUEST: Duration = Duration::from_secs(3600);
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// Variables with these prefixes configure the providers' clients, as their own tools do.
const PROVIDER_PREFIXES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

pub(crate) struct Opened {
    pub(crate) backend: Arc<dyn ObjectStore>,
    pub(crate) prefix: ObjectPath,
    pub(crate) place: Place,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) s3: Option<Arc<AmazonS3>>,
}

pub(crate) enum Locator {
    Local(PathBuf),
    Remote(Url),
}

impl Locator {
    /// Reads a URL, or else a path relative to `base`.
    pub(crate) fn parse(text: &str, base: &Path) -> Result<Self, StoreError> {
        if !text.contains("://") {
            return Ok(Self::Local(base.join(text)));
        }
        // What a URL has after these is no part of a name, so that two prefixes would be one.
        if let Some(mark) = text.chars().find(|c| matches!(c, '#' | '?')) {
            return Err(StoreError::Unescaped { locator: shown(text), mark });
        }
        let refuse = || StoreError::BadLocator { locator: shown(text) };
        let url = Url::parse(text).map_err(|_| refuse())?;
        if url.scheme() == "file" {
            return url.to_file_path().map(Self::Local).map_err(|()| refuse());
        }
        Ok(Self::Remote(url))
    }
}

/// Opens a folder, creating it if `create` says so.
pub(crate) fn open_local(path: &Path, create: bool) -> Result<Opened, StoreError> {
    let local = |source| StoreError::Local { locator: path.display().to_string(), source };
    if create {
        std::fs::create_dir_all(path).map_err(local)?;
    } else {
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(local(io::ErrorKind::NotADirectory.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NotFound { locator: path.display().to_string() });
            }
            Err(error) => return Err(local(error)),
        }
    }
    let backend = LocalFileSystem::new_with_prefix(path)
        .map_err(|source| StoreError::Backend { locator: path.display().to_string(), source })?
        .with_fsync(true);
    Ok(Opened {
        backend: Arc::new(backend),
        prefix: ObjectPath::default(),
        place: Place::of_folder(path),
        folder: Some(path.to_owned()),
        s3: None,
    })
}

/// Opens a remote store. `settings` holds the provider's environment variables, overlaid with
/// the configured options.
pub(crate) fn open_remote(url: &Url, settings: &Options) -> Result<Opened, StoreError> {
    let locator = shown(url.as_str());
    let backend = |source| StoreError::Backend { locator: locator.clone(), source };
    let (scheme, prefix) = ObjectStoreScheme::parse(url)
        .map_err(|_| StoreError::BadLocator { locator: locator.clone() })?;
    let retry = RetryConfig { retry_timeout: RETRY, max_retries: 4, ..RetryConfig::default() };
    // The provider's own spelling is `AWS_ALLOW_HTTP`.
    let allow_http = settings.iter().any(|(key, value)| is_allow_http(key) && value == "true");
    let client = ClientOptions::new()
        .with_timeout(REQUEST)
        .with_connect_timeout(CONNECT)
        .with_allow_http(allow_http || url.scheme() == "http");
    macro_rules! build {
        ($builder:ty) => {
            settings
                .iter()
                .filter(|(key, _)| !is_allow_http(key))
                .fold(<$builder>::new(), |builder, (key, value)| match key.parse() {
                    Ok(key) => builder.with_config(key, value),
                    Err(_) => builder,
                })
                .with_url(url.to_string())
                .with_client_options(client)
                .with_retry(retry)
                .build()
                .map_err(backend)?
        };
    }
    let mut s3 = None;
    let backend: Arc<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let bucket = Arc::new(build!(AmazonS3Builder));
            s3 = Some(Arc::clone(&bucket));
            bucket
        }
        ObjectStoreScheme::GoogleCloudStorage => Arc::new(build!(GoogleCloudStorageBuilder)),
        ObjectStoreScheme::MicrosoftAzure => Arc::new(build!(MicrosoftAzureBuilder)),
        ObjectStoreScheme::Http => {
            let host = format!("{}/", url.origin().ascii_serialization());
            let built = HttpBuilder::new()
                .with_url(host)
                .with_client_options(client)
                .with_retry(retry)
                .build();
            Arc::new(built.map_err(backend)?)
        }
        _ => return Err(StoreError::BadLocator { locator }),
    };
    let bucket = match url.scheme() {
        "http" | "https" if s3.is_none() => url.origin().ascii_serialization(),
        _ => backend.to_string(),
    };
    let endpoints = settings.iter().filter(|(key, _)| key.ends_with("endpoint"));
    let endpoints =
        endpoints.map(|(_, value)| value.trim_end_matches('/').to_ascii_lowercase()).collect();
    let place = Place::Prefix { bucket, endpoints, prefix: prefix.clone() };
    Ok(Opened { backend, prefix, place, folder: None, s3 })
}

fn is_allow_http(key: &str) -> bool {
    key.ends_with("allow_http")
}

/// Merges the provider's environment variables with configured options, resolving `env:NAME`.
pub(crate) fn settings(
    locator: &str,
    environment: &BTreeMap<String, String>,
    options: &Options,
) -> Result<Options, StoreError> {
    let mut settings: Options = environment
        .iter()
        .filter(|(key, _)| PROVIDER_PREFIXES.iter().any(|prefix| key.starts_with(prefix)))
        .map(|(key, value)| (key.to_ascii_lowercase(), value.clone()))
        .collect();
    for (option, value) in options {
        let value = match value.strip_prefix("env:") {
            None => value.clone(),
            Some(variable) => {
                environment.get(variable).cloned().ok_or_else(|| StoreError::MissingVariable {
                    locator: shown(locator),
                    option: option.clone(),
                    variable: variable.to_owned(),
                })?
            }
        };
        settings.insert(option.to_ascii_lowercase(), value);
    }
    Ok(settings)
}

/// Shows a locator without a user name, password or query, where secrets hide.
pub(crate) fn shown(locator: &str) -> String {
    match Url::parse(locator) {
        Ok(mut url) if locator.contains("://") => {
            // A URL that cannot have credentials has none to hide.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.set_query(None);
            url.set_fragment(None);
            url.to_string()
        }
        _ => locator.to_owned(),
    }
}
