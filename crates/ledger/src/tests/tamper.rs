//! Objects that are changed, missing, foreign, or put back.

use super::*;
use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::record::Record;

/// A ledger with everything in it: two runs, one of them unfinished, and an erasure.
fn sample() -> Arc<Memory> {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass, Verdict::Fail], 0);
    ledger.append_planned(&plan("two", 2), at(10)).unwrap();
    ledger.append_evidence(&evidence("two", 0, Verdict::Unknown), at(11)).unwrap();
    ledger.erase(1, "retention has ended", at(12)).unwrap();
    storage
}

fn named(report: &VerifyReport, path: &str) -> bool {
    report.problems.iter().any(|problem| problem.path == path)
}

#[test]
fn a_changed_byte_anywhere_is_found_and_the_object_named() {
    let storage = sample();
    assert_eq!(verify(&storage).problems, []);
    for path in storage.paths() {
        let bytes = storage.bytes(&path);
        // All bytes of a payload go into one hash; of append records, another test changes all.
        let folder = path.split_once('/').map(|(folder, _)| folder);
        let stride = if matches!(folder, Some("payload" | "append")) { 61 } else { 1 };
        for at in (0..bytes.len()).step_by(stride) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x15;
            storage.set(&path, changed);
            let report = verify(&storage);
            assert!(named(&report, &path), "{path} byte {at}: {:?}", report.problems);
        }
        storage.set(&path, bytes);
    }
    assert_eq!(verify(&storage).problems, []);
}

#[test]
fn truncated_doubled_and_empty_objects_are_found_and_named() {
    let storage = sample();
    for path in storage.paths() {
        let bytes = storage.bytes(&path);
        for changed in [Vec::new(), bytes[..bytes.len() / 2].to_vec(), bytes.repeat(2)] {
            storage.set(&path, changed);
            assert!(named(&verify(&storage), &path), "{path}");
        }
        storage.set(&path, bytes);
    }
}

#[test]
fn a_missing_object_is_found_and_named() {
    let storage = sample();
    for path in storage.paths() {
        // Partial tiles of an earlier size are a convenience for those who hold its checkpoint.
        let old = path.contains(".p/") && !path.ends_with(".p/6");
        let bytes = storage.bytes(&path);
        storage.remove(&path);
        assert_eq!(named(&verify(&storage), &path), !old, "{path}");
        storage.set(&path, bytes);
    }
}

#[test]
fn every_object_of_a_larger_ledger_is_checked() {
    let storage = ledger_of(600);
    for path in storage.paths().into_iter().filter(|path| !path.starts_with("payload/")) {
        let bytes = storage.bytes(&path);
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            storage.set(&path, changed);
            let report = verify(&storage);
            let paths: Vec<_> = report.problems.iter().map(|problem| &problem.path).collect();
            assert!(paths.contains(&&path) && paths.iter().all(|named| **named == path), "{path}");
        }
        storage.set(&path, bytes);
    }
}

#[test]
fn all_problems_are_reported_not_only_the_first() {
    let storage = sample();
    let payloads: Vec<_> =
        storage.paths().into_iter().filter(|path| path.starts_with("payload/")).collect();
    for path in &payloads {
        storage.remove(path);
    }
    storage.set("tile/0/000.p/6", vec![0; 192]);
    storage.set("key.pub", b"another".to_vec());
    let report = verify(&storage);
    for path in payloads.iter().map(String::as_str).chain(["tile/0/000.p/6", "key.pub"]) {
        assert!(named(&report, path), "{path}");
    }
}

#[test]
fn a_damaged_append_record_is_an_error_that_names_it_and_is_not_skipped() {
    let storage = ledger_of(3);
    let old = storage.bytes("checkpoint");
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    ledger.append_planned(&plan("next", 0), at(1)).unwrap();
    storage.set("checkpoint", old);
    let path = Record::path(3);
    let good = storage.bytes(&path);
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        storage.set(&path, bytes);
        match open(Arc::clone(&storage), 3) {
            Err(LedgerError::Corrupt { path: named, .. }) => assert_eq!(named, path),
            other => panic!("byte {at}: {other:?}"),
        }
    }
    storage.set(&path, good);
    assert_eq!(sound(&storage), 4);
}

#[test]
fn reading_names_the_object_that_is_damaged() {
    let good = ledger_of(300);
    for (path, index) in [
        ("tile/entries/000", 0),
        ("tile/entries/001.p/44", 299),
        ("tile/0/001.p/44", 299),
        ("tile/1/000.p/1", 299),
    ] {
        let storage = good.copy();
        let mut bytes = storage.bytes(path);
        bytes[7] ^= 1;
        storage.set(path, bytes);
        let result = Log::open(Arc::clone(&storage) as _, signer().verifier())
            .and_then(|log| log.entry(index));
        assert!(result.is_err(), "{path}");
        assert!(named(&verify(&storage), path), "{path}");
    }
}

#[test]
fn a_ledger_put_back_in_part_is_noticed() {
    let storage = sample();
    let old = storage.copy();
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    record_run(&mut ledger, "three", &[Verdict::Fail], 20);
    // The old checkpoint alone is only a writer that was asleep.
    let half = storage.copy();
    half.set("checkpoint", old.bytes("checkpoint"));
    assert_eq!(sound(&half), 8);
    // With the append records gone as well, the tiles tell.
    let cut = storage.copy();
    cut.set("checkpoint", old.bytes("checkpoint"));
    cut.remove(&Record::path(6));
    cut.remove(&Record::path(7));
    let report = verify(&cut);
    assert!(report.problems.iter().any(|p| p.what.contains("longer once")));
    assert!(named(&report, "tile/entries/000.p/8"));
    // A record that is missing in the middle is named.
    let hole = storage.copy();
    hole.remove(&Record::path(4));
    assert!(named(&verify(&hole), &Record::path(4)));
}

#[test]
fn a_ledger_put_back_as_a_whole_is_noticed_only_by_who_kept_a_later_checkpoint() {
    let storage = sample();
    let old = storage.copy();
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    record_run(&mut ledger, "three", &[Verdict::Fail], 20);
    let kept = ledger.log().checkpoint().clone();
    assert_eq!(verify(&old).problems, []);
    assert!(read(&old).consistency_proof(kept.size).is_err());
    // The true ledger can show what was kept to be its own beginning.
    record_run(&mut ledger, "four", &[Verdict::Pass], 30);
    let proof = ledger.log().consistency_proof(kept.size).unwrap();
    let (size, root) = (ledger.log().size(), ledger.log().root());
    assert!(crate::merkle::is_consistent(kept.size, &kept.root, size, &root, &proof));
}

#[test]
fn a_history_rewritten_by_the_key_holder_contradicts_the_append_records() {
    let storage = sample();
    // Somebody with the key makes a failed check of the first run pass, and all tiles with it.
    let log = read(&storage);
    let mut leaves = log.leaves(0..log.size()).unwrap();
    let text = String::from_utf8(leaves[2].clone()).unwrap().replace("\"fail\"", "\"pass\"");
    assert!(Entry::parse(text.as_bytes()).is_ok());
    leaves[2] = text.into_bytes();
    let empty = crate::tree::Edge::load(
        create(&Memory::shared()).log().storage.as_ref(),
        0,
        &merkle::empty_root(),
    );
    let (edge, tiles) = empty.unwrap().grow(&leaves);
    for (tile, bytes) in tiles {
        storage.set(&tile.to_string(), bytes);
    }
    let origin = ORIGIN.to_owned();
    let forged = Checkpoint { origin, size: edge.size(), root: edge.root() };
    storage.set("checkpoint", forged.sign(&signer()).into_bytes());
    let report = verify(&storage);
    assert!(named(&report, &Record::path(2)), "{:?}", report.problems);
    assert!(
        report.problems.iter().any(|p| p.path.starts_with("payload/")),
        "the payload says fail"
    );
}

#[test]
fn a_second_root_that_the_key_signed_for_an_earlier_size_is_noticed() {
    let storage = sample();
    let origin = ORIGIN.to_owned();
    let fork = Checkpoint { origin: origin.clone(), size: 5, root: [1; 32] };
    storage.set("checkpoint", fork.sign(&signer()).into_bytes());
    assert!(named(&verify(&storage), "checkpoint"));
    // So is a size at which no append ended, though the root is that of the tree.
    let storage = ledger_of(5);
    let leaves = read(&storage).leaves(0..5).unwrap();
    let mut frontier = merkle::Frontier::default();
    leaves.iter().take(3).for_each(|leaf| frontier.push(0, merkle::leaf_hash(leaf)));
    let middle = Checkpoint { origin, size: 3, root: frontier.root() };
    storage.set("checkpoint", middle.sign(&signer()).into_bytes());
    assert!(named(&verify(&storage), &Record::path(3)));
}

#[test]
fn objects_of_another_key_are_refused() {
    let storage = sample();
    let other = Signer::from_seed(ORIGIN, [6; 32]).unwrap();
    let report = crate::verify(storage.as_ref(), other.verifier()).unwrap();
    for path in ["key.pub", "checkpoint", &Record::path(0)] {
        assert!(named(&report, path), "{path}");
    }
}

#[test]
fn payloads_of_other_entries_do_not_fit() {
    let storage = sample();
    let payloads: Vec<_> =
        storage.paths().into_iter().filter(|path| path.starts_with("payload/")).collect();
    let (one, two) = (storage.bytes(&payloads[0]), storage.bytes(&payloads[1]));
    storage.set(&payloads[0], two);
    storage.set(&payloads[1], one);
    let report = verify(&storage);
    assert!(named(&report, &payloads[0]) && named(&report, &payloads[1]));
}

#[test]
fn foreign_objects_are_remarked() {
    let storage = sample();
    for path in ["payload/left-over", "append/readme", "tile/0/notes"] {
        storage.set(path, b"x".to_vec());
    }
    let report = verify(&storage);
    assert_eq!(report.problems, []);
    assert_eq!(report.remarks.len(), 3);
}

#[test]
fn a_storage_that_cannot_answer_is_never_sound() {
    let storage = sample();
    for step in 1..60 {
        let faulty = Faulty::new(&storage, Fault::Once, step);
        let result = crate::verify(faulty.as_ref(), signer().verifier());
        let came = faulty.came();
        // A read that only helps to tell which copy is right may fail, when two others agree.
        if let Ok(report) = result
            && came
            && report.is_sound()
        {
            let whole = verify(&storage);
            assert_eq!((report.size, report.root), (whole.size, whole.root), "at {step}");
        }
    }
    let faulty = Faulty::new(&storage, Fault::Killed, 8);
    let report = crate::verify(faulty.as_ref(), signer().verifier());
    assert!(report.map_or(true, |report| !report.is_sound()));
}
