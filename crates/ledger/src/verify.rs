//! The full check of a ledger in storage.
//!
//! Every entry stands there three times: in its bundle, in its append record, and as a hash in a
//! tile; and every append has signed a root. So for every entry the copy that two of the three
//! agree on is taken, the roots tell whether that was right, and every object that says another
//! thing is named.

use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::error::LedgerError;
use crate::log::{MissingPayload, key_text};
use crate::merkle::{self, Frontier, Hash};
use crate::parallel::{self, Batch};
use crate::problem::{Problem, Problems, chain};
use crate::record::{self, Record, RecordError};
use crate::runs::{Book, Unfinished};
use crate::statement::{Refusal, Statement};
use crate::storage::{Found, Storage, StorageError};
use crate::tile::{Content, FULL, HEIGHT, Tile, decode_entries, decode_hashes, encode_entries};
use crate::time::{ClockJump, Tail};
use crate::{CHECKPOINT, COSIGNED, KEY};
use beleg_dsse::Verifier;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What the full check of a ledger has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// The ledger's name.
    pub origin: String,
    /// How many entries were checked.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// What is odd and was recorded so, and what no later entry can mend: two runs of one
    /// identifier. The ledger is sound all the same.
    pub anomalies: Vec<Problem>,
    /// When the first entry was recorded.
    pub begun: Option<Timestamp>,
    /// How many runs were planned.
    pub runs: u64,
    /// Where a clock went back.
    pub jumps: Vec<ClockJump>,
    /// Runs that promised more than they kept. The ledger is sound all the same.
    pub unfinished: Vec<Unfinished>,
    /// Payloads that were deleted, as the ledger itself records.
    pub erasures: Vec<Erasure>,
    /// What is worth knowing and not wrong: appends that the next writer will finish, payloads
    /// that no entry names.
    pub remarks: Vec<Problem>,
}

/// A payload that was deleted, as the ledger records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The entry whose payload was deleted.
    pub entry: u64,
    /// The entry that says so.
    pub recorded: u64,
    /// When it was recorded.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
}

impl VerifyReport {
    /// Says whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks everything in a ledger's storage and changes nothing. It holds all entries in memory,
/// but few payloads at a time. A payload that is erased while this runs may be called missing.
///
/// A ledger that was put back to an earlier state *as a whole* is sound: only somebody who kept
/// a later checkpoint can tell.
///
/// # Errors
/// [`LedgerError::NotFound`] when there is nothing to check; [`LedgerError::Storage`] when the
/// storage cannot say what it holds. An object that cannot be read is a problem in the report.
pub fn verify(storage: &dyn Storage, verifier: &Verifier) -> Result<VerifyReport, LedgerError> {
    verify_since(storage, verifier, &[])
}

/// As [`verify`], and checks that the ledger still begins with what it was at `since`: earlier
/// checkpoints, each with the name it is called by.
///
/// # Errors
/// As [`verify`].
pub fn verify_since(
    storage: &dyn Storage,
    verifier: &Verifier,
    since: &[(String, Checkpoint)],
) -> Result<VerifyReport, LedgerError> {
    // The order matters while others append: whatever was listed first is known to what is read
    // later.
    let tiles = storage.list("tile/")?;
    let payloads = storage.list("payload/")?;
    let mut check = Check {
        storage,
        verifier,
        problems: Problems::default(),
        anomalies: Problems::default(),
        begun: None,
        runs: 0,
        jumps: Vec::new(),
        remarks: Vec::new(),
    };
    let checkpoint = check.checkpoint();
    let records = storage.list(record::FOLDER)?;
    if records.is_empty() && tiles.is_empty() && storage.get(CHECKPOINT)?.is_none() {
        return Err(LedgerError::NotFound);
    }
    check.key();
    let chain = check.records(records);
    let head = check.head(checkpoint.as_ref(), &chain);
    let stored = checkpoint.as_ref().map_or(head.size, |checkpoint| checkpoint.size);
    let leaves = check.leaves(head.size, stored, &chain);
    let earlier = check.cosigned()?.into_iter().chain(since.iter().cloned()).collect();
    check.roots(&leaves, &chain, checkpoint, earlier);
    check.tiles(&tiles, stored, &leaves);
    let (erasures, unfinished) = check.entries(&leaves, stored, &payloads);
    Ok(VerifyReport {
        origin: verifier.name().to_owned(),
        size: head.size,
        root: head.root,
        problems: check.problems.into_vec(),
        anomalies: check.anomalies.into_vec(),
        begun: check.begun,
        runs: check.runs,
        jumps: check.jumps,
        unfinished,
        erasures,
        remarks: check.remarks,
    })
}

/// An entry with a payload, and where that is.
struct Named<'a> {
    index: u64,
    entry: &'a Entry,
    path: String,
}

impl<'a> Named<'a> {
    fn of((index, entry): &'a (u64, Entry)) -> Option<Self> {
        Some(Self { index: *index, entry, path: entry.commitment()?.path() })
    }
}

struct Check<'a> {
    storage: &'a dyn Storage,
    verifier: &'a Verifier,
    problems: Problems,
    anomalies: Problems,
    begun: Option<Timestamp>,
    runs: u64,
    jumps: Vec<ClockJump>,
    remarks: Vec<Problem>,
}

/// What the append records say.
#[derive(Default)]
struct Chain {
    /// Each entry, and the record it stands in.
    leaves: BTreeMap<u64, (Vec<u8>, u64)>,
    /// Where the records that can be read begin.
    starts: BTreeSet<u64>,
    /// What each of them has signed, in order.
    signed: Vec<(String, Checkpoint)>,
}

impl Check<'_> {
    fn checkpoint(&mut self) -> Option<Checkpoint> {
        let note = self.required(CHECKPOINT)?;
        match Checkpoint::verify(&note, self.verifier) {
            Ok(checkpoint) => Some(checkpoint),
            Err(error) => {
                self.problems.add_error(CHECKPOINT, &error);
                None
            }
        }
    }

    fn key(&mut self) {
        if let Some(stored) = self.required(KEY)
            && stored != key_text(self.verifier).as_bytes()
        {
            self.problems.add(KEY, format!("the key is not `{}`", self.verifier));
        }
    }

    /// Reads the append records, which must follow on each other without a gap.
    fn records(&mut self, paths: Vec<String>) -> Chain {
        let mut starts = BTreeSet::new();
        for path in paths {
            match Record::parse_path(&path) {
                Some(start) => _ = starts.insert(start),
                None => self.remark(path, "this is no append record"),
            }
        }
        let mut chain = Chain::default();
        let (mut end, mut last) = (Some(0), None);
        for start in starts {
            let path = Record::path(start);
            match end {
                Some(end) if end < start => {
                    self.problems.add(Record::path(end), "the append record does not exist");
                }
                Some(end) if end > start => {
                    self.problems.add(&path, "the append record begins within another one");
                    continue;
                }
                _ => {}
            }
            let Some(bytes) = self.required(&path) else {
                end = None;
                continue;
            };
            let record = match Record::parse(&bytes, start, self.verifier) {
                Ok(record) => record,
                Err(error) => {
                    self.problems.add_error(path, &error);
                    end = None;
                    continue;
                }
            };
            if let Err(error) = record.check_times(last) {
                self.problems.add_error(&path, &error);
            }
            last = record.entries.last().map(Tail::of);
            end = Some(record.checkpoint.size);
            let leaves = record.leaves.into_iter().map(|leaf| (leaf, start));
            chain.leaves.extend((start..).zip(leaves));
            chain.starts.insert(start);
            chain.signed.push((path, record.checkpoint));
        }
        chain
    }

    /// Returns the newest state that the key has signed, be it in the checkpoint or in a record.
    fn head(&mut self, checkpoint: Option<&Checkpoint>, chain: &Chain) -> Checkpoint {
        let recorded = chain.signed.last().map(|(_, checkpoint)| checkpoint);
        let size = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        let chained = recorded.map_or(0, |checkpoint| checkpoint.size);
        if checkpoint.is_some() && chained > size && chain.starts.contains(&size) {
            let what = "the append is not finished; the next writer will finish it";
            self.remark(Record::path(size), what);
        } else if checkpoint.is_some() && chained != size {
            let at = Record::path(chained.min(size));
            self.problems.add(at, "the append record does not exist");
        }
        let newest = checkpoint.into_iter().chain(recorded).max_by_key(|state| state.size);
        newest.cloned().unwrap_or_else(|| Checkpoint {
            origin: self.verifier.name().to_owned(),
            size: 0,
            root: merkle::empty_root(),
        })
    }

    /// Returns the entries, each as at least two of its three copies have it, if two agree.
    fn leaves(&mut self, size: u64, stored: u64, chain: &Chain) -> Vec<Vec<u8>> {
        let mut leaves = Vec::new();
        for bundle in 0..size.div_ceil(FULL) {
            let start = bundle.saturating_mul(FULL);
            let entries = self.tile(Content::Entries, start, stored);
            let entries = entries.and_then(|(width, bytes)| decode_entries(&bytes, width).ok());
            let hashes = self.tile(Content::Hashes(0), start, stored);
            let hashes = hashes.and_then(|(width, bytes)| decode_hashes(&bytes, width).ok());
            let (entries, hashes) = (entries.unwrap_or_default(), hashes.unwrap_or_default());
            let mut entries = entries.into_iter();
            let mut hashes = hashes.into_iter();
            for index in start..start.saturating_add(FULL).min(size) {
                let bundled = entries.next();
                let hash = hashes.next();
                let recorded = chain.leaves.get(&index).map(|(leaf, _)| leaf.clone());
                let recorded_counts = bundled.is_none()
                    || (bundled != recorded
                        && recorded.as_deref().map(merkle::leaf_hash) == hash
                        && hash.is_some());
                let Some(leaf) = (if recorded_counts { recorded } else { bundled }) else {
                    let path = Record::path(index);
                    let what = format!("no copy of entry {index} can be read; it ends the check");
                    self.problems.add(path, what);
                    return leaves;
                };
                leaves.push(leaf);
            }
        }
        leaves
    }

    /// Compares every append record with the entries, and every signed root.
    fn roots(
        &mut self,
        leaves: &[Vec<u8>],
        chain: &Chain,
        checkpoint: Option<Checkpoint>,
        earlier: Vec<(String, Checkpoint)>,
    ) {
        for (index, leaf) in (0..).zip(leaves) {
            if let Some((recorded, start)) = chain.leaves.get(&index)
                && recorded != leaf
            {
                let what = format!("entry {index} is not what the other copies of it say");
                self.problems.add(Record::path(*start), what);
            }
        }
        let stored = checkpoint.map(|checkpoint| (CHECKPOINT.to_owned(), checkpoint));
        let mut signed: Vec<_> = chain.signed.iter().chain(&stored).chain(&earlier).collect();
        signed.sort_by_key(|(_, checkpoint)| checkpoint.size);
        let mut signed = signed.into_iter().peekable();
        let mut frontier = Frontier::default();
        let mut size = 0u64;
        let mut leaves = leaves.iter();
        loop {
            while let Some((path, checkpoint)) = signed.next_if(|(_, next)| next.size <= size) {
                if checkpoint.root != frontier.root() {
                    let what = format!("the first {} entries have another root", checkpoint.size);
                    self.problems.add(path, what);
                }
            }
            let Some(leaf) = leaves.next() else { break };
            frontier.push(0, merkle::leaf_hash(leaf));
            size = size.saturating_add(1);
        }
        // Of the ledger's own, `head` has named what lies beyond the end.
        for (name, checkpoint) in earlier.iter().filter(|(_, earlier)| earlier.size > size) {
            let what = format!(
                "the ledger had {} entries then, and has {size}: it was put back to an earlier state",
                checkpoint.size
            );
            self.problems.add(name, what);
        }
    }

    /// Reads the former checkpoints that others have signed too.
    fn cosigned(&mut self) -> Result<Vec<(String, Checkpoint)>, LedgerError> {
        let mut found = Vec::new();
        for path in self.storage.list(COSIGNED)? {
            let Some(note) = self.required(&path) else { continue };
            match Checkpoint::verify(&note, self.verifier) {
                Ok(checkpoint) => found.push((path, checkpoint)),
                Err(error) => self.problems.add_error(path, &error),
            }
        }
        Ok(found)
    }

    /// Compares every tile with what it must hold. A tree of `stored` entries must have all of
    /// its tiles; more of them may be there, but nothing beyond the entries.
    fn tiles(&mut self, listed: &[String], stored: u64, leaves: &[Vec<u8>]) {
        let mut levels =
            vec![leaves.iter().map(|leaf| merkle::leaf_hash(leaf)).collect::<Vec<_>>()];
        for _ in 1..HEIGHT {
            let below = levels.last().map(Vec::as_slice).unwrap_or_default();
            levels.push(below.as_chunks::<256>().0.iter().map(|tile| root_of(tile)).collect());
        }
        let mut compared = BTreeSet::new();
        for tile in Tile::all(stored) {
            let full = tile.full();
            let found = match self.get(&tile.to_string()) {
                Ok(None) if !tile.is_full() => self.get(&full.to_string()).map(|b| (full, b)),
                other => other.map(|bytes| (tile, bytes)),
            };
            match found {
                Ok((tile, Some(bytes))) => {
                    compared.insert(tile);
                    self.compare(tile, &bytes, &levels, leaves);
                }
                Ok((_, None)) => self.problems.add(tile.to_string(), "the tile does not exist"),
                Err(error) => self.unreadable(&error),
            }
            if self.problems.is_full() {
                return;
            }
        }
        for path in listed {
            let Some(tile) = Tile::parse(path) else {
                self.remark(path, "this is no tile");
                continue;
            };
            if compared.contains(&tile) {
                continue;
            }
            match self.get(path) {
                Ok(Some(bytes)) => self.compare(tile, &bytes, &levels, leaves),
                // A partial tile may be removed at any time, once the full one is there.
                Ok(None) => {}
                Err(error) => self.unreadable(&error),
            }
        }
    }

    fn compare(&mut self, tile: Tile, bytes: &[u8], levels: &[Vec<Hash>], leaves: &[Vec<u8>]) {
        let start = tile.index.saturating_mul(FULL);
        let end = start.saturating_add(tile.width);
        let range = usize::try_from(start).unwrap_or(usize::MAX)
            ..usize::try_from(end).unwrap_or(usize::MAX);
        let expected = match tile.content {
            Content::Entries => leaves.get(range).map(encode_entries),
            Content::Hashes(level) => usize::try_from(level)
                .ok()
                .and_then(|level| levels.get(level)?.get(range))
                .map(<[Hash]>::concat),
        };
        match expected {
            Some(expected) if expected == bytes => {}
            Some(_) => self.problems.add(tile.to_string(), "the tile does not fit the signed root"),
            None => {
                let what = "the tile lies beyond the end: the ledger was longer once";
                self.problems.add(tile.to_string(), what);
            }
        }
    }

    /// Checks what the entries say, and their payloads.
    fn entries(
        &mut self,
        leaves: &[Vec<u8>],
        stored: u64,
        payloads: &[String],
    ) -> (Vec<Erasure>, Vec<Unfinished>) {
        let size = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
        let path = |index| {
            Tile::holding(Content::Entries, index, size).map(|t| t.to_string()).unwrap_or_default()
        };
        let mut entries = Vec::new();
        let mut before = None;
        for (index, leaf) in (0..).zip(leaves) {
            let parsed = Entry::parse(leaf).and_then(|e| e.check_place(index).map(|()| e));
            match parsed {
                Ok(entry) => {
                    let tail = Tail::of(&entry);
                    if !tail.follows(before, index) {
                        self.problems.add_error(path(index), &RecordError::Time(index));
                    }
                    self.jumps.extend(ClockJump::between(before, tail, index));
                    self.begun.get_or_insert(tail.time);
                    let planned = matches!(entry, Entry::Planned { .. });
                    self.runs = self.runs.saturating_add(planned.into());
                    before = Some(tail);
                    entries.push((index, entry));
                }
                Err(error) => {
                    self.problems.add(path(index), format!("entry {index}: {}", chain(&error)));
                }
            }
        }
        let erasures = self.erasures(&entries, path);
        let mut unnamed: BTreeSet<&str> = payloads.iter().map(String::as_str).collect();
        let named: Vec<_> = entries.iter().filter_map(Named::of).collect();
        let paths: Vec<_> = named.iter().map(|named| named.path.clone()).collect();
        paths.iter().for_each(|path| _ = unnamed.remove(path.as_str()));
        let mut book = Book::default();
        let (mut batch, mut rest) = (Batch::default(), named.into_iter());
        let storage = self.storage;
        storage.get_each(&paths, &mut |found| {
            let size = found.as_ref().ok().and_then(Option::as_ref).map_or(0, Vec::len);
            let full = rest.next().and_then(|named| batch.add((named, found), size));
            full.into_iter().for_each(|full| self.open(full, &erasures, stored, &mut book));
        });
        self.open(batch.take(), &erasures, stored, &mut book);
        for path in unnamed {
            self.remark(path, "no entry names this payload");
        }
        (
            erasures.into_values().collect(),
            book.close(&mut self.problems, &mut self.anomalies, path),
        )
    }

    fn erasures(
        &mut self,
        entries: &[(u64, Entry)],
        path: impl Fn(u64) -> String,
    ) -> BTreeMap<u64, Erasure> {
        let by_index: BTreeMap<_, _> = entries.iter().map(|(at, entry)| (*at, entry)).collect();
        let mut erasures = BTreeMap::new();
        for (recorded, entry) in entries {
            let Entry::Erased { time, index, reason, .. } = entry else { continue };
            if by_index.get(index).is_some_and(|erased| erased.commitment().is_none()) {
                let what = format!("entry {recorded} erases entry {index}, which has no payload");
                self.problems.add(path(*recorded), what);
                continue;
            }
            let (recorded, time, reason) = (*recorded, *time, reason.clone());
            let erasure = Erasure { entry: *index, recorded, time, reason };
            erasures.entry(*index).or_insert(erasure);
        }
        erasures
    }

    /// Opens payloads and notes what they state.
    fn open(
        &mut self,
        found: Vec<(Named<'_>, Found)>,
        erasures: &BTreeMap<u64, Erasure>,
        stored: u64,
        book: &mut Book,
    ) {
        let verifier = self.verifier;
        let opened = parallel::map(found, |(named, found)| {
            let open = |bytes: Vec<u8>| Statement::open(&bytes, named.entry, verifier);
            let opened = found.map(|bytes| bytes.map(open));
            (named, opened)
        });
        for (named, opened) in opened {
            let (index, entry) = (named.index, named.entry);
            let stated = self.stated(&named, opened, erasures.get(&index), stored);
            match entry {
                Entry::Planned { .. } => {
                    book.plan(index, entry, stated.and_then(Statement::plan));
                }
                Entry::Evidence { run_id, .. } => {
                    let evidence = stated.and_then(Statement::evidence);
                    book.evidence(index, run_id, evidence.as_ref());
                }
                Entry::Erased { .. } => {}
            }
        }
    }

    /// Returns what a payload states, and names what is wrong with it.
    fn stated(
        &mut self,
        named: &Named<'_>,
        opened: Result<Option<Result<Statement, Refusal>>, StorageError>,
        erased: Option<&Erasure>,
        stored: u64,
    ) -> Option<Statement> {
        let Named { index, path, .. } = named;
        let opened = opened.inspect_err(|error| self.unreadable(error)).ok()?;
        match (&opened, erased) {
            (None, None) => self.problems.add_error(path, &MissingPayload(*index)),
            // An erasure whose append is not finished is carried out by the next writer.
            (Some(_), Some(erasure)) if erasure.recorded < stored => {
                let by = erasure.recorded;
                self.problems.add(path, format!("entry {by} says it was erased; it is there"));
            }
            _ => {}
        }
        opened?.inspect_err(|refusal| self.problems.add(path, refusal.says(*index))).ok()
    }

    /// Reads a tile as wide as it is found, if it can be read at all.
    fn tile(&self, content: Content, at: u64, size: u64) -> Option<(u64, Vec<u8>)> {
        let tile = Tile::holding(content, at, size)?;
        let read = |tile: Tile| {
            self.get(&tile.to_string()).ok().flatten().map(|bytes| (tile.width, bytes))
        };
        read(tile).or_else(|| read(tile.full()))
    }

    fn required(&mut self, path: &str) -> Option<Vec<u8>> {
        match self.get(path) {
            Ok(Some(bytes)) => return Some(bytes),
            Ok(None) => self.problems.add(path, "the object does not exist"),
            Err(error) => self.unreadable(&error),
        }
        None
    }

    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.storage.get(path)
    }

    fn unreadable(&mut self, error: &StorageError) {
        self.problems.add(error.path(), format!("it could not be read: {}", chain(error)));
    }

    fn remark(&mut self, path: impl Into<String>, what: &str) {
        if self.remarks.len() < crate::MAX_PROBLEMS {
            self.remarks.push(Problem { path: path.into(), what: what.to_owned() });
        }
    }
}

fn root_of(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    hashes.iter().for_each(|hash| frontier.push(0, *hash));
    frontier.root()
}
