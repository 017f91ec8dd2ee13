use crate::layer::LayerRead;
use crate::oddity::Oddity;
use beleg_model::{ByteCount, Digest};
use std::fmt;
use std::sync::Arc;

/// The wanted files of an image, and what else was noticed on the way to them.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The wanted files, ordered by path.
    pub files: Vec<ImageFile>,
    /// The wanted files that are in the image and could not be read, ordered by path. Whoever
    /// counts the files must count these as left out.
    pub unread: Vec<Unread>,
    /// What is odd about the layers, in the order of the layers.
    pub oddities: Vec<Oddity>,
    /// Oddities beyond the first thousand of either class.
    pub further_oddities: u64,
    /// The layers that were read, oldest first: all of them.
    pub layers: Vec<LayerRead>,
}

/// A regular file that is visible in the final image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// The wanted path, without a leading slash, lossily decoded where it is not UTF-8. A file
    /// that is wanted by its real path has that one here.
    pub path: String,
    /// Where it really is, all links followed.
    pub real_path: String,
    /// Further wanted paths that lead to it through symbolic links.
    pub also_at: Vec<String>,
    /// The layer it came with, counted from 0 for the oldest.
    pub layer: usize,
    /// That layer's blob.
    pub layer_digest: Digest,
    /// Its permission bits.
    pub mode: u32,
    /// Whether its bytes are what was kept of it when it was looked into.
    pub is_distilled: bool,
    /// Its content.
    pub bytes: Arc<[u8]>,
}

/// A wanted file that is visible in the final image and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The wanted path.
    pub path: String,
    /// The layer it came with, counted from 0 for the oldest.
    pub layer: usize,
    /// That layer's blob.
    pub layer_digest: Digest,
    /// Why it was not read.
    pub why: UnreadReason,
}

/// Says why a wanted file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnreadReason {
    /// It is larger than the caller wants.
    TooLarge {
        /// Its size.
        size: ByteCount,
        /// The caller's limit.
        limit: ByteCount,
    },
    /// It is stored with holes, in one of GNU tar's sparse formats.
    Sparse,
    /// It is a device node, a named pipe or of an unknown type.
    NotAFile,
    /// It is a link that leads out of the image's root.
    LinkOutside,
    /// It is a hard link to a file that no layer holds.
    HardLinkToNothing,
}

impl Contents {
    /// Returns the file that a wanted path leads to.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&ImageFile> {
        self.files.iter().find(|file| file.is_at(path))
    }

    /// Says whether the image holds something that has no honest reason to be there.
    #[must_use]
    pub fn is_hostile(&self) -> bool {
        self.oddities.iter().any(|oddity| oddity.hostile)
    }
}

impl ImageFile {
    /// Says whether a wanted path leads to this file.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        self.path == path || self.also_at.iter().any(|other| other == path)
    }
}

impl fmt::Display for UnreadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size, limit } => {
                write!(f, "it has {size}, more than the limit of {limit}")
            }
            Self::Sparse => f.write_str("it is stored with holes"),
            Self::NotAFile => f.write_str("it is no regular file"),
            Self::LinkOutside => f.write_str("it is a link that leads out of the image"),
            Self::HardLinkToNothing => f.write_str("it is a hard link to a file that is missing"),
        }
    }
}
