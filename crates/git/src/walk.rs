//! The commits of a range, found by the parents that the commits themselves name. Git's
//! commit-graph file is not read: it is not covered by any hash a signature covers, so that a
//! forged one could hide commits.

use super::commit;
use super::objects::{ObjectProblem, Objects};
use super::range::Range;
use crate::GitError;
use git2::{Odb, Oid};
use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// How many commits are walked between two questions whether to stop.
const BETWEEN_POLLS: u64 = 1_024;
/// How many bytes of commits are kept for their verification, so that they are read and hashed
/// once; what is over it is read again.
const MAX_KEPT: usize = 64 << 20;

/// The commits of a range.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// No commit before one of its children; apart from that, the newest first.
    pub(crate) commits: Vec<Oid>,
    /// Commits whose parents a shallow clone left out.
    pub(crate) boundary: Vec<Oid>,
    /// The parents that are left out there.
    pub(crate) beyond: HashSet<Oid>,
    /// How a commit came into the head's first-parent line. What is on that line itself is not
    /// there.
    pub(crate) brought_in_by: HashMap<Oid, Way>,
    /// The ancestors of each start of a rule; `None` when the start is not in the repository.
    pub(crate) older: HashMap<Oid, Option<HashSet<Oid>>>,
    /// The contents of commits, hashed already.
    pub(crate) contents: HashMap<Oid, Vec<u8>>,
    /// Everything that was walked, on either side of the range.
    pub(crate) graph: Graph,
}

/// Commits by their ids.
pub(crate) type Graph = HashMap<Oid, Node>;

/// How a commit came in: by this merge, through this one of its parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) merge: Oid,
    pub(crate) parent: Oid,
}

struct Walk<'a> {
    objects: &'a Objects,
    odb: Odb<'a>,
    limit: u64,
    cancel: &'a dyn Fn() -> bool,
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    contents: HashMap<Oid, Vec<u8>>,
    bytes: usize,
}

/// What is needed of a commit to walk on from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// The parents that the commit names, in the range or not.
    pub(crate) parents: Vec<Oid>,
    /// The committer date in seconds: a claim, for ordering alone.
    pub(crate) time: i64,
}

/// What is wanted besides the commits of the range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The commits whose ancestors are wanted too.
    pub(crate) starts: &'a [Oid],
    /// The history behind the range's base belongs into the graph.
    pub(crate) whole: bool,
}

/// Walks everything that the range's head reaches and its base does not.
pub(crate) fn walk(
    objects: &Objects,
    range: &Range,
    wanted: &Wanted<'_>,
    limit: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Walked, GitError> {
    let kept = RefCell::default();
    let walk = Walk { objects, odb: objects.database()?, limit, cancel, kept };
    let base = range.base.as_ref().map(|base| base.oid);
    let head = range.head.oid;
    let near = match base {
        Some(base) if !wanted.whole => walk.descendants(base, head)?,
        _ => None,
    };
    let (mut nodes, before) = match near {
        Some(nodes) => (nodes, Graph::new()),
        None => walk.apart(base, head)?,
    };
    let contents = walk.kept.take().contents;
    let mut walked = Walked { contents, ..Walked::default() };
    let shallow: HashSet<Oid> = objects.shallow_commits()?.into_iter().collect();
    for oid in &shallow {
        walk.leave_out_beyond(*oid, &mut nodes, &mut walked);
    }
    walked.boundary.sort();
    walked.commits = ordered(&nodes);
    walked.brought_in_by = brought_in(&nodes, head);
    let excluded: HashSet<Oid> = before.keys().copied().collect();
    for start in wanted.starts {
        let older = walk.ancestors(*start, &nodes, &excluded)?;
        walked.older.insert(*start, older);
    }
    nodes.extend(before);
    walked.graph = nodes;
    Ok(walked)
}

impl Walk<'_> {
    /// Walks the whole history of the base first, then what only the head reaches.
    fn apart(&self, base: Option<Oid>, head: Oid) -> Result<(Graph, Graph), GitError> {
        let before = match base {
            Some(base) => self.reachable(base, &HashSet::new())?,
            None => Graph::new(),
        };
        let excluded: HashSet<Oid> = before.keys().copied().collect();
        // The excluded history is not verified.
        self.kept.take();
        Ok((self.reachable(head, &excluded)?, before))
    }

    /// Walks from both ends of the range at once, the newest commits first, until everything left
    /// is behind the base. The result is sure when all of it descends from the base, for then none
    /// of it can be an ancestor of the base; otherwise there is none. Dates, which anybody may
    /// claim, decide how much is walked and not what is found.
    fn descendants(&self, base: Oid, head: Oid) -> Result<Option<Graph>, GitError> {
        let mut behind = HashSet::from([base]);
        let mut nodes = Graph::new();
        let mut seen = Graph::new();
        let mut queue = BinaryHeap::new();
        let mut open = 0usize;
        let mut count = 0u64;
        for oid in [base, head] {
            if let Entry::Vacant(place) = seen.entry(oid) {
                let node = place.insert(self.counted(oid, &mut count)?);
                queue.push((node.time, oid));
                open = open.saturating_add(usize::from(!behind.contains(&oid)));
            }
        }
        while open > 0 {
            let Some((_, oid)) = queue.pop() else { break };
            let is_behind = behind.contains(&oid);
            let parents = seen.get(&oid).map(|node| node.parents.clone()).unwrap_or_default();
            if !is_behind {
                open = open.saturating_sub(1);
                nodes.extend(seen.get(&oid).map(|node| (oid, node.clone())));
            }
            for parent in parents {
                let mut is_new = false;
                if let Entry::Vacant(place) = seen.entry(parent) {
                    let node = place.insert(self.counted(parent, &mut count)?);
                    queue.push((node.time, parent));
                    open = open.saturating_add(usize::from(!is_behind));
                    is_new = true;
                }
                if !is_behind || !behind.insert(parent) || is_new {
                    continue;
                }
                // It was taken for the head's own, and so were those behind it.
                if nodes.contains_key(&parent) {
                    return Ok(None);
                }
                open = open.saturating_sub(1);
            }
        }
        Ok(all_descend(base, &nodes).then_some(nodes))
    }

    /// Reads one more commit, if the limit allows.
    fn counted(&self, oid: Oid, count: &mut u64) -> Result<Node, GitError> {
        *count = count.saturating_add(1);
        if *count > self.limit {
            return Err(GitError::TooManyCommits { limit: self.limit });
        }
        if count.is_multiple_of(BETWEEN_POLLS) && (self.cancel)() {
            return Err(GitError::Cancelled);
        }
        Ok(self.node(oid))
    }

    /// Reads everything that `from` reaches without passing `excluded`. A commit that cannot be
    /// read stays in the result without parents.
    fn reachable(&self, from: Oid, excluded: &HashSet<Oid>) -> Result<Graph, GitError> {
        let mut nodes = Graph::new();
        let mut pending = vec![from];
        let mut count = 0u64;
        while let Some(oid) = pending.pop() {
            if excluded.contains(&oid) || nodes.contains_key(&oid) {
                continue;
            }
            let node = self.counted(oid, &mut count)?;
            pending.extend(&node.parents);
            nodes.insert(oid, node);
        }
        Ok(nodes)
    }

    /// Reads one commit; what is wrong with it, its verification will say again.
    fn node(&self, oid: Oid) -> Node {
        let Ok(content) = self.objects.commit(&self.odb, oid) else { return Node::default() };
        let parents = commit::parents(&content, self.objects.algorithm()).unwrap_or_default();
        let parents: Vec<Oid> =
            parents.iter().filter_map(|hex| self.objects.parse_oid(hex)).collect();
        let time = commit::order_time(&content);
        let mut kept = self.kept.borrow_mut();
        let bytes = kept.bytes.saturating_add(content.len());
        if bytes <= MAX_KEPT {
            kept.bytes = bytes;
            kept.contents.insert(oid, content);
        }
        Node { parents, time }
    }

    /// Returns every proper ancestor of `start` that the range may hold.
    fn ancestors(
        &self,
        start: Oid,
        nodes: &Graph,
        excluded: &HashSet<Oid>,
    ) -> Result<Option<HashSet<Oid>>, GitError> {
        let mut older: HashSet<Oid> = if nodes.contains_key(&start) {
            let mut seen = HashSet::new();
            mark(start, nodes, &mut seen);
            seen
        } else if excluded.contains(&start) {
            // What the range holds is not older than what its base reaches.
            HashSet::new()
        } else if self.objects.commit(&self.odb, start).is_ok() {
            self.reachable(start, excluded)?.into_keys().collect()
        } else {
            return Ok(None);
        };
        older.remove(&start);
        Ok(Some(older))
    }

    /// Takes absent parents of a shallow commit out of the range. Parents that are there are
    /// walked all the same: the list of shallow commits is a file that anyone could write.
    fn leave_out_beyond(&self, oid: Oid, nodes: &mut Graph, walked: &mut Walked) {
        let Some(node) = nodes.get(&oid) else { return };
        let absent: Vec<Oid> = node
            .parents
            .iter()
            .copied()
            .filter(|parent| nodes.contains_key(parent))
            .filter(|parent| {
                matches!(self.objects.commit(&self.odb, *parent), Err(ObjectProblem::Missing))
            })
            .collect();
        if absent.is_empty() {
            return;
        }
        for parent in absent {
            nodes.remove(&parent);
            walked.beyond.insert(parent);
        }
        walked.boundary.push(oid);
    }
}

/// Says whether every commit of `nodes` has the base among its ancestors.
fn all_descend(base: Oid, nodes: &Graph) -> bool {
    let mut found = HashSet::from([base]);
    for oid in ordered(nodes).into_iter().rev() {
        let parents = nodes.get(&oid).map(|node| node.parents.as_slice()).unwrap_or_default();
        if !parents.iter().any(|parent| found.contains(parent)) {
            return false;
        }
        found.insert(oid);
    }
    true
}

/// Finds for each commit the merge through which it first came into the head's first-parent line:
/// the line is followed from its oldest commit on, and each merge brings in what its other parents
/// reach and nothing older reached.
fn brought_in(nodes: &Graph, head: Oid) -> HashMap<Oid, Way> {
    let mut line = Vec::new();
    let mut next = Some(head);
    while let Some(oid) = next.filter(|_| line.len() <= nodes.len()) {
        let Some(node) = nodes.get(&oid) else { break };
        line.push(oid);
        next = node.parents.first().copied();
    }
    let mut seen = HashSet::new();
    let mut brought_in = HashMap::new();
    for merge in line.into_iter().rev() {
        seen.insert(merge);
        for parent in nodes.get(&merge).into_iter().flat_map(|node| &node.parents) {
            for oid in mark(*parent, nodes, &mut seen) {
                brought_in.insert(oid, Way { merge, parent: *parent });
            }
        }
    }
    brought_in
}

/// Marks what `from` reaches within `nodes`, and returns what was not marked before.
pub(super) fn mark(from: Oid, nodes: &Graph, seen: &mut HashSet<Oid>) -> Vec<Oid> {
    let mut fresh = Vec::new();
    let mut pending = vec![from];
    while let Some(oid) = pending.pop() {
        let Some(node) = nodes.get(&oid) else { continue };
        if seen.insert(oid) {
            fresh.push(oid);
            pending.extend(&node.parents);
        }
    }
    fresh
}

/// Orders commits so that none comes before one of its children (Kahn's algorithm); among those
/// that may come next, the newest committer date is first, then the highest id.
fn ordered(nodes: &Graph) -> Vec<Oid> {
    let mut children: HashMap<Oid, usize> = HashMap::new();
    for parent in nodes.values().flat_map(|node| &node.parents) {
        let count = children.entry(*parent).or_default();
        *count = count.saturating_add(1);
    }
    let entry = |oid: Oid| nodes.get(&oid).map(|node| (node.time, oid));
    let mut ready: BinaryHeap<(i64, Oid)> = nodes
        .keys()
        .filter(|oid| !children.contains_key(oid))
        .filter_map(|oid| entry(*oid))
        .collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some((_, oid)) = ready.pop() {
        order.push(oid);
        for parent in nodes.get(&oid).into_iter().flat_map(|node| &node.parents) {
            let Some(count) = children.get_mut(parent) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.extend(entry(*parent));
            }
        }
    }
    // Only a broken hash could make commits each other's ancestors; they are not dropped then.
    if order.len() < nodes.len() {
        let seen: HashSet<Oid> = order.iter().copied().collect();
        let mut rest: Vec<Oid> = nodes.keys().copied().filter(|oid| !seen.contains(oid)).collect();
        rest.sort();
        order.extend(rest);
    }
    order
}
