//! Two writers on the same storage.

use super::*;

/// What the other writer does: enough to go past a tile's edge, and an erasure.
fn other(storage: &Arc<Memory>) {
    let mut ledger = open(Arc::clone(storage), 50).unwrap();
    for number in 0..3 {
        record_run(&mut ledger, &format!("other{number}"), &[Verdict::Pass], 5);
    }
    ledger.erase(4, "by the other", at(6)).unwrap();
}

#[test]
fn another_writer_at_any_point_does_no_harm() {
    let base = ledger_of(252);
    let mut finished = false;
    for step in 0..200 {
        let storage = base.copy();
        let inner = Arc::clone(&storage);
        let interleaved = Interleaved::new(&storage, step, move || other(&inner));
        let mut ledger = open(Arc::clone(&interleaved), 60).unwrap();
        record_run(&mut ledger, "mine", &[Verdict::Fail, Verdict::Pass], 7);
        ledger.erase(4, "by me", at(8)).unwrap();
        if !interleaved.happened() {
            finished = true;
            break;
        }
        let size = sound(&storage);
        // The second erasure of the same entry may find that it is done.
        assert!([252 + 7 + 3, 252 + 7 + 4].contains(&size), "at {step}: {size}");
        let log = read(&storage);
        let runs = log.runs().unwrap();
        for run in ["mine", "other0", "other1", "other2"] {
            assert_eq!(runs.iter().filter(|found| found.run_id == run).count(), 1, "at {step}");
            assert_eq!(log.run(run).unwrap().unwrap().missing(), 0, "at {step}");
        }
        assert_eq!(log.run("mine").unwrap().unwrap().verdict(), Verdict::Fail);
    }
    assert!(finished, "there were more operations than were tried");
}

#[test]
fn a_writer_that_was_asleep_before_its_checkpoint_is_mended_by_the_next() {
    let storage = ledger_of(250);
    let stale = storage.bytes("checkpoint");
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    for number in 0..10 {
        record_run(&mut ledger, &format!("run{number}"), &[Verdict::Pass], number);
    }
    storage.set("checkpoint", stale);
    assert_eq!(sound(&storage), 270);
    assert_eq!(read(&storage).size(), 270);
    // An open ledger does not go back either.
    record_run(&mut ledger, "again", &[], 20);
    assert_eq!(sound(&storage), 271);
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let storage = Memory::shared();
    create(&storage);
    std::thread::scope(|scope| {
        for writer in 0..4u64 {
            let storage = Arc::clone(&storage);
            scope.spawn(move || {
                let mut ledger = open(storage, 100 + writer).unwrap();
                for number in 0..20 {
                    let run_id = format!("run-{writer}-{number}");
                    record_run(&mut ledger, &run_id, &[Verdict::Pass], 0);
                }
            });
        }
    });
    assert_eq!(sound(&storage), 4 * 20 * 2);
    let report = verify(&storage);
    assert_eq!(report.unfinished, []);
}

#[test]
fn a_writer_that_always_loses_gives_up_with_an_error() {
    /// Says that every append record exists, as another writer would make it.
    struct Unlucky(Arc<Memory>);
    impl Storage for Unlucky {
        fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
            self.0.get(path)
        }
        fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
            self.0.put(path, bytes)
        }
        fn create(&self, _: &str, _: &[u8]) -> Result<Created, StorageError> {
            let mut ledger = open(Arc::clone(&self.0), 70 + read(&self.0).size()).unwrap();
            let run_id = format!("lucky-{}", ledger.log().size());
            ledger.append_planned(&plan(&run_id, 0), at(1)).unwrap();
            Ok(Created::Exists)
        }
        fn delete(&self, path: &str) -> Result<(), StorageError> {
            self.0.delete(path)
        }
        fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
            self.0.list(prefix)
        }
    }
    let storage = ledger_of(1);
    let mut ledger = open(Arc::new(Unlucky(Arc::clone(&storage))), 2).unwrap();
    let error = ledger.append_planned(&plan("mine", 0), at(1)).unwrap_err();
    assert!(matches!(error, LedgerError::Contended(crate::MAX_ATTEMPTS)), "{error}");
    assert_eq!(sound(&storage), 1 + u64::from(crate::MAX_ATTEMPTS));
}
