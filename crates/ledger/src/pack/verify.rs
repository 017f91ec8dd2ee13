use super::format::{
    ENTRIES, MANIFEST, MANIFEST_TYPE, Manifest, MemberDigest, PackedEntries, README, SCHEMA,
    SIGNED_MANIFEST, payload_member,
};
use super::zip::{self, Member};
use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::log::{MissingPayload, Stated, key_text};
use crate::merkle::{self, Hash};
use crate::payload;
use crate::problem::{Problem, Problems, chain};
use crate::runs::{Book, Unfinished};
use crate::verify::Erasure;
use crate::{CHECKPOINT, KEY};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_dsse::{Envelope, Verifier};
use beleg_model::{CheckRecord, Evidence, PlanRecord};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What the check of a pack has found. Nothing else in it counts while `problems` is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackReport {
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// The key everything was checked with; `None` when there was none that could be read.
    pub key: Option<Verifier>,
    /// Whether that key came from elsewhere. If not, it came from the pack itself: the pack is
    /// whole, but anybody could have made it.
    pub key_compared: bool,
    /// The ledger's name.
    pub origin: String,
    /// The ledger's size as of the pack.
    pub tree_size: u64,
    /// The ledger's root as of the pack, standard base64.
    pub root_hash: String,
    /// The window's begin, which is in it.
    pub from: Option<Timestamp>,
    /// The window's end, which is not in it.
    pub to: Option<Timestamp>,
    /// How many entries the window has.
    pub entries: u64,
    /// Whether the window reaches the ledger's end as of the pack, so that a later pack of the
    /// same window may have more.
    pub reaches_end: bool,
    /// The evidence, in the order of the ledger: that of the window, and the later evidence of
    /// runs that were planned in it.
    pub evidence: Vec<CheckRecord>,
    /// Runs planned in the window that promised more than they kept.
    pub unfinished: Vec<Unfinished>,
    /// Payloads that were deleted, as the ledger itself records.
    pub erasures: Vec<Erasure>,
}

impl PackReport {
    /// Says whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks a pack with nothing but its bytes. With `expected`, the key of the ledger that it must
/// come from; without, with the key in the pack.
#[must_use]
pub fn verify(bytes: &[u8], expected: Option<&Verifier>) -> PackReport {
    let mut check = Check::default();
    let (members, broken) = zip::read(bytes);
    if let Some(broken) = broken {
        check.problems.add(format!("zip structure at offset {}", broken.offset), broken.what);
    }
    for member in members {
        if !member.intact {
            check.problems.add(member.name, "the bytes do not have the checksum before them");
        }
        check.members.insert(member.name, member);
    }
    check.all(expected);
    check.report.problems = check.problems.into_vec();
    check.report
}

#[derive(Default)]
struct Check<'a> {
    members: BTreeMap<&'a str, Member<'a>>,
    problems: Problems,
    anomalies: Problems,
    report: PackReport,
}

/// A proven entry of the pack.
struct Proven {
    index: u64,
    entry: Entry,
    in_window: bool,
}

impl<'a> Check<'a> {
    fn all(&mut self, expected: Option<&Verifier>) {
        let Some(verifier) = self.key(expected) else { return };
        let manifest = self.manifest(&verifier);
        let checkpoint = self.checkpoint(&verifier, manifest.as_ref());
        let (Some(manifest), Some(checkpoint)) = (manifest, checkpoint) else { return };
        self.digests(&manifest);
        let entries = self.entries(&checkpoint, &manifest);
        self.window(&entries, &manifest, &checkpoint);
        self.payloads(&entries, &verifier);
    }

    fn key(&mut self, expected: Option<&Verifier>) -> Option<Verifier> {
        let text = self.required(KEY);
        let packed = text.and_then(|text| Verifier::parse(std::str::from_utf8(text).ok()?).ok());
        let packed = packed.filter(|key| text == Some(key_text(key).as_bytes()));
        match (&packed, expected) {
            (None, _) => self.problems.add(KEY, "this is no public key"),
            (Some(packed), Some(expected)) if packed != expected => {
                self.problems.add(KEY, format!("the key is not `{expected}`"));
            }
            _ => {}
        }
        self.report.key_compared = expected.is_some();
        self.report.key = expected.cloned().or(packed);
        self.report.key.clone()
    }

    fn manifest(&mut self, verifier: &Verifier) -> Option<Manifest> {
        let plain = self.required(MANIFEST)?;
        let signed = self.required(SIGNED_MANIFEST)?;
        // The key id is not signed, so it is asked for by name; it would be free otherwise.
        let envelope = payload::parse::<Envelope>("envelope", signed);
        let by_key = |envelope: &Envelope| matches!(envelope.signatures(), [one] if one.keyid == verifier.to_string());
        match envelope {
            Ok(envelope) if !by_key(&envelope) => {
                self.problems.add(SIGNED_MANIFEST, "it does not name the ledger's key alone");
            }
            Ok(envelope) => match envelope.verify(MANIFEST_TYPE, verifier) {
                Ok(payload) if payload == plain => {}
                Ok(_) => self.problems.add(MANIFEST, "this is not what was signed"),
                Err(error) => self.problems.add_error(SIGNED_MANIFEST, &error),
            },
            Err(error) => self.problems.add_error(SIGNED_MANIFEST, &error),
        }
        let manifest = match payload::parse::<Manifest>("manifest", plain) {
            Ok(manifest) if manifest.schema == SCHEMA => manifest,
            Ok(manifest) => {
                let what = format!("the schema {} is not known to this build", manifest.schema);
                self.problems.add(MANIFEST, what);
                return None;
            }
            Err(error) => {
                self.problems.add_error(MANIFEST, &error);
                return None;
            }
        };
        self.report.from = Some(manifest.from);
        self.report.to = Some(manifest.to);
        Some(manifest)
    }

    fn checkpoint(
        &mut self,
        verifier: &Verifier,
        manifest: Option<&Manifest>,
    ) -> Option<Checkpoint> {
        let note = self.required(CHECKPOINT)?;
        let checkpoint = match Checkpoint::verify(note, verifier) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.problems.add_error(CHECKPOINT, &error);
                return None;
            }
        };
        let root_hash = BASE64_STANDARD.encode(checkpoint.root);
        if let Some(manifest) = manifest
            && (manifest.origin != checkpoint.origin
                || manifest.tree_size != checkpoint.size
                || manifest.root_hash != root_hash)
        {
            self.problems.add(CHECKPOINT, "this is not the checkpoint that the manifest states");
        }
        self.report.origin.clone_from(&checkpoint.origin);
        self.report.tree_size = checkpoint.size;
        self.report.root_hash = root_hash;
        Some(checkpoint)
    }

    /// Compares the members with the manifest: all of them, and no others.
    fn digests(&mut self, manifest: &Manifest) {
        let mut listed = BTreeSet::from([MANIFEST, SIGNED_MANIFEST]);
        for MemberDigest { name, bytes, sha256 } in &manifest.members {
            if !listed.insert(name) {
                self.problems.add(MANIFEST, format!("`{name}` is listed twice"));
            }
            let Some(data) = self.members.get(name.as_str()).map(|member| member.data) else {
                self.problems.add(name, "the manifest lists it, but it is not in the pack");
                continue;
            };
            let size = u64::try_from(data.len()).unwrap_or(u64::MAX);
            if size != *bytes || hex::encode(Sha256::digest(data)) != *sha256 {
                self.problems.add(name, "the bytes are not those that the manifest lists");
            }
        }
        for name in self.members.keys().filter(|name| !listed.contains(*name)) {
            self.problems.add(*name, "the manifest does not list it");
        }
        self.required(README);
    }

    /// Returns the entries that stand in the ledger, by index.
    fn entries(&mut self, checkpoint: &Checkpoint, manifest: &Manifest) -> Vec<Proven> {
        let Some(bytes) = self.required(ENTRIES) else { return Vec::new() };
        let packed = match payload::parse::<PackedEntries>("list of entries", bytes) {
            Ok(packed) => packed,
            Err(error) => {
                self.problems.add_error(ENTRIES, &error);
                return Vec::new();
            }
        };
        let mut proven: Vec<Proven> = Vec::new();
        for packed in packed.entries {
            let index = packed.index;
            let leaf = packed.entry.as_bytes();
            let root = packed.proof().and_then(|proof| root_of(index, leaf, checkpoint, &proof));
            if root != Some(checkpoint.root) {
                let what = format!("entry {index}: the proof does not lead to the signed root");
                self.problems.add(ENTRIES, what);
                continue;
            }
            let before = proven.last();
            if before.is_some_and(|before| before.index >= index) {
                self.problems.add(ENTRIES, format!("entry {index} is doubled or not in order"));
                continue;
            }
            let parsed = Entry::parse(leaf).and_then(|e| e.check_place(index).map(|()| e));
            match parsed {
                Ok(entry) => {
                    if before.is_some_and(|before| entry.time() < before.entry.time()) {
                        let what = format!("entry {index} is older than an entry before it");
                        self.problems.add(ENTRIES, what);
                    }
                    let in_window = (manifest.first..manifest.end).contains(&index);
                    proven.push(Proven { index, entry, in_window });
                }
                Err(error) => {
                    self.problems.add(ENTRIES, format!("entry {index}: {}", chain(&error)));
                }
            }
        }
        proven
    }

    /// Checks that the window has every entry of its time: the indices follow on each other, and
    /// the entries at both sides are outside of it.
    fn window(&mut self, entries: &[Proven], manifest: &Manifest, checkpoint: &Checkpoint) {
        let Manifest { from, to, first, end, .. } = manifest;
        if from >= to || first > end || *end > checkpoint.size {
            self.problems.add(MANIFEST, "the window is none, or not one of this ledger");
            return;
        }
        let inside: Vec<_> = entries.iter().filter(|proven| proven.in_window).collect();
        // The indices are strictly ascending and all in the range, so counting is enough.
        let count = u64::try_from(inside.len()).unwrap_or(u64::MAX);
        let expected = end.saturating_sub(*first);
        if count != expected {
            let what = format!("the window has {expected} entries, but {count} are shown");
            self.problems.add(ENTRIES, what);
        }
        for Proven { index, entry, .. } in inside {
            if entry.time() < *from || entry.time() >= *to {
                self.problems.add(ENTRIES, format!("entry {index} is not of the window's time"));
            }
        }
        let time = |index| {
            let at = entries.binary_search_by_key(&index, |proven| proven.index).ok();
            at.and_then(|at| entries.get(at)).map(|proven| proven.entry.time())
        };
        let begins = first.checked_sub(1).is_none_or(|at| time(at).is_some_and(|t| t < *from));
        if !begins {
            self.problems.add(ENTRIES, "it is not shown that the window begins where it should");
        }
        self.report.reaches_end = *end == checkpoint.size;
        if !self.report.reaches_end && time(*end).is_none_or(|time| time < *to) {
            self.problems.add(ENTRIES, "it is not shown that the window ends where it should");
        }
        self.report.entries = count;
    }

    fn payloads(&mut self, entries: &[Proven], verifier: &Verifier) {
        let erasures = erasures(entries);
        let mut unnamed: BTreeSet<&str> =
            self.members.keys().copied().filter(|name| name.starts_with("payload/")).collect();
        let mut book = Book::default();
        for proven in entries {
            let Some(commitment) = proven.entry.commitment() else { continue };
            let name = payload_member(&commitment);
            unnamed.remove(name.as_str());
            let erasure = erasures.get(&proven.index);
            let data = self.members.get(name.as_str()).map(|member| member.data);
            match (data, erasure) {
                (Some(_), Some(erasure)) => {
                    let by = erasure.recorded;
                    self.problems.add(&name, format!("entry {by} says it was erased; it is there"));
                }
                (None, Some(erasure)) => self.report.erasures.push(erasure.clone()),
                (None, None) if proven.in_window => {
                    self.problems.add_error(&name, &MissingPayload(proven.index));
                }
                // An entry that only shows where the window ends.
                (None, None) => continue,
                (Some(_), None) => {}
            }
            match &proven.entry {
                Entry::Planned { .. } => {
                    let plan: Option<PlanRecord> = self.stated(&name, proven, verifier);
                    book.plan(proven.index, &proven.entry, plan);
                }
                Entry::Evidence { run_id, .. } => {
                    let evidence: Option<Evidence> = self.stated(&name, proven, verifier);
                    book.evidence(proven.index, run_id, evidence.as_ref());
                    let record =
                        evidence.map(|evidence| CheckRecord { evidence, entry: proven.index });
                    self.report.evidence.extend(record);
                }
                Entry::Erased { .. } => {}
            }
        }
        for name in unnamed {
            self.problems.add(name, "no entry in the pack names this payload");
        }
        let mut unfinished =
            book.close(&mut self.problems, &mut self.anomalies, |_| ENTRIES.to_owned());
        // Of a run that was planned before the window, earlier evidence is not in the pack.
        let inside: BTreeSet<u64> =
            entries.iter().filter(|proven| proven.in_window).map(|proven| proven.index).collect();
        unfinished.retain(|run| inside.contains(&run.entry));
        self.report.unfinished = unfinished;
    }

    fn stated<P: Stated>(&mut self, name: &str, proven: &Proven, key: &Verifier) -> Option<P> {
        let commitment = proven.entry.commitment()?;
        let data = self.members.get(name)?.data;
        let stated = match payload::open::<P>(data, &commitment, key) {
            Ok(stated) => stated,
            Err(error) => {
                self.problems.add_error(name, &error);
                return None;
            }
        };
        match stated.check(&proven.entry) {
            Ok(()) => Some(stated),
            Err(error) => {
                self.problems.add(name, format!("entry {}: {error}", proven.index));
                None
            }
        }
    }

    fn required(&mut self, name: &str) -> Option<&'a [u8]> {
        let member = self.members.get(name);
        if member.is_none() {
            self.problems.add(name, "it is not in the pack");
        }
        member.map(|member| member.data)
    }
}

fn erasures(entries: &[Proven]) -> BTreeMap<u64, Erasure> {
    let mut found = BTreeMap::new();
    for proven in entries {
        let Entry::Erased { time, index, reason, .. } = &proven.entry else { continue };
        let (recorded, reason) = (proven.index, reason.clone());
        let erasure = Erasure { entry: *index, recorded, time: *time, reason };
        found.entry(*index).or_insert(erasure);
    }
    found
}

fn root_of(index: u64, leaf: &[u8], checkpoint: &Checkpoint, proof: &[Hash]) -> Option<Hash> {
    let part = index..index.checked_add(1)?;
    merkle::root_of_inclusion(part, &merkle::leaf_hash(leaf), checkpoint.size, proof)
}
