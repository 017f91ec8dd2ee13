use crate::contents::UnreadReason;
use crate::limits::MAX_HOPS;
use crate::path::{join, parts, pop, push, self_and_ancestors, split};
use crate::{ImageError, Limits};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The part of an image's file system that matters: wanted files and symbolic links, by real
/// path. Folders and other files are not kept; what they do to the part that matters is.
pub(crate) struct Tree {
    nodes: BTreeMap<Vec<u8>, Node>,
    limits: Limits,
    held: u64,
    tracked: u64,
    /// The folder entered last, as written and as it really is, while that holds. Archives list
    /// folder by folder.
    entered: Option<(Vec<u8>, Vec<u8>)>,
}

/// Something at a path, with the layer it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) layer: usize,
    pub(crate) kind: NodeKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    /// A wanted file.
    File { mode: u32, bytes: Arc<[u8]> },
    /// A wanted file without its content.
    Unread(UnreadReason),
    /// What is kept of a file that was looked into.
    Within { mode: u32, bytes: Arc<[u8]> },
    /// A file that was to be looked into and is too large.
    WithinUnread(UnreadReason),
    /// A symbolic link, wanted or not, with its target as written.
    Link(Vec<u8>),
    /// A wanted hard link to the file at that real path, which was not wanted and so not kept.
    HardLink(Vec<u8>),
}

/// Says why a path leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkFault {
    /// Out of the root.
    Outside,
    /// Through more links than a system follows.
    Loop,
}

/// Whether a link at the very end of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Follow,
    Keep,
}

impl Tree {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { nodes: BTreeMap::new(), limits: limits.clone(), held: 0, tracked: 0, entered: None }
    }

    pub(crate) fn get(&self, path: &[u8]) -> Option<&Node> {
        self.nodes.get(path)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_slice(), node))
    }

    /// Refuses a file that would be too much, before its content is read.
    pub(crate) fn has_room_for(&self, size: u64) -> Result<(), ImageError> {
        if self.held.saturating_add(size) > self.limits.held.0 {
            return Err(ImageError::HeldTooMuch { limit: self.limits.held });
        }
        Ok(())
    }

    /// Puts a node at a path where nothing is.
    pub(crate) fn insert(&mut self, path: Vec<u8>, node: Node) -> Result<(), ImageError> {
        self.has_room_for(node.content())?;
        self.entered = None;
        self.held = self.held.saturating_add(node.content());
        self.tracked = self.tracked.saturating_add(node.footprint(&path));
        if self.tracked > self.limits.tracked.0 {
            return Err(ImageError::TooManyLinks {
                what: "their paths",
                limit: self.limits.tracked.0,
            });
        }
        if let Some(old) = self.nodes.insert(path.clone(), node) {
            self.forget(&path, &old);
        }
        Ok(())
    }

    /// Removes what is at `path`, if it came with a layer before `layer`.
    pub(crate) fn remove(&mut self, path: &[u8], layer: Option<usize>) {
        let goes = self.nodes.get(path).is_some_and(|node| node.is_before(layer));
        if let Some(node) = goes.then(|| self.nodes.remove(path)).flatten() {
            self.entered = None;
            self.forget(path, &node);
        }
    }

    /// Removes what is below the folder `path`, if it came with a layer before `layer`.
    pub(crate) fn remove_below(&mut self, path: &[u8], layer: Option<usize>) {
        let mut start = path.to_vec();
        if !start.is_empty() {
            start.push(b'/');
        }
        let below: Vec<Vec<u8>> = self
            .nodes
            .range(start.clone()..)
            .take_while(|(path, _)| path.starts_with(&start))
            .filter(|(_, node)| node.is_before(layer))
            .map(|(path, _)| path.clone())
            .collect();
        for path in below {
            self.remove(&path, None);
        }
    }

    /// Returns the real path of a folder in which something is about to be made. Files that stand
    /// in its way are replaced by folders.
    pub(crate) fn enter(&mut self, folder: &[u8]) -> Result<Vec<u8>, LinkFault> {
        if let Some((_, real)) = self.entered.as_ref().filter(|(written, _)| written == folder) {
            return Ok(real.clone());
        }
        let real = self.resolve(folder, Last::Follow)?;
        for folder in self_and_ancestors(&real) {
            self.remove(folder, None);
        }
        self.entered = Some((folder.to_vec(), real.clone()));
        Ok(real)
    }

    /// Follows every link on the way of a clean path, as path_resolution(7) does inside a root.
    pub(crate) fn resolve(&self, path: &[u8], last: Last) -> Result<Vec<u8>, LinkFault> {
        let mut pending: Vec<&[u8]> = parts(path).rev().collect();
        let mut done = Vec::with_capacity(path.len());
        let mut hops: usize = 0;
        while let Some(part) = pending.pop() {
            if part == b".." {
                if done.is_empty() {
                    return Err(LinkFault::Outside);
                }
                pop(&mut done);
                continue;
            }
            push(&mut done, part);
            if pending.is_empty() && last == Last::Keep {
                break;
            }
            let Some(Node { kind: NodeKind::Link(target), .. }) = self.nodes.get(&done) else {
                continue;
            };
            hops = hops.saturating_add(1);
            if hops > MAX_HOPS {
                return Err(LinkFault::Loop);
            }
            if target.first() == Some(&b'/') {
                done.clear();
            } else {
                pop(&mut done);
            }
            pending.extend(parts(target).rev());
        }
        Ok(done)
    }

    /// Resolves the folder of a path and keeps its name, as every operation on the path itself
    /// does.
    pub(crate) fn place(&self, path: &[u8]) -> Result<Vec<u8>, LinkFault> {
        let (folder, name) = split(path);
        Ok(join(&self.resolve(folder, Last::Follow)?, name))
    }

    fn forget(&mut self, path: &[u8], node: &Node) {
        self.held = self.held.saturating_sub(node.content());
        self.tracked = self.tracked.saturating_sub(node.footprint(path));
    }
}

impl Node {
    fn is_before(&self, layer: Option<usize>) -> bool {
        layer.is_none_or(|layer| self.layer < layer)
    }

    /// Bytes of file content it holds.
    fn content(&self) -> u64 {
        match &self.kind {
            NodeKind::File { bytes, .. } | NodeKind::Within { bytes, .. } => {
                u64::try_from(bytes.len()).unwrap_or(u64::MAX)
            }
            _ => 0,
        }
    }

    /// Bytes of memory it takes beside file content, with 128 for the map and the allocator.
    fn footprint(&self, path: &[u8]) -> u64 {
        let target = match &self.kind {
            NodeKind::Link(target) | NodeKind::HardLink(target) => target.len(),
            _ => 0,
        };
        u64::try_from(path.len().saturating_add(target)).unwrap_or(u64::MAX).saturating_add(128)
    }
}

/// Says whether a link leads out of the root by its wording alone, whatever else it leads through.
pub(crate) fn leads_outside(at: &[u8], target: &[u8]) -> bool {
    let mut depth = if target.first() == Some(&b'/') { 0 } else { parts(split(at).0).count() };
    for part in parts(target) {
        let next = if part == b".." { depth.checked_sub(1) } else { depth.checked_add(1) };
        match next {
            Some(next) => depth = next,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn tree(links: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::new(&Limits::default());
        for (at, target) in links {
            let kind = NodeKind::Link(target.as_bytes().to_vec());
            tree.insert(at.as_bytes().to_vec(), Node { layer: 0, kind }).unwrap();
        }
        tree
    }

    fn resolved(tree: &Tree, path: &str) -> Result<String, LinkFault> {
        tree.resolve(path.as_bytes(), Last::Follow).map(|path| String::from_utf8(path).unwrap())
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        let tree = tree(&[
            ("lib", "usr/lib"),
            ("usr/lib/os", "../share/./os"),
            ("usr/share/os", "/opt//os"),
            ("here", "."),
        ]);
        assert_eq!(resolved(&tree, "lib/os/release"), Ok("opt/os/release".to_owned()));
        assert_eq!(resolved(&tree, "here/here/lib"), Ok("usr/lib".to_owned()));
        assert_eq!(tree.place(b"lib/os"), Ok(b"usr/lib/os".to_vec()));
    }

    #[test]
    fn loops_and_ways_out_are_refused() {
        let tree = tree(&[("a", "b"), ("b", "a"), ("out", "../../etc"), ("top", "/..")]);
        assert_eq!(resolved(&tree, "a/x"), Err(LinkFault::Loop));
        assert_eq!(resolved(&tree, "out/passwd"), Err(LinkFault::Outside));
        assert_eq!(resolved(&tree, "top"), Err(LinkFault::Outside));
    }

    #[test]
    fn a_way_out_is_seen_in_the_target_alone() {
        assert!(leads_outside(b"a/b", b"../../etc"));
        assert!(leads_outside(b"a", b"/../etc"));
        assert!(!leads_outside(b"etc/os-release", b"../usr/lib/os-release"));
        assert!(!leads_outside(b"a", b"/etc/passwd"));
    }

    #[test]
    fn removal_spares_neighbours_with_the_same_beginning() {
        let mut tree = tree(&[("a/x", "y"), ("a.b", "y"), ("ab", "y"), ("a", "y")]);
        tree.remove_below(b"a", None);
        let left: Vec<_> = tree.iter().map(|(path, _)| path.to_vec()).collect();
        assert_eq!(left, [b"a".to_vec(), b"a.b".to_vec(), b"ab".to_vec()]);
    }
}
