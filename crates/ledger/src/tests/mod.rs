//! Tests of the ledger as a whole, over storage in memory that fails on demand.

mod clock;
mod crash;
mod growth;
mod packs;
mod race;
mod statements;
mod tamper;

use crate::merkle::{self, Hash};
use crate::{
    Created, Draft, Ledger, LedgerError, Log, Randomness, Storage, StorageError, VerifyReport,
};
use beleg_dsse::Signer;
use beleg_model::{
    Evidence, Finding, Outcome, PlanRecord, PlannedCheck, Population, Severity, Subject, Timing,
    Tool, Verdict,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const ORIGIN: &str = "beleg.example/test";

/// Objects in memory.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

/// Passes operations on, until one of them shall go wrong.
struct Faulty {
    inner: Arc<Memory>,
    fault: Fault,
    /// How many more operations go well.
    left: Mutex<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The process is killed: this operation and all later ones do nothing.
    Killed,
    /// The process is killed after this operation was done.
    KilledAfter,
    /// This operation fails, later ones do not.
    Once,
    /// This operation is done, but its answer is lost; later ones are not.
    AnswerLost,
}

/// Lets something else happen before a certain operation.
struct Interleaved {
    inner: Arc<Memory>,
    left: Mutex<usize>,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Memory {
    fn shared() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn copy(&self) -> Arc<Self> {
        Arc::new(Self(Mutex::new(self.0.lock().unwrap().clone())))
    }

    fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        self.0.lock().unwrap()[path].clone()
    }

    fn set(&self, path: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().insert(path.to_owned(), bytes);
    }

    fn remove(&self, path: &str) {
        self.0.lock().unwrap().remove(path).unwrap();
    }
}

impl Storage for Memory {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.lock().unwrap().get(path).cloned())
    }
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.set(path, bytes.to_vec());
        Ok(())
    }
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
        let mut objects = self.0.lock().unwrap();
        if objects.contains_key(path) {
            return Ok(Created::Exists);
        }
        objects.insert(path.to_owned(), bytes.to_vec());
        Ok(Created::New)
    }
    fn delete(&self, path: &str) -> Result<(), StorageError> {
        self.0.lock().unwrap().remove(path);
        Ok(())
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        assert!(prefix.ends_with('/'));
        Ok(self.paths().into_iter().filter(|path| path.starts_with(prefix)).collect())
    }
}

impl Faulty {
    fn new(inner: &Arc<Memory>, fault: Fault, left: usize) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), fault, left: Mutex::new(left) })
    }

    /// Whether the fault has come.
    fn came(&self) -> bool {
        *self.left.lock().unwrap() == 0
    }

    fn run<T>(
        &self,
        path: &str,
        operation: impl FnOnce() -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut left = self.left.lock().unwrap();
        let failed = Err(StorageError::new(path, "injected"));
        match (*left, self.fault) {
            // Everything from here on fails, or nothing more does.
            (0, Fault::Killed | Fault::KilledAfter) => failed,
            (0, _) => operation(),
            (1, fault) => {
                *left = 0;
                if matches!(fault, Fault::KilledAfter | Fault::AnswerLost) {
                    operation()?;
                }
                failed
            }
            _ => {
                *left -= 1;
                operation()
            }
        }
    }
}

impl Storage for Faulty {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.run(path, || self.inner.get(path))
    }
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.run(path, || self.inner.put(path, bytes))
    }
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
        self.run(path, || self.inner.create(path, bytes))
    }
    fn delete(&self, path: &str) -> Result<(), StorageError> {
        self.run(path, || self.inner.delete(path))
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        self.run(prefix, || self.inner.list(prefix))
    }
}

impl Interleaved {
    fn new(
        inner: &Arc<Memory>,
        left: usize,
        meanwhile: impl FnOnce() + Send + 'static,
    ) -> Arc<Self> {
        let meanwhile: Box<dyn FnOnce() + Send> = Box::new(meanwhile);
        let (left, meanwhile) = (Mutex::new(left), Mutex::new(Some(meanwhile)));
        Arc::new(Self { inner: Arc::clone(inner), left, meanwhile })
    }

    fn happened(&self) -> bool {
        self.meanwhile.lock().unwrap().is_none()
    }

    fn step(&self) {
        let mut left = self.left.lock().unwrap();
        if *left > 0 {
            *left -= 1;
        } else if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
    }
}

impl Storage for Interleaved {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.step();
        self.inner.get(path)
    }
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.step();
        self.inner.put(path, bytes)
    }
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
        self.step();
        self.inner.create(path, bytes)
    }
    fn delete(&self, path: &str) -> Result<(), StorageError> {
        self.step();
        self.inner.delete(path)
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        self.step();
        self.inner.list(prefix)
    }
}

fn signer() -> Signer {
    Signer::from_seed(ORIGIN, [5; 32]).unwrap()
}

/// Bytes that look random and are the same in every test run; `seed` keeps writers apart.
fn randomness(seed: u64) -> Randomness {
    let mut count = 0u64;
    Box::new(move |bytes| {
        count += 1;
        let hash = Sha256::digest([seed.to_be_bytes(), count.to_be_bytes()].concat());
        bytes.copy_from_slice(&hash[..bytes.len()]);
    })
}

fn create(storage: &Arc<Memory>) -> Ledger {
    Ledger::create(Arc::clone(storage) as Arc<dyn Storage>, signer(), randomness(1)).unwrap()
}

fn open(storage: Arc<impl Storage + 'static>, seed: u64) -> Result<Ledger, LedgerError> {
    Ledger::open(storage, signer(), randomness(seed))
}

fn read(storage: &Arc<Memory>) -> Log {
    Log::open(Arc::clone(storage) as Arc<dyn Storage>, signer().verifier()).unwrap()
}

fn verify(storage: &Memory) -> VerifyReport {
    crate::verify(storage, signer().verifier()).unwrap()
}

/// Opens, verifies, and returns the entries' number.
fn sound(storage: &Arc<Memory>) -> u64 {
    let before = verify(storage);
    assert_eq!(before.problems, [], "before it is opened");
    let log = read(storage);
    assert_eq!((log.size(), log.root()), (before.size, before.root));
    // Opening has changed something only where an append was not finished.
    if before.remarks.iter().any(|remark| remark.path.starts_with("append/")) {
        let after = verify(storage);
        assert_eq!(after.problems, [], "after it was opened");
        assert_eq!((log.size(), log.root()), (after.size, after.root));
    }
    let leaves = log.leaves(0..log.size()).unwrap();
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| merkle::leaf_hash(leaf)).collect();
    let mut frontier = merkle::Frontier::default();
    hashes.iter().for_each(|hash| frontier.push(0, *hash));
    assert_eq!(frontier.root(), log.root());
    log.size()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn subject(name: &str) -> Subject {
    Subject { name: name.to_owned(), ..Subject::at(format!("/srv/{name}")) }
}

fn check(run_id: &str, number: usize) -> PlannedCheck {
    PlannedCheck {
        run_key: format!("{run_id}-{number}"),
        job: "restore".to_owned(),
        kind: "restore-test".to_owned(),
        subject: subject(&format!("db{number}")),
        controls: vec!["restore".to_owned()],
    }
}

fn plan(run_id: &str, checks: usize) -> PlanRecord {
    PlanRecord {
        run: "nightly".to_owned(),
        run_id: run_id.to_owned(),
        checks: (0..checks).map(|number| check(run_id, number)).collect(),
        ..PlanRecord::default()
    }
}

fn evidence(run_id: &str, number: usize, verdict: Verdict) -> Evidence {
    let findings = match verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Unknown => vec![Finding::unknown("no-key", "a", "no key", "give one")],
        Verdict::Fail => vec![Finding::fault("lost", Severity::High, "a", "lost", "restore it")],
    };
    let check = check(run_id, number);
    Evidence {
        run_id: run_id.to_owned(),
        run_key: check.run_key,
        job: check.job,
        kind: check.kind,
        subject: check.subject,
        controls: check.controls,
        settings: BTreeMap::new(),
        timing: Timing { started: at(0), ended: at(1), milliseconds: 1000 },
        tool: Tool { name: "beleg".to_owned(), version: "0.1.0".to_owned() },
        outcome: Outcome::judge(Population::whole("files", 3), findings),
    }
}

/// Appends a plan and its evidence, one by one; returns how many entries that makes.
fn record_run(ledger: &mut Ledger, run_id: &str, verdicts: &[Verdict], second: i64) -> u64 {
    ledger.append_planned(&plan(run_id, verdicts.len()), at(second)).unwrap();
    for (number, verdict) in verdicts.iter().enumerate() {
        ledger.append_evidence(&evidence(run_id, number, *verdict), at(second + 1)).unwrap();
    }
    1 + verdicts.len() as u64
}

/// Returns the drafts of a plan of `count` checks and their evidence.
fn batch(run_id: &str, count: usize) -> (PlanRecord, Vec<Evidence>) {
    let found = (0..count).map(|number| evidence(run_id, number, Verdict::Pass)).collect();
    (plan(run_id, count), found)
}

fn drafts<'a>(batch: &'a (PlanRecord, Vec<Evidence>)) -> Vec<Draft<'a>> {
    let evidence = batch.1.iter().map(Draft::Evidence);
    [Draft::Planned(&batch.0)].into_iter().chain(evidence).collect()
}

/// A ledger of exactly `size` entries, made in one append. They are plans of nothing, whose
/// payloads are small, because many tests verify them many times.
fn ledger_of(size: usize) -> Arc<Memory> {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    let plans: Vec<_> = (0..size).map(|number| plan(&format!("base{number}"), 0)).collect();
    let drafts: Vec<_> = plans.iter().map(Draft::Planned).collect();
    ledger.append(&drafts, at(0)).unwrap();
    storage
}
