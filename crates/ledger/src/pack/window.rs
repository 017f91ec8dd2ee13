//! Which entries are those of a window of time.
//!
//! Between two jumps of the clock time only grows. The window is the shortest piece of the log that
//! holds every entry of its time. What is left on both sides is shown to lie outside by some of its
//! entries: between two of them that follow on each other in a pack there is no jump, so all that
//! stands between them is of a time between theirs.

use jiff::Timestamp;
use std::ops::Range;

/// Returns the window over entries of the times `times`.
pub(crate) fn window(times: &[Timestamp], from: Timestamp, to: Timestamp) -> Range<usize> {
    let mut found: Option<Range<usize>> = None;
    let mut place = 0..0;
    for piece in pieces(times, 0..times.len()) {
        let begin = split(times, &piece, from);
        let end = split(times, &piece, to);
        if begin < end {
            let before = found.unwrap_or(begin..end);
            found = Some(before.start.min(begin)..before.end.max(end));
        }
        place = begin..begin;
    }
    found.unwrap_or(place)
}

/// Returns the entries that show that all others outside of `window` are of another time than
/// `from` to `to`: the ends of every piece, which are the neighbours of every jump as well, the
/// neighbours of the instant itself, and the ledger's last entry.
pub(crate) fn witnesses(times: &[Timestamp], window: &Range<usize>, from: Timestamp) -> Vec<usize> {
    let mut shown = Vec::new();
    for part in [0..window.start, window.end..times.len()] {
        for piece in pieces(times, part) {
            let at = split(times, &piece, from);
            let ends = [piece.start, piece.end.saturating_sub(1)];
            shown.extend(
                ends.into_iter().chain([at.saturating_sub(1), at]).filter(|at| piece.contains(at)),
            );
        }
    }
    let jumps = (1..times.len()).filter(|at| is_jump(times, *at));
    shown.extend(jumps.flat_map(|at| [at.saturating_sub(1), at]));
    shown.extend(times.len().checked_sub(1));
    shown
}

/// Cuts `range` at every jump.
fn pieces(times: &[Timestamp], range: Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = range.start;
    for at in range.clone().skip(1).filter(|at| is_jump(times, *at)).chain([range.end]) {
        if start < at {
            pieces.push(start..at);
        }
        start = at;
    }
    pieces
}

/// Returns the first entry of a piece that is not before `instant`.
fn split(times: &[Timestamp], piece: &Range<usize>, instant: Timestamp) -> usize {
    let part = times.get(piece.clone()).unwrap_or_default();
    piece.start.saturating_add(part.partition_point(|time| *time < instant))
}

fn is_jump(times: &[Timestamp], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| times.get(before));
    before.zip(times.get(at)).is_some_and(|(before, after)| after < before)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn times(seconds: &[i64]) -> Vec<Timestamp> {
        seconds.iter().map(|second| Timestamp::from_second(*second).unwrap()).collect()
    }

    fn of(seconds: &[i64], from: i64, to: i64) -> Range<usize> {
        let [from, to] = [from, to].map(|second| Timestamp::from_second(second).unwrap());
        window(&times(seconds), from, to)
    }

    #[test]
    fn a_window_holds_all_entries_of_its_time_wherever_they_stand() {
        assert_eq!(of(&[], 0, 9), 0..0);
        assert_eq!(of(&[1, 2, 3, 4], 2, 4), 1..3);
        assert_eq!(of(&[1, 2, 5], 3, 4), 2..2);
        assert_eq!(of(&[1, 2, 5], 7, 9), 3..3);
        // One run ahead, then right again.
        assert_eq!(of(&[1, 900, 901, 2, 3], 0, 9), 0..5);
        assert_eq!(of(&[1, 900, 901, 2, 3], 2, 3), 3..4);
        assert_eq!(of(&[1, 900, 901, 2, 3], 800, 1000), 1..3);
        assert_eq!(of(&[1, 900, 4, 5], 4, 5), 2..3);
    }

    #[test]
    fn no_entry_of_the_window_is_left_out() {
        let samples: [&[i64]; 4] = [&[1, 900, 2, 3], &[5, 1, 7, 2, 9, 3], &[3, 2, 1], &[1, 1, 1]];
        for sample in samples {
            for (from, to) in (0..10).flat_map(|from| (from + 1..11).map(move |to| (from, to))) {
                let window = of(sample, from, to);
                let mine = |at: &usize| sample.get(*at).is_some_and(|t| (from..to).contains(t));
                let all: Vec<_> = (0..sample.len()).filter(mine).collect();
                assert!(all.iter().all(|at| window.contains(at)), "{sample:?} {from}..{to}");
                assert_eq!(all.first().copied(), window.clone().find(|_| !window.is_empty()));
            }
        }
    }
}
