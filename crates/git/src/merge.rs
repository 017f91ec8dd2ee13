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

/// A merge and its parents, each as commit and tree.
struct Merge<'a> {
    subject: &'a Subject<'a>,
    comparison: Comparison<'a>,
    tree: Oid,
    parents: Vec<(Oid, Oid)>,
    /// The trees of the best common ancestors of two parents; the empty tree if they have none.
    bases: HashMap<(usize, usize), Vec<Option<Oid>>>,
}

/// Returns the paths of a merge that are not what its parents make of them: a path must be as it is
/// in one parent, and every other parent must have it the same way, or have left it alone since it
/// and that one went apart.
pub(crate) fn own_changes(subject: &Subject<'_>) -> Result<Paths, ChangesError> {
    let mut merge = Merge::of(subject)?;
    let mut own = Paths::new();
    for path in merge.candidates()? {
        if !merge.joins(&path)? {
            own.insert(path);
        }
    }
    Ok(own)
}

impl<'a> Merge<'a> {
    fn of(subject: &'a Subject<'a>) -> Result<Self, ChangesError> {
        let objects = subject.objects;
        let oid = |hex: &String| objects.parse_oid(hex).ok_or(ChangesError::Malformed);
        let commit = subject.commit;
        if commit.parents.len() > MAX_COMPARED_PARENTS {
            return Err(ChangesError::TooMuch);
        }
        let parents: Result<Vec<(Oid, Oid)>, ChangesError> =
            commit.parents.iter().map(|hex| Ok((oid(hex)?, tree_of(subject, hex)?))).collect();
        Ok(Self {
            subject,
            comparison: Comparison::new(objects, subject.odb),
            tree: oid(&commit.tree)?,
            parents: parents?,
            bases: HashMap::new(),
        })
    }

    /// Returns the paths that may be the merge's own: what differs from the first parent, and what
    /// another one changed since it went apart from that. All else is as in the first parent, and
    /// the others left it alone.
    fn candidates(&mut self) -> Result<Paths, ChangesError> {
        let Some((_, first)) = self.parents.first().copied() else { return Ok(Paths::new()) };
        let mut pairs = vec![(Some(first), self.tree)];
        for (place, (_, tree)) in self.parents.clone().into_iter().enumerate().skip(1) {
            pairs.extend(self.bases(0, place)?.into_iter().map(|base| (base, tree)));
        }
        let mut paths = Paths::new();
        for (old, new) in pairs {
            self.comparison.changed(old, Some(new), &mut |path| {
                paths.insert(path.to_vec());
                if paths.len() > MAX_MERGED_PATHS { Err(ChangesError::TooMuch) } else { Ok(()) }
            })?;
        }
        Ok(paths)
    }

    /// Says whether a path is what the parents make of it.
    fn joins(&mut self, path: &[u8]) -> Result<bool, ChangesError> {
        let merged = self.comparison.entry(Some(self.tree), path)?;
        let mut entries = Vec::new();
        for (_, tree) in self.parents.clone() {
            entries.push(self.comparison.entry(Some(tree), path)?);
        }
        'parents: for (from, _) in entries.iter().enumerate().filter(|(_, is)| **is == merged) {
            for (other, is) in entries.iter().enumerate().filter(|(_, is)| **is != merged) {
                let mut is_left_alone = false;
                for base in self.bases(from, other)? {
                    is_left_alone |= self.comparison.entry(base, path)? == *is;
                }
                if !is_left_alone {
                    continue 'parents;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn bases(&mut self, one: usize, other: usize) -> Result<Vec<Option<Oid>>, ChangesError> {
        let pair = (one.min(other), one.max(other));
        if let Some(known) = self.bases.get(&pair) {
            return Ok(known.clone());
        }
        let (Some((one, _)), Some((other, _))) =
            (self.parents.get(pair.0), self.parents.get(pair.1))
        else {
            return Err(ChangesError::Malformed);
        };
        let graph = self.subject.graph;
        let commits = merge_bases(graph, *one, *other);
        if commits.is_empty() && is_cut_off(graph) {
            return Err(ChangesError::CutOff);
        }
        let trees = commits.iter().map(|base| tree_of(self.subject, &base.to_string()).map(Some));
        let mut trees = trees.collect::<Result<Vec<_>, _>>()?;
        // Without a common ancestor, everything is new in both.
        if trees.is_empty() {
            trees.push(None);
        }
        self.bases.insert(pair, trees.clone());
        Ok(trees)
    }
}

/// Says whether a part of the history is missing, where a common ancestor may be.
fn is_cut_off(graph: &Graph) -> bool {
    graph.values().flat_map(|node| &node.parents).any(|parent| !graph.contains_key(parent))
}
