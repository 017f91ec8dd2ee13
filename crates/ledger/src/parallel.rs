//! Work on as many threads as the machine has cores. Opening a payload takes far longer than
//! reading it.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{ScopedJoinHandle, available_parallelism, scope};

/// How many items a batch gathers, and how many bytes, before it is worth working on.
const ITEMS: usize = 256;
const BYTES: usize = 8 << 20;

/// How many bytes a pipe passes on in one piece, and how many pieces wait in it at most.
const PIECE: usize = 64 << 10;
const PIECES: usize = 128;

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

/// Lets `write` make the bytes of every item, each item on a thread of its own, and hands them to
/// `take` item by item, in their order. Never more of an item waits than a pipe holds.
pub(crate) fn pipe<'a, T: Sync, E: Send + From<io::Error>, F>(
    items: &'a [T],
    write: impl Fn(&'a T, &mut dyn Write) -> Result<(), E> + Sync,
    mut take: impl FnMut(&'a T, Pipe<'_, E>) -> Result<(), F>,
) -> Result<(), F> {
    let write = &write;
    scope(|scope| {
        let pipes: Vec<_> = items
            .iter()
            .map(|item| {
                let (sender, pieces) = sync_channel(PIECES);
                let writer = scope.spawn(move || {
                    let mut out = BufWriter::with_capacity(PIECE, Pieces(sender));
                    write(item, &mut out)?;
                    Ok(out.flush()?)
                });
                (item, Pipe { pieces, writer })
            })
            .collect();
        // Whoever writes to a pipe that nobody takes any more is refused, and ends.
        pipes.into_iter().try_for_each(|(item, pipe)| take(item, pipe))
    })
}

/// The bytes of an item, as they are made.
pub(crate) struct Pipe<'scope, E> {
    pieces: Receiver<Vec<u8>>,
    writer: ScopedJoinHandle<'scope, Result<(), E>>,
}

impl<E> Pipe<'_, E> {
    /// Writes all bytes to `out`; returns whether they could be made.
    ///
    /// # Errors
    /// When `out` refuses them.
    pub(crate) fn drain(self, out: &mut dyn Write) -> io::Result<Result<(), E>> {
        self.pieces.iter().try_for_each(|piece| out.write_all(&piece))?;
        Ok(self.writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

struct Pieces(SyncSender<Vec<u8>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    fn pipes_hand_on_whole_items_in_their_order() {
        let write = |size: &usize, out: &mut dyn Write| -> io::Result<()> {
            (0..*size).try_for_each(|_| out.write_all(b"1234567"))
        };
        let mut taken = Vec::new();
        let done: io::Result<()> = pipe(&[9_000_000, 0, 3], write, |size, pipe| {
            let mut bytes = Vec::new();
            pipe.drain(&mut bytes)??;
            taken.push((*size, bytes.len()));
            Ok(())
        });
        assert!(done.is_ok());
        assert_eq!(taken, [(9_000_000, 63_000_000), (0, 0), (3, 21)]);
    }

    #[test]
    fn a_pipe_tells_what_could_not_be_made_and_ends_when_nobody_takes() {
        let write = |_: &u8, out: &mut dyn Write| -> io::Result<()> {
            out.write_all(b"some")?;
            Err(io::Error::other("no more"))
        };
        let mut bytes = Vec::new();
        let done: io::Result<()> = pipe(&[1], write, |_, pipe| pipe.drain(&mut bytes)?);
        assert_eq!(done.map_err(|error| error.to_string()), Err("no more".to_owned()));
        let endless = |_: &u8, out: &mut dyn Write| -> io::Result<()> {
            loop {
                out.write_all(&[0; PIECE])?;
            }
        };
        let refused: Result<(), ()> = pipe(&[1, 2], endless, |_, _| Err(()));
        assert_eq!(refused, Err(()));
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
