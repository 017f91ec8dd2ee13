//! Listings that hide nothing: names that `object_store` has no form for, old versions, and marks
//! of deletion. S3's are read from the provider's own answers, signed by `object_store`
//! (`ListObjectsV2`, `ListObjectVersions`, `GetBucketVersioning` of the S3 API reference).

use crate::locator::CONNECT;
use crate::{Object, Store, StoreError};
use object_store::aws::AmazonS3;
use object_store::path::Path as ObjectPath;
use object_store::signer::{Method, SignedUrlOptions, Signer as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a signature is good for.
const SIGNED_FOR: Duration = Duration::from_secs(300);
/// How long one page may take.
const PAGE: Duration = Duration::from_secs(60);
/// The most bytes in one page of a thousand keys of up to 1,024 bytes each.
const MAX_PAGE: usize = 16 << 20;
const MAX_PAGES: usize = 10_000;
/// How deep folders may lie, links included, which could lead in a circle.
const MAX_DEPTH: usize = 64;

/// One version of an object, or the mark that it was deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectVersion {
    /// The name, relative to the store's prefix.
    pub name: String,
    /// The store's name for the version.
    pub id: String,
    /// Whether it is the one that everybody sees.
    pub is_latest: bool,
    /// Whether it marks a deletion and holds nothing.
    pub is_deletion: bool,
    /// The size in bytes.
    pub size: u64,
    /// When it was stored, in RFC 3339; a copy has the copy's time.
    pub modified: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ObjectsPage {
    #[serde(default)]
    contents: Vec<Listed>,
    next_continuation_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionsPage {
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_version_id_marker: Option<String>,
    #[serde(default, rename = "Version")]
    versions: Vec<Listed>,
    #[serde(default, rename = "DeleteMarker")]
    deletions: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    key: String,
    #[serde(default)]
    version_id: String,
    #[serde(default)]
    is_latest: bool,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    last_modified: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioning {
    status: Option<String>,
}

impl Store {
    /// Lists every object, sorted, whatever its name: a name may be empty, begin with `/`, or
    /// hold what only a replacement character can show.
    ///
    /// # Errors
    /// When the store cannot be reached or does not allow listing.
    pub fn everything(&self) -> Result<Vec<Object>, StoreError> {
        if let Some(folder) = &self.folder {
            let mut objects = Vec::new();
            walk(folder, folder, 0, &mut objects).map_err(|source| StoreError::Local {
                locator: self.locator().to_owned(),
                source,
            })?;
            objects.sort();
            return Ok(objects);
        }
        match (self.list(""), &self.s3) {
            // `object_store` refuses the whole page for one such name.
            (
                Err(StoreError::Backend {
                    source: object_store::Error::InvalidPath { .. }, ..
                }),
                Some(s3),
            ) => self.all_keys(s3),
            (Err(StoreError::Backend { source, .. }), _) if says_absent(&source) => {
                Err(StoreError::NotFound { locator: self.locator().to_owned() })
            }
            (listed, _) => listed,
        }
    }

    /// Lists every version of every object, and every mark of deletion. A folder keeps none but
    /// the latest, and so does a bucket that never kept versions; for both the list is empty.
    ///
    /// # Errors
    /// When the store cannot be reached, or is one whose versions cannot be listed.
    pub fn versions(&self) -> Result<Vec<ObjectVersion>, StoreError> {
        if self.is_local() {
            return Ok(Vec::new());
        }
        let unlistable = || StoreError::VersionsUnlistable { locator: self.locator().to_owned() };
        let s3 = self.s3.as_ref().ok_or_else(unlistable)?;
        let page = self.page(s3, &[("versioning", "")])?;
        if self.parsed::<Versioning>(&page)?.status.is_none()
            && page.contains("<VersioningConfiguration")
        {
            return Ok(Vec::new());
        }
        let prefix = self.key_prefix();
        let (mut versions, mut key, mut id) = (Vec::new(), String::new(), String::new());
        for _ in 0..MAX_PAGES {
            let mut query = vec![("versions", ""), ("prefix", prefix.as_str())];
            if !key.is_empty() {
                query.push(("key-marker", key.as_str()));
            }
            if !id.is_empty() {
                query.push(("version-id-marker", id.as_str()));
            }
            let text = self.page(s3, &query)?;
            // A store that does not know the question answers another one.
            if !text.contains("<ListVersionsResult") {
                return Err(unlistable());
            }
            let page: VersionsPage = self.parsed(&text)?;
            versions.extend(page.versions.into_iter().map(|one| self.version(one, false)));
            versions.extend(page.deletions.into_iter().map(|one| self.version(one, true)));
            match (page.is_truncated, page.next_key_marker) {
                (false, _) => {
                    versions.sort();
                    return Ok(versions);
                }
                (true, Some(next)) => {
                    (key, id) = (next, page.next_version_id_marker.unwrap_or_default());
                }
                (true, None) => return Err(unlistable()),
            }
        }
        Err(self.endless())
    }

    fn version(&self, listed: Listed, is_deletion: bool) -> ObjectVersion {
        ObjectVersion {
            name: self.below(&listed.key),
            id: listed.version_id,
            is_latest: listed.is_latest,
            is_deletion,
            size: listed.size,
            modified: listed.last_modified,
        }
    }

    fn all_keys(&self, s3: &AmazonS3) -> Result<Vec<Object>, StoreError> {
        let prefix = self.key_prefix();
        let (mut objects, mut token) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let mut query = vec![("list-type", "2"), ("prefix", prefix.as_str())];
            if !token.is_empty() {
                query.push(("continuation-token", token.as_str()));
            }
            let page: ObjectsPage = self.parsed(&self.page(s3, &query)?)?;
            objects.extend(
                page.contents
                    .into_iter()
                    .map(|one| Object { name: self.below(&one.key), size: one.size }),
            );
            match page.next_continuation_token {
                Some(next) => token = next,
                None => {
                    objects.sort();
                    return Ok(objects);
                }
            }
        }
        Err(self.endless())
    }

    /// Returns what every key of the store begins with.
    fn key_prefix(&self) -> String {
        match self.prefix() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        }
    }

    fn below(&self, key: &str) -> String {
        key.strip_prefix(&self.key_prefix()).unwrap_or(key).to_owned()
    }

    /// Asks the bucket itself, and returns the answer's text.
    fn page(&self, s3: &AmazonS3, query: &[(&str, &str)]) -> Result<String, StoreError> {
        let options = SignedUrlOptions::default().with_query(query.iter().copied());
        let answer = async {
            let bucket = ObjectPath::default();
            let url = s3.signed_url_opts(Method::GET, &bucket, SIGNED_FOR, &options).await?;
            fetched(url.as_str())
                .await
                .map_err(|why| object_store::Error::Generic { store: "S3", source: why.into() })
        };
        self.wait("", answer)
    }

    fn parsed<T: DeserializeOwned>(&self, page: &str) -> Result<T, StoreError> {
        quick_xml::de::from_str(page).map_err(|error| StoreError::Backend {
            locator: self.locator().to_owned(),
            source: object_store::Error::Generic { store: "S3", source: error.into() },
        })
    }

    fn endless(&self) -> StoreError {
        StoreError::Backend {
            locator: self.locator().to_owned(),
            source: object_store::Error::Generic {
                store: "S3",
                source: format!("its listing has more than {MAX_PAGES} pages").into(),
            },
        }
    }
}

/// Says whether a store answered that there is no such bucket, in the words of S3 and GCS or of
/// Azure; `object_store` has none for it.
fn says_absent(error: &object_store::Error) -> bool {
    let said = error.to_string();
    ["<Code>NoSuchBucket</Code>", "<Code>ContainerNotFound</Code>"]
        .iter()
        .any(|code| said.contains(code))
}

/// Fetches a page. The URL bears a signature, so that no error may show it.
async fn fetched(url: &str) -> Result<String, String> {
    let said = |error: reqwest::Error| error.without_url().to_string();
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(PAGE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(said)?;
    let mut answer = client.get(url).send().await.map_err(said)?;
    let status = answer.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(said)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_PAGE {
            return Err("a page of its listing is too long".to_owned());
        }
    }
    if !status.is_success() {
        return Err(format!("the store answered with status {status}"));
    }
    String::from_utf8(bytes).map_err(|_| "a page of its listing is not UTF-8".to_owned())
}

fn walk(root: &Path, folder: &Path, depth: usize, into: &mut Vec<Object>) -> std::io::Result<()> {
    if depth > MAX_DEPTH {
        let why = format!("`{}` lies deeper than {MAX_DEPTH} folders", folder.display());
        return Err(std::io::Error::other(why));
    }
    for entry in std::fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        match std::fs::metadata(&path) {
            Ok(found) if found.is_dir() => walk(root, &path, depth.saturating_add(1), into)?,
            Ok(found) => into.push(Object { name, size: found.len() }),
            // A link that leads nowhere is there all the same; a file may go meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if std::fs::symlink_metadata(&path).is_ok() {
                    into.push(Object { name, size: 0 });
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
