//! Tiles by path, and what stands in them (C2SP tlog-tiles).

use crate::entry::MAX_ENTRY;
use crate::merkle::Hash;
use std::fmt;

/// How many hashes or entries a full tile has.
pub(crate) const FULL: u64 = 256;
/// How many levels of the tree one level of tiles spans.
pub(crate) const HEIGHT: u32 = 8;

/// Names a tile: of hashes at a level, or of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tile {
    pub(crate) content: Content,
    pub(crate) index: u64,
    /// How many hashes or entries it has: 1 to 256.
    pub(crate) width: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Content {
    /// Hashes of complete subtrees of `256^level` leaves.
    Hashes(u32),
    Entries,
}

/// Says why the bytes of a tile were refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileError {
    /// The tile does not exist, though the tree needs it.
    #[error("the tile does not exist")]
    Missing,
    /// The bytes are not as many hashes or entries as the path says.
    #[error("the tile does not hold {0} hashes or entries, as its path says")]
    Width(u64),
    /// What stands in the tile does not hash to the signed root.
    #[error("what stands in the tile does not hash to the signed root")]
    Root,
    /// The entries do not hash to the tile above them.
    #[error("the entries do not hash to `{0}`")]
    Leaves(String),
}

impl Tile {
    pub(crate) fn full(self) -> Self {
        Self { width: FULL, ..self }
    }

    pub(crate) fn is_full(self) -> bool {
        self.width == FULL
    }

    /// Returns the tile that holds the item `at` in a tree of `size` leaves, as wide as that tree
    /// makes it; `None` when it lies beyond.
    pub(crate) fn holding(content: Content, at: u64, size: u64) -> Option<Self> {
        let index = at.checked_div(FULL)?;
        let width = content.items(size).saturating_sub(index.saturating_mul(FULL)).min(FULL);
        (width > 0).then_some(Self { content, index, width })
    }

    /// Returns all tiles that a tree of `size` leaves has, partial ones only at its right edge.
    pub(crate) fn all(size: u64) -> impl Iterator<Item = Self> {
        let levels = (0..HEIGHT).map(Content::Hashes).chain([Content::Entries]);
        levels.flat_map(move |content| {
            let tiles = content.items(size).div_ceil(FULL);
            (0..tiles)
                .filter_map(move |index| Self::holding(content, index.saturating_mul(FULL), size))
        })
    }

    /// Returns the folder of the partial tiles that a full tile replaces.
    pub(crate) fn partials(self) -> String {
        format!("{}.p/", self.full())
    }

    /// Reads a path back; `None` for anything that [`Tile`] does not write itself.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let (content, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let content = match content {
            "entries" => Content::Entries,
            level => Content::Hashes(level.parse().ok().filter(|level| *level < HEIGHT)?),
        };
        let (digits, width) = match rest.split_once(".p/") {
            Some((digits, width)) => (digits, width.parse().ok()?),
            None => (rest, FULL),
        };
        let mut index = 0u64;
        for group in digits.split('/') {
            let group = group.strip_prefix('x').unwrap_or(group);
            index = index.checked_mul(1000)?.checked_add(group.parse().ok()?)?;
        }
        let tile = Self { content, index, width };
        // Any other spelling of the same numbers is no path of ours.
        (tile.to_string() == path && (1..=FULL).contains(&width)).then_some(tile)
    }
}

impl Content {
    /// Returns how many hashes or entries of this sort a tree of `size` leaves has.
    pub(crate) fn items(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(level.saturating_mul(HEIGHT)).unwrap_or(0),
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Hashes(level) => write!(f, "tile/{level}/")?,
            Content::Entries => f.write_str("tile/entries/")?,
        }
        // Groups of three digits, an `x` before all but the last.
        let mut groups = Vec::new();
        let mut rest = Some(self.index);
        while let Some(number) = rest {
            groups.push(number.checked_rem(1000).unwrap_or(0));
            rest = number.checked_div(1000).filter(|above| *above > 0);
        }
        while let Some(group) = groups.pop() {
            let (before, after) = if groups.is_empty() { ("", "") } else { ("x", "/") };
            write!(f, "{before}{group:03}{after}")?;
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

pub(crate) fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// Reads a tile of hashes that must be exactly `width` wide.
pub(crate) fn decode_hashes(bytes: &[u8], width: u64) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let right = rest.is_empty() && u64::try_from(hashes.len()) == Ok(width);
    if right { Ok(hashes.to_vec()) } else { Err(TileError::Width(width)) }
}

/// Writes an entry bundle. Entries longer than [`MAX_ENTRY`] are never made.
pub(crate) fn encode_entries(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        debug_assert!(entry.len() <= MAX_ENTRY, "entries are bounded when they are made");
        let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    bytes
}

/// Reads an entry bundle that must be exactly `width` wide.
pub(crate) fn decode_entries(bytes: &[u8], width: u64) -> Result<Vec<Vec<u8>>, TileError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(TileError::Width(width))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(TileError::Width(width))?;
        entries.push(entry.to_vec());
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(TileError::Width(width)) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tile(content: Content, index: u64, width: u64) -> Tile {
        Tile { content, index, width }
    }

    /// The examples of C2SP tlog-tiles, sections "Merkle Tree" and "Log Entries".
    #[test]
    fn paths_are_those_of_the_specification() {
        for (tile, path) in [
            (tile(Content::Hashes(0), 0, 256), "tile/0/000"),
            (tile(Content::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067"),
            (tile(Content::Hashes(1), 273, 56), "tile/1/273.p/56"),
            (tile(Content::Entries, 999, 1), "tile/entries/999.p/1"),
            (tile(Content::Entries, 1000, 256), "tile/entries/x001/000"),
        ] {
            assert_eq!(tile.to_string(), path);
            assert_eq!(Tile::parse(path), Some(tile));
        }
    }

    #[test]
    fn other_spellings_of_a_path_are_refused() {
        for path in [
            "tile/0/0",
            "tile/00/000",
            "tile/8/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/x000/001",
            "tile/0/001/234",
            "tile/0/../000",
            "tile/entries/",
            "tile/data/000",
            "tile/0/x18446744/x073709551/616",
        ] {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_has_the_tiles_of_the_specification() {
        let paths = |size| Tile::all(size).map(|tile| tile.to_string()).collect::<Vec<_>>();
        assert!(paths(0).is_empty());
        assert_eq!(paths(1), ["tile/0/000.p/1", "tile/entries/000.p/1"]);
        assert_eq!(paths(256), ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
        // The specification's example: 70,000 leaves have 273 full and one partial tile at level
        // 0, one full and one partial at level 1, one partial at level 2.
        let hashes: Vec<_> =
            paths(70_000).into_iter().filter(|path| !path.contains("entries")).collect();
        assert_eq!(hashes.len(), 274 + 2 + 1);
        assert_eq!(
            hashes.get(272..).unwrap(),
            ["tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
        );
    }

    proptest! {
        #[test]
        fn arbitrary_tiles_never_panic(
            bytes in any::<Vec<u8>>(), width in 0u64..300, path in any::<String>(),
        ) {
            let _ = decode_hashes(&bytes, width);
            if let Ok(entries) = decode_entries(&bytes, width) {
                prop_assert_eq!(encode_entries(&entries), bytes);
            }
            let _ = Tile::parse(&path);
            let _ = Tile::parse(&format!("tile/{path}"));
        }

        #[test]
        fn every_tile_path_reads_back(level in 0u32..9, index in any::<u64>(), width in 1u64..=256) {
            let content = if level == 8 { Content::Entries } else { Content::Hashes(level) };
            let tile = tile(content, index, width);
            prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
        }
    }
}
