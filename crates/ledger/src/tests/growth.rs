use super::*;
use crate::merkle::{is_consistent, leaf_hash, root_of_inclusion};

/// The edges of the first tiles, and what is near them.
const EDGES: [u64; 11] = [0, 1, 2, 255, 256, 257, 511, 512, 513, 599, 600];

#[test]
fn a_ledger_grown_one_by_one_is_right_at_every_edge() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    let mut seen = Vec::new();
    for size in 0..=600u64 {
        assert_eq!(ledger.log().size(), size);
        seen.push(ledger.log().root());
        if EDGES.contains(&size) {
            assert_eq!(sound(&storage), size);
        }
        if size == 0 {
            ledger.append_planned(&plan("run", 600), at(0)).unwrap();
        } else {
            let number = usize::try_from(size).unwrap() - 1;
            let found = evidence("run", number, Verdict::Pass);
            assert_eq!(ledger.append_evidence(&found, at(1)).unwrap(), size);
        }
    }
    let log = read(&storage);
    for old in 0..=601u64 {
        let proof = log.consistency_proof(old).unwrap();
        let before = seen.get(old as usize).copied().unwrap_or(log.root());
        assert!(is_consistent(old, &before, 601, &log.root(), &proof), "{old}");
    }
    let leaves = log.leaves(0..601).unwrap();
    for index in EDGES {
        let proof = log.inclusion_proof(index).unwrap();
        let hash = leaf_hash(&leaves[index as usize]);
        assert_eq!(root_of_inclusion(index..index + 1, &hash, 601, &proof), Some(log.root()));
    }
    assert!(matches!(log.inclusion_proof(601), Err(LedgerError::NoEntry { .. })));
    assert!(matches!(log.entry(601), Err(LedgerError::NoEntry { index: 601 | 602, size: 601 })));
    assert_eq!(log.entries(250..260).unwrap().len(), 10);
    assert_eq!(log.entries(600..600).unwrap().len(), 0);
}

#[test]
fn batches_across_tile_edges_give_the_same_tree_as_single_appends() {
    for sizes in [[255, 1, 1], [256, 256, 88], [1, 599, 1], [600, 256, 257], [3, 300, 1000]] {
        let storage = Memory::shared();
        let mut ledger = create(&storage);
        let mut total = 0;
        for (number, size) in sizes.into_iter().enumerate() {
            let batch = batch(&format!("run{number}"), size - 1);
            let range = ledger.append(&drafts(&batch), at(0)).unwrap();
            assert_eq!(range, total..total + size as u64);
            total += size as u64;
        }
        assert_eq!(sound(&storage), total);
    }
}

#[test]
fn an_append_of_any_number_is_taken_in_steps() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    let count = crate::MAX_BATCH * 2;
    let batch = batch("large", count);
    let range = ledger.append(&drafts(&batch), at(0)).unwrap();
    assert_eq!(range, 0..count as u64 + 1);
    assert_eq!(ledger.log().run("large").unwrap().unwrap().missing(), 0);
    assert_eq!(storage.paths().iter().filter(|path| path.starts_with("append/")).count(), 3);
    assert_eq!(sound(&storage), count as u64 + 1);
}

#[test]
fn entries_too_long_for_one_append_together_are_taken_in_steps() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    let (mut promised, mut found) = batch("long", 1200);
    let controls = vec!["c".repeat(60_000)];
    for (check, evidence) in promised.checks.iter_mut().zip(&mut found) {
        check.controls = Vec::new();
        evidence.controls = controls.clone();
    }
    promised.checks.clear();
    let range = ledger.append(&drafts(&(promised, found)), at(0)).unwrap();
    assert_eq!(range, 0..1201);
}

#[test]
fn partial_tiles_give_way_to_full_ones() {
    let storage = ledger_of(250);
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    for number in 0..5 {
        ledger.append_planned(&plan(&format!("r{number}"), 0), at(1)).unwrap();
    }
    let partial = |path: &String| path.starts_with("tile/0/000.p/");
    assert_eq!(storage.paths().iter().filter(|path| partial(path)).count(), 6);
    let reader = read(&storage);
    ledger.append_planned(&plan("last", 0), at(1)).unwrap();
    assert_eq!(storage.paths().iter().filter(|path| partial(path)).count(), 0);
    assert!(storage.paths().contains(&"tile/0/000".to_owned()));
    // Who has opened the ledger before still finds everything.
    assert_eq!(reader.size(), 255);
    assert_eq!(reader.entries(0..255).unwrap().len(), 255);
    assert!(reader.inclusion_proof(254).is_ok());
}

#[test]
fn an_append_of_nothing_changes_nothing() {
    let storage = ledger_of(3);
    let before = storage.paths();
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    assert_eq!(ledger.append(&[], at(0)).unwrap(), 3..3);
    assert_eq!(storage.paths(), before);
}

#[test]
fn time_never_goes_back() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("a", 0), at(100)).unwrap();
    ledger.append_planned(&plan("b", 0), at(50)).unwrap();
    ledger.append_planned(&plan("c", 0), at(101)).unwrap();
    let entries = ledger.log().entries(0..3).unwrap();
    let times: Vec<_> = entries.iter().map(crate::Entry::time).collect();
    assert_eq!(times, [at(100), at(100), at(101)]);
    // Also when the last entry stands in a bundle that is complete.
    let storage = ledger_of(256);
    let mut ledger = open(storage, 3).unwrap();
    ledger.append_planned(&plan("b", 0), at(-50)).unwrap();
    assert_eq!(ledger.log().entry(256).unwrap().time(), at(0));
}

#[test]
fn creating_and_opening_tell_what_is_there() {
    let storage = Memory::shared();
    assert!(matches!(open(Arc::clone(&storage), 1), Err(LedgerError::NotFound)));
    assert!(matches!(
        crate::verify(storage.as_ref(), signer().verifier()),
        Err(LedgerError::NotFound)
    ));
    create(&storage);
    let again = |signer| Ledger::create(Arc::clone(&storage) as _, signer, randomness(1));
    assert!(matches!(again(signer()), Err(LedgerError::Exists)));
    let other = || Signer::from_seed(ORIGIN, [6; 32]).unwrap();
    assert!(matches!(again(other()), Err(LedgerError::OtherKey { .. })));
    let opened = Ledger::open(Arc::clone(&storage) as _, other(), randomness(1));
    assert!(matches!(opened, Err(LedgerError::OtherKey { .. })));
    let ledger = Ledger::open_or_create(Arc::clone(&storage) as _, signer(), randomness(1));
    assert_eq!(ledger.unwrap().log().size(), 0);
    let fresh = Memory::shared();
    let ledger = Ledger::open_or_create(Arc::clone(&fresh) as _, signer(), randomness(1));
    assert_eq!(ledger.unwrap().log().origin(), ORIGIN);
    assert_eq!(sound(&fresh), 0);
}

#[test]
fn no_new_ledger_is_begun_over_an_old_one_that_lost_its_checkpoint() {
    let storage = ledger_of(3);
    storage.remove("checkpoint");
    let result = Ledger::open_or_create(Arc::clone(&storage) as _, signer(), randomness(1));
    assert!(matches!(result, Err(LedgerError::Corrupt { path, .. }) if path == "checkpoint"));
}
