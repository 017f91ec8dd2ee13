//! Which paths differ between two trees, found by reading the trees themselves. Every tree is
//! hashed again; a tree that is absent or cannot be read without doubt ends the comparison, so
//! that no changed path is ever passed over.

use super::header::oid;
use super::objects::{Kind, ObjectProblem, Objects};
use git2::{Odb, Oid};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Most trees that one comparison reads.
const MAX_TREES: usize = 200_000;
/// Most trees that are kept for one comparison.
const MAX_KNOWN: usize = 1_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 200;
/// Longest path, in bytes.
const MAX_PATH: usize = 16 << 10;
/// The mode of a tree within a tree.
const TREE_MODE: &[u8] = b"40000";

/// Says why two trees cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangesError {
    #[error("tree {0}: {1}")]
    Object(Oid, ObjectProblem),
    #[error("a tree's entries cannot be read without doubt")]
    Malformed,
    #[error("the trees are too many, too deep, or their paths too long")]
    TooMuch,
    #[error("the history ends before the common ancestor of a merge's parents")]
    CutOff,
}

/// Compares trees of one repository.
pub(crate) struct Comparison<'a> {
    objects: &'a Objects,
    odb: &'a Odb<'a>,
    read: usize,
    /// Trees that were read, as they are asked for again.
    known: HashMap<Oid, Rc<Entries>>,
}

/// One entry of a tree: its mode and its object's id, both as they stand.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    mode: Vec<u8>,
    oid: Oid,
}

type Entries = BTreeMap<Vec<u8>, Entry>;

impl<'a> Comparison<'a> {
    pub(crate) fn new(objects: &'a Objects, odb: &'a Odb<'a>) -> Self {
        Self { objects, odb, read: 0, known: HashMap::new() }
    }

    /// Tells `visit` every path of a file, link or submodule that is in one tree and not, or not
    /// the same, in the other. `None` is the empty tree.
    pub(crate) fn changed(
        &mut self,
        old: Option<Oid>,
        new: Option<Oid>,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), ChangesError>,
    ) -> Result<(), ChangesError> {
        let mut path = Vec::new();
        self.descend(old, new, &mut path, 0, visit)
    }

    /// Returns the file, link or submodule that a tree holds at a path.
    pub(crate) fn entry(
        &mut self,
        tree: Option<Oid>,
        path: &[u8],
    ) -> Result<Option<Entry>, ChangesError> {
        let mut tree = tree;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let (Some(name), Some(oid)) = (names.next(), tree) {
            let Some(entry) = self.entries(oid)?.get(name).cloned() else { return Ok(None) };
            match (entry.mode == TREE_MODE, names.peek().is_some()) {
                (true, true) => tree = Some(entry.oid),
                (false, false) => return Ok(Some(entry)),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    fn descend(
        &mut self,
        old: Option<Oid>,
        new: Option<Oid>,
        path: &mut Vec<u8>,
        depth: usize,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), ChangesError>,
    ) -> Result<(), ChangesError> {
        if old == new {
            return Ok(());
        }
        if depth > MAX_DEPTH || path.len() > MAX_PATH {
            return Err(ChangesError::TooMuch);
        }
        let before = old.map(|oid| self.entries(oid)).transpose()?.unwrap_or_default();
        let after = new.map(|oid| self.entries(oid)).transpose()?.unwrap_or_default();
        let mut pairs: Vec<(&Vec<u8>, Option<&Entry>, Option<&Entry>)> = after
            .iter()
            .map(|(name, entry)| (name, before.get(name), Some(entry)))
            .filter(|(_, was, is)| was != is)
            .collect();
        let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
        pairs.extend(gone.map(|(name, was)| (name, Some(was), None)));
        let length = path.len();
        for (name, was, is) in pairs {
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(name);
            let tree = |entry: Option<&Entry>| {
                entry.filter(|entry| entry.mode == TREE_MODE).map(|entry| entry.oid)
            };
            let (old, new) = (tree(was), tree(is));
            if (was.is_some() && old.is_none()) || (is.is_some() && new.is_none()) {
                visit(path)?;
            }
            if old.is_some() || new.is_some() {
                self.descend(old, new, path, depth.saturating_add(1), visit)?;
            }
            path.truncate(length);
        }
        Ok(())
    }

    fn entries(&mut self, oid: Oid) -> Result<Rc<Entries>, ChangesError> {
        if let Some(known) = self.known.get(&oid) {
            return Ok(Rc::clone(known));
        }
        self.read = self.read.saturating_add(1);
        if self.read > MAX_TREES {
            return Err(ChangesError::TooMuch);
        }
        let content = self
            .objects
            .read(self.odb, oid, Kind::Tree)
            .map_err(|problem| ChangesError::Object(oid, problem))?;
        let algorithm = self.objects.algorithm();
        let id = |bytes: &[u8]| {
            let hex = self::oid(hex::encode(bytes).as_bytes(), algorithm)?;
            self.objects.parse_oid(&hex)
        };
        let entries = parse(&content, algorithm.length(), id).ok_or(ChangesError::Malformed)?;
        let entries = Rc::new(entries);
        if self.known.len() < MAX_KNOWN {
            self.known.insert(oid, Rc::clone(&entries));
        }
        Ok(entries)
    }
}

/// Reads `mode SP name NUL id`, one after the other; `None` for anything odd.
fn parse(mut rest: &[u8], id_length: usize, id: impl Fn(&[u8]) -> Option<Oid>) -> Option<Entries> {
    let mut entries = Entries::new();
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let (mode, after) = rest.split_at_checked(space)?;
        let after = after.split_first()?.1;
        let zero = after.iter().position(|byte| *byte == 0)?;
        let (name, after) = after.split_at_checked(zero)?;
        let (bytes, after) = after.split_first()?.1.split_at_checked(id_length)?;
        let known =
            matches!(mode, b"40000" | b"100644" | b"100755" | b"100664" | b"120000" | b"160000");
        if !known || name.is_empty() || name.contains(&b'/') || matches!(name, b"." | b"..") {
            return None;
        }
        let entry = Entry { mode: mode.to_vec(), oid: id(bytes)? };
        if entries.insert(name.to_vec(), entry).is_some() {
            return None;
        }
        rest = after;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn entry(mode: &str, name: &str) -> Vec<u8> {
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[7; 20]].concat()
    }

    fn read(bytes: &[u8]) -> Option<Entries> {
        parse(bytes, 20, |bytes| Oid::from_bytes(bytes).ok())
    }

    #[test]
    fn entries_are_read_and_odd_ones_refuse_the_tree() {
        let good = [entry("40000", "a"), entry("100644", "b")].concat();
        assert_eq!(read(&good).unwrap().len(), 2);
        for odd in [
            entry("40000", ""),
            entry("40000", ".."),
            entry("100644", "a/b"),
            entry("040000", "a"),
            entry("777", "a"),
            [entry("100644", "a"), entry("40000", "a")].concat(),
            b"40000 a".to_vec(),
            b"40000 a\0short".to_vec(),
        ] {
            assert!(read(&odd).is_none(), "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
