use super::format::{
    CONSISTENCY, Consistency, ENTRIES, Earlier, Lost, MANIFEST, MANIFEST_TYPE, Manifest,
    MemberDigest, PAYLOADS, PackedEntry, README, SCHEMA, SIGNED_MANIFEST, readme, texts,
    write_entries,
};
use super::payloads::{Files, Places, read_back};
use super::runs::{Placed, by_run, records};
use super::window::{window, witnesses};
use super::{Render, RenderFault, zip};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::entry::Entry;
use crate::error::LedgerError;
use crate::log::{Log, MissingPayload, Stated, key_text, parse};
use crate::merkle::{self, Hash};
use crate::parallel::{self, Batch};
use crate::payload::{self, Commitment};
use crate::problem::chain;
use crate::runs::Head;
use crate::statement::Statement;
use crate::storage::Found;
use crate::tile::{Content, Tile, TileError};
use crate::tree::Tiles;
use crate::{CHECKPOINT, KEY};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_dsse::{CanonicalError, Envelope, Signer, canonical_json};
use beleg_model::{CheckRecord, RunRecord, Tool};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, Write};
use std::ops::Range;

/// What a pack shall hold.
pub struct PackRequest<'a> {
    /// The window's begin, which is in it.
    pub from: Timestamp,
    /// The window's end, which is not in it.
    pub to: Timestamp,
    /// The build that makes the pack.
    pub tool: Tool,
    /// Earlier checkpoints of the ledger, as signed notes, that the pack shall be shown to go on
    /// from.
    pub since: Vec<Vec<u8>>,
    /// Makes the files that show a run.
    pub render: &'a dyn Render,
}

/// Says why a pack could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The window has no length.
    #[error("the window from `{from}` to `{to}` has no length")]
    Window {
        /// Its begin.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// A file has a name that is not plain, or is taken.
    #[error("`{0}` cannot name a file in the pack: it is taken, or not letters, digits and `.-_`")]
    Name(String),
    /// A run could not be rendered.
    #[error("the run of entry {0} could not be rendered")]
    Render(u64, #[source] RenderFault),
    /// The signer is not the ledger's.
    #[error("the key `{0}` is not the ledger's")]
    OtherKey(String),
    /// What was named as an earlier checkpoint is none of this ledger.
    #[error("the earlier checkpoint was refused")]
    Earlier(#[from] CheckpointError),
    /// The pack could not be written, or is larger than [`super::MAX_PACK`] bytes or 60,000 files.
    #[error("the pack could not be written")]
    Write(#[from] io::Error),
    /// Something has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// Makes a pack of the window that `request` names and writes it to `out`, which is empty. The
/// same ledger and the same request give the same bytes. All entries are held in memory, but never
/// more payloads than one run has.
///
/// A payload that is damaged, or missing without an erasure, does not hinder this; the pack says
/// that the ledger had lost it, and [`super::verify`] names it.
///
/// # Errors
/// When the ledger cannot be read, or the request cannot be met.
pub fn create<W: Read + Write + Seek>(
    log: &Log,
    signer: &Signer,
    request: &PackRequest<'_>,
    out: W,
) -> Result<W, PackError> {
    if signer.verifier() != log.verifier() {
        return Err(PackError::OtherKey(signer.verifier().to_string()));
    }
    let (from, to) = (request.from, request.to);
    if from >= to {
        return Err(PackError::Window { from, to });
    }
    let mut selection = Selection::of(log, from, to)?;
    let mut manifest = Manifest {
        schema: SCHEMA,
        tool: request.tool.clone(),
        origin: log.origin().to_owned(),
        tree_size: log.size(),
        root_hash: BASE64_STANDARD.encode(log.root()),
        from,
        to,
        first: index_of(selection.window.start),
        end: index_of(selection.window.end),
        lost: Vec::new(),
        members: Vec::new(),
    };
    let mut pack = Writer::new(out);
    pack.add(README, readme(&manifest, &log.verifier().to_string()).as_bytes())?;
    pack.add(CHECKPOINT, log.signed_checkpoint())?;
    pack.add(CONSISTENCY, &canonical_json(&consistency(log, &request.since)?)?)?;
    let proof = texts(&selection.proof(log)?);
    pack.add_with(ENTRIES, |out| Ok(write_entries(selection.packed(), &proof, out)?))?;
    // Of a large ledger these are tens of megabytes, which nothing needs any more.
    selection.leaves = Vec::new();
    pack.add(KEY, key_text(log.verifier()).as_bytes())?;
    manifest.lost = pack.payloads(log, &selection)?;
    pack.reports(log, selection, request.render)?;
    manifest.members = std::mem::take(&mut pack.members);
    let manifest = canonical_json(&manifest)?;
    let envelope = Envelope::sign(MANIFEST_TYPE, &manifest, signer);
    pack.add(SIGNED_MANIFEST, &canonical_json(&envelope)?)?;
    pack.add(MANIFEST, &manifest)?;
    Ok(pack.zip.finish()?)
}

/// Returns the earlier checkpoints with their proofs: those asked for, and the newest one that
/// others have signed too.
fn consistency(log: &Log, since: &[Vec<u8>]) -> Result<Consistency, PackError> {
    let mut notes: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for note in since.iter().chain(&log.newest_cosigned()?) {
        let checkpoint = Checkpoint::verify(note, log.verifier())?;
        log.check_since(&checkpoint)?;
        notes.insert(checkpoint.size, note.clone());
    }
    let earlier = |(size, note): (u64, Vec<u8>)| {
        let proof = texts(&log.consistency_proof(size)?);
        Ok(Earlier { note: String::from_utf8_lossy(&note).into_owned(), proof })
    };
    let checkpoints = notes.into_iter().map(earlier).collect::<Result<_, LedgerError>>()?;
    Ok(Consistency { checkpoints })
}

/// The entries that go into a pack.
struct Selection {
    leaves: Vec<Vec<u8>>,
    /// All of the ledger's entries.
    entries: Vec<Entry>,
    window: Range<usize>,
    /// Entries whose payloads are shown.
    shown: BTreeSet<usize>,
    /// All entries, with those that only show where the window ends or that something is erased.
    all: BTreeSet<usize>,
}

impl Selection {
    fn of(log: &Log, from: Timestamp, to: Timestamp) -> Result<Self, LedgerError> {
        let leaves = log.leaves(0..log.size())?;
        let parsed =
            parallel::map((0..).zip(&leaves).collect(), |(index, leaf)| parse(index, leaf));
        let entries: Vec<Entry> = parsed.into_iter().collect::<Result<_, _>>()?;
        let times: Vec<_> = entries.iter().map(Entry::time).collect();
        let window = window(&times, from, to);
        let mut shown: BTreeSet<usize> = window.clone().collect();
        shown.extend(whole_runs(&entries, &window));
        let mut all = shown.clone();
        all.extend(witnesses(&times, &window, from));
        let erased = erasures(&entries);
        for index in shown.clone() {
            if let Some(recorded) = erased.get(&index) {
                all.insert(*recorded);
                shown.remove(&index);
            }
        }
        Ok(Self { leaves, entries, window, shown, all })
    }

    /// Returns the entries as they are packed, by index.
    fn packed(&self) -> impl Iterator<Item = PackedEntry<'_>> {
        self.all.iter().filter_map(|at| {
            let entry = String::from_utf8_lossy(self.leaves.get(*at)?);
            Some(PackedEntry { index: index_of(*at), entry })
        })
    }

    /// Returns the proof of the entries, once it was checked.
    fn proof(&self, log: &Log) -> Result<Vec<Hash>, PackError> {
        let mut tiles = Tiles::new(log.storage.as_ref(), log.size());
        let indices: Vec<u64> = self.all.iter().map(|at| index_of(*at)).collect();
        let proof = merkle::proof_of_set(&mut tiles, &indices, log.size())?;
        let leaves = self.all.iter().filter_map(|at| Some((index_of(*at), self.leaves.get(*at)?)));
        let hashes: Vec<_> = leaves.map(|(index, leaf)| (index, merkle::leaf_hash(leaf))).collect();
        if merkle::root_of_set(&hashes, log.size(), &proof) != Some(log.root()) {
            let first = indices.first().copied().unwrap_or_default();
            let tile = Tile::holding(Content::Hashes(0), first, log.size());
            let path = tile.map(|tile| tile.to_string()).unwrap_or_default();
            return Err(LedgerError::corrupt(path, TileError::Root).into());
        }
        Ok(proof)
    }

    fn placed(self) -> Vec<Placed> {
        let packed = self.entries.into_iter().enumerate().filter(|(at, _)| self.all.contains(at));
        let place = |(at, entry)| {
            let in_window = self.window.contains(&at);
            Placed { index: index_of(at), entry, in_window }
        };
        packed.map(place).collect()
    }
}

/// Writes the members and notes their digests.
struct Writer<W> {
    zip: zip::Writer<W>,
    members: Vec<MemberDigest>,
    places: Places,
}

impl<W: Read + Write + Seek> Writer<W> {
    fn new(out: W) -> Self {
        Self { zip: zip::Writer::new(out), members: Vec::new(), places: Places::default() }
    }

    fn add(&mut self, name: &str, data: &[u8]) -> Result<(), PackError> {
        let added = self.zip.add(name, data)?;
        let offset = self.list(name, added);
        if name.starts_with(PAYLOADS) {
            let twice = |_| io::Error::other(format!("`{name}` holds a payload twice"));
            self.places.scan(data, offset).map_err(twice)?;
        }
        Ok(())
    }

    /// Writes a member as `write` gives its bytes.
    fn add_with(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), PackError>,
    ) -> Result<(), PackError> {
        let added = self.zip.add_with(name, write)?;
        self.list(name, added);
        Ok(())
    }

    /// Notes a member for the manifest; returns where its bytes begin.
    fn list(&mut self, name: &str, added: zip::Added) -> u64 {
        let zip::Added { offset, bytes, sha256 } = added;
        self.members.push(MemberDigest { name: name.to_owned(), bytes, sha256 });
        offset
    }

    /// Writes the payloads; returns what the ledger has lost of them.
    fn payloads(&mut self, log: &Log, selection: &Selection) -> Result<Vec<Lost>, PackError> {
        let commitment = |at: &usize| {
            let entry = selection.entries.get(*at)?;
            Some((index_of(*at), entry.commitment()?))
        };
        let wanted: Vec<_> = selection.shown.iter().filter_map(commitment).collect();
        let paths: Vec<_> = wanted.iter().map(|(_, commitment)| commitment.path()).collect();
        let mut kept = Kept::default();
        let (mut batch, mut rest, mut done) = (Batch::default(), wanted.into_iter(), Ok(()));
        log.storage.get_each(&paths, &mut |found| {
            let size = found.as_ref().ok().and_then(Option::as_ref).map_or(0, Vec::len);
            let full = rest.next().and_then(|wanted| batch.add((wanted, found), size));
            if let (Some(full), Ok(())) = (full, &done) {
                done = self.keep(full, &mut kept);
            }
        });
        done?;
        self.keep(batch.take(), &mut kept)?;
        if let Some((name, data)) = kept.files.take() {
            self.add(&name, &data)?;
        }
        Ok(kept.lost)
    }

    /// Writes the payloads that are what their entries commit to.
    fn keep(&mut self, found: Vec<(Wanted, Found)>, kept: &mut Kept) -> Result<(), PackError> {
        let looked = parallel::map(found, |((index, commitment), found)| {
            (index, commitment, found.map(|bytes| intact(bytes, index, &commitment)))
        });
        for (index, commitment, found) in looked {
            match found.map_err(LedgerError::Storage)? {
                Ok(bytes) if kept.written.insert(commitment) => {
                    if let Some((name, data)) = kept.files.add(index, &commitment, &bytes) {
                        self.add(&name, &data)?;
                    }
                }
                Ok(_) => {}
                Err(what) => kept.lost.push(Lost { entry: index, what }),
            }
        }
        Ok(())
    }

    /// Renders the runs of the window from what was written, in the order of the files' names.
    fn reports(
        &mut self,
        log: &Log,
        selection: Selection,
        render: &dyn Render,
    ) -> Result<(), PackError> {
        let head = Head::of(log.checkpoint());
        let placed = selection.placed();
        let runs = by_run(&placed);
        let mut files: BTreeMap<String, (usize, u64)> = BTreeMap::new();
        for (at, run) in runs.iter().enumerate() {
            let is_planned = |it: &&&Placed| it.in_window && it.entry.is_planned();
            for planned in run.iter().filter(is_planned) {
                for name in render.names(planned.index) {
                    check_name(&name, files.contains_key(&name))?;
                    files.insert(name, (at, planned.index));
                }
            }
        }
        let files: Vec<_> = files.into_iter().collect();
        for files in files.chunk_by(|(_, one), (_, other)| one == other) {
            let Some((_, (at, entry))) = files.first() else { continue };
            let run = runs.get(*at).map(Vec::as_slice).unwrap_or_default();
            let records = self.records(run, &head)?;
            let Some((_, record)) = records.iter().find(|(of, _)| of == entry) else { continue };
            let write =
                |(name, _): &(String, _), out: &mut dyn Write| render.write(name, record, out);
            parallel::pipe(files, write, |(name, _), pipe| {
                self.add_with(name, |out| {
                    pipe.drain(out)?.map_err(|error| PackError::Render(*entry, error))
                })
            })?;
        }
        Ok(())
    }

    /// Reads a run from what was written.
    fn records(
        &mut self,
        run: &[&Placed],
        head: &Head,
    ) -> Result<Vec<(u64, RunRecord)>, PackError> {
        let (mut plans, mut evidence) = (BTreeMap::new(), Vec::new());
        let mut batch = Batch::default();
        let mut note = |full| {
            for (entry, found) in parallel::map(full, |(bytes, placed)| reread(bytes, placed)) {
                match found {
                    Some(Statement::Plan(plan)) => _ = plans.insert(entry, plan),
                    Some(Statement::Evidence(found)) => {
                        evidence.push(CheckRecord { evidence: *found, entry });
                    }
                    None => {}
                }
            }
        };
        for placed in run {
            let Some(commitment) = placed.entry.commitment() else { continue };
            let bytes = read_back(&mut self.zip, &self.places, &commitment)?;
            let Some(bytes) = bytes else { continue };
            let size = bytes.len();
            batch.add((bytes, *placed), size).into_iter().for_each(&mut note);
        }
        note(batch.take());
        Ok(records(run, &plans, evidence, head))
    }
}

/// An entry whose payload goes into a pack, and what it commits to.
type Wanted = (u64, Commitment);

/// What has become of the payloads.
#[derive(Default)]
struct Kept {
    files: Files,
    written: BTreeSet<Commitment>,
    lost: Vec<Lost>,
}

/// Returns the bytes of an entry's payload if they are what it commits to, or what is wrong with
/// them. What they state is for `verify` to judge.
fn intact(found: Option<Vec<u8>>, index: u64, commitment: &Commitment) -> Result<Vec<u8>, String> {
    let bytes = found.ok_or_else(|| MissingPayload(index).to_string())?;
    match payload::committed(&bytes, commitment) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(chain(&error)),
    }
}

/// Reads a payload that is what its entry commits to.
fn reread(bytes: Vec<u8>, placed: &Placed) -> (u64, Option<Statement>) {
    let statement = match placed.entry {
        Entry::Planned { .. } => stated(&bytes, placed).map(Statement::Plan),
        _ => stated(&bytes, placed).map(|evidence| Statement::Evidence(Box::new(evidence))),
    };
    (placed.index, statement)
}

fn stated<P: Stated>(bytes: &[u8], placed: &Placed) -> Option<P> {
    let stated = payload::reread::<P>(bytes).ok()?;
    stated.check(&placed.entry).ok().map(|()| stated)
}

/// Returns the plans of all runs that the window touches, and the later evidence of those that
/// were planned in it: without them nobody could tell which checks are missing.
fn whole_runs(entries: &[Entry], window: &Range<usize>) -> Vec<usize> {
    let (mut touched, mut planned) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries.get(window.clone()).unwrap_or_default() {
        touched.extend(entry.run_id());
        if let Entry::Planned { run_id, .. } = entry {
            planned.insert(run_id.as_str());
        }
    }
    let wanted = |index: usize, entry: &Entry| match entry {
        Entry::Planned { run_id, .. } => touched.contains(run_id.as_str()),
        Entry::Evidence { run_id, .. } => index >= window.end && planned.contains(run_id.as_str()),
        Entry::Erased { .. } => false,
    };
    let entries = entries.iter().enumerate();
    entries.filter(|(index, entry)| wanted(*index, entry)).map(|(index, _)| index).collect()
}

/// Returns the first erasure of each entry that was erased.
fn erasures(entries: &[Entry]) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    for (recorded, entry) in entries.iter().enumerate() {
        if let Entry::Erased { index, .. } = entry
            && let Ok(index) = usize::try_from(*index)
        {
            found.entry(index).or_insert(recorded);
        }
    }
    found
}

/// Checks that a report can bear its name: one that sorts behind everything written before, so
/// that no other member can have it.
fn check_name(name: &str, taken: bool) -> Result<(), PackError> {
    let good = zip::is_good_name(name) && !name.contains('/') && name > PAYLOADS;
    if good && !taken { Ok(()) } else { Err(PackError::Name(name.to_owned())) }
}

fn index_of(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}
