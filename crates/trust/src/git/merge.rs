//! What a merge commit changes by itself. To take a file from one of the parents is not enough to
//! change nothing: the other parent may have mended it since the two went apart, and the merge
//! would undo that without anybody's seeing it.

use super::bases::merge_bases;
use super::changes::{ChangesError, Comparison};
use super::ruling::{Subject, tree_of};
use super::walk::Graph;
use git2::Oid;
use std::collections::{HashMap, HashSet};

/// Most changed paths of a merge that are compared among its parents.
const MAX_MERGED_PATHS: usize = 200_000;
/// Most parents of a merge that are compared with each other.
const MAX_COMPARED_PARENTS: usize = 70;

type Paths = HashSet<Vec<u8>>;

struct Parent {
    oid: Oid,
    tree: Oid,
    /// The paths that are not in the merge as they are here.
    differing: Paths,
}

/// Returns the paths of a merge that are not what its parents make of them: a path must be as it is
/// in one parent, and every other parent must have it the same way, or have left it alone since it
/// and that one went apart.
pub(crate) fn own_changes(subject: &Subject<'_>) -> Result<Paths, ChangesError> {
    let objects = subject.objects;
    let oid = |hex: &String| objects.parse_oid(hex).ok_or(ChangesError::Malformed);
    let merged = oid(&subject.commit.tree)?;
    if subject.commit.parents.len() > MAX_COMPARED_PARENTS {
        return Err(ChangesError::TooMuch);
    }
    let mut parents = Vec::new();
    for hex in &subject.commit.parents {
        let tree = tree_of(subject, hex)?;
        let differing = changed(subject, Some(tree), merged, None)?;
        parents.push(Parent { oid: oid(hex)?, tree, differing });
    }
    let mut own: Paths = parents.iter().flat_map(|parent| &parent.differing).cloned().collect();
    let mut bases = HashMap::new();
    for (place, from) in parents.iter().enumerate() {
        let mut taken: Paths =
            own.iter().filter(|path| !from.differing.contains(*path)).cloned().collect();
        for (_, other) in parents.iter().enumerate().filter(|(other, _)| *other != place) {
            let mut undone: Paths =
                taken.iter().filter(|path| other.differing.contains(*path)).cloned().collect();
            if undone.is_empty() {
                continue;
            }
            let pair = (from.oid.min(other.oid), from.oid.max(other.oid));
            let bases =
                bases.entry(pair).or_insert_with(|| merge_bases(subject.graph, pair.0, pair.1));
            if bases.is_empty() && is_cut_off(subject.graph) {
                return Err(ChangesError::CutOff);
            }
            // Without a common ancestor, everything is new in both.
            let trees = bases.iter().map(|base| tree_of(subject, &base.to_string()).map(Some));
            let trees = trees.chain(bases.is_empty().then_some(Ok(None)));
            for base in trees {
                undone = changed(subject, base?, other.tree, Some(&undone))?;
            }
            taken.retain(|path| !undone.contains(path));
        }
        own.retain(|path| !taken.contains(path));
    }
    Ok(own)
}

/// Says whether a part of the history is missing, where a common ancestor may be.
fn is_cut_off(graph: &Graph) -> bool {
    graph.values().flat_map(|node| &node.parents).any(|parent| !graph.contains_key(parent))
}

/// Returns which paths, among `wanted` ones if those are given, differ between two trees.
fn changed(
    subject: &Subject<'_>,
    old: Option<Oid>,
    new: Oid,
    wanted: Option<&Paths>,
) -> Result<Paths, ChangesError> {
    let mut found = Paths::new();
    Comparison::new(subject.objects, subject.odb).changed(old, Some(new), &mut |path| {
        if wanted.is_none_or(|wanted| wanted.contains(path)) {
            found.insert(path.to_vec());
        }
        if found.len() > MAX_MERGED_PATHS { Err(ChangesError::TooMuch) } else { Ok(()) }
    })?;
    Ok(found)
}
