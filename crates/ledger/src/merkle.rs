//! The Merkle tree of RFC 6962, section 2.1 (the same tree as RFC 9162, section 2.1): roots,
//! inclusion proofs and consistency proofs, made and checked.
//!
//! Every function follows the recursive definition of the RFC, so that it can be read beside it.
//! A node of the tree is named by the range of leaves below it.

use sha2::{Digest as _, Sha256};
use std::ops::Range;

/// The bytes of a SHA-256 hash.
pub type Hash = [u8; 32];

/// Gives the hashes of complete subtrees.
pub trait Subtrees {
    /// What can go wrong while looking one up.
    type Error;

    /// Returns the hash of the subtree over the leaves `index * 2^level .. (index + 1) * 2^level`.
    ///
    /// # Errors
    /// When the subtree cannot be looked up.
    fn subtree(&mut self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The roots of the complete subtrees that a growing tree consists of, largest first.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    peaks: Vec<(u32, Hash)>,
}

impl Frontier {
    /// Adds a complete subtree of `2^level` leaves at the right edge. No smaller subtree may
    /// stand there yet.
    pub fn push(&mut self, level: u32, hash: Hash) {
        let (mut level, mut hash) = (level, hash);
        while let Some((_, left)) = self.peaks.pop_if(|(peak, _)| *peak == level) {
            hash = node_hash(&left, &hash);
            level = level.saturating_add(1);
        }
        self.peaks.push((level, hash));
    }

    /// Returns the root over everything that was added.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().map(|(_, hash)| *hash);
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(last, |right, left| node_hash(&left, &right))
    }
}

/// Hashes a leaf: SHA-256 over the byte 0 and the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// Hashes an inner node: SHA-256 over the byte 1 and both children.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Returns the root of the tree without leaves: SHA-256 over nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Returns the root over the first `size` leaves.
///
/// # Errors
/// When a subtree cannot be looked up.
pub fn root<S: Subtrees>(source: &mut S, size: u64) -> Result<Hash, S::Error> {
    if size == 0 { Ok(empty_root()) } else { node(source, 0..size) }
}

/// Returns the proof that the node over the leaves `part` stands in the tree of `size` leaves:
/// the siblings on its way to the root, lowest first. For a single leaf this is the inclusion
/// proof of the RFC.
///
/// # Errors
/// When a subtree cannot be looked up.
pub fn inclusion_proof<S: Subtrees>(
    source: &mut S,
    part: Range<u64>,
    size: u64,
) -> Result<Vec<Hash>, S::Error> {
    let mut proof = Vec::new();
    let mut range = 0..size;
    while range != part && length(&range) > 1 {
        let (left, right) = split(&range);
        let (inside, sibling) = if part.end <= left.end { (left, right) } else { (right, left) };
        proof.push(node(source, sibling)?);
        range = inside;
    }
    proof.reverse();
    Ok(proof)
}

/// Returns the root that an inclusion proof leads to, if it has the right shape for the node over
/// `part` in a tree of `size` leaves. Compare the root with one that is trusted.
#[must_use]
pub fn root_of_inclusion(part: Range<u64>, hash: &Hash, size: u64, proof: &[Hash]) -> Option<Hash> {
    if part.is_empty() || part.end > size { None } else { climb(&part, hash, 0..size, proof) }
}

/// Returns the proof that the leaves `indices`, which are ascending, stand in the tree of `size`
/// leaves: the hashes of the largest subtrees without any of them, from left to right. It grows
/// with the number of gaps, not with that of the leaves.
///
/// # Errors
/// When a subtree cannot be looked up.
pub fn proof_of_set<S: Subtrees>(
    source: &mut S,
    indices: &[u64],
    size: u64,
) -> Result<Vec<Hash>, S::Error> {
    let mut proof = Vec::new();
    if size > 0 {
        around(source, indices, 0..size, &mut proof)?;
    }
    Ok(proof)
}

/// Returns the root of the tree of `size` leaves that `proof` and the hashes of some leaves lead
/// to, if it has the right shape. `leaves` are ascending. Compare the root with one that is
/// trusted.
#[must_use]
pub fn root_of_set(leaves: &[(u64, Hash)], size: u64, proof: &[Hash]) -> Option<Hash> {
    let mut rest = proof.iter();
    if leaves.last().is_some_and(|(index, _)| *index >= size)
        || !leaves.is_sorted_by(|a, b| a.0 < b.0)
    {
        return None;
    }
    let root = if size == 0 { empty_root() } else { fold(leaves, 0..size, &mut rest)? };
    rest.next().is_none().then_some(root)
}

/// Returns the proof that the tree of `new` leaves begins with the tree of `old` leaves.
///
/// # Errors
/// When a subtree cannot be looked up.
pub fn consistency_proof<S: Subtrees>(
    source: &mut S,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, S::Error> {
    let mut proof = Vec::new();
    let (mut range, mut known) = (0..new, true);
    if old == 0 || old > new {
        return Ok(proof);
    }
    while range.end != old {
        let (left, right) = split(&range);
        if old <= left.end {
            proof.push(node(source, right)?);
            range = left;
        } else {
            proof.push(node(source, left)?);
            (range, known) = (right, false);
        }
    }
    if !known {
        proof.push(node(source, range)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Says whether `proof` shows that the tree of `new` leaves with the root `new_root` begins with
/// the tree of `old` leaves with the root `old_root`.
#[must_use]
pub fn is_consistent(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    old <= new && reconcile(old, old_root, 0..new, true, proof) == Some((*old_root, *new_root))
}

fn around<S: Subtrees>(
    source: &mut S,
    indices: &[u64],
    range: Range<u64>,
    proof: &mut Vec<Hash>,
) -> Result<(), S::Error> {
    if indices.is_empty() {
        proof.push(node(source, range)?);
    } else if length(&range) > 1 {
        let (left, right) = split(&range);
        let (below, above) = indices.split_at(indices.partition_point(|at| *at < left.end));
        around(source, below, left, proof)?;
        around(source, above, right, proof)?;
    }
    Ok(())
}

fn fold(
    leaves: &[(u64, Hash)],
    range: Range<u64>,
    proof: &mut std::slice::Iter<'_, Hash>,
) -> Option<Hash> {
    match leaves {
        [] => proof.next().copied(),
        [(_, hash)] if length(&range) == 1 => Some(*hash),
        _ => {
            let (left, right) = split(&range);
            let (below, above) = leaves.split_at(leaves.partition_point(|(at, _)| *at < left.end));
            Some(node_hash(&fold(below, left, proof)?, &fold(above, right, proof)?))
        }
    }
}

fn node<S: Subtrees>(source: &mut S, range: Range<u64>) -> Result<Hash, S::Error> {
    let length = length(&range);
    if length.is_power_of_two() {
        let level = length.trailing_zeros();
        return source.subtree(level, range.start.checked_shr(level).unwrap_or(0));
    }
    let (left, right) = split(&range);
    Ok(node_hash(&node(source, left)?, &node(source, right)?))
}

fn climb(part: &Range<u64>, hash: &Hash, range: Range<u64>, proof: &[Hash]) -> Option<Hash> {
    if range == *part {
        return proof.is_empty().then_some(*hash);
    }
    let (sibling, rest) = proof.split_last()?;
    if length(&range) < 2 {
        return None;
    }
    let (left, right) = split(&range);
    if part.end <= left.end {
        Some(node_hash(&climb(part, hash, left, rest)?, sibling))
    } else if part.start >= right.start {
        Some(node_hash(sibling, &climb(part, hash, right, rest)?))
    } else {
        None
    }
}

/// Follows SUBPROOF of the RFC from the top and returns the roots of the old and the new tree.
fn reconcile(
    old: u64,
    old_root: &Hash,
    range: Range<u64>,
    known: bool,
    proof: &[Hash],
) -> Option<(Hash, Hash)> {
    if range.end == old {
        return match (known, proof) {
            (true, []) => Some((*old_root, *old_root)),
            (false, [hash]) => Some((*hash, *hash)),
            _ => None,
        };
    }
    let (sibling, rest) = proof.split_last()?;
    let (left, right) = split(&range);
    if old <= left.end {
        let (before, after) = reconcile(old, old_root, left, known, rest)?;
        Some((before, node_hash(&after, sibling)))
    } else {
        let (before, after) = reconcile(old, old_root, right, false, rest)?;
        Some((node_hash(sibling, &before), node_hash(sibling, &after)))
    }
}

/// Splits a node of at least two leaves at the largest power of two below its length.
fn split(range: &Range<u64>) -> (Range<u64>, Range<u64>) {
    let power = length(range).saturating_sub(1).checked_ilog2().unwrap_or(0);
    let middle = range.start.saturating_add(1u64.checked_shl(power).unwrap_or(0));
    (range.start..middle, middle..range.end)
}

fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// The definition of RFC 6962, section 2.1, word for word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            many => {
                let k = many.len().next_power_of_two() / 2;
                node_hash(&naive(&many[..k]), &naive(&many[k..]))
            }
        }
    }

    /// PATH(m, D[n]) of section 2.1.1.
    fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let k = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(k);
        let (mut path, sibling) = if m < k {
            (naive_path(m, left), naive(right))
        } else {
            (naive_path(m - k, right), naive(left))
        };
        path.push(sibling);
        path
    }

    /// SUBPROOF(m, D[n], b) of section 2.1.2.
    fn naive_subproof(m: usize, leaves: &[Hash], b: bool) -> Vec<Hash> {
        if m == leaves.len() {
            return if b { Vec::new() } else { vec![naive(leaves)] };
        }
        let k = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(k);
        let (mut proof, sibling) = if m <= k {
            (naive_subproof(m, left, b), naive(right))
        } else {
            (naive_subproof(m - k, right, false), naive(left))
        };
        proof.push(sibling);
        proof
    }

    struct Leaves(Vec<Hash>);

    impl Subtrees for Leaves {
        type Error = Infallible;
        fn subtree(&mut self, level: u32, index: u64) -> Result<Hash, Infallible> {
            let width = 1usize << level;
            let start = usize::try_from(index).unwrap() * width;
            Ok(naive(&self.0[start..start + width]))
        }
    }

    fn leaves(count: u64) -> Leaves {
        Leaves((0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect())
    }

    /// Roots of the test vectors in RFC 6962's reference implementation (certificate-transparency
    /// `merkle_tree_test`): the empty tree, and the leaf that is the empty string.
    #[test]
    fn known_roots_are_reproduced() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex::encode(empty_root()), empty);
        assert_eq!(hex::encode(leaf_hash(b"")), leaf);
    }

    #[test]
    fn roots_and_proofs_are_those_of_the_definition_for_every_small_tree() {
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), empty_root());
        for size in 1..=70u64 {
            let mut tree = leaves(size);
            let all = tree.0.clone();
            frontier.push(0, all[all.len() - 1]);
            let top = naive(&all);
            assert_eq!(root(&mut tree, size).unwrap(), top);
            assert_eq!(frontier.root(), top);
            for at in 0..size {
                let proof = inclusion_proof(&mut tree, at..at + 1, size).unwrap();
                let index = usize::try_from(at).unwrap();
                assert_eq!(proof, naive_path(index, &all));
                let climbed = root_of_inclusion(at..at + 1, &all[index], size, &proof);
                assert_eq!(climbed, Some(top));
            }
            for old in 1..=size {
                let count = usize::try_from(old).unwrap();
                let proof = consistency_proof(&mut tree, old, size).unwrap();
                assert_eq!(proof, naive_subproof(count, &all, true));
                assert!(is_consistent(old, &naive(&all[..count]), size, &top, &proof));
            }
        }
    }

    #[test]
    fn a_wider_node_is_proved_like_a_leaf() {
        for (part, size) in [(256..512, 700), (512..700, 700), (0..256, 256), (256..300, 300)] {
            let mut tree = leaves(size);
            let proof = inclusion_proof(&mut tree, part.clone(), size).unwrap();
            let hash = naive(&tree.0[part.start as usize..part.end as usize]);
            let top = naive(&tree.0);
            assert_eq!(root_of_inclusion(part, &hash, size, &proof), Some(top));
        }
    }

    #[test]
    fn any_set_of_leaves_is_proved_at_once() {
        for size in 1..=24u64 {
            let mut tree = leaves(size);
            let top = naive(&tree.0);
            for step in 1..=size {
                let chosen: Vec<u64> = (0..size).step_by(usize::try_from(step).unwrap()).collect();
                let proof = proof_of_set(&mut tree, &chosen, size).unwrap();
                let hash = |at: &u64| (*at, tree.0[usize::try_from(*at).unwrap()]);
                let hashes: Vec<_> = chosen.iter().map(hash).collect();
                assert_eq!(root_of_set(&hashes, size, &proof), Some(top));
                let mut other = hashes.clone();
                other[0].1[0] ^= 1;
                assert_ne!(root_of_set(&other, size, &proof), Some(top));
                assert_ne!(root_of_set(&hashes[1..], size, &proof), Some(top));
                let longer: Vec<Hash> = proof.iter().copied().chain([top]).collect();
                assert_eq!(root_of_set(&hashes, size, &longer), None);
            }
        }
        assert_eq!(root_of_set(&[], 0, &[]), Some(empty_root()));
        assert_eq!(root_of_set(&[(5, [0; 32])], 5, &[]), None);
        let middle: Vec<u64> = (1000..3000).collect();
        assert!(proof_of_set(&mut leaves(4096), &middle, 4096).unwrap().len() < 24);
    }

    #[test]
    fn everything_is_consistent_with_nothing() {
        let mut tree = leaves(5);
        let top = root(&mut tree, 5).unwrap();
        assert!(is_consistent(0, &empty_root(), 5, &top, &[]));
        assert!(!is_consistent(0, &top, 5, &top, &[]));
        assert!(!is_consistent(6, &top, 5, &top, &[]));
    }

    proptest! {
        #[test]
        fn a_changed_proof_leads_elsewhere(size in 2u64..200, at in 0u64..200, bit in 0usize..4096) {
            let at = at % size;
            let mut tree = leaves(size);
            let top = root(&mut tree, size).unwrap();
            let leaf = tree.0[usize::try_from(at).unwrap()];
            let good = inclusion_proof(&mut tree, at..at + 1, size).unwrap();
            let mut bad = good.clone();
            let index = bit / 256 % bad.len();
            bad[index][bit / 8 % 32] ^= 1 << (bit % 8);
            prop_assert_ne!(root_of_inclusion(at..at + 1, &leaf, size, &bad), Some(top));
            prop_assert_eq!(root_of_inclusion(at..at + 1, &leaf, size, &good[1..]), None);
            let longer: Vec<Hash> = good.iter().copied().chain([top]).collect();
            prop_assert_eq!(root_of_inclusion(at..at + 1, &leaf, size, &longer), None);
            let elsewhere = (at + 1) % size;
            let moved = root_of_inclusion(elsewhere..elsewhere + 1, &leaf, size, &good);
            prop_assert_ne!(moved, Some(top));
        }

        #[test]
        fn a_rewritten_history_is_not_consistent(new in 2u64..150, old in 1u64..150, at in 0u64..150) {
            let old = old % new + 1;
            let at = usize::try_from(at % old).unwrap();
            let mut tree = leaves(new);
            let before = naive(&tree.0[..usize::try_from(old).unwrap()]);
            tree.0[at][0] ^= 1;
            let after = naive(&tree.0);
            let proof = consistency_proof(&mut tree, old, new).unwrap();
            prop_assert!(!is_consistent(old, &before, new, &after, &proof));
        }

        #[test]
        fn arbitrary_proofs_never_panic(
            start in any::<u64>(), end in any::<u64>(), size in any::<u64>(),
            proof in proptest::collection::vec(any::<[u8; 32]>(), 0..80),
        ) {
            let hash = [0; 32];
            let _ = root_of_inclusion(start..end, &hash, size, &proof);
            let _ = root_of_inclusion(start % 64..end % 64, &hash, size, &proof);
            let _ = is_consistent(start, &hash, end, &hash, &proof);
        }
    }
}
