use crate::ImageError;
use beleg_model::Digest;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::collections::BTreeMap;
use std::fmt;

pub(crate) const IMAGE_INDEX: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
pub(crate) const IMAGE_MANIFEST: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
pub(crate) const IMAGE_CONFIG: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// The machine an image is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Platform {
    /// The operating system in Go's words, such as `linux`.
    pub os: String,
    /// The architecture in Go's words, such as `amd64`.
    pub architecture: String,
    /// The variant, such as `v8`.
    #[serde(default)]
    pub variant: Option<String>,
}

impl Platform {
    /// Reads `os/architecture` or `os/architecture/variant`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(str::to_owned);
        let (os, architecture, variant) = (parts.next()?, parts.next()?, parts.next());
        parts.next().is_none().then_some(Self { os, architecture, variant })
    }

    /// Returns the platform in the form in which two spellings of one are equal: `aarch64` is
    /// `arm64`, `arm64` is `arm64/v8`, `arm` is `arm/v7` and `amd64` is `amd64/v1` (containerd's
    /// package platforms, `normalizeArch`).
    pub(crate) fn normalised(&self) -> Self {
        let architecture = match self.architecture.to_ascii_lowercase().as_str() {
            "i386" => "386".to_owned(),
            "x86_64" | "x86-64" => "amd64".to_owned(),
            "aarch64" => "arm64".to_owned(),
            "armhf" => "arm".to_owned(),
            other => other.to_owned(),
        };
        let stated = self.variant.as_deref().filter(|variant| !variant.is_empty());
        let variant = match (architecture.as_str(), stated) {
            ("arm64", None | Some("8")) => Some("v8".to_owned()),
            ("arm", None | Some("7")) => Some("v7".to_owned()),
            ("arm", Some(number @ ("5" | "6" | "8"))) => Some(format!("v{number}")),
            ("amd64", None) => Some("v1".to_owned()),
            (_, stated) => stated.map(str::to_ascii_lowercase),
        };
        let os = match self.os.to_ascii_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            other => other.to_owned(),
        };
        Self { os, architecture, variant }
    }

    /// Says whether it is what BuildKit writes for a manifest that runs nowhere.
    pub(crate) fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// A reference to a blob (OCI image specification, "Content Descriptors").
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    pub(crate) platform: Option<Platform>,
    pub(crate) artifact_type: Option<String>,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index {
    schema_version: u64,
    media_type: Option<String>,
    pub(crate) manifests: Vec<Descriptor>,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    schema_version: u64,
    media_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(flatten)]
    others: Others,
}

/// A manifest that hangs on another one, such as a signature: any config, perhaps a `subject`
/// (OCI image specification 1.1, "Image Manifest").
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachedManifest {
    schema_version: u64,
    media_type: Option<String>,
    pub(crate) artifact_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) subject: Option<Descriptor>,
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    others: Others,
}

/// The one key by which a manifest or index says what it hangs on.
#[derive(Debug, Deserialize)]
pub(crate) struct Referring {
    pub(crate) subject: Option<Descriptor>,
    #[serde(flatten)]
    others: Others,
}

/// The keys that beleg has no use for.
type Others = BTreeMap<String, IgnoredAny>;

impl Descriptor {
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }
}

impl Index {
    /// Reads `index.json` (`media_type` is `None`) or an index blob.
    pub(crate) fn read(
        what: &str,
        bytes: &[u8],
        media_type: Option<&str>,
    ) -> Result<Self, ImageError> {
        let index: Self = parse(what, bytes)?;
        let stated = index.media_type.as_deref();
        checked(what, index.schema_version, stated, media_type, &IMAGE_INDEX)?;
        for descriptor in &index.manifests {
            unshadowed(what, &descriptor.others, DESCRIPTOR_KEYS)?;
        }
        unshadowed(what, &index.others, &["schemaVersion", "mediaType", "manifests"])?;
        // A document that is both is read as one or the other by different tools
        // (CVE-2021-41190).
        exclusive(what, &index.others, &["config", "layers"])?;
        Ok(index)
    }
}

impl Manifest {
    pub(crate) fn read(what: &str, bytes: &[u8], media_type: &str) -> Result<Self, ImageError> {
        let manifest: Self = parse(what, bytes)?;
        let stated = manifest.media_type.as_deref();
        checked(what, manifest.schema_version, stated, Some(media_type), &IMAGE_MANIFEST)?;
        for descriptor in manifest.layers.iter().chain([&manifest.config]) {
            unshadowed(what, &descriptor.others, DESCRIPTOR_KEYS)?;
        }
        unshadowed(what, &manifest.others, &["schemaVersion", "mediaType", "config", "layers"])?;
        exclusive(what, &manifest.others, &["manifests"])?;
        Ok(manifest)
    }
}

impl AttachedManifest {
    pub(crate) fn read(what: &str, bytes: &[u8], media_type: &str) -> Result<Self, ImageError> {
        let manifest: Self = parse(what, bytes)?;
        let stated = manifest.media_type.as_deref();
        checked(what, manifest.schema_version, stated, Some(media_type), &IMAGE_MANIFEST)?;
        let descriptors = manifest.layers.iter().chain([&manifest.config]);
        for descriptor in descriptors.chain(&manifest.subject) {
            unshadowed(what, &descriptor.others, DESCRIPTOR_KEYS)?;
        }
        let keys = ["schemaVersion", "mediaType", "artifactType", "config", "layers"];
        unshadowed(what, &manifest.others, &keys)?;
        unshadowed(what, &manifest.others, &["subject", "annotations"])?;
        exclusive(what, &manifest.others, &["manifests"])?;
        Ok(manifest)
    }
}

impl Referring {
    pub(crate) fn read(what: &str, bytes: &[u8]) -> Result<Self, ImageError> {
        let referring: Self = parse(what, bytes)?;
        unshadowed(what, &referring.others, &["subject"])?;
        Ok(referring)
    }
}

const DESCRIPTOR_KEYS: &[&str] =
    &["mediaType", "digest", "size", "annotations", "platform", "artifactType"];

/// Parses JSON. Depth is bounded by serde_json (128), doubled keys of a struct are refused.
pub(crate) fn parse<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, ImageError> {
    serde_json::from_slice(bytes)
        .map_err(|source| ImageError::Json { what: what.to_owned(), source })
}

fn checked(
    what: &str,
    schema: u64,
    stated: Option<&str>,
    expected: Option<&str>,
    allowed: &[&str],
) -> Result<(), ImageError> {
    if schema != 2 {
        return Err(ImageError::Unsupported {
            what: what.to_owned(),
            why: format!("its schema version is {schema}, not 2"),
        });
    }
    match (stated, expected) {
        (Some(stated), Some(expected)) if stated != expected => Err(ambiguous(
            what,
            format!("it calls itself `{stated}`, its descriptor calls it `{expected}`"),
        )),
        (Some(stated), None) if !allowed.contains(&stated) => {
            Err(ambiguous(what, format!("it calls itself `{stated}`")))
        }
        _ => Ok(()),
    }
}

/// Refuses keys that differ from a known one in case only. Runtimes are written in Go, whose JSON
/// reader takes `Layers` for `layers`: a scanner that does not would look at other layers.
fn unshadowed(what: &str, others: &Others, known: &[&str]) -> Result<(), ImageError> {
    let folded = |key: &str| key.to_lowercase().to_uppercase();
    for key in others.keys() {
        if let Some(known) = known.iter().find(|known| folded(known) == folded(key)) {
            return Err(ambiguous(what, format!("its key `{key}` stands in for `{known}`")));
        }
    }
    Ok(())
}

fn exclusive(what: &str, others: &Others, foreign: &[&str]) -> Result<(), ImageError> {
    match foreign.iter().find(|key| others.contains_key(**key)) {
        Some(key) => Err(ambiguous(what, format!("it has `{key}` beside its own content"))),
        None => Ok(()),
    }
}

fn ambiguous(what: &str, why: String) -> ImageError {
    ImageError::Ambiguous { what: what.to_owned(), why }
}
