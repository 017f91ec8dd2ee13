//! The best common ancestors of two commits: those from which no other common ancestor descends.
//! They are found among the commits that were walked, not by libgit2, which believes grafts and the
//! commit-graph file.

use super::walk::{Graph, mark};
use git2::Oid;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// Reached from the one, from the other; known to lie behind a common ancestor.
const ONE: u8 = 1;
const OTHER: u8 = 2;
const BEHIND: u8 = 4;

/// Commits that are still to be looked at, the newest first.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<(i64, Oid)>,
    flags: HashMap<Oid, u8>,
    /// How often a commit is in the heap.
    waiting: HashMap<Oid, usize>,
    /// How many entries of the heap are not behind a common ancestor.
    open: usize,
}

/// Finds the best common ancestors of `one` and `other`; none when their histories have nothing in
/// common. Dates only decide how much is walked, not what is found.
pub(crate) fn merge_bases(graph: &Graph, one: Oid, other: Oid) -> Vec<Oid> {
    let mut queue = Queue::default();
    queue.push(one, ONE, graph);
    queue.push(other, OTHER, graph);
    let mut common = Vec::new();
    while queue.open > 0 {
        let Some((oid, mut flags)) = queue.pop() else { break };
        if flags & (ONE | OTHER) == ONE | OTHER {
            if flags & BEHIND == 0 && !common.contains(&oid) {
                common.push(oid);
            }
            flags |= BEHIND;
        }
        for parent in graph.get(&oid).into_iter().flat_map(|node| &node.parents) {
            queue.push(*parent, flags, graph);
        }
    }
    best(common, graph)
}

impl Queue {
    /// Adds flags to a commit, and has it looked at again if they are new to it.
    fn push(&mut self, oid: Oid, flags: u8, graph: &Graph) {
        let known = self.flags.entry(oid).or_default();
        if *known & flags == flags {
            return;
        }
        let was_behind = *known & BEHIND != 0;
        *known |= flags;
        let is_behind = *known & BEHIND != 0;
        let waiting = self.waiting.entry(oid).or_default();
        if is_behind && !was_behind {
            self.open = self.open.saturating_sub(*waiting);
        }
        *waiting = waiting.saturating_add(1);
        self.open = self.open.saturating_add(usize::from(!is_behind));
        self.heap.push((graph.get(&oid).map_or(0, |node| node.time), oid));
    }

    fn pop(&mut self) -> Option<(Oid, u8)> {
        let (_, oid) = self.heap.pop()?;
        let flags = self.flags.get(&oid).copied().unwrap_or_default();
        if let Some(waiting) = self.waiting.get_mut(&oid) {
            *waiting = waiting.saturating_sub(1);
        }
        self.open = self.open.saturating_sub(usize::from(flags & BEHIND == 0));
        Some((oid, flags))
    }
}

/// Takes out what another one descends from: with false dates it can be found first.
fn best(common: Vec<Oid>, graph: &Graph) -> Vec<Oid> {
    if common.len() < 2 {
        return common;
    }
    let mut behind = HashSet::new();
    for oid in &common {
        for parent in graph.get(oid).into_iter().flat_map(|node| &node.parents) {
            mark(*parent, graph, &mut behind);
        }
    }
    common.into_iter().filter(|oid| !behind.contains(oid)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::super::walk::Node;
    use super::*;
    use proptest::prelude::*;

    fn oid(number: usize) -> Oid {
        Oid::from_str(&format!("{:040x}", number.checked_add(1).unwrap())).unwrap()
    }

    /// Makes a graph in which each commit names earlier ones as parents.
    fn graph(commits: &[(Vec<usize>, i64)]) -> Graph {
        let node = |(number, (parents, time)): (usize, &(Vec<usize>, i64))| {
            let parents = parents.iter().filter_map(|parent| parent.checked_rem(number)).map(oid);
            (oid(number), Node { parents: parents.collect(), time: *time })
        };
        commits.iter().enumerate().map(node).collect()
    }

    fn reached(from: Oid, graph: &Graph) -> HashSet<Oid> {
        mark(from, graph, &mut HashSet::new()).into_iter().collect()
    }

    #[test]
    fn unrelated_histories_have_no_common_ancestor_and_an_ancestor_is_its_own() {
        let graph = graph(&[(vec![], 0), (vec![], 1), (vec![0], 2)]);
        assert!(merge_bases(&graph, oid(0), oid(1)).is_empty());
        assert_eq!(merge_bases(&graph, oid(2), oid(0)), [oid(0)]);
        assert_eq!(merge_bases(&graph, oid(2), oid(2)), [oid(2)]);
    }

    proptest! {
        #[test]
        fn whatever_the_dates_the_best_common_ancestors_are_found(
            commits in proptest::collection::vec(
                (proptest::collection::vec(0usize..100, 0..3), 0i64..5),
                2..30,
            ),
            one in any::<prop::sample::Index>(),
            other in any::<prop::sample::Index>(),
        ) {
            let graph = graph(&commits);
            let (one, other) = (oid(one.index(commits.len())), oid(other.index(commits.len())));
            let common: HashSet<Oid> =
                &reached(one, &graph) & &reached(other, &graph);
            let best: HashSet<Oid> = common
                .iter()
                .copied()
                .filter(|oid| {
                    !common.iter().any(|above| above != oid && reached(*above, &graph).contains(oid))
                })
                .collect();
            let found: HashSet<Oid> = merge_bases(&graph, one, other).into_iter().collect();
            prop_assert_eq!(found, best);
        }
    }
}
