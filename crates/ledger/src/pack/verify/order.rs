//! Whether the entries of a pack stand in the ledger, in its order, and are all of the window.

use super::Check;
use crate::CHECKPOINT;
use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::merkle::{self, Hash};
use crate::pack::format::{
    CONSISTENCY, Consistency, ENTRIES, MANIFEST, Manifest, PackedEntries, PackedEntry, hashes,
};
use crate::pack::runs::Placed;
use crate::parallel;
use crate::payload;
use crate::problem::chain;
use crate::time::{ClockJump, Tail};
use beleg_dsse::Verifier;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek};
use std::ops::Range;

impl<S: Read + Seek> Check<'_, S> {
    /// Checks the earlier checkpoints in the pack, and compares those that were handed in.
    pub(super) fn consistency(&mut self, head: &Checkpoint, verifier: &Verifier) -> io::Result<()> {
        let Some(bytes) = self.required(CONSISTENCY)? else { return Ok(()) };
        let mut shown: BTreeMap<u64, Hash> = BTreeMap::from([(head.size, head.root)]);
        match payload::parse::<Consistency>("list of checkpoints", &bytes) {
            Err(error) => self.problems.add_error(CONSISTENCY, &error),
            Ok(consistency) => {
                for earlier in &consistency.checkpoints {
                    let old = match Checkpoint::verify(earlier.note.as_bytes(), verifier) {
                        Ok(old) => old,
                        Err(error) => {
                            self.problems.add_error(CONSISTENCY, &error);
                            continue;
                        }
                    };
                    let begins = hashes(&earlier.proof).is_some_and(|proof| {
                        merkle::is_consistent(old.size, &old.root, head.size, &head.root, &proof)
                    });
                    if begins {
                        shown.insert(old.size, old.root);
                        self.report.continues.push(old.size);
                    } else {
                        let size = old.size;
                        let what = format!(
                            "the ledger does not begin with the checkpoint of {size} entries"
                        );
                        self.problems.add(CONSISTENCY, what);
                    }
                }
            }
        }
        for (name, since) in &self.expected.since {
            self.since(name, since, head, &shown);
        }
        Ok(())
    }

    fn since(
        &mut self,
        name: &str,
        since: &Checkpoint,
        head: &Checkpoint,
        shown: &BTreeMap<u64, Hash>,
    ) {
        let (before, now) = (since.size, head.size);
        if since.origin != head.origin {
            let what = format!("`{name}` is of the ledger `{}`, not of this one", since.origin);
            self.problems.add(CHECKPOINT, what);
        } else if before > now {
            let what = format!(
                "the ledger has {now} entries, and had {before} in `{name}`: it was put back, or this pack is the older one"
            );
            self.problems.add(CHECKPOINT, what);
        } else if let Some(root) = shown.get(&before) {
            if *root != since.root {
                let what = format!(
                    "the first {before} entries are not those of `{name}`: there are two ledgers of this key"
                );
                self.problems.add(CHECKPOINT, what);
            }
        } else if before > 0 {
            self.report.not_compared.push(name.to_owned());
        }
    }

    /// Returns the entries that stand in the ledger, by index.
    pub(super) fn entries(
        &mut self,
        checkpoint: &Checkpoint,
        manifest: &Manifest,
    ) -> io::Result<Vec<Placed>> {
        let Some(bytes) = self.required(ENTRIES)? else { return Ok(Vec::new()) };
        let packed = match PackedEntries::parse(&bytes) {
            Ok(packed) => packed,
            Err(error) => {
                self.problems.add_error(ENTRIES, &error);
                return Ok(Vec::new());
            }
        };
        drop(bytes);
        let leaf =
            |packed: &PackedEntry<'_>| (packed.index, merkle::leaf_hash(packed.entry.as_bytes()));
        let leaves: Vec<_> = packed.entries.iter().map(leaf).collect();
        let root = hashes(&packed.proof)
            .and_then(|proof| merkle::root_of_set(&leaves, checkpoint.size, &proof));
        if root != Some(checkpoint.root) {
            let what = "the entries do not lead to the signed root, or are doubled or not in order";
            self.problems.add(ENTRIES, what);
            return Ok(Vec::new());
        }
        let mut placed = Vec::new();
        let parsed = parallel::map(packed.entries, |PackedEntry { index, entry }| {
            let entry = Entry::parse(entry.as_bytes());
            (index, entry.and_then(|entry| entry.check_place(index).map(|()| entry)))
        });
        for (index, parsed) in parsed {
            match parsed {
                Ok(entry) => {
                    let in_window = (manifest.first..manifest.end).contains(&index);
                    placed.push(Placed { index, entry, in_window });
                }
                Err(error) => {
                    self.problems.add(ENTRIES, format!("entry {index}: {}", chain(&error)));
                }
            }
        }
        self.jumps(&placed, checkpoint);
        Ok(placed)
    }

    /// Follows the jumps of the clock from the ledger's last entry to the first one.
    fn jumps(&mut self, entries: &[Placed], checkpoint: &Checkpoint) {
        let mut before: Option<&Placed> = None;
        for placed in entries {
            let neighbour = before.filter(|b| b.index.checked_add(1) == Some(placed.index));
            let tail = Tail::of(&placed.entry);
            if let Some(before) = neighbour {
                let last = Tail::of(&before.entry);
                if !tail.follows(Some(last), placed.index) {
                    let what = format!("entry {} hides that a clock went back", placed.index);
                    self.problems.add(ENTRIES, what);
                }
                self.report.jumps.extend(ClockJump::between(Some(last), tail, placed.index));
            }
            before = Some(placed);
        }
        let shown = |index| at(entries, index);
        let last = checkpoint.size.checked_sub(1);
        self.report.last = last.and_then(shown).map(|placed| placed.entry.time());
        let mut next = last;
        while let Some(index) = next {
            let Some(placed) = shown(index) else {
                let what =
                    format!("entry {index}, which tells where clocks went back, is not shown");
                self.problems.add(ENTRIES, what);
                return;
            };
            let Some(jump) = placed.entry.jump() else { return };
            if jump > index || shown(jump).is_none_or(|at| at.entry.jump() != Some(jump)) {
                let what = format!("the clock's jump at entry {jump} is not shown");
                self.problems.add(ENTRIES, what);
                return;
            }
            // The entry before the jump names the jump before that.
            next = jump.checked_sub(1);
        }
    }

    /// Checks that the window has every entry of its time: the indices follow on each other, and
    /// what is left on both sides lies outside, as `outside` says.
    pub(super) fn window(
        &mut self,
        entries: &[Placed],
        manifest: &Manifest,
        checkpoint: &Checkpoint,
    ) {
        let Manifest { from, to, first, end, .. } = manifest;
        if from >= to || first > end || *end > checkpoint.size {
            self.problems.add(MANIFEST, "the window is none, or not one of this ledger");
            return;
        }
        let inside: Vec<_> = entries.iter().filter(|placed| placed.in_window).collect();
        // The indices are strictly ascending and all in the range, so counting is enough.
        let count = u64::try_from(inside.len()).unwrap_or(u64::MAX);
        let expected = end.saturating_sub(*first);
        if count != expected {
            let what = format!("the window has {expected} entries, but {count} are shown");
            self.problems.add(ENTRIES, what);
        }
        let of_another = |time| time < *from || time >= *to;
        let others = inside.iter().map(|placed| (placed.index, placed.entry.time()));
        self.report.other_times = others.filter(|(_, time)| of_another(*time)).collect();
        if self.report.jumps.is_empty()
            && let Some((index, _)) = self.report.other_times.first()
        {
            self.problems.add(ENTRIES, format!("entry {index} is not of the window's time"));
        }
        if !outside(0..*first, entries, manifest) {
            self.problems.add(ENTRIES, "it is not shown that the window begins where it should");
        }
        if !outside(*end..checkpoint.size, entries, manifest) {
            self.problems.add(ENTRIES, "it is not shown that the window ends where it should");
        }
        self.report.reaches_end = *end == checkpoint.size;
        self.report.first = *first;
        self.report.entries = count;
    }
}

/// Says whether the entries of `range` are shown to lie outside of the window's time. Between two
/// that are shown one after the other no clock jumps, or the jump would be shown.
fn outside(range: Range<u64>, entries: &[Placed], manifest: &Manifest) -> bool {
    let shown: Vec<_> = entries.iter().filter(|placed| range.contains(&placed.index)).collect();
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return range.is_empty() };
    let is_before = |placed: &Placed| placed.entry.time() < manifest.from;
    let is_after = |placed: &Placed| placed.entry.time() >= manifest.to;
    let between = |pair: &[&Placed]| match pair {
        [a, b] => a.index.checked_add(1) == Some(b.index) || is_before(b) || is_after(a),
        _ => true,
    };
    first.index == range.start
        && last.index.checked_add(1) == Some(range.end)
        && shown.iter().all(|placed| is_before(placed) || is_after(placed))
        && shown.windows(2).all(between)
}

pub(super) fn at(entries: &[Placed], index: u64) -> Option<&Placed> {
    let at = entries.binary_search_by_key(&index, |placed| placed.index).ok()?;
    entries.get(at)
}
