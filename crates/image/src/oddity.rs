use crate::compression::Compression;
use crate::limits::MAX_ODDITIES;
use beleg_model::Digest;
use std::fmt;

/// Something in a layer that an ordinary image does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The path as written in the layer, cut after 512 bytes; empty for the layer as a whole.
    pub path: String,
    /// The layer's place, counted from 0 for the oldest.
    pub layer: usize,
    /// The layer's blob.
    pub layer_digest: Digest,
    /// What it is.
    pub what: What,
    /// Whether it has no honest reason: an attempt to leave the image's root, or to show other
    /// content to other tools. Device nodes, for one, do occur in base images and are not.
    pub hostile: bool,
}

/// Says what is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The path has `..` in it. One that would leave the root is not applied.
    ParentTraversal,
    /// The path begins with a slash; it is taken relative to the root, as runtimes do.
    AbsolutePath,
    /// The path or link target holds a NUL byte; the entry is not applied.
    NulInPath,
    /// The path or link target is longer than the limit; the entry is not applied.
    PathTooLong,
    /// The path leads through a link that loops or leaves the root; the entry is not applied.
    ThroughBrokenLink,
    /// The entry would replace the root folder; it is not applied.
    ReplacesRoot,
    /// A link whose target is outside the root. It is never followed.
    LinkOutside,
    /// A wanted path is a link to something that is no file of the image.
    LinkToNoFile,
    /// A device node.
    Device,
    /// A named pipe.
    Fifo,
    /// An entry of a type that no runtime knows; it is not applied.
    UnknownType(u8),
    /// A header that claims content for a link, a folder or a special file.
    SizeWithoutContent,
    /// A wanted file that the same layer holds twice; the later one counts, as in runtimes. It is
    /// hostile when their contents differ.
    DuplicateEntry,
    /// A whiteout that names no file; it is not applied.
    BadWhiteout,
    /// A global extended header that would rename or resize entries, which runtimes ignore.
    GlobalOverride,
    /// Content behind the end of the archive.
    TrailingContent,
    /// Another compression than the media type states; the layer was read by its content.
    CompressedOtherwise {
        /// What the media type states.
        stated: Compression,
        /// What the content is.
        found: Compression,
    },
}

impl What {
    /// Returns the stable kebab-case word for reports.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::ParentTraversal => "parent-traversal",
            Self::AbsolutePath => "absolute-path",
            Self::NulInPath => "nul-in-path",
            Self::PathTooLong => "path-too-long",
            Self::ThroughBrokenLink => "through-broken-link",
            Self::ReplacesRoot => "replaces-root",
            Self::LinkOutside => "link-outside",
            Self::LinkToNoFile => "link-to-no-file",
            Self::Device => "device",
            Self::Fifo => "fifo",
            Self::UnknownType(_) => "unknown-type",
            Self::SizeWithoutContent => "size-without-content",
            Self::DuplicateEntry => "duplicate-entry",
            Self::BadWhiteout => "bad-whiteout",
            Self::GlobalOverride => "global-override",
            Self::TrailingContent => "trailing-content",
            Self::CompressedOtherwise { .. } => "compressed-otherwise",
        }
    }
}

impl What {
    /// Says what was done about it, as a whole sentence.
    #[must_use]
    pub fn treatment(&self) -> &'static str {
        match self {
            Self::ParentTraversal
            | Self::NulInPath
            | Self::PathTooLong
            | Self::ThroughBrokenLink
            | Self::ReplacesRoot
            | Self::UnknownType(_)
            | Self::BadWhiteout => "It was not applied.",
            Self::AbsolutePath => "It was taken relative to the root, as runtimes do.",
            Self::LinkOutside | Self::LinkToNoFile => "The link was not followed.",
            Self::Device | Self::Fifo => "Nothing was read from it.",
            Self::SizeWithoutContent => "It was taken to have none.",
            Self::DuplicateEntry => "The later one counts, as in runtimes.",
            Self::GlobalOverride => "It was passed over, as runtimes do.",
            Self::TrailingContent => "It was not looked at.",
            Self::CompressedOtherwise { .. } => "It was read by its content.",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParentTraversal => f.write_str("its path has `..` in it"),
            Self::AbsolutePath => f.write_str("its path is absolute"),
            Self::NulInPath => f.write_str("its path holds a NUL byte"),
            Self::PathTooLong => f.write_str("its path is too long"),
            Self::ThroughBrokenLink => {
                f.write_str("its path leads through a link that loops or leaves the root")
            }
            Self::ReplacesRoot => f.write_str("it would replace the root folder"),
            Self::LinkOutside => f.write_str("it links outside the root"),
            Self::LinkToNoFile => f.write_str("it links to no file of the image"),
            Self::Device => f.write_str("it is a device node"),
            Self::Fifo => f.write_str("it is a named pipe"),
            Self::UnknownType(kind) => write!(f, "it is of the unknown type {kind:#04x}"),
            Self::SizeWithoutContent => f.write_str("it claims content that it cannot have"),
            Self::DuplicateEntry => f.write_str("its layer holds it twice"),
            Self::BadWhiteout => f.write_str("it is a whiteout that names no file"),
            Self::GlobalOverride => {
                f.write_str("a global header of the layer would rename or resize entries")
            }
            Self::TrailingContent => f.write_str("content stands behind the end of the archive"),
            Self::CompressedOtherwise { stated, found } => {
                write!(f, "the layer is {found}, its media type says {stated}")
            }
        }
    }
}

/// Collects oddities. So many mild ones as an image may have, they do not displace hostile ones.
#[derive(Default)]
pub(crate) struct Oddities {
    pub(crate) kept: Vec<Oddity>,
    pub(crate) further: u64,
    hostile: usize,
    mild: usize,
}

impl Oddities {
    pub(crate) fn add(&mut self, oddity: Oddity) {
        let count = if oddity.hostile { &mut self.hostile } else { &mut self.mild };
        if *count < MAX_ODDITIES {
            *count = count.saturating_add(1);
            self.kept.push(oddity);
        } else {
            self.further = self.further.saturating_add(1);
        }
    }
}
