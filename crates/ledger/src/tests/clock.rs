//! Clocks that are wrong: entries are dated as their clock said, and every jump is named.

use super::*;
use crate::{ClockJump, SKEW};

const DAY: i64 = 86_400;

fn ahead() -> Arc<Memory> {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass], 0);
    record_run(&mut ledger, "ahead", &[Verdict::Pass], 400 * DAY);
    record_run(&mut ledger, "two", &[Verdict::Pass], DAY);
    record_run(&mut ledger, "three", &[Verdict::Pass], 2 * DAY);
    storage
}

#[test]
fn a_run_after_one_under_a_clock_ahead_is_dated_rightly_and_the_jump_is_named() {
    let storage = ahead();
    sound(&storage);
    let runs = read(&storage).runs().unwrap();
    let planned: Vec<_> = runs.iter().map(|run| run.planned).collect();
    assert_eq!(planned, [at(0), at(400 * DAY), at(DAY), at(2 * DAY)]);
    let jump = ClockJump { entry: 4, time: at(DAY), before: at(400 * DAY + 1) };
    assert_eq!(verify(&storage).jumps, [jump]);
    let entries = read(&storage).entries(0..8).unwrap();
    let jumps: Vec<_> = entries.iter().map(crate::Entry::jump).collect();
    assert_eq!(jumps, [None, None, None, None, Some(4), Some(4), Some(4), Some(4)]);
}

#[test]
fn clocks_a_little_apart_are_no_jump() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 0), at(0)).unwrap();
    ledger.append_planned(&plan("two", 0), at(-SKEW.as_secs())).unwrap();
    assert_eq!(ledger.log().entry(1).unwrap().time(), at(0));
    ledger.append_planned(&plan("three", 0), at(-SKEW.as_secs() - 1)).unwrap();
    assert_eq!(ledger.log().entry(2).unwrap().time(), at(-SKEW.as_secs() - 1));
    assert_eq!(verify(&storage).jumps.len(), 1);
}

#[test]
fn a_jump_that_the_key_holder_hides_is_a_problem() {
    use crate::checkpoint::Checkpoint;
    use crate::record::Record;
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 0), at(0)).unwrap();
    let hidden = ledger.log().entry(0).unwrap().at(crate::Tail { time: at(-DAY), jump: None });
    let leaves = [hidden.encode().unwrap()];
    let (edge, _) = ledger.log().edge.grow(&leaves);
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 2, root: edge.root() };
    let record = Record::encode(&checkpoint.sign(&signer()), &leaves).unwrap();
    storage.set("append/00000000000000000001", record);
    let problems = verify(&storage).problems;
    assert!(problems.iter().any(|problem| problem.what.contains("hides")), "{problems:?}");
    assert!(Log::open(storage, signer().verifier()).is_err());
}
