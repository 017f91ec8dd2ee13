use beleg_model::{ByteCount, Digest};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One file, folder or symbolic link of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Flat", into = "Flat")]
pub struct Entry {
    /// The path below the source folder, with `/` between its components. A byte that is not UTF-8
    /// is a NUL and two hexadecimal digits, as a path can hold no NUL.
    pub path: String,
    /// Permission bits with set-user-ID, set-group-ID and sticky: the lower twelve.
    pub mode: u32,
    /// Modification time in whole seconds since 1970, rounded down.
    pub modified: i64,
    /// Whose it is; absent in manifests of the first format, which did not keep it.
    pub owner: Option<Owner>,
    /// What it is.
    pub kind: EntryKind,
}

/// The user and the group that something belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The user's name, where the machine that made the backup knew one.
    pub user: Option<String>,
    /// The group's name, likewise.
    pub group: Option<String>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |id: u32, name: &Option<String>| match name {
            Some(name) => format!("{name} ({id})"),
            None => id.to_string(),
        };
        write!(f, "{}:{}", named(self.uid, &self.user), named(self.gid, &self.group))
    }
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
        /// Where it leads, as it is written in the link; bytes that are not UTF-8 as in a path.
        target: String,
    },
    /// A further name of a file that came before: both are one file.
    HardLink {
        /// The path of the first name.
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
            Self::HardLink { .. } => "hard link",
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
    /// It came into its folder, or took the place of something there, after the folder had been
    /// listed.
    CameLater,
    /// It could not be read, or not to its end: what the archive then holds of it ends in zeros.
    Unreadable,
    /// Its path is longer or deeper than a backup holds.
    TooLong,
    /// A pattern of whoever made the backup matched it.
    Excluded,
    /// It is on another file system, and the backup was to stay on one.
    OtherFileSystem,
}

impl WhyLeftOut {
    /// Says whether data that was meant to be in the backup is not. A pipe, socket or device holds
    /// none, and what was excluded was not meant to be.
    #[must_use]
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Vanished | Self::CameLater | Self::Unreadable | Self::TooLong)
    }

    /// Returns the words that findings use.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Fifo => "it is a named pipe",
            Self::Socket => "it is a socket",
            Self::Device => "it is a device",
            Self::Vanished => "it was gone before it could be read",
            Self::CameLater => "it came into its folder after that had been listed",
            Self::Unreadable => "it could not be read to its end",
            Self::TooLong => "its path is longer or deeper than a backup holds",
            Self::Excluded => "it was excluded by a pattern",
            Self::OtherFileSystem => "it is on another file system",
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    File,
    Directory,
    Symlink,
    HardLink,
}

impl TryFrom<Flat> for Entry {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let kind = match (flat.kind, flat.size, flat.digest, flat.target) {
            (Kind::File, Some(size), Some(digest), None) => EntryKind::File { size, digest },
            (Kind::Directory, None, None, None) => EntryKind::Directory,
            (Kind::Symlink, None, None, Some(target)) => EntryKind::Symlink { target },
            (Kind::HardLink, None, None, Some(target)) => EntryKind::HardLink { target },
            _ => return Err("the entry's fields do not belong to its kind"),
        };
        let owner = match (flat.uid, flat.gid, flat.user, flat.group) {
            (Some(uid), Some(gid), user, group) => Some(Owner { uid, gid, user, group }),
            (None, None, None, None) => None,
            _ => return Err("the entry's owner is not whole"),
        };
        Ok(Self { path: flat.path, mode: flat.mode, modified: flat.modified, owner, kind })
    }
}

impl From<Entry> for Flat {
    fn from(entry: Entry) -> Self {
        let Entry { path, mode, modified, owner, kind } = entry;
        let (kind, size, digest, target) = match kind {
            EntryKind::File { size, digest } => (Kind::File, Some(size), Some(digest), None),
            EntryKind::Directory => (Kind::Directory, None, None, None),
            EntryKind::Symlink { target } => (Kind::Symlink, None, None, Some(target)),
            EntryKind::HardLink { target } => (Kind::HardLink, None, None, Some(target)),
        };
        let (uid, gid) = owner.as_ref().map(|owner| (owner.uid, owner.gid)).unzip();
        let (user, group) = owner.map_or((None, None), |owner| (owner.user, owner.group));
        Self { path, kind, mode, modified, size, digest, target, uid, gid, user, group }
    }
}
