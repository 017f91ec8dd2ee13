use crate::checkpoint::Checkpoint;
use crate::entry::{Entry, EntryError};
use crate::error::LedgerError;
use crate::log::{self, Log};
use crate::merkle;
use crate::payload::{self, Commitment, MAX_PAYLOAD};
use crate::record::{MAX_BATCH, MAX_RECORD, Record, RecordError};
use crate::storage::{Created, Storage};
use crate::tile::TileError;
use crate::time::Tail;
use crate::{CHECKPOINT, KEY};
use beleg_dsse::Signer;
use beleg_model::{Evidence, PlanRecord};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How often an append tries again when other writers were faster.
pub const MAX_ATTEMPTS: u32 = 64;

/// Fills a slice with randomness. The salts of commitments are made of it, so it must be fit for
/// keys: from the operating system.
pub type Randomness = Box<dyn FnMut(&mut [u8]) + Send>;

/// A ledger to append to. Any number of them, on any number of machines, may stand on the same
/// storage at the same time.
///
/// An append that returns an error may stand all the same, if the storage failed after it had
/// taken the append record. Look before trying again: [`Log::refresh`], then [`Log::run`].
pub struct Ledger {
    log: Log,
    signer: Signer,
    randomness: Randomness,
}

/// An entry, what it commits to, and that payload's bytes.
type Sealed = (Entry, Commitment, Vec<u8>);

/// The most bytes of entries in one append: what a record takes, with room for its checkpoint.
const STEP: usize = MAX_RECORD - (1 << 20);
/// What a line adds to its entry: its end, and what placing it may add.
const LINE: usize = 64;

/// Something to be appended.
#[derive(Clone, Copy, Debug)]
pub enum Draft<'a> {
    /// The promise of a run.
    Planned(&'a PlanRecord),
    /// What a check has left.
    Evidence(&'a Evidence),
}

impl Ledger {
    /// Opens the ledger of the key `signer`.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn open(
        storage: Arc<dyn Storage>,
        signer: Signer,
        randomness: Randomness,
    ) -> Result<Self, LedgerError> {
        let log = Log::open(storage, signer.verifier())?;
        Ok(Self { log, signer, randomness })
    }

    /// Makes a ledger without entries, named as its key.
    ///
    /// # Errors
    /// [`LedgerError::Exists`] when there is one; [`LedgerError::OtherKey`] when another's was
    /// begun; [`LedgerError::Corrupt`] when there are entries but no checkpoint.
    pub fn create(
        storage: Arc<dyn Storage>,
        signer: Signer,
        randomness: Randomness,
    ) -> Result<Self, LedgerError> {
        match begin(storage.as_ref(), &signer)? {
            Created::New => Self::open(storage, signer, randomness),
            Created::Exists => Err(LedgerError::Exists),
        }
    }

    /// Opens the ledger of the key `signer`, or makes it when there is none.
    ///
    /// # Errors
    /// As [`Ledger::open`] and [`Ledger::create`].
    pub fn open_or_create(
        storage: Arc<dyn Storage>,
        signer: Signer,
        randomness: Randomness,
    ) -> Result<Self, LedgerError> {
        if storage.get(CHECKPOINT)?.is_none() {
            // That somebody else was faster is as good.
            begin(storage.as_ref(), &signer)?;
        }
        Self::open(storage, signer, randomness)
    }

    /// Returns the ledger for reading.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Returns the key that signs.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Takes in what others have appended.
    ///
    /// # Errors
    /// As [`Log::refresh`].
    pub fn refresh(&mut self) -> Result<(), LedgerError> {
        self.log.refresh()
    }

    /// Records what a run promises; returns the entry's index.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_planned(
        &mut self,
        plan: &PlanRecord,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        Ok(self.append(&[Draft::Planned(plan)], now)?.start)
    }

    /// Records what a check has left; returns the entry's index.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_evidence(
        &mut self,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        Ok(self.append(&[Draft::Evidence(evidence)], now)?.start)
    }

    /// Records `drafts`, however many; returns the indices from the first to the last. As many as
    /// fit stand in one step, all or none of them; what others record may come in between two
    /// steps. Their time is `now`, or that of the entry before where that is a little later; see
    /// [`Tail`].
    ///
    /// # Errors
    /// When something cannot be recorded as it is, the storage fails, or other writers were
    /// faster [`MAX_ATTEMPTS`] times. What stood before the failing step stays.
    pub fn append(
        &mut self,
        drafts: &[Draft<'_>],
        now: Timestamp,
    ) -> Result<Range<u64>, LedgerError> {
        let (mut rest, mut all) = (drafts, None);
        while !rest.is_empty() {
            let step = self.seal_step(rest, now)?;
            rest = rest.get(step.len()..).unwrap_or_default();
            // All of them are known to fit before the first one is stored.
            let of = |(entry, commitment, payload): Sealed| (entry, (commitment.path(), payload));
            let (entries, payloads): (Vec<_>, Vec<_>) = step.into_iter().map(of).unzip();
            self.log.storage.put_all(&payloads)?;
            let stored = self.commit(entries, now)?;
            let start = all.map_or(stored.start, |before: Range<u64>| before.start);
            all = Some(start..stored.end);
        }
        Ok(all.unwrap_or(self.log.size()..self.log.size()))
    }

    /// Seals the first of `drafts`: as many as one append takes, and at least one.
    fn seal_step(
        &mut self,
        drafts: &[Draft<'_>],
        now: Timestamp,
    ) -> Result<Vec<Sealed>, LedgerError> {
        let (mut step, mut bytes, mut payloads) = (Vec::new(), 0usize, 0usize);
        for draft in drafts.iter().take(MAX_BATCH) {
            let sealed = self.seal(*draft, now)?;
            let leaf = sealed.0.encode().map_err(|source| self.refused(source))?;
            bytes = bytes.saturating_add(leaf.len()).saturating_add(LINE);
            payloads = payloads.saturating_add(sealed.2.len());
            if !step.is_empty() && (bytes > STEP || payloads > MAX_PAYLOAD) {
                break;
            }
            step.push(sealed);
        }
        Ok(step)
    }

    /// Deletes the payload of the entry at `index` and records that, and why. The entry's own
    /// proofs stay as they were. Returns the index of the record; the one that exists, if the
    /// payload was erased before.
    ///
    /// # Errors
    /// When the entry has no payload, the reason is refused, or as [`Ledger::append`].
    pub fn erase(&mut self, index: u64, reason: &str, now: Timestamp) -> Result<u64, LedgerError> {
        self.log.refresh()?;
        let Some(commitment) = self.log.entry(index)?.commitment() else {
            return Err(LedgerError::Append(RecordError::NothingToErase(index)));
        };
        if let Some((at, _)) = self.log.erasure(index)? {
            self.log.storage.delete(&commitment.path())?;
            return Ok(at);
        }
        let entry = Entry::Erased { time: now, index, reason: reason.to_owned(), jump: None };
        entry.encode().map_err(|source| self.refused(source))?;
        Ok(self.commit(vec![entry], now)?.start)
    }

    fn seal(&mut self, draft: Draft<'_>, now: Timestamp) -> Result<Sealed, LedgerError> {
        let mut salt = [0; 32];
        (self.randomness)(&mut salt);
        let (entry, (commitment, payload)) = match draft {
            Draft::Planned(plan) => {
                refuse_double_keys(plan)?;
                let sealed = payload::seal(plan, &salt, &self.signer)?;
                (Entry::planned(plan, sealed.0, now), sealed)
            }
            Draft::Evidence(evidence) => {
                let sealed = payload::seal(evidence, &salt, &self.signer)?;
                (Entry::evidence(evidence, sealed.0, now), sealed)
            }
        };
        Ok((entry, commitment, payload))
    }

    /// Appends `entries` behind whatever stands there by then.
    fn commit(&mut self, entries: Vec<Entry>, now: Timestamp) -> Result<Range<u64>, LedgerError> {
        if entries.is_empty() {
            return Ok(self.log.size()..self.log.size());
        }
        for _ in 0..MAX_ATTEMPTS {
            let start = self.log.size();
            let bytes = self.record(&entries, now)?;
            if self.claim(&Record::path(start), &bytes)? {
                let record = Record::parse(&bytes, start, self.log.verifier())
                    .map_err(LedgerError::Append)?;
                self.log.apply(&record)?;
                return Ok(start..self.log.size());
            }
            self.log.refresh()?;
        }
        Err(LedgerError::Contended(MAX_ATTEMPTS))
    }

    /// Makes the append record that puts `entries` at the ledger's end.
    fn record(&self, entries: &[Entry], now: Timestamp) -> Result<Vec<u8>, LedgerError> {
        // All entries of an append have the same time, so only the first one can be a jump.
        let tail = Tail::next(self.log.tail(), now, self.log.size());
        let mut leaves = Vec::new();
        for entry in entries {
            let leaf = entry.clone().at(tail).encode().map_err(|source| self.refused(source))?;
            leaves.push(leaf);
        }
        let (edge, _) = self.log.edge.grow(&leaves);
        let origin = self.log.origin().to_owned();
        let checkpoint = Checkpoint { origin, size: edge.size(), root: edge.root() };
        Record::encode(&checkpoint.sign(&self.signer), &leaves).map_err(LedgerError::Append)
    }

    /// Stores an append record where none is; says whether it stands. A store that answers with
    /// an error, or says that there is one, may have taken ours all the same, when an answer was
    /// lost on the way.
    fn claim(&self, path: &str, bytes: &[u8]) -> Result<bool, LedgerError> {
        let storage = &self.log.storage;
        let answer = storage.create(path, bytes);
        if matches!(answer, Ok(Created::New)) {
            return Ok(true);
        }
        let ours = storage.get(path)?.is_some_and(|stored| stored == bytes);
        if ours { Ok(true) } else { answer.map(|_| false).map_err(LedgerError::Storage) }
    }

    fn refused(&self, source: EntryError) -> LedgerError {
        LedgerError::Entry { index: self.log.size(), source }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("checkpoint", self.log.checkpoint()).finish_non_exhaustive()
    }
}

/// Stores the key and the checkpoint of a ledger without entries. A ledger that has entries never
/// loses its checkpoint by itself, so no new one is begun over them.
fn begin(storage: &dyn Storage, signer: &Signer) -> Result<Created, LedgerError> {
    for folder in [crate::record::FOLDER, "tile/"] {
        if !storage.list(folder)?.is_empty() && storage.get(CHECKPOINT)?.is_none() {
            return Err(LedgerError::corrupt(CHECKPOINT, TileError::Missing));
        }
    }
    storage.create(KEY, log::key_text(signer.verifier()).as_bytes())?;
    log::check_key(storage, signer.verifier())?;
    let origin = signer.verifier().name().to_owned();
    let checkpoint = Checkpoint { origin, size: 0, root: merkle::empty_root() };
    Ok(storage.create(CHECKPOINT, checkpoint.sign(signer).as_bytes())?)
}

fn refuse_double_keys(plan: &PlanRecord) -> Result<(), LedgerError> {
    let mut keys = BTreeSet::new();
    match plan.checks.iter().find(|check| !keys.insert(&check.run_key)) {
        Some(check) => Err(LedgerError::DoubleKey(check.run_key.clone())),
        None => Ok(()),
    }
}
