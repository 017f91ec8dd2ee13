use crate::archive::ArchiveError;
use crate::compression::Compression;
use beleg_model::{ByteCount, Digest};
use std::io;

/// Says why an image could not be read. Nothing of the image may be counted as examined then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The folder is no OCI image layout.
    #[error("`{folder}` is not an OCI image layout: {why}")]
    NotALayout {
        /// The folder as given.
        folder: String,
        /// What is missing or different.
        why: String,
    },
    /// A file of the layout cannot be read.
    #[error("`{what}` cannot be read")]
    Io {
        /// The file below the layout folder.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// A file of the layout is a symbolic link, a folder or a special file.
    #[error("`{what}` is not a regular file in the layout's own folder, and is not opened")]
    NotRegular {
        /// The file below the layout folder.
        what: String,
    },
    /// A manifest, index or config is longer than the limit.
    #[error("`{what}` is longer than the limit of {limit}")]
    DocumentTooLarge {
        /// The document.
        what: String,
        /// [`Limits::document`](crate::Limits::document).
        limit: ByteCount,
    },
    /// A manifest, index or config is not the JSON it should be.
    #[error("`{what}` is not a valid document of its kind")]
    Json {
        /// The document.
        what: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A manifest or index reads differently with different tools.
    #[error("`{what}` can be read in two ways: {why}")]
    Ambiguous {
        /// The document.
        what: String,
        /// What is contradictory.
        why: String,
    },
    /// The layout lists too many manifests, or indexes nested too deep.
    #[error("the layout's index has more than {limit} {what}")]
    IndexTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The layout holds no image.
    #[error("the layout holds no image; it lists {others} other manifests")]
    NoImage {
        /// How many manifests it lists that are no images.
        others: usize,
    },
    /// No image of the layout is the one asked for.
    #[error("the layout holds no image `{wanted}`; it holds {}", choices.join(", "))]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What there is.
        choices: Vec<String>,
    },
    /// More than one image is meant.
    #[error("several images are meant, name one of them: {}", choices.join(", "))]
    Several {
        /// What there is.
        choices: Vec<String>,
    },
    /// The manifest is of something else than a container image.
    #[error("manifest `{digest}` is not of a container image: its config is `{media_type}`")]
    NotAnImage {
        /// The manifest.
        digest: Digest,
        /// The media type of its config.
        media_type: String,
    },
    /// A media type or digest algorithm that beleg does not read, such as an encrypted layer.
    #[error("`{what}` is unsupported: {why}")]
    Unsupported {
        /// The blob.
        what: String,
        /// What is unsupported about it.
        why: String,
    },
    /// The image has too many layers.
    #[error("the image has {found} layers, the limit is {limit}")]
    TooManyLayers {
        /// How many the manifest lists.
        found: usize,
        /// [`Limits::layers`](crate::Limits::layers).
        limit: usize,
    },
    /// Manifest and config do not speak of the same layers.
    #[error("the manifest lists {layers} layers, the config {diff_ids} of them")]
    LayersDiffer {
        /// The layers in the manifest.
        layers: usize,
        /// The `diff_ids` in the config.
        diff_ids: usize,
    },
    /// A blob is not there.
    #[error("blob `{digest}` is missing from the layout")]
    BlobMissing {
        /// The blob.
        digest: Digest,
    },
    /// A blob is shorter or longer than its descriptor says.
    #[error("blob `{digest}` has {found} bytes where its descriptor says {expected}")]
    BlobSize {
        /// The blob.
        digest: Digest,
        /// Bytes by the descriptor.
        expected: u64,
        /// Bytes found, or read when it became too many.
        found: u64,
    },
    /// A blob's bytes are not those its digest names.
    #[error("blob `{digest}` has other content than its digest says: it is `{found}`")]
    BlobDigest {
        /// The blob.
        digest: Digest,
        /// The digest of the bytes that are there.
        found: Digest,
    },
    /// A layer cannot be decompressed: truncated, damaged, or a window beyond the limit.
    #[error("layer `{layer}` cannot be decompressed as {compression}")]
    Decompress {
        /// The layer's blob.
        layer: Digest,
        /// The compression by its first bytes.
        compression: Compression,
        /// What the decoder says.
        source: io::Error,
    },
    /// A layer is not a well-formed tar archive.
    #[error("layer `{layer}` is not a well-formed tar archive")]
    Archive {
        /// The layer's blob.
        layer: Digest,
        /// What is wrong with it.
        source: ArchiveError,
    },
    /// A layer has too many uncompressed bytes.
    #[error("layer `{layer}` has more than {limit} uncompressed")]
    LayerTooLarge {
        /// The layer's blob.
        layer: Digest,
        /// [`Limits::layer`](crate::Limits::layer).
        limit: ByteCount,
    },
    /// A layer expands more than anything real does.
    #[error("layer `{layer}` is a decompression bomb: {compressed} became {uncompressed} and more")]
    Bomb {
        /// The layer's blob.
        layer: Digest,
        /// Compressed bytes read so far.
        compressed: ByteCount,
        /// Uncompressed bytes they made.
        uncompressed: ByteCount,
    },
    /// The image has too many entries.
    #[error("the image has more than {limit} entries")]
    TooManyEntries {
        /// [`Limits::entries`](crate::Limits::entries).
        limit: u64,
    },
    /// The wanted files are too much together.
    #[error("the wanted files of the image are more than {limit} together")]
    HeldTooMuch {
        /// [`Limits::held`](crate::Limits::held).
        limit: ByteCount,
    },
    /// The image has more links or wanted paths than can be kept apart.
    #[error("the image has too many links to follow: {what} pass the limit of {limit}")]
    TooManyLinks {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The caller asked to stop.
    #[error("reading the image was cancelled")]
    Cancelled,
    /// The decoder or the list of paths failed on its own.
    #[error("an internal buffer failed")]
    Internal(#[source] io::Error),
}

impl ImageError {
    /// Takes back an error that travelled through a [`Read`](io::Read) as an [`io::Error`].
    pub(crate) fn carried(error: io::Error) -> Result<Self, io::Error> {
        error.downcast::<Self>()
    }

    /// Wraps this error so that it can travel through a [`Read`](io::Read).
    pub(crate) fn carry(self) -> io::Error {
        io::Error::other(self)
    }

    /// Says whether the blob's own bytes are what this error is about, so that a wrong digest
    /// would be the better explanation.
    pub(crate) fn is_about_content(&self) -> bool {
        matches!(self, Self::Decompress { .. } | Self::Archive { .. })
    }
}
