//! A process that dies, or a storage that fails, at every single operation.

use super::*;

/// What a writer does until it is stopped: a batch across a tile's edge, an erasure, one more.
fn work(ledger: &mut Ledger) -> Result<(), LedgerError> {
    let batch = batch("crash", 3);
    ledger.append(&drafts(&batch), at(10))?;
    ledger.erase(5, "retention has ended", at(11))?;
    ledger.append_planned(&plan("after", 1), at(12))?;
    Ok(())
}

#[test]
fn a_kill_at_any_operation_leaves_a_ledger_that_verifies_and_continues() {
    for fault in [Fault::Killed, Fault::KilledAfter] {
        let base = ledger_of(254);
        let mut completed = false;
        for step in 1..200 {
            let storage = base.copy();
            let faulty = Faulty::new(&storage, fault, step);
            let done = open(Arc::clone(&faulty), 7).and_then(|mut ledger| work(&mut ledger));
            let size = sound(&storage);
            // A batch stands as a whole or not at all.
            assert!([254, 258, 259, 260].contains(&size), "{fault:?} at {step}: {size}");
            let mut ledger = open(Arc::clone(&storage), 8).unwrap();
            record_run(&mut ledger, "next", &[Verdict::Pass, Verdict::Fail], 20);
            assert_eq!(sound(&storage), size + 3);
            let erased = ledger.log().plan(5).is_err();
            assert_eq!(erased, size >= 259, "{fault:?} at {step}");
            if !faulty.came() {
                done.unwrap();
                completed = true;
                break;
            }
            assert!(done.is_err() || size == 260, "{fault:?} at {step}");
        }
        assert!(completed, "there were more operations than were tried");
    }
}

#[test]
fn a_writer_goes_on_after_one_operation_failed() {
    for fault in [Fault::Once, Fault::AnswerLost] {
        let base = ledger_of(254);
        let mut completed = false;
        for step in 1..200 {
            let storage = base.copy();
            let faulty = Faulty::new(&storage, fault, step);
            let Ok(mut ledger) = open(Arc::clone(&faulty), 7) else { continue };
            let _ = work(&mut ledger);
            if !faulty.came() {
                completed = true;
                break;
            }
            let before = sound(&storage);
            record_run(&mut ledger, "next", &[Verdict::Pass], 20);
            assert_eq!(sound(&storage), before + 2, "{fault:?} at {step}");
        }
        assert!(completed, "there were more operations than were tried");
    }
}

#[test]
fn an_append_whose_answer_was_lost_is_not_appended_twice() {
    let storage = ledger_of(3);
    for step in 1..40 {
        let storage = storage.copy();
        let faulty = Faulty::new(&storage, Fault::AnswerLost, step);
        let Ok(mut ledger) = open(Arc::clone(&faulty), 7) else { continue };
        let done = ledger.append_planned(&plan("once", 0), at(10));
        let size = sound(&storage);
        assert!(done.is_err() || size == 4, "at {step}");
        assert!(size <= 4, "at {step}");
    }
}

#[test]
fn a_kill_while_the_ledger_is_made_is_no_obstacle() {
    for fault in [Fault::Killed, Fault::KilledAfter] {
        for step in 1..12 {
            let storage = Memory::shared();
            let faulty = Faulty::new(&storage, fault, step);
            let _ = Ledger::open_or_create(faulty, signer(), randomness(1));
            let ledger = Ledger::open_or_create(Arc::clone(&storage) as _, signer(), randomness(2));
            record_run(&mut ledger.unwrap(), "first", &[Verdict::Pass], 0);
            assert_eq!(sound(&storage), 2);
        }
    }
}

#[test]
fn what_was_appended_and_not_finished_is_said_to_be_so() {
    let storage = ledger_of(3);
    let old = storage.bytes("checkpoint");
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    ledger.append_planned(&plan("r", 0), at(1)).unwrap();
    storage.set("checkpoint", old);
    let report = verify(&storage);
    assert!(report.is_sound());
    assert_eq!(report.size, 4);
    assert_eq!(report.remarks[0].path, "append/00000000000000000003");
}
