use crate::checkpoint::{self, Checkpoint};
use crate::entry::{Entry, EntryError};
use crate::error::LedgerError;
use crate::merkle::{self, Hash};
use crate::payload::{self, Predicate};
use crate::record::{Record, RecordError};
use crate::storage::Storage;
use crate::tile::TileError;
use crate::time::Tail;
use crate::tree::{Edge, Tiles, bundles};
use crate::{CHECKPOINT, COSIGNED, KEY};
use beleg_dsse::Verifier;
use beleg_model::{Evidence, PlanRecord};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A ledger to read from. Everything it returns has led to the signed root.
#[derive(Clone)]
pub struct Log {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) verifier: Verifier,
    pub(crate) edge: Edge,
    checkpoint: Checkpoint,
    note: Vec<u8>,
    tail: Option<Tail>,
}

impl Log {
    /// Opens the ledger of the key `verifier`. Appends that were begun and not finished are
    /// finished first, so the storage must be writable when there are such.
    ///
    /// # Errors
    /// [`LedgerError::NotFound`] when there is none; [`LedgerError::OtherKey`] when it is
    /// another's; [`LedgerError::Corrupt`] names the object that is not as it must be.
    pub fn open(storage: Arc<dyn Storage>, verifier: &Verifier) -> Result<Self, LedgerError> {
        let note = storage.get(CHECKPOINT)?.ok_or(LedgerError::NotFound)?;
        check_key(storage.as_ref(), verifier)?;
        let checkpoint = Checkpoint::verify(&note, verifier).map_err(LedgerError::checkpoint)?;
        let edge = Edge::load(storage.as_ref(), checkpoint.size, &checkpoint.root)?;
        let verifier = verifier.clone();
        let mut log = Self { storage, verifier, edge, checkpoint, note, tail: None };
        log.tail = log.last_tail()?;
        log.refresh()?;
        Ok(log)
    }

    /// Takes in what was appended since, by whomever, and finishes what was not finished.
    ///
    /// # Errors
    /// When the storage fails, or an append record is not as it must be.
    pub fn refresh(&mut self) -> Result<(), LedgerError> {
        loop {
            let path = Record::path(self.size());
            let Some(bytes) = self.storage.get(&path)? else { return Ok(()) };
            let record = Record::parse(&bytes, self.size(), &self.verifier)
                .map_err(|error| LedgerError::corrupt(&path, error))?;
            self.apply(&record)?;
        }
    }

    /// Returns the ledger's name, which is its key's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// Returns the root hash over all entries.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.checkpoint.root
    }

    /// Returns the checkpoint that everything read stands on.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns the checkpoint as a signed note, for handing to a witness.
    #[must_use]
    pub fn signed_checkpoint(&self) -> &[u8] {
        &self.note
    }

    /// Returns the ledger's key.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Returns the entries of `range`.
    ///
    /// # Errors
    /// When the range goes beyond the end, or a tile is not as it must be.
    pub fn entries(&self, range: Range<u64>) -> Result<Vec<Entry>, LedgerError> {
        (range.start..).zip(self.leaves(range)?).map(|(index, leaf)| parse(index, &leaf)).collect()
    }

    /// Returns the entry at `index`, counted from 0.
    ///
    /// # Errors
    /// When there is none, or a tile is not as it must be.
    pub fn entry(&self, index: u64) -> Result<Entry, LedgerError> {
        let mut entries = self.entries(index..index.saturating_add(1))?;
        entries.pop().ok_or(LedgerError::NoEntry { index, size: self.size() })
    }

    /// Returns the evidence of the entry at `index`.
    ///
    /// # Errors
    /// [`LedgerError::Erased`] when its payload was erased; others when it is no evidence or not
    /// as it must be.
    pub fn evidence(&self, index: u64) -> Result<Evidence, LedgerError> {
        self.stated(index)
    }

    /// Returns the plan of the entry at `index`.
    ///
    /// # Errors
    /// [`LedgerError::Erased`] when its payload was erased; others when it is no plan or not as
    /// it must be.
    pub fn plan(&self, index: u64) -> Result<PlanRecord, LedgerError> {
        self.stated(index)
    }

    /// Returns the proof that the entry at `index` stands in the ledger.
    ///
    /// # Errors
    /// When there is no such entry, or a tile is not as it must be.
    pub fn inclusion_proof(&self, index: u64) -> Result<Vec<Hash>, LedgerError> {
        let size = self.size();
        if index >= size {
            return Err(LedgerError::NoEntry { index, size });
        }
        let mut tiles = Tiles::new(self.storage.as_ref(), size);
        merkle::inclusion_proof(&mut tiles, index..index.saturating_add(1), size)
    }

    /// Returns the proof that the ledger begins with what it was at the size `old`.
    ///
    /// # Errors
    /// When it never had that size, or a tile is not as it must be.
    pub fn consistency_proof(&self, old: u64) -> Result<Vec<Hash>, LedgerError> {
        let size = self.size();
        if old > size {
            return Err(LedgerError::NoEntry { index: old, size });
        }
        merkle::consistency_proof(&mut Tiles::new(self.storage.as_ref(), size), old, size)
    }

    /// Returns the bytes of the entries of `range`.
    pub(crate) fn leaves(&self, range: Range<u64>) -> Result<Vec<Vec<u8>>, LedgerError> {
        if range.end > self.size() {
            return Err(LedgerError::NoEntry { index: range.end, size: self.size() });
        }
        let mut tiles = Tiles::new(self.storage.as_ref(), self.size());
        let mut leaves = Vec::new();
        for bundle in bundles(&range) {
            let start = bundle.saturating_mul(crate::tile::FULL);
            let found = (start..).zip(tiles.bundle(bundle, &self.root())?);
            leaves.extend(found.filter(|(at, _)| range.contains(at)).map(|(_, leaf)| leaf));
        }
        Ok(leaves)
    }

    /// Returns what the last entry says about time.
    #[must_use]
    pub fn tail(&self) -> Option<Tail> {
        self.tail
    }

    /// Returns the statement that an entry commits to, or `None` when its payload is gone. Whether
    /// it was erased by rights is another question.
    pub(crate) fn payload<P: Predicate>(&self, entry: &Entry) -> Result<Option<P>, LedgerError> {
        let Some(commitment) = entry.commitment() else { return Ok(None) };
        let path = commitment.path();
        let Some(bytes) = self.storage.get(&path)? else { return Ok(None) };
        payload::open(&bytes, &commitment, &self.verifier)
            .map(Some)
            .map_err(|error| LedgerError::corrupt(path, error))
    }

    /// Returns the place and the reason of the first erasure of entry `index`.
    pub(crate) fn erasure(&self, index: u64) -> Result<Option<(u64, String)>, LedgerError> {
        let after = index.saturating_add(1).min(self.size());
        let entries = (after..).zip(self.entries(after..self.size())?);
        let mut found = entries.filter_map(|(at, entry)| match entry {
            Entry::Erased { index: erased, reason, .. } if erased == index => Some((at, reason)),
            _ => None,
        });
        Ok(found.next())
    }

    /// Returns the statement of the entry `index`, or why there is none.
    pub(crate) fn stated<P: Stated>(&self, index: u64) -> Result<P, LedgerError> {
        self.stated_by(index, &self.entry(index)?)
    }

    /// Returns the statement of `entry`, which stands at `index`, or why there is none.
    pub(crate) fn stated_by<P: Stated>(&self, index: u64, entry: &Entry) -> Result<P, LedgerError> {
        let refuse = |source| LedgerError::Entry { index, source };
        if entry.sort() != P::SORT {
            return Err(refuse(EntryError::Sort { expected: P::SORT, found: entry.sort() }));
        }
        if let Some(stated) = self.payload::<P>(entry)? {
            stated.check(entry).map_err(refuse)?;
            return Ok(stated);
        }
        match self.erasure(index)? {
            Some((_, reason)) => Err(LedgerError::Erased { index, reason }),
            None => {
                let path = entry.commitment().map(|commitment| commitment.path());
                Err(LedgerError::corrupt(path.unwrap_or_default(), MissingPayload(index)))
            }
        }
    }

    /// Carries out an append: tiles first, then erasures, the checkpoint last. Until the
    /// checkpoint stands, whoever opens the ledger does all of it again, to the same effect.
    pub(crate) fn apply(&mut self, record: &Record) -> Result<(), LedgerError> {
        let refuse = |error| LedgerError::corrupt(Record::path(record.start), error);
        let (edge, tiles) = self.edge.grow(&record.leaves);
        if edge.root() != record.checkpoint.root {
            return Err(refuse(RecordError::Root));
        }
        record.check_times(self.tail).map_err(refuse)?;
        let erased = self.erased_by(record)?;
        let stored = self.storage.get(CHECKPOINT)?;
        if self.size_of(stored.as_deref())? < record.checkpoint.size {
            if let Some(note) = stored {
                self.keep_cosigned(&note)?;
            }
            for (tile, bytes) in &tiles {
                self.storage.put(&tile.to_string(), bytes)?;
            }
            for path in erased {
                self.storage.delete(&path)?;
            }
            self.storage.put(CHECKPOINT, &record.note)?;
            self.tidy(tiles.iter().filter(|(tile, _)| tile.is_full()).map(|(t, _)| t.partials()));
        }
        self.edge = edge;
        self.tail = record.entries.last().map(Tail::of).or(self.tail);
        self.checkpoint = record.checkpoint.clone();
        self.note.clone_from(&record.note);
        Ok(())
    }

    /// Returns the paths of the payloads that a record erases.
    fn erased_by(&self, record: &Record) -> Result<Vec<String>, LedgerError> {
        let mut paths = Vec::new();
        for entry in &record.entries {
            let Entry::Erased { index, .. } = entry else { continue };
            let inside = index.checked_sub(record.start).and_then(|at| usize::try_from(at).ok());
            let commitment = match inside {
                Some(at) => record.entries.get(at).and_then(Entry::commitment),
                None => self.entry(*index)?.commitment(),
            };
            let commitment = commitment.ok_or_else(|| {
                let error = RecordError::NothingToErase(*index);
                LedgerError::corrupt(Record::path(record.start), error)
            })?;
            paths.push(commitment.path());
        }
        Ok(paths)
    }

    /// Returns the size that the stored checkpoint states. A writer that was left behind must not
    /// put an older one in its place; should it still do so, the next one to open mends it.
    fn size_of(&self, note: Option<&[u8]>) -> Result<u64, LedgerError> {
        let Some(note) = note else { return Ok(0) };
        let stored = Checkpoint::verify(note, &self.verifier).map_err(LedgerError::checkpoint)?;
        Ok(stored.size)
    }

    /// Keeps a checkpoint that others have signed too, before a newer one takes its place.
    fn keep_cosigned(&self, note: &[u8]) -> Result<(), LedgerError> {
        if checkpoint::cosigners(note).is_empty() {
            return Ok(());
        }
        let size = self.size_of(Some(note))?;
        Ok(self.storage.put(&format!("{COSIGNED}{size:020}"), note)?)
    }

    /// Returns the newest checkpoint that others have signed too and that a newer one has
    /// replaced, as a signed note. Whether *their* signatures are right is for those to tell who
    /// know their keys.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn newest_cosigned(&self) -> Result<Option<Vec<u8>>, LedgerError> {
        let newest = self.storage.list(COSIGNED)?.into_iter().max();
        Ok(newest.map(|path| self.storage.get(&path)).transpose()?.flatten())
    }

    /// Checks that the ledger still begins with what it was at an earlier checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::PutBack`] when it is shorter, [`LedgerError::Forked`] when it begins
    /// otherwise; others when a tile is not as it must be.
    pub fn check_since(&self, earlier: &Checkpoint) -> Result<(), LedgerError> {
        let (had, has) = (earlier.size, self.size());
        if had > has {
            return Err(LedgerError::PutBack { had, has });
        }
        let proof = self.consistency_proof(had)?;
        if merkle::is_consistent(had, &earlier.root, has, &self.root(), &proof) {
            Ok(())
        } else {
            Err(LedgerError::Forked(had))
        }
    }

    /// Removes partial tiles that full ones have replaced. They do no harm where they stay, so a
    /// failure here does not undo an append that stands.
    fn tidy(&self, folders: impl Iterator<Item = String>) {
        for path in folders.filter_map(|folder| self.storage.list(&folder).ok()).flatten() {
            let _ = self.storage.delete(&path);
        }
    }

    fn last_tail(&self) -> Result<Option<Tail>, LedgerError> {
        let Some(index) = self.size().checked_sub(1) else { return Ok(None) };
        let entry = match self.edge.last_entry() {
            Some(leaf) => parse(index, leaf)?,
            None => self.entry(index)?,
        };
        Ok(Some(Tail::of(&entry)))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("checkpoint", &self.checkpoint).finish_non_exhaustive()
    }
}

/// A statement that stands in one sort of entry.
pub(crate) trait Stated: Predicate {
    const SORT: &'static str;
    fn check(&self, entry: &Entry) -> Result<(), EntryError>;
}

impl Stated for Evidence {
    const SORT: &'static str = "evidence";
    fn check(&self, entry: &Entry) -> Result<(), EntryError> {
        entry.check_evidence(self)
    }
}

impl Stated for PlanRecord {
    const SORT: &'static str = "planned";
    fn check(&self, entry: &Entry) -> Result<(), EntryError> {
        entry.check_plan(self)
    }
}

/// Says that a payload is gone and no entry says that it was erased.
#[derive(Debug, thiserror::Error)]
#[error("the payload of entry {0} does not exist, and no entry says that it was erased")]
pub(crate) struct MissingPayload(pub(crate) u64);

/// Checks that the key beside the ledger is `verifier`.
pub(crate) fn check_key(storage: &dyn Storage, verifier: &Verifier) -> Result<(), LedgerError> {
    let stored = storage.get(KEY)?.ok_or_else(|| LedgerError::corrupt(KEY, TileError::Missing))?;
    if stored == key_text(verifier).as_bytes() {
        return Ok(());
    }
    Err(LedgerError::OtherKey {
        expected: verifier.to_string(),
        found: String::from_utf8_lossy(&stored).chars().take(200).collect::<String>().trim().into(),
    })
}

/// Returns the text of `key.pub`.
pub(crate) fn key_text(verifier: &Verifier) -> String {
    format!("{verifier}\n")
}

pub(crate) fn parse(index: u64, leaf: &[u8]) -> Result<Entry, LedgerError> {
    Entry::parse(leaf).map_err(|source| LedgerError::Entry { index, source })
}
