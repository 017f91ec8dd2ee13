//! Work on as many threads as the machine has cores. Opening a payload takes far longer than
//! reading it.

use std::thread::{available_parallelism, scope};

/// How many items a batch gathers, and how many bytes, before it is worth working on.
const ITEMS: usize = 256;
const BYTES: usize = 8 << 20;

/// Does `work` on every item; returns what came of it in the same order.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = available_parallelism().map_or(1, Into::into);
    let share = items.len().div_ceil(threads).max(1);
    let mut items = items.into_iter();
    let mut shares = Vec::new();
    while items.len() > 0 {
        shares.push(items.by_ref().take(share).collect::<Vec<_>>());
    }
    let work = |share: Vec<T>| share.into_iter().map(&work).collect::<Vec<_>>();
    let mine = shares.pop().unwrap_or_default();
    scope(|scope| {
        let others: Vec<_> = shares.into_iter().map(|share| scope.spawn(|| work(share))).collect();
        let mine = work(mine);
        let done = others.into_iter().flat_map(|other| match other.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.chain(mine).collect()
    })
}

/// Gathers items until they are many or large, so that memory stays bounded.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    items: Vec<T>,
    bytes: usize,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { items: Vec::new(), bytes: 0 }
    }
}

impl<T> Batch<T> {
    /// Adds an item that holds so many bytes; returns all of them once they are worth working on.
    pub(crate) fn add(&mut self, item: T, bytes: usize) -> Option<Vec<T>> {
        self.items.push(item);
        self.bytes = self.bytes.saturating_add(bytes);
        (self.items.len() >= ITEMS || self.bytes >= BYTES).then(|| self.take())
    }

    /// Returns what was gathered since.
    pub(crate) fn take(&mut self) -> Vec<T> {
        self.bytes = 0;
        std::mem::take(&mut self.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_items_is_in_their_order_however_many_they_are() {
        for count in [0, 1, 2, 3, 1_000] {
            let doubled = map((0..count).collect(), |number: u32| number.saturating_mul(2));
            assert!(doubled.into_iter().eq((0..count).map(|number| number.saturating_mul(2))));
        }
    }

    #[test]
    fn a_batch_is_full_of_many_items_or_of_large_ones() {
        let mut batch = Batch::default();
        let full = (1..).find(|number| batch.add(*number, 1).is_some());
        assert_eq!((full, batch.take().len()), (Some(ITEMS), 0));
        assert!(batch.add(1, BYTES / 2).is_none());
        assert_eq!(batch.add(2, BYTES), Some(vec![1, 2]));
    }
}
