//! Makes OCI image layouts, the same bytes each time: for the demo and for tests. Layers are held
//! in memory.

use crate::compression::Compression;
use beleg_model::Digest;
use flate2::GzBuilder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tar::{EntryType, Header};

/// An image to be written.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// The name in the annotation `org.opencontainers.image.ref.name`.
    pub reference: String,
    /// The architecture in Go's words, such as `amd64`. The operating system is `linux`.
    pub architecture: String,
    /// When it was built, as RFC 3339.
    pub created: String,
    /// The user its process runs as; empty means root.
    pub user: String,
    /// The program it starts.
    pub entrypoint: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its layers, oldest first.
    pub layers: Vec<NewLayer>,
}

/// A layer to be written.
#[derive(Clone, Debug)]
pub struct NewLayer {
    /// The uncompressed tar archive.
    pub tar: Vec<u8>,
    /// How it is stored.
    pub compression: Compression,
}

/// An entry of a layer to be written. Paths are relative to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewEntry {
    /// A folder, mode 0755.
    Directory {
        /// Its path.
        path: String,
    },
    /// A regular file.
    File {
        /// Its path.
        path: String,
        /// Its content.
        bytes: Vec<u8>,
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link.
    SymbolicLink {
        /// Its path.
        path: String,
        /// What it says.
        target: String,
    },
    /// A hard link.
    HardLink {
        /// Its path.
        path: String,
        /// The path of the file it is the same as.
        source: String,
    },
    /// A whiteout: hides a path of older layers.
    Whiteout {
        /// The hidden path.
        path: String,
    },
    /// An opaque whiteout: hides what older layers have in a folder.
    Opaque {
        /// The folder; empty means the root.
        path: String,
    },
}

impl NewImage {
    /// Makes an `amd64` image without labels, built at the beginning of 2026.
    pub fn new(reference: impl Into<String>, layers: Vec<NewLayer>) -> Self {
        Self {
            reference: reference.into(),
            architecture: "amd64".to_owned(),
            created: "2026-01-01T00:00:00Z".to_owned(),
            user: String::new(),
            entrypoint: Vec::new(),
            labels: BTreeMap::new(),
            layers,
        }
    }
}

impl NewLayer {
    /// Makes a layer of entries. They are ordered by path, hard links last, and belong to root,
    /// with the beginning of 1970 as their time.
    ///
    /// # Errors
    /// When a path cannot be stored in a tar archive.
    pub fn new(mut entries: Vec<NewEntry>, compression: Compression) -> io::Result<Self> {
        entries
            .sort_by_key(|entry| (matches!(entry, NewEntry::HardLink { .. }), entry.path_in_tar()));
        let mut builder = tar::Builder::new(Vec::new());
        for entry in &entries {
            entry.append(&mut builder)?;
        }
        Ok(Self { tar: builder.into_inner()?, compression })
    }

    fn stored(&self) -> io::Result<Vec<u8>> {
        match self.compression {
            Compression::None => Ok(self.tar.clone()),
            Compression::Gzip => {
                // 255 is "unknown" for the operating system (RFC 1952, section 2.3.1).
                let builder = GzBuilder::new().mtime(0).operating_system(255);
                let mut encoder = builder.write(Vec::new(), flate2::Compression::default());
                encoder.write_all(&self.tar)?;
                encoder.finish()
            }
            Compression::Zstd => zstd::stream::encode_all(self.tar.as_slice(), 3),
        }
    }
}

impl NewEntry {
    /// Makes a file with mode 0644.
    pub fn file(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::File { path: path.into(), bytes: bytes.into(), mode: 0o644 }
    }

    fn path_in_tar(&self) -> String {
        match self {
            Self::Directory { path } => format!("{}/", path.trim_end_matches('/')),
            Self::File { path, .. }
            | Self::SymbolicLink { path, .. }
            | Self::HardLink { path, .. } => path.clone(),
            Self::Whiteout { path } => match path.rsplit_once('/') {
                Some((folder, name)) => format!("{folder}/.wh.{name}"),
                None => format!(".wh.{path}"),
            },
            Self::Opaque { path } if path.is_empty() => ".wh..wh..opq".to_owned(),
            Self::Opaque { path } => format!("{path}/.wh..wh..opq"),
        }
    }

    fn append(&self, builder: &mut tar::Builder<Vec<u8>>) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mode(0o644);
        header.set_size(0);
        let path = self.path_in_tar();
        match self {
            Self::File { bytes, mode, .. } => {
                header.set_mode(*mode);
                header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                builder.append_data(&mut header, path, bytes.as_slice())
            }
            Self::Directory { .. } => {
                header.set_mode(0o755);
                header.set_entry_type(EntryType::Directory);
                builder.append_data(&mut header, path, io::empty())
            }
            Self::SymbolicLink { target, .. } => {
                header.set_mode(0o777);
                header.set_entry_type(EntryType::Symlink);
                builder.append_link(&mut header, path, target)
            }
            Self::HardLink { source, .. } => {
                header.set_entry_type(EntryType::Link);
                builder.append_link(&mut header, path, source)
            }
            Self::Whiteout { .. } | Self::Opaque { .. } => {
                builder.append_data(&mut header, path, io::empty())
            }
        }
    }
}

/// Writes a layout that holds one image, and returns the digest of its manifest. The folder is
/// made where it is missing.
///
/// # Errors
/// When `folder` holds a layout already, or cannot be written.
pub fn write_layout(folder: &Path, image: &NewImage) -> io::Result<Digest> {
    let digests = write_images(folder, std::slice::from_ref(image))?;
    digests.into_iter().next().ok_or_else(|| io::Error::other("no image was written"))
}

/// Writes a layout that holds several images, and returns the digests of their manifests.
///
/// # Errors
/// As for [`write_layout`].
pub fn write_images(folder: &Path, images: &[NewImage]) -> io::Result<Vec<Digest>> {
    fs::create_dir_all(folder.join("blobs").join("sha256"))?;
    let mut marker = fs::File::create_new(folder.join("oci-layout"))?;
    marker.write_all(br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    let mut digests = Vec::new();
    let mut manifests = Vec::new();
    for image in images {
        let (digest, size) = write_blob(folder, manifest(folder, image)?.to_string().as_bytes())?;
        manifests.push(json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest,
            "size": size,
            "platform": { "os": "linux", "architecture": image.architecture },
            "annotations": { "org.opencontainers.image.ref.name": image.reference },
        }));
        digests.push(digest);
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": manifests,
    });
    fs::write(folder.join("index.json"), index.to_string())?;
    Ok(digests)
}

/// Stores bytes under their SHA-256 below `folder`; returns that and the length. Bytes that are
/// there already stay.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_blob(folder: &Path, bytes: &[u8]) -> io::Result<(Digest, u64)> {
    let digest = Digest::sha256(Sha256::digest(bytes).into());
    fs::write(folder.join("blobs").join("sha256").join(digest.hex()), bytes)?;
    Ok((digest, u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
}

/// Writes config and layers and returns the manifest.
fn manifest(folder: &Path, image: &NewImage) -> io::Result<Value> {
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    for layer in &image.layers {
        let (digest, size) = write_blob(folder, &layer.stored()?)?;
        layers.push(json!({
            "mediaType": layer.compression.media_type(),
            "digest": digest,
            "size": size,
        }));
        diff_ids.push(Digest::sha256(Sha256::digest(&layer.tar).into()));
    }
    let config = json!({
        "architecture": image.architecture,
        "os": "linux",
        "created": image.created,
        "config": {
            "User": image.user,
            "Entrypoint": image.entrypoint,
            "Labels": image.labels,
        },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let (digest, size) = write_blob(folder, config.to_string().as_bytes())?;
    Ok(json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest,
            "size": size,
        },
        "layers": layers,
    }))
}
