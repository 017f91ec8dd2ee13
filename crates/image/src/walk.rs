use crate::archive::{Archive, Entry, EntryKind};
use crate::contents::UnreadReason;
use crate::journal::Journal;
use crate::layer::{Layer, WalkError};
use crate::oddity::{Oddities, Oddity, What};
use crate::path::{PathFault, clean, join, shown, split};
use crate::tree::{Node, NodeKind, Tree, leads_outside};
use crate::within::{HEAD, Within};
use crate::{ImageError, Limits};
use beleg_model::ByteCount;
use std::io::Read;
use std::sync::Arc;

/// Applies entries to the tree in the order of the layers, as a container runtime does when it
/// unpacks them (OCI image specification, "Image Layer Filesystem Changeset").
pub(crate) struct Walk<'a> {
    pub(crate) tree: Tree,
    pub(crate) oddities: Oddities,
    /// Names the files that were not wanted; absent when that is known already.
    pub(crate) journal: Option<Journal>,
    want: &'a dyn Fn(&[u8]) -> Option<u64>,
    within: Within<'a>,
    limits: &'a Limits,
    entries: u64,
}

/// The prefix of whiteouts; with it, the marks of a folder whose older content is hidden and of
/// the records that AUFS kept for itself.
const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const AUFS: &[u8] = b".wh..wh.";

impl<'a> Walk<'a> {
    pub(crate) fn new(
        want: &'a dyn Fn(&[u8]) -> Option<u64>,
        within: Within<'a>,
        limits: &'a Limits,
        journal: Option<Journal>,
    ) -> Self {
        let (tree, oddities) = (Tree::new(limits), Oddities::default());
        Self { tree, oddities, journal, want, within, limits, entries: 0 }
    }

    /// Applies every entry of a layer and returns how many there were.
    pub(crate) fn layer(
        &mut self,
        index: usize,
        layer: &Layer,
        archive: &mut Archive<impl Read>,
    ) -> Result<u64, WalkError> {
        let before = self.entries;
        while let Some(entry) = archive.next()? {
            self.entries = self.entries.saturating_add(1);
            if self.entries > self.limits.entries {
                return Err(ImageError::TooManyEntries { limit: self.limits.entries }.into());
            }
            Application { walk: self, index, layer, entry: &entry }.apply(archive)?;
        }
        Ok(self.entries.saturating_sub(before))
    }

    /// Notes something odd about a layer, or about a path in it.
    pub(crate) fn odd(
        &mut self,
        index: usize,
        layer: &Layer,
        path: &[u8],
        what: What,
        hostile: bool,
    ) {
        let path = shown(path.get(..512).unwrap_or(path));
        let layer_digest = layer.digest.clone();
        self.oddities.add(Oddity { path, layer: index, layer_digest, what, hostile });
    }
}

/// One entry on its way into the tree.
struct Application<'w, 'a> {
    walk: &'w mut Walk<'a>,
    index: usize,
    layer: &'w Layer,
    entry: &'w Entry,
}

impl Application<'_, '_> {
    fn apply(mut self, archive: &mut Archive<impl Read>) -> Result<(), WalkError> {
        if self.entry.size_without_content {
            self.odd(What::SizeWithoutContent, true);
        }
        let Some(path) = self.place() else { return Ok(()) };
        let (folder, name) = split(&path);
        if name == OPAQUE {
            self.walk.tree.remove_below(folder, Some(self.index));
            return Ok(());
        }
        if name.starts_with(AUFS) {
            return Ok(());
        }
        if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            self.whiteout(folder, hidden);
            return Ok(());
        }
        match self.entry.kind {
            EntryKind::Directory => {
                self.walk.tree.remove(&path, None);
                Ok(())
            }
            EntryKind::File => self.file(path, archive),
            EntryKind::SymbolicLink => self.symbolic_link(path).map_err(WalkError::from),
            EntryKind::HardLink => self.hard_link(path).map_err(WalkError::from),
            EntryKind::Fifo => self.special(path, What::Fifo).map_err(WalkError::from),
            EntryKind::Device => self.special(path, What::Device).map_err(WalkError::from),
            EntryKind::Other(kind) => {
                self.odd(What::UnknownType(kind), true);
                Ok(())
            }
        }
    }

    /// Returns the real path at which the entry is made, or `None` for the root and for an entry
    /// that has no place in an image.
    fn place(&mut self) -> Option<Vec<u8>> {
        let clean = match clean(&self.entry.path, self.walk.limits.path) {
            Ok(clean) => clean,
            Err(fault) => {
                self.odd(what_of(fault, What::ParentTraversal), true);
                return None;
            }
        };
        if clean.traverses {
            self.odd(What::ParentTraversal, false);
        } else if clean.absolute {
            self.odd(What::AbsolutePath, false);
        }
        if clean.bytes.is_empty() {
            if self.entry.kind != EntryKind::Directory {
                self.odd(What::ReplacesRoot, true);
            }
            return None;
        }
        let (folder, name) = split(&clean.bytes);
        let Ok(folder) = self.walk.tree.enter(folder) else {
            self.odd(What::ThroughBrokenLink, true);
            return None;
        };
        Some(join(&folder, name))
    }

    /// Hides what older layers have; what the same layer holds stays, in whichever order they
    /// come.
    fn whiteout(&mut self, folder: &[u8], hidden: &[u8]) {
        if matches!(hidden, b"" | b"." | b"..") {
            self.odd(What::BadWhiteout, true);
            return;
        }
        let path = join(folder, hidden);
        self.walk.tree.remove(&path, Some(self.index));
        self.walk.tree.remove_below(&path, Some(self.index));
    }

    fn file(&mut self, path: Vec<u8>, archive: &mut Archive<impl Read>) -> Result<(), WalkError> {
        let Some(limit) = (self.walk.want)(&path) else {
            self.replace(&path);
            if let Some(journal) = &mut self.walk.journal {
                journal.push(&path, None)?;
            }
            return self.look_into(path, archive);
        };
        let size = self.entry.size;
        let kind = if self.entry.sparse {
            NodeKind::Unread(UnreadReason::Sparse)
        } else if size > limit {
            let (size, limit) = (ByteCount(size), ByteCount(limit));
            NodeKind::Unread(UnreadReason::TooLarge { size, limit })
        } else {
            self.walk.tree.has_room_for(size)?;
            let bytes: Arc<[u8]> = archive.content().map(Arc::from)?;
            NodeKind::File { mode: self.entry.mode & 0o7777, bytes }
        };
        self.note_double(&path, &kind);
        self.replace(&path);
        Ok(self.insert(path, kind)?)
    }

    /// Keeps what is looked for within a file that nobody wants by its name.
    fn look_into(
        &mut self,
        path: Vec<u8>,
        archive: &mut Archive<impl Read>,
    ) -> Result<(), WalkError> {
        let Within { most, begins, distil } = self.walk.within;
        let size = self.entry.size;
        if size == 0 || self.entry.sparse {
            return Ok(());
        }
        let mut bytes = archive.part(HEAD)?;
        if !begins(&bytes, size) {
            return Ok(());
        }
        if size > most {
            let (size, limit) = (ByteCount(size), ByteCount(most));
            let why = UnreadReason::TooLarge { size, limit };
            return Ok(self.insert(path, NodeKind::WithinUnread(why))?);
        }
        bytes.extend(archive.content()?);
        if let Some(kept) = distil(&shown(&path), &bytes) {
            self.walk.tree.has_room_for(u64::try_from(kept.len()).unwrap_or(u64::MAX))?;
            let mode = self.entry.mode & 0o7777;
            self.insert(path, NodeKind::Within { mode, bytes: Arc::from(kept) })?;
        }
        Ok(())
    }

    fn symbolic_link(&mut self, path: Vec<u8>) -> Result<(), ImageError> {
        self.replace(&path);
        let target = &self.entry.link;
        if target.contains(&0) || target.len() > self.walk.limits.path {
            let what = if target.contains(&0) { What::NulInPath } else { What::PathTooLong };
            self.odd(what, true);
            return self.insert_unread(path, UnreadReason::NotAFile);
        }
        if leads_outside(&path, target) {
            self.odd(What::LinkOutside, true);
        }
        self.insert(path, NodeKind::Link(target.clone()))
    }

    fn hard_link(&mut self, path: Vec<u8>) -> Result<(), ImageError> {
        let source = match clean(&self.entry.link, self.walk.limits.path) {
            Ok(clean) => self.walk.tree.place(&clean.bytes).ok(),
            Err(fault) => {
                self.odd(what_of(fault, What::LinkOutside), true);
                self.replace(&path);
                return self.insert_unread(path, UnreadReason::LinkOutside);
            }
        };
        let Some(source) = source else {
            self.odd(What::ThroughBrokenLink, true);
            self.replace(&path);
            return self.insert_unread(path, UnreadReason::LinkOutside);
        };
        // A link to itself changes nothing, in a runtime too.
        if source == path {
            return Ok(());
        }
        // A hard link to a symbolic link is that symbolic link once more.
        let known = self.walk.tree.get(&source).map(|node| node.kind.clone());
        self.replace(&path);
        match known {
            Some(kind) => self.insert(path, kind),
            None => {
                if let Some(journal) = &mut self.walk.journal {
                    journal.push(&path, Some(&source))?;
                }
                match (self.walk.want)(&path) {
                    Some(_) => self.insert(path, NodeKind::HardLink(source)),
                    None => Ok(()),
                }
            }
        }
    }

    /// A device or a named pipe hides what was there. Base images have some; in a wanted file's
    /// place there is no honest one.
    fn special(&mut self, path: Vec<u8>, what: What) -> Result<(), ImageError> {
        let hostile = (self.walk.want)(&path).is_some();
        self.odd(what, hostile);
        self.replace(&path);
        self.insert_unread(path, UnreadReason::NotAFile)
    }

    fn note_double(&mut self, path: &[u8], new: &NodeKind) {
        let Some(old) = self.walk.tree.get(path).filter(|old| old.layer == self.index) else {
            return;
        };
        let same = matches!(
            (&old.kind, new),
            (NodeKind::File { bytes: old, .. }, NodeKind::File { bytes: new, .. }) if old == new
        );
        self.odd(What::DuplicateEntry, !same);
    }

    /// Removes what the entry takes the place of, a folder with all it holds included.
    fn replace(&mut self, path: &[u8]) {
        self.walk.tree.remove(path, None);
        self.walk.tree.remove_below(path, None);
    }

    fn insert_unread(&mut self, path: Vec<u8>, why: UnreadReason) -> Result<(), ImageError> {
        match (self.walk.want)(&path) {
            Some(_) => self.insert(path, NodeKind::Unread(why)),
            None => Ok(()),
        }
    }

    fn insert(&mut self, path: Vec<u8>, kind: NodeKind) -> Result<(), ImageError> {
        self.walk.tree.insert(path, Node { layer: self.index, kind })
    }

    fn odd(&mut self, what: What, hostile: bool) {
        self.walk.odd(self.index, self.layer, &self.entry.path, what, hostile);
    }
}

fn what_of(fault: PathFault, climbs: What) -> What {
    match fault {
        PathFault::Climbs => climbs,
        PathFault::Nul => What::NulInPath,
        PathFault::TooLong => What::PathTooLong,
    }
}
