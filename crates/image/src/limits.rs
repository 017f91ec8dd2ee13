use beleg_model::ByteCount;

/// Says how much of an image is read before it is refused. Every limit that is passed is an
/// [`ImageError`](crate::ImageError), never a shorter answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of `index.json`, of a nested index, a manifest or a config: 4 MiB, which is also
    /// what registries accept.
    pub document: ByteCount,
    /// Manifests that a layout may list, nested indexes included: 10,000.
    pub manifests: usize,
    /// Depth of indexes within indexes: 8.
    pub index_depth: usize,
    /// Layers of an image: 256. Runtimes stop at 127.
    pub layers: usize,
    /// Uncompressed bytes of one layer: 64 GiB.
    pub layer: ByteCount,
    /// Uncompressed bytes of one layer from which on [`Self::ratio`] counts: 4 GiB. A gigabyte of
    /// zeros is an ordinary file and shrinks to some 30 kB with zstd; it costs a second to read
    /// and no memory, so that below this the ratio says nothing.
    pub ratio_from: ByteCount,
    /// Uncompressed bytes per compressed byte: 1,000. Gzip cannot pass 1,032.
    pub ratio: u64,
    /// Entries of all layers: 10 million.
    pub entries: u64,
    /// Bytes of an entry's path or of a link's target: 4,096, as in Linux.
    pub path: usize,
    /// Base-2 logarithm of the window that a zstd frame may ask for: 27, so 128 MiB. The decoder
    /// allocates what a frame asks for up to this.
    pub zstd_window_log: u32,
    /// Bytes of wanted files held at a time: 256 MiB.
    pub held: ByteCount,
    /// Memory for wanted paths and links: 64 MiB, some 300,000 links.
    pub tracked: ByteCount,
    /// Memory for the compressed list of paths that links could lead to: 32 MiB, some 5 million
    /// paths.
    pub journal: ByteCount,
    /// Names that files have through links to directories, all files together: 100 million.
    pub names: u64,
}

/// The oddities of either class, hostile or not, that are kept; the rest is counted.
pub(crate) const MAX_ODDITIES: usize = 1_000;

/// The links that one path may lead through, as in Linux (path_resolution(7)).
pub(crate) const MAX_HOPS: usize = 40;

/// Bytes of a tar extension header: 1 MiB, as in Go's `archive/tar`, which runtimes use.
pub(crate) const MAX_EXTENSION: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: ByteCount::mebibytes(4),
            manifests: 10_000,
            index_depth: 8,
            layers: 256,
            layer: ByteCount::mebibytes(64 << 10),
            ratio_from: ByteCount::mebibytes(4 << 10),
            ratio: 1_000,
            entries: 10_000_000,
            path: 4_096,
            zstd_window_log: 27,
            held: ByteCount::mebibytes(256),
            tracked: ByteCount::mebibytes(64),
            journal: ByteCount::mebibytes(32),
            names: 100_000_000,
        }
    }
}

/// Says how much of what hangs on an image is read. What passes a limit is reported as an
/// [`AttachmentProblem`](crate::AttachmentProblem), never left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentLimits {
    /// Bytes of a manifest or of a listing: 4 MiB.
    pub manifest: ByteCount,
    /// Bytes of a layer, such as a signature or an SBOM: 4 MiB.
    pub blob: ByteCount,
    /// Attachments of one image: 1,000.
    pub attachments: usize,
    /// Manifests that the listings of one image may name: 10,000.
    pub listed: usize,
    /// Layers of one attachment: 1,000. Each signature of a `.sig` tag is a layer.
    pub layers: usize,
    /// Bytes of everything read for one image together: 256 MiB.
    pub total: ByteCount,
}

impl Default for AttachmentLimits {
    fn default() -> Self {
        Self {
            manifest: ByteCount::mebibytes(4),
            blob: ByteCount::mebibytes(4),
            attachments: 1_000,
            listed: 10_000,
            layers: 1_000,
            total: ByteCount::mebibytes(256),
        }
    }
}
