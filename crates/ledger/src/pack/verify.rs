use super::format::{
    CONSISTENCY, Consistency, ENTRIES, MANIFEST, MANIFEST_TYPE, Manifest, MemberDigest, PAYLOADS,
    PackedEntries, README, SCHEMA, SIGNED_MANIFEST, hashes, readme,
};
use super::payloads::Places;
use super::report::{Checked, Cut, Job, PackReport, Planned, Reports};
use super::runs::{Placed, by_run, records};
use super::{Render, RenderFault, zip};
use crate::checkpoint::{Checkpoint, MAX_CHECKPOINT};
use crate::entry::Entry;
use crate::log::{MissingPayload, key_text};
use crate::merkle::{self, Hash};
use crate::parallel::{self, Batch};
use crate::payload::{self, Commitment};
use crate::problem::{Problems, chain};
use crate::runs::{Book, Head, RunSummary};
use crate::statement::{Refusal, Statement};
use crate::time::{ClockJump, Tail};
use crate::verify::Erasure;
use crate::{CHECKPOINT, KEY};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_dsse::{Envelope, Verifier};
use beleg_model::{CheckRecord, PlanRecord, RunRecord};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

/// This build, as the manifests of the packs it makes name it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a pack is compared with.
#[derive(Default)]
pub struct Expectation<'a> {
    /// The key of the ledger that it must come from; without, the key in the pack is taken.
    pub key: Option<&'a Verifier>,
    /// Earlier checkpoints, each with a name, that its ledger must go on from.
    pub since: Vec<(String, Checkpoint)>,
    /// Makes the reports that must be in it. Without, they are not compared.
    pub render: Option<&'a dyn Render>,
}

/// Returns the signed checkpoint of a pack, be it as it may otherwise.
///
/// # Errors
/// When it cannot be read.
pub fn checkpoint<S: Read + Seek>(source: &mut S) -> io::Result<Option<Vec<u8>>> {
    let size = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    let mut found = None;
    zip::scan(source, size, |member| {
        if member.name == CHECKPOINT && member.data.len() <= MAX_CHECKPOINT {
            found = Some(member.data.to_vec());
        }
    })?;
    Ok(found)
}

/// Checks a pack with nothing but its bytes and what it is compared with. All entries are held in
/// memory, but never more payloads than one run has.
///
/// # Errors
/// When it cannot be read.
pub fn verify<S: Read + Seek>(
    source: &mut S,
    expected: &Expectation<'_>,
) -> io::Result<PackReport> {
    let size = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    let (mut problems, mut members, mut places) =
        (Problems::default(), BTreeMap::new(), Places::default());
    let broken = zip::scan(source, size, |member| {
        if !member.intact {
            problems.add(member.name, "the bytes do not have the checksum before them");
        }
        if member.name.starts_with(PAYLOADS)
            && let Err(line) = places.scan(member.data, member.offset)
        {
            let what =
                format!("line {} is no payload, or one that comes twice", line.saturating_add(1));
            problems.add(member.name, what);
        }
        members.insert(member.name.to_owned(), Member::of(&member));
    })?;
    if let Some(broken) = broken {
        problems.add(format!("zip structure at offset {}", broken.offset), broken.what);
    }
    let (anomalies, report) = (Problems::default(), PackReport::default());
    let mut check = Check { source, members, places, problems, anomalies, report, expected };
    check.all()?;
    check.report.problems = check.problems.into_vec();
    check.report.anomalies = check.anomalies.into_vec();
    Ok(check.report)
}

/// A member as it was found.
struct Member {
    offset: u64,
    bytes: usize,
    sha256: String,
}

impl Member {
    fn of(member: &zip::Member<'_>) -> Self {
        let sha256 = hex::encode(Sha256::digest(member.data));
        Self { offset: member.offset, bytes: member.data.len(), sha256 }
    }
}

struct Check<'a, S> {
    source: &'a mut S,
    members: BTreeMap<String, Member>,
    places: Places,
    problems: Problems,
    anomalies: Problems,
    report: PackReport,
    expected: &'a Expectation<'a>,
}

impl<S: Read + Seek> Check<'_, S> {
    fn all(&mut self) -> io::Result<()> {
        let Some(verifier) = self.key()? else { return Ok(()) };
        let manifest = self.manifest(&verifier)?;
        let checkpoint = self.checkpoint(&verifier, manifest.as_ref())?;
        let (Some(manifest), Some(checkpoint)) = (manifest, checkpoint) else { return Ok(()) };
        self.digests(&manifest);
        self.readme(&manifest, &verifier)?;
        self.consistency(&checkpoint, &verifier)?;
        let entries = self.entries(&checkpoint, &manifest)?;
        self.window(&entries, &manifest, &checkpoint);
        self.runs(&entries, &manifest, &checkpoint, &verifier)
    }

    fn key(&mut self) -> io::Result<Option<Verifier>> {
        let text = self.required(KEY)?;
        let utf8 = text.as_deref().and_then(|text| std::str::from_utf8(text).ok());
        let packed = utf8.and_then(|text| Verifier::parse(text).ok());
        let packed = packed.filter(|key| utf8 == Some(key_text(key).as_str()));
        let expected = self.expected.key;
        match (&packed, expected) {
            (None, _) => self.problems.add(KEY, "this is no public key"),
            (Some(packed), Some(expected)) if packed != expected => {
                self.problems.add(KEY, format!("the key is not `{expected}`"));
            }
            _ => {}
        }
        self.report.key_compared = expected.is_some();
        self.report.key = expected.cloned().or(packed);
        Ok(self.report.key.clone())
    }

    fn manifest(&mut self, verifier: &Verifier) -> io::Result<Option<Manifest>> {
        let (Some(plain), Some(signed)) =
            (self.required(MANIFEST)?, self.required(SIGNED_MANIFEST)?)
        else {
            return Ok(None);
        };
        // The key id is not signed, so it is asked for by name; it would be free otherwise.
        let envelope = payload::parse::<Envelope>("envelope", &signed);
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
        if let Some(other) = other_schema(&plain) {
            self.problems.add(MANIFEST, other);
            return Ok(None);
        }
        let manifest = match payload::parse::<Manifest>("manifest", &plain) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.problems.add_error(MANIFEST, &error);
                return Ok(None);
            }
        };
        self.report.version.clone_from(&manifest.tool.version);
        self.report.from = Some(manifest.from);
        self.report.to = Some(manifest.to);
        Ok(Some(manifest))
    }

    fn checkpoint(
        &mut self,
        verifier: &Verifier,
        manifest: Option<&Manifest>,
    ) -> io::Result<Option<Checkpoint>> {
        let Some(note) = self.required(CHECKPOINT)? else { return Ok(None) };
        let checkpoint = match Checkpoint::verify(&note, verifier) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.problems.add_error(CHECKPOINT, &error);
                return Ok(None);
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
        Ok(Some(checkpoint))
    }

    /// Compares the members with the manifest: all of them, and no others.
    fn digests(&mut self, manifest: &Manifest) {
        let mut listed = BTreeSet::from([MANIFEST, SIGNED_MANIFEST]);
        for MemberDigest { name, bytes, sha256 } in &manifest.members {
            if !listed.insert(name) {
                self.problems.add(MANIFEST, format!("`{name}` is listed twice"));
            }
            let Some(member) = self.members.get(name) else {
                self.problems.add(name, "the manifest lists it, but it is not in the pack");
                continue;
            };
            if u64::try_from(member.bytes) != Ok(*bytes) || member.sha256 != *sha256 {
                self.problems.add(name, "the bytes are not those that the manifest lists");
            }
        }
        for name in self.members.keys().filter(|name| !listed.contains(name.as_str())) {
            self.problems.add(name, "the manifest does not list it");
        }
    }

    /// Compares the README with what this build would write. That of another build has its words.
    fn readme(&mut self, manifest: &Manifest, verifier: &Verifier) -> io::Result<()> {
        let Some(text) = self.required(README)? else { return Ok(()) };
        let is_ours = manifest.tool.version == VERSION;
        if is_ours && text != readme(manifest, &verifier.to_string()).as_bytes() {
            self.problems.add(README, "it does not say what the manifest says");
        }
        Ok(())
    }

    /// Checks the earlier checkpoints in the pack, and compares those that were handed in.
    fn consistency(&mut self, head: &Checkpoint, verifier: &Verifier) -> io::Result<()> {
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
    fn entries(&mut self, checkpoint: &Checkpoint, manifest: &Manifest) -> io::Result<Vec<Placed>> {
        let Some(bytes) = self.required(ENTRIES)? else { return Ok(Vec::new()) };
        let packed = match payload::parse::<PackedEntries>("list of entries", &bytes) {
            Ok(packed) => packed,
            Err(error) => {
                self.problems.add_error(ENTRIES, &error);
                return Ok(Vec::new());
            }
        };
        let leaf = |packed: &super::format::PackedEntry| {
            (packed.index, merkle::leaf_hash(packed.entry.as_bytes()))
        };
        let leaves: Vec<_> = packed.entries.iter().map(leaf).collect();
        let root = hashes(&packed.proof)
            .and_then(|proof| merkle::root_of_set(&leaves, checkpoint.size, &proof));
        if root != Some(checkpoint.root) {
            let what = "the entries do not lead to the signed root, or are doubled or not in order";
            self.problems.add(ENTRIES, what);
            return Ok(Vec::new());
        }
        let mut placed = Vec::new();
        for packed in packed.entries {
            let index = packed.index;
            match Entry::parse(packed.entry.as_bytes())
                .and_then(|e| e.check_place(index).map(|()| e))
            {
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
    fn window(&mut self, entries: &[Placed], manifest: &Manifest, checkpoint: &Checkpoint) {
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

    /// Reads, compares and renders run after run.
    fn runs(
        &mut self,
        entries: &[Placed],
        manifest: &Manifest,
        checkpoint: &Checkpoint,
        verifier: &Verifier,
    ) -> io::Result<()> {
        let mut tally = Tally {
            erasures: erasures(entries),
            lost: manifest.lost.iter().map(|lost| (lost.entry, lost.what.as_str())).collect(),
            head: Head::of(checkpoint),
            is_ours: manifest.tool.version == VERSION,
            jobs: BTreeMap::new(),
            reports: BTreeSet::new(),
        };
        let named: BTreeSet<_> = entries.iter().filter_map(|p| p.entry.commitment()).collect();
        let unnamed = self.places.commitments().filter(|commitment| !named.contains(commitment));
        for commitment in unnamed {
            self.problems.add(PAYLOADS, format!("no entry in the pack names payload {commitment}"));
        }
        for run in by_run(entries) {
            self.run(&run, &mut tally, verifier)?;
        }
        self.strangers(&tally);
        self.report.begun = at(entries, 0).map(|placed| placed.entry.time());
        self.report.planned.sort_by_key(|run| run.at);
        self.report.unfinished.sort_by_key(|run| run.entry);
        self.report.erasures.sort_by_key(|erasure| erasure.entry);
        self.report.jobs = tally.jobs.into_values().collect();
        Ok(())
    }

    fn run(
        &mut self,
        run: &[&Placed],
        tally: &mut Tally<'_>,
        verifier: &Verifier,
    ) -> io::Result<()> {
        let mut so_far = SoFar::default();
        let mut batch = Batch::default();
        for placed in run {
            let Some(commitment) = placed.entry.commitment() else { continue };
            let data = self.places.read(self.source, &commitment)?;
            let size = data.as_ref().map_or(0, Vec::len);
            if let Some(full) = batch.add((*placed, commitment, data), size) {
                self.open(full, &mut so_far, tally, verifier);
            }
        }
        self.open(batch.take(), &mut so_far, tally, verifier);
        let SoFar { plans, evidence, book, planned_in_window } = so_far;
        let unfinished =
            book.close(&mut self.problems, &mut self.anomalies, |_| ENTRIES.to_owned());
        // Of a run that was planned before the window, earlier evidence is not in the pack.
        for left in unfinished {
            if planned_in_window {
                tally.miss(&left);
                self.report.unfinished.push(left);
            } else {
                self.report.cut.extend(cut(run, &left));
            }
        }
        for (entry, record) in records(run, &plans, evidence, &tally.head) {
            self.compare(entry, &record, tally);
        }
        Ok(())
    }

    /// Opens payloads and notes what they state.
    fn open(
        &mut self,
        read: Vec<(&Placed, Commitment, Option<Vec<u8>>)>,
        so_far: &mut SoFar,
        tally: &mut Tally<'_>,
        verifier: &Verifier,
    ) {
        let opened = parallel::map(read, |(placed, commitment, data)| {
            let open = |data: Vec<u8>| Statement::open(&data, &placed.entry, verifier);
            (placed, commitment, data.map(open))
        });
        for (placed, commitment, opened) in opened {
            self.note(placed, &commitment, opened, so_far, tally);
        }
    }

    fn note(
        &mut self,
        placed: &Placed,
        commitment: &Commitment,
        opened: Option<Result<Statement, Refusal>>,
        so_far: &mut SoFar,
        tally: &mut Tally<'_>,
    ) {
        let index = placed.index;
        let name = format!("{PAYLOADS}{commitment}");
        match (&opened, tally.erasures.get(&index)) {
            (Some(_), Some(erasure)) => {
                let by = erasure.recorded;
                self.problems.add(&name, format!("entry {by} says it was erased; it is there"));
            }
            (None, Some(erasure)) => self.report.erasures.push(erasure.clone()),
            (None, None) => match tally.lost.get(&index) {
                Some(what) => {
                    let what = format!(
                        "entry {index}: the ledger had lost it when the pack was made: {what}"
                    );
                    self.problems.add(&name, what);
                }
                None if placed.in_window => {
                    self.problems.add_error(&name, &MissingPayload(index));
                }
                // An entry that only shows where the window ends.
                None => return,
            },
            (Some(_), None) => {}
        }
        let stated = opened.and_then(|opened| {
            opened.inspect_err(|refusal| self.problems.add(&name, refusal.says(index))).ok()
        });
        match &placed.entry {
            Entry::Planned { .. } => {
                let plan = stated.and_then(Statement::plan);
                so_far.book.plan(index, &placed.entry, plan.clone());
                so_far.planned_in_window |= placed.in_window;
                if placed.in_window {
                    self.report.planned.extend(planned(placed, plan.as_ref()));
                }
                so_far.plans.extend(plan.map(|plan| (index, plan)));
            }
            Entry::Evidence { run_id, job, verdict, .. } => {
                let evidence = stated.and_then(Statement::evidence);
                so_far.book.evidence(index, run_id, evidence.as_ref());
                let (subject, reason) = match &evidence {
                    Some(e) => (Some(e.subject.name.clone()), e.outcome.reason.clone()),
                    None => (None, "erased".to_owned()),
                };
                let (run_id, job, verdict) = (run_id.clone(), job.clone(), *verdict);
                tally.job(&job).count(verdict);
                let entry = index;
                self.report.checks.push(Checked { entry, run_id, job, subject, verdict, reason });
                so_far.evidence.extend(evidence.map(|evidence| CheckRecord { evidence, entry }));
            }
            Entry::Erased { .. } => {}
        }
    }

    /// Renders a run again and compares it with the reports in the pack.
    fn compare(&mut self, entry: u64, record: &RunRecord, tally: &mut Tally<'_>) {
        let Some(render) = self.expected.render.filter(|_| tally.is_ours) else { return };
        let rendered = parallel::map(render.names(entry), |name| {
            let hashed = hashed(render, &name, record);
            (name, hashed)
        });
        for (name, hashed) in rendered {
            match (hashed, self.members.get(&name)) {
                (Err(error), _) => {
                    let what = format!("the run of entry {entry} cannot be rendered: {error}");
                    self.problems.add(ENTRIES, what);
                }
                (Ok(sha256), Some(member)) if member.sha256 == sha256 => {}
                (Ok(_), Some(_)) => {
                    self.problems.add(&name, "the report does not say what the evidence says");
                }
                (Ok(_), None) => self.problems.add(&name, "the report is not in the pack"),
            }
            tally.reports.insert(name);
        }
    }

    /// Names files that are no part of a pack and no report of its evidence.
    fn strangers(&mut self, tally: &Tally<'_>) {
        let parts = [README, CHECKPOINT, CONSISTENCY, ENTRIES, KEY, MANIFEST, SIGNED_MANIFEST];
        let is_part = |name: &str| parts.contains(&name) || name.starts_with(PAYLOADS);
        let others = self.members.keys().filter(|name| !is_part(name));
        self.report.reports = match (self.expected.render, tally.is_ours) {
            (None, _) => Reports::NotCompared,
            (Some(_), false) => Reports::OtherVersion,
            (Some(_), true) => {
                for name in others.filter(|name| !tally.reports.contains(*name)) {
                    self.problems.add(name, "no evidence in the pack gives this file");
                }
                Reports::Same(u64::try_from(tally.reports.len()).unwrap_or(u64::MAX))
            }
        };
    }

    fn required(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(member) = self.members.get(name) else {
            self.problems.add(name, "it is not in the pack");
            return Ok(None);
        };
        self.source.seek(SeekFrom::Start(member.offset))?;
        let mut bytes = vec![0; member.bytes];
        self.source.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// What the payloads of a run have stated so far.
#[derive(Default)]
struct SoFar {
    plans: BTreeMap<u64, PlanRecord>,
    evidence: Vec<CheckRecord>,
    book: Book,
    planned_in_window: bool,
}

/// What runs are compared with, and what they add up to.
struct Tally<'a> {
    erasures: BTreeMap<u64, Erasure>,
    lost: BTreeMap<u64, &'a str>,
    head: Head,
    is_ours: bool,
    jobs: BTreeMap<String, Job>,
    /// The files that were rendered.
    reports: BTreeSet<String>,
}

impl Tally<'_> {
    fn job(&mut self, name: &str) -> &mut Job {
        let job = || Job { name: name.to_owned(), ..Job::default() };
        self.jobs.entry(name.to_owned()).or_insert_with(job)
    }

    fn miss(&mut self, run: &crate::Unfinished) {
        let mut left = run.missing;
        for check in run.checks.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            self.job(&check.job).miss(1);
            left = left.saturating_sub(1);
        }
        // What a plan promised whose payload is gone is of no job that could be named.
        if left > 0 {
            self.job("").miss(left);
        }
    }
}

/// Returns the digest of a file that shows a run, without holding the file.
fn hashed(render: &dyn Render, name: &str, run: &RunRecord) -> Result<String, RenderFault> {
    let mut hashing = Hashing(Sha256::new());
    render.write(name, run, &mut hashing)?;
    Ok(hex::encode(hashing.0.finalize()))
}

/// Hashes what is written to it.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says, where a manifest is of another form, which it is.
fn other_schema(manifest: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(manifest).ok()?;
    let schema = value.get("schema")?.as_u64()?;
    let by = value.pointer("/tool/version").and_then(|version| version.as_str()).unwrap_or("?");
    (schema != u64::from(SCHEMA)).then(|| {
        format!(
            "the pack has form {schema}, made by beleg {by}; this build reads form {SCHEMA}: verify it with the build that made it, or make it again from the ledger"
        )
    })
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

/// Says of a run that was planned before the window what of it is not in the pack. One that has
/// left nothing in the window either is not of it.
fn cut(run: &[&Placed], left: &crate::Unfinished) -> Option<Cut> {
    let is_evidence = |placed: &&&Placed| matches!(placed.entry, Entry::Evidence { .. });
    run.iter().filter(is_evidence).find(|placed| placed.in_window)?;
    let summary = run.iter().find_map(|placed| RunSummary::of(placed.index, &placed.entry))?;
    let RunSummary { run_id, planned, planned_checks, .. } = summary;
    Some(Cut { run_id, planned, promised: planned_checks, absent: left.missing })
}

fn planned(placed: &Placed, plan: Option<&PlanRecord>) -> Option<Planned> {
    let RunSummary { run, run_id, planned, .. } = RunSummary::of(placed.index, &placed.entry)?;
    Some(Planned { run, run_id, at: planned, schedule: plan?.schedule.clone() })
}

fn at(entries: &[Placed], index: u64) -> Option<&Placed> {
    let at = entries.binary_search_by_key(&index, |placed| placed.index).ok()?;
    entries.get(at)
}

fn erasures(entries: &[Placed]) -> BTreeMap<u64, Erasure> {
    let mut found = BTreeMap::new();
    for placed in entries {
        let Entry::Erased { time, index, reason, .. } = &placed.entry else { continue };
        let (recorded, reason) = (placed.index, reason.clone());
        let erasure = Erasure { entry: *index, recorded, time: *time, reason };
        found.entry(*index).or_insert(erasure);
    }
    found
}
