//! The commits of a range, found by the parents that the commits themselves name. Git's
//! commit-graph file is not read: it is not covered by any hash a signature covers, so that a
//! forged one could hide commits.

use super::commit;
use super::objects::{ObjectProblem, Objects};
use super::range::Range;
use crate::TrustError;
use git2::{Odb, Oid};
use std::collections::{BinaryHeap, HashMap, HashSet};

/// How many commits are walked between two questions whether to stop.
const BETWEEN_POLLS: u64 = 1_024;

/// The commits of a range.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// No commit before one of its children; apart from that, the newest first.
    pub(crate) commits: Vec<Oid>,
    /// Commits whose parents a shallow clone left out.
    pub(crate) boundary: Vec<Oid>,
    /// The parents that are left out there.
    pub(crate) beyond: HashSet<Oid>,
}

struct Walk<'a> {
    objects: &'a Objects,
    odb: Odb<'a>,
    limit: u64,
    cancel: &'a dyn Fn() -> bool,
}

#[derive(Default)]
struct Node {
    parents: Vec<Oid>,
    time: i64,
}

/// Walks everything that the range's head reaches and its base does not.
pub(crate) fn walk(
    objects: &Objects,
    range: &Range,
    limit: u64,
    cancel: &dyn Fn() -> bool,
) -> Result<Walked, TrustError> {
    let walk = Walk { objects, odb: objects.database()?, limit, cancel };
    let excluded: HashSet<Oid> = match range.base {
        Some(base) => walk.reachable(base, &HashSet::new())?.into_keys().collect(),
        None => HashSet::new(),
    };
    let mut nodes = walk.reachable(range.head, &excluded)?;
    let mut walked = Walked::default();
    let shallow: HashSet<Oid> = objects.shallow_commits()?.into_iter().collect();
    for oid in &shallow {
        walk.leave_out_beyond(*oid, &mut nodes, &mut walked);
    }
    walked.boundary.sort();
    walked.commits = ordered(&nodes);
    Ok(walked)
}

impl Walk<'_> {
    /// Reads everything that `from` reaches without passing `excluded`. A commit that cannot be
    /// read stays in the result without parents.
    fn reachable(
        &self,
        from: Oid,
        excluded: &HashSet<Oid>,
    ) -> Result<HashMap<Oid, Node>, TrustError> {
        let mut nodes = HashMap::new();
        let mut pending = vec![from];
        let mut count = 0u64;
        while let Some(oid) = pending.pop() {
            if excluded.contains(&oid) || nodes.contains_key(&oid) {
                continue;
            }
            count = count.saturating_add(1);
            if count > self.limit {
                return Err(TrustError::TooManyCommits { limit: self.limit });
            }
            if count.is_multiple_of(BETWEEN_POLLS) && (self.cancel)() {
                return Err(TrustError::Cancelled);
            }
            let mut node = self.node(oid);
            node.parents.retain(|parent| !excluded.contains(parent));
            pending.extend(&node.parents);
            nodes.insert(oid, node);
        }
        Ok(nodes)
    }

    /// Reads one commit; what is wrong with it, its verification will say again.
    fn node(&self, oid: Oid) -> Node {
        let Ok(content) = self.objects.commit(&self.odb, oid) else { return Node::default() };
        let parents = commit::parents(&content, self.objects.algorithm()).unwrap_or_default();
        let parents = parents.iter().filter_map(|hex| self.objects.parse_oid(hex)).collect();
        Node { parents, time: commit::order_time(&content) }
    }

    /// Takes absent parents of a shallow commit out of the range. Parents that are there are
    /// walked all the same: the list of shallow commits is a file that anyone could write.
    fn leave_out_beyond(&self, oid: Oid, nodes: &mut HashMap<Oid, Node>, walked: &mut Walked) {
        let Some(node) = nodes.get_mut(&oid) else { return };
        let absent: Vec<Oid> = node
            .parents
            .iter()
            .copied()
            .filter(|parent| {
                matches!(self.objects.commit(&self.odb, *parent), Err(ObjectProblem::Missing))
            })
            .collect();
        if absent.is_empty() {
            return;
        }
        node.parents.retain(|parent| !absent.contains(parent));
        for parent in absent {
            nodes.remove(&parent);
            walked.beyond.insert(parent);
        }
        walked.boundary.push(oid);
    }
}

/// Orders commits so that none comes before one of its children (Kahn's algorithm); among those
/// that may come next, the newest committer date is first, then the highest id.
fn ordered(nodes: &HashMap<Oid, Node>) -> Vec<Oid> {
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
