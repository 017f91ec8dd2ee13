//! The tree as it stands in storage: its tiles, and its right edge, where it grows.

use crate::LedgerError;
use crate::merkle::{self, Frontier, Hash, Subtrees};
use crate::storage::Storage;
use crate::tile::{
    Content, FULL, HEIGHT, Tile, TileError, decode_entries, decode_hashes, encode_entries,
    encode_hashes,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// Reads the tiles of a tree of a certain size. What they hold is not to be believed before it
/// has led to a signed root.
pub(crate) struct Tiles<'a> {
    storage: &'a dyn Storage,
    size: u64,
    read: BTreeMap<Tile, Vec<Hash>>,
}

/// The incomplete tiles of a tree: all that is needed to append to it.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    size: u64,
    /// By level, eight of them, the hashes of the incomplete tile.
    levels: Vec<Vec<Hash>>,
    /// The entries of the incomplete bundle.
    entries: Vec<Vec<u8>>,
}

impl<'a> Tiles<'a> {
    pub(crate) fn new(storage: &'a dyn Storage, size: u64) -> Self {
        Self { storage, size, read: BTreeMap::new() }
    }

    /// Returns the entries of the bundle at `index`, if they hash to `root`.
    pub(crate) fn bundle(&mut self, index: u64, root: &Hash) -> Result<Vec<Vec<u8>>, LedgerError> {
        let start = index.saturating_mul(FULL);
        let (entries, path) = self.entries(start)?;
        let part = start..start.saturating_add(FULL).min(self.size);
        let hash = root_of(entries.iter().map(|entry| merkle::leaf_hash(entry)));
        let proof = merkle::inclusion_proof(self, part.clone(), self.size)?;
        if merkle::root_of_inclusion(part, &hash, self.size, &proof) == Some(*root) {
            Ok(entries)
        } else {
            Err(LedgerError::corrupt(path, TileError::Root))
        }
    }

    /// Returns the entries of the bundle that holds the entry `at`, and its path.
    fn entries(&self, at: u64) -> Result<(Vec<Vec<u8>>, String), LedgerError> {
        let (wanted, found, bytes) = self.read(Content::Entries, at)?;
        let path = found.to_string();
        let mut entries = decode_entries(&bytes, found.width)
            .map_err(|error| LedgerError::corrupt(&path, error))?;
        entries.truncate(usize::try_from(wanted.width).unwrap_or(usize::MAX));
        Ok((entries, path))
    }

    /// Returns the tile of hashes that holds the item `at` of `level`.
    fn hashes(&mut self, level: u32, at: u64) -> Result<Vec<Hash>, LedgerError> {
        let content = Content::Hashes(level);
        let key = Tile::holding(content, at, self.size);
        if let Some(hashes) = key.and_then(|key| self.read.get(&key)) {
            return Ok(hashes.clone());
        }
        let (wanted, found, bytes) = self.read(content, at)?;
        let mut hashes = decode_hashes(&bytes, found.width)
            .map_err(|error| LedgerError::corrupt(found.to_string(), error))?;
        hashes.truncate(usize::try_from(wanted.width).unwrap_or(usize::MAX));
        self.read.insert(wanted, hashes.clone());
        Ok(hashes)
    }

    /// Reads a tile. A partial one may have given way to the full one, as the tree has grown.
    fn read(&self, content: Content, at: u64) -> Result<(Tile, Tile, Vec<u8>), LedgerError> {
        let missing = |path: String| LedgerError::corrupt(path, TileError::Missing);
        let tile = Tile::holding(content, at, self.size)
            .ok_or_else(|| missing(format!("tile of entry {at}")))?;
        for found in [tile, tile.full()] {
            if let Some(bytes) = self.storage.get(&found.to_string())? {
                return Ok((tile, found, bytes));
            }
        }
        Err(missing(tile.to_string()))
    }
}

impl Subtrees for Tiles<'_> {
    type Error = LedgerError;

    fn subtree(&mut self, level: u32, index: u64) -> Result<Hash, LedgerError> {
        let (above, inside) = (level / HEIGHT, level % HEIGHT);
        let first = index.checked_shl(inside).unwrap_or(0);
        let hashes = self.hashes(above, first)?;
        let start = usize::try_from(first % FULL).unwrap_or(usize::MAX);
        let end = start.saturating_add(1usize.checked_shl(inside).unwrap_or(0));
        let part = hashes.get(start..end).ok_or_else(|| {
            LedgerError::corrupt(format!("tile/{above} at {first}"), TileError::Missing)
        })?;
        Ok(root_of(part.iter().copied()))
    }
}

impl Edge {
    /// Reads the right edge of the tree that has `size` leaves and the root `root`.
    pub(crate) fn load(storage: &dyn Storage, size: u64, root: &Hash) -> Result<Self, LedgerError> {
        let mut tiles = Tiles::new(storage, size);
        let mut edge = Self { size, levels: Vec::new(), entries: Vec::new() };
        for level in 0..HEIGHT {
            let items = Content::Hashes(level).items(size);
            let full = items.is_multiple_of(FULL);
            edge.levels.push(if full { Vec::new() } else { tiles.hashes(level, items)? });
        }
        if edge.root() != *root {
            return Err(LedgerError::corrupt("checkpoint", TileError::Root));
        }
        if !size.is_multiple_of(FULL) {
            let (entries, path) = tiles.entries(size)?;
            let hashes = entries.iter().map(|entry| merkle::leaf_hash(entry));
            if !edge.levels.first().is_some_and(|level| hashes.eq(level.iter().copied())) {
                let above = Tile::holding(Content::Hashes(0), size, size);
                let above = above.map(|tile| tile.to_string()).unwrap_or_default();
                return Err(LedgerError::corrupt(path, TileError::Leaves(above)));
            }
            edge.entries = entries;
        }
        Ok(edge)
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Returns the last entry, if it stands in the incomplete bundle.
    pub(crate) fn last_entry(&self) -> Option<&[u8]> {
        self.entries.last().map(Vec::as_slice)
    }

    /// Returns the root of the whole tree: the hashes at the edge are all that it consists of.
    pub(crate) fn root(&self) -> Hash {
        let mut frontier = Frontier::default();
        for (level, hashes) in (0..HEIGHT).zip(&self.levels).rev() {
            let level = level.saturating_mul(HEIGHT);
            hashes.iter().for_each(|hash| frontier.push(level, *hash));
        }
        frontier.root()
    }

    /// Returns the edge after `entries`, and every tile that is new or has grown. The tiles
    /// follow from the tree alone, so that whoever writes them writes the same bytes.
    pub(crate) fn grow(&self, entries: &[Vec<u8>]) -> (Self, Vec<(Tile, Vec<u8>)>) {
        let mut edge = self.clone();
        let mut written = Vec::new();
        for entry in entries {
            edge.push(entry, &mut written);
        }
        for ((level, after), before) in (0..HEIGHT).zip(&edge.levels).zip(&self.levels) {
            let last = Content::Hashes(level).items(edge.size).saturating_sub(1);
            if before != after
                && !after.is_empty()
                && let Some(tile) = Tile::holding(Content::Hashes(level), last, edge.size)
            {
                written.push((tile, encode_hashes(after)));
            }
        }
        let last = edge.size.saturating_sub(1);
        if !edge.entries.is_empty()
            && !entries.is_empty()
            && let Some(tile) = Tile::holding(Content::Entries, last, edge.size)
        {
            written.push((tile, encode_entries(&edge.entries)));
        }
        (edge, written)
    }

    fn push(&mut self, entry: &[u8], written: &mut Vec<(Tile, Vec<u8>)>) {
        self.size = self.size.saturating_add(1);
        self.entries.push(entry.to_vec());
        let mut hash = merkle::leaf_hash(entry);
        for (level, hashes) in (0..HEIGHT).zip(&mut self.levels) {
            hashes.push(hash);
            if u64::try_from(hashes.len()) != Ok(FULL) {
                return;
            }
            let content = Content::Hashes(level);
            let above = Content::Hashes(level.saturating_add(1));
            let index = above.items(self.size).saturating_sub(1);
            hash = root_of(hashes.iter().copied());
            written.push((Tile { content, index, width: FULL }, encode_hashes(hashes)));
            hashes.clear();
            if level == 0 {
                let tile = Tile { content: Content::Entries, index, width: FULL };
                written.push((tile, encode_entries(&self.entries)));
                self.entries.clear();
            }
        }
    }
}

/// Returns the bundles that hold the entries of `range`.
pub(crate) fn bundles(range: &Range<u64>) -> Range<u64> {
    range.start / FULL..range.end.div_ceil(FULL)
}

fn root_of(hashes: impl Iterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::default();
    hashes.for_each(|hash| frontier.push(0, hash));
    frontier.root()
}
