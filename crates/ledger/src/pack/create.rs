use super::format::{
    ENTRIES, MANIFEST, MANIFEST_TYPE, Manifest, MemberDigest, PackedEntries, PackedEntry, README,
    SCHEMA, SIGNED_MANIFEST, payload_member, readme,
};
use super::{MAX_PACK, zip};
use crate::entry::Entry;
use crate::error::LedgerError;
use crate::log::{Log, key_text};
use crate::merkle;
use crate::tile::{Content, Tile, TileError};
use crate::tree::Tiles;
use crate::{CHECKPOINT, KEY};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_dsse::{CanonicalError, Envelope, Signer, canonical_json};
use beleg_model::Tool;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What a pack shall hold.
#[derive(Clone, Debug)]
pub struct PackRequest {
    /// The window's begin, which is in it.
    pub from: Timestamp,
    /// The window's end, which is not in it.
    pub to: Timestamp,
    /// The build that makes the pack.
    pub tool: Tool,
    /// Further files by name, such as `report.html`. Names are plain: letters, digits, `.-_`.
    pub extras: Vec<(String, Vec<u8>)>,
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
    /// An extra file has a name that is not plain, or is taken.
    #[error("`{0}` cannot name a file in the pack: it is taken, or not letters, digits and `.-_`")]
    Name(String),
    /// The signer is not the ledger's.
    #[error("the key `{0}` is not the ledger's")]
    OtherKey(String),
    /// Too many members, or more than [`MAX_PACK`] bytes.
    #[error("the pack is larger than {MAX_PACK} bytes or {} files", zip::MAX_MEMBERS)]
    TooLarge,
    /// Something has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// Makes a pack of the window that `request` names. The same ledger and the same request give the
/// same bytes.
///
/// A payload that is damaged, or missing without an erasure, does not hinder this; the pack is
/// made without or with it as it is, and [`super::verify`] names it.
///
/// # Errors
/// When the ledger cannot be read, or the request cannot be met.
pub fn create(log: &Log, signer: &Signer, request: &PackRequest) -> Result<Vec<u8>, PackError> {
    if signer.verifier() != log.verifier() {
        return Err(PackError::OtherKey(signer.verifier().to_string()));
    }
    let (from, to) = (request.from, request.to);
    if from >= to {
        return Err(PackError::Window { from, to });
    }
    let selection = Selection::of(log, from, to)?;
    let mut members = BTreeMap::new();
    members.insert(CHECKPOINT.to_owned(), log.signed_checkpoint().to_vec());
    members.insert(KEY.to_owned(), key_text(log.verifier()).into_bytes());
    members.insert(ENTRIES.to_owned(), selection.packed(log)?);
    selection.add_payloads(log, &mut members)?;
    let mut manifest = Manifest {
        schema: SCHEMA,
        tool: request.tool.clone(),
        origin: log.origin().to_owned(),
        tree_size: log.size(),
        root_hash: BASE64_STANDARD.encode(log.root()),
        from,
        to,
        first: selection.window.start,
        end: selection.window.end,
        members: Vec::new(),
    };
    let text = readme(&manifest, &log.verifier().to_string());
    members.insert(README.to_owned(), text.into_bytes());
    add_extras(&request.extras, &mut members)?;
    manifest.members = members.iter().map(digest).collect();
    let manifest = canonical_json(&manifest)?;
    let envelope = Envelope::sign(MANIFEST_TYPE, &manifest, signer);
    members.insert(MANIFEST.to_owned(), manifest);
    members.insert(SIGNED_MANIFEST.to_owned(), canonical_json(&envelope)?);
    zip::write(members.iter().map(|(name, data)| (name.as_str(), data.as_slice())))
        .ok_or(PackError::TooLarge)
}

/// The entries that go into a pack.
struct Selection {
    leaves: Vec<Vec<u8>>,
    entries: Vec<Entry>,
    window: Range<u64>,
    /// Entries whose payloads are shown.
    shown: BTreeSet<u64>,
    /// All entries, with those that only show where the window ends or that something is erased.
    all: BTreeSet<u64>,
}

impl Selection {
    fn of(log: &Log, from: Timestamp, to: Timestamp) -> Result<Self, LedgerError> {
        let size = log.size();
        let leaves = log.leaves(0..size)?;
        let entries = log.entries(0..size)?;
        let before = |instant| {
            let count = entries.partition_point(|entry| entry.time() < instant);
            u64::try_from(count).unwrap_or(u64::MAX)
        };
        let window = before(from)..before(to);
        let mut shown: BTreeSet<u64> = window.clone().collect();
        shown.extend(whole_runs(&entries, &window));
        let mut all = shown.clone();
        all.extend(window.start.checked_sub(1));
        all.extend(Some(window.end).filter(|end| *end < size));
        let erased: BTreeMap<u64, u64> = erasures(&entries);
        for index in shown.clone() {
            if let Some(recorded) = erased.get(&index) {
                all.insert(*recorded);
                shown.remove(&index);
            }
        }
        Ok(Self { leaves, entries, window, shown, all })
    }

    /// Writes `entries.json`. Each proof is checked before it is written.
    fn packed(&self, log: &Log) -> Result<Vec<u8>, PackError> {
        let size = log.size();
        let mut tiles = Tiles::new(log.storage.as_ref(), size);
        let mut entries = Vec::new();
        for index in &self.all {
            let Some(leaf) = at(&self.leaves, *index) else { continue };
            let part = *index..index.saturating_add(1);
            let proof = merkle::inclusion_proof(&mut tiles, part.clone(), size)?;
            let hash = merkle::leaf_hash(leaf);
            if merkle::root_of_inclusion(part, &hash, size, &proof) != Some(log.root()) {
                let tile = Tile::holding(Content::Hashes(0), *index, size);
                let path = tile.map(|tile| tile.to_string()).unwrap_or_default();
                return Err(LedgerError::corrupt(path, TileError::Root).into());
            }
            entries.push(PackedEntry {
                index: *index,
                entry: String::from_utf8_lossy(leaf).into_owned(),
                proof: proof.iter().map(|hash| BASE64_STANDARD.encode(hash)).collect(),
            });
        }
        Ok(canonical_json(&PackedEntries { entries })?)
    }

    fn add_payloads(
        &self,
        log: &Log,
        members: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<(), PackError> {
        let mut total = 0usize;
        for index in &self.shown {
            let entry = at(&self.entries, *index);
            let Some(commitment) = entry.and_then(Entry::commitment) else { continue };
            let bytes = log.storage.get(&commitment.path()).map_err(LedgerError::Storage)?;
            let Some(bytes) = bytes else { continue };
            total = total.saturating_add(bytes.len());
            if total > MAX_PACK {
                return Err(PackError::TooLarge);
            }
            members.insert(payload_member(&commitment), bytes);
        }
        Ok(())
    }
}

/// Returns the plans of all runs that the window touches, and the later evidence of those that
/// were planned in it: without them nobody could tell which checks are missing.
fn whole_runs(entries: &[Entry], window: &Range<u64>) -> Vec<u64> {
    let (mut touched, mut planned) = (BTreeSet::new(), BTreeSet::new());
    for (_, entry) in (0..).zip(entries).filter(|(index, _)| window.contains(index)) {
        touched.extend(entry.run_id());
        if let Entry::Planned { run_id, .. } = entry {
            planned.insert(run_id.as_str());
        }
    }
    let wanted = |index: u64, entry: &Entry| match entry {
        Entry::Planned { run_id, .. } => touched.contains(run_id.as_str()),
        Entry::Evidence { run_id, .. } => index >= window.end && planned.contains(run_id.as_str()),
        Entry::Erased { .. } => false,
    };
    (0..).zip(entries).filter(|(index, entry)| wanted(*index, entry)).map(|(i, _)| i).collect()
}

/// Returns the first erasure of each entry that was erased.
fn erasures(entries: &[Entry]) -> BTreeMap<u64, u64> {
    let mut found = BTreeMap::new();
    for (recorded, entry) in (0..).zip(entries) {
        if let Entry::Erased { index, .. } = entry {
            found.entry(*index).or_insert(recorded);
        }
    }
    found
}

fn add_extras(
    extras: &[(String, Vec<u8>)],
    members: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), PackError> {
    let reserved = [MANIFEST, SIGNED_MANIFEST, "payload"].map(str::to_owned);
    // Some file systems do not tell upper case from lower case.
    let mut taken: BTreeSet<String> =
        members.keys().chain(&reserved).map(|name| name.to_lowercase()).collect();
    for (name, data) in extras {
        let good = zip::is_good_name(name) && !name.contains('/');
        if !good || !taken.insert(name.to_lowercase()) {
            return Err(PackError::Name(name.clone()));
        }
        members.insert(name.clone(), data.clone());
    }
    Ok(())
}

fn digest((name, data): (&String, &Vec<u8>)) -> MemberDigest {
    MemberDigest {
        name: name.clone(),
        bytes: u64::try_from(data.len()).unwrap_or(u64::MAX),
        sha256: hex::encode(Sha256::digest(data)),
    }
}

fn at<T>(items: &[T], index: u64) -> Option<&T> {
    items.get(usize::try_from(index).ok()?)
}
