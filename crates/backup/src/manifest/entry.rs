use beleg_model::{ByteCount, Digest};
use serde::{Deserialize, Serialize};

/// One file, folder or symbolic link of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Flat", into = "Flat")]
pub struct Entry {
    /// The path below the source folder, with `/` between its components.
    pub path: String,
    /// Permission bits with set-user-ID, set-group-ID and sticky: the lower twelve.
    pub mode: u32,
    /// Modification time in whole seconds since 1970, rounded down.
    pub modified: i64,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File {
        /// How many bytes it has.
        size: ByteCount,
        /// Their SHA-256.
        digest: Digest,
    },
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it leads, as it is written in the link.
        target: String,
    },
}

impl EntryKind {
    /// Returns the word that manifests and findings use.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Directory => "directory",
            Self::Symlink { .. } => "symlink",
        }
    }
}

/// Something in the source that is not in the backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The path below the source folder.
    pub path: String,
    /// Why.
    pub why: WhyLeftOut,
}

/// Why something is not in the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WhyLeftOut {
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// It was listed, and was gone before it could be read.
    Vanished,
}

impl WhyLeftOut {
    /// Returns the words that findings use.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Fifo => "it is a named pipe",
            Self::Socket => "it is a socket",
            Self::Device => "it is a device",
            Self::Vanished => "it was gone before it could be read",
        }
    }
}

/// The form of an entry in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flat {
    path: String,
    kind: Kind,
    mode: u32,
    modified: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<ByteCount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    File,
    Directory,
    Symlink,
}

impl TryFrom<Flat> for Entry {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let kind = match (flat.kind, flat.size, flat.digest, flat.target) {
            (Kind::File, Some(size), Some(digest), None) => EntryKind::File { size, digest },
            (Kind::Directory, None, None, None) => EntryKind::Directory,
            (Kind::Symlink, None, None, Some(target)) => EntryKind::Symlink { target },
            _ => return Err("the entry's fields do not belong to its kind"),
        };
        Ok(Self { path: flat.path, mode: flat.mode, modified: flat.modified, kind })
    }
}

impl From<Entry> for Flat {
    fn from(entry: Entry) -> Self {
        let Entry { path, mode, modified, kind } = entry;
        let (kind, size, digest, target) = match kind {
            EntryKind::File { size, digest } => (Kind::File, Some(size), Some(digest), None),
            EntryKind::Directory => (Kind::Directory, None, None, None),
            EntryKind::Symlink { target } => (Kind::Symlink, None, None, Some(target)),
        };
        Self { path, kind, mode, modified, size, digest, target }
    }
}
