//! What runs, plans, evidence and erasures say.

use super::*;
use crate::Entry;

#[test]
fn a_run_reads_back_as_it_was_recorded() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass, Verdict::Fail], 0);
    record_run(&mut ledger, "two", &[Verdict::Pass], 10);
    let log = read(&storage);
    let run = log.run("one").unwrap().unwrap();
    assert_eq!((run.run.as_str(), run.planned, run.planned_checks), ("nightly", at(0), 2));
    assert_eq!((run.origin.as_str(), run.tree_size, run.missing()), (ORIGIN, 5, 0));
    assert_eq!(run.verdict(), Verdict::Fail);
    assert_eq!(run.checks[0].evidence, evidence("one", 0, Verdict::Pass));
    assert_eq!(run.checks[1].entry, 2);
    assert_eq!(log.plan(0).unwrap(), plan("one", 2));
    assert_eq!(log.evidence(2).unwrap(), evidence("one", 1, Verdict::Fail));
    assert_eq!(log.latest_run("nightly").unwrap().unwrap().run_id, "two");
    assert_eq!(log.runs().unwrap().len(), 2);
    assert_eq!(log.run("three").unwrap(), None);
    assert_eq!(log.latest_run("weekly").unwrap(), None);
    assert!(matches!(log.evidence(0), Err(LedgerError::Entry { index: 0, .. })));
    assert!(matches!(log.plan(1), Err(LedgerError::Entry { index: 1, .. })));
}

#[test]
fn nothing_of_a_subject_stands_in_clear() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Fail], 0);
    for path in storage.paths().into_iter().filter(|path| !path.starts_with("payload/")) {
        let bytes = storage.bytes(&path);
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("db0") && !text.contains("/srv/"), "{path}");
    }
    let entry = ledger.log().entry(1).unwrap();
    let Entry::Evidence { job, kind, controls, verdict, run_id, .. } = entry else { panic!() };
    assert_eq!((job.as_str(), kind.as_str(), run_id.as_str()), ("restore", "restore-test", "one"));
    assert_eq!((controls, verdict), (vec!["restore".to_owned()], Verdict::Fail));
}

#[test]
fn equal_evidence_has_different_commitments() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass], 0);
    ledger.append_evidence(&evidence("one", 0, Verdict::Pass), at(1)).unwrap();
    let entries = ledger.log().entries(1..3).unwrap();
    assert_ne!(entries[0].commitment(), entries[1].commitment());
}

#[test]
fn a_planned_check_without_evidence_is_missing() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 3), at(0)).unwrap();
    ledger.append_evidence(&evidence("one", 1, Verdict::Pass), at(1)).unwrap();
    let run = ledger.log().run("one").unwrap().unwrap();
    assert_eq!((run.missing(), run.verdict()), (2, Verdict::Unknown));
    let report = verify(&storage);
    assert!(report.is_sound());
    let [unfinished] = report.unfinished.as_slice() else { panic!("{report:?}") };
    assert_eq!((unfinished.entry, unfinished.missing), (0, 2));
    let names: Vec<_> = unfinished.checks.iter().map(|check| check.subject.name.as_str()).collect();
    assert_eq!(names, ["db0", "db2"]);
}

#[test]
fn a_second_piece_of_evidence_is_a_problem_and_the_worse_one_stands() {
    for verdicts in [[Verdict::Fail, Verdict::Pass], [Verdict::Pass, Verdict::Fail]] {
        let storage = Memory::shared();
        let mut ledger = create(&storage);
        ledger.append_planned(&plan("one", 1), at(0)).unwrap();
        for verdict in verdicts {
            ledger.append_evidence(&evidence("one", 0, verdict), at(1)).unwrap();
        }
        let run = ledger.log().run("one").unwrap().unwrap();
        assert_eq!((run.checks.len(), run.verdict()), (1, Verdict::Fail));
        let problems = verify(&storage).problems;
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains("same check"), "{}", problems[0]);
    }
}

#[test]
fn evidence_that_was_not_planned_is_a_problem_and_does_not_count() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 1), at(0)).unwrap();
    ledger.append_evidence(&evidence("one", 4, Verdict::Pass), at(1)).unwrap();
    ledger.append_evidence(&evidence("never", 0, Verdict::Pass), at(1)).unwrap();
    let mut other = evidence("one", 0, Verdict::Pass);
    other.subject = subject("something else");
    ledger.append_evidence(&other, at(1)).unwrap();
    assert_eq!(ledger.log().run("one").unwrap().unwrap().missing(), 1);
    let problems = verify(&storage).problems;
    for what in ["a check that was not planned", "`never`, not planned before", "another check"] {
        assert!(problems.iter().any(|problem| problem.what.contains(what)), "{what}: {problems:?}");
    }
}

#[test]
fn evidence_may_serve_fewer_controls_than_were_planned_and_never_others() {
    for (controls, missing) in [(vec![], 0), (vec!["one nobody planned".to_owned()], 1)] {
        let storage = Memory::shared();
        let mut ledger = create(&storage);
        ledger.append_planned(&plan("one", 1), at(0)).unwrap();
        let mut found = evidence("one", 0, Verdict::Pass);
        found.controls = controls;
        ledger.append_evidence(&found, at(1)).unwrap();
        let run = ledger.log().run("one").unwrap().unwrap();
        assert_eq!((run.missing(), verify(&storage).is_sound()), (missing, missing == 0));
    }
}

#[test]
fn two_runs_of_one_identifier_are_named_and_the_ledger_stays_sound() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 2), at(0)).unwrap();
    ledger.append_planned(&plan("one", 1), at(0)).unwrap();
    for number in [0, 0, 1] {
        let found = evidence("one", number, Verdict::Pass);
        ledger.append_evidence(&found, at(1)).unwrap();
    }
    record_run(&mut ledger, "two", &[Verdict::Pass], 2);
    let report = verify(&storage);
    assert_eq!((report.problems, report.unfinished), (vec![], vec![]));
    let [twins] = &report.anomalies[..] else { panic!("{:?}", report.anomalies) };
    assert!(twins.what.contains("entry 1 plans a run `one` again, after entry 0"), "{twins}");
    // What neither of them promised is still a problem.
    ledger.append_evidence(&evidence("one", 0, Verdict::Pass), at(3)).unwrap();
    assert!(verify(&storage).problems[0].what.contains("same check as entry"));
}

#[test]
fn what_two_runs_of_one_identifier_did_not_keep_is_missing() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 1), at(0)).unwrap();
    ledger.append_planned(&plan("one", 1), at(0)).unwrap();
    ledger.append_evidence(&evidence("one", 0, Verdict::Pass), at(1)).unwrap();
    let report = verify(&storage);
    assert_eq!(report.problems, []);
    assert_eq!(report.unfinished[0].missing, 1);
}

#[test]
fn a_verdict_better_than_its_findings_is_a_problem() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 2), at(0)).unwrap();
    for (number, verdict) in [(0, Verdict::Fail), (1, Verdict::Unknown)] {
        let mut found = evidence("one", number, verdict);
        found.outcome.verdict = Verdict::Pass;
        ledger.append_evidence(&found, at(1)).unwrap();
    }
    let problems = verify(&storage).problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.what.contains("better than the findings")));
    assert!(ledger.log().run("one").is_err());
}

#[test]
fn an_erased_payload_is_gone_and_every_proof_stays() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass, Verdict::Pass], 0);
    let before = ledger.log().clone();
    let path = before.entry(1).unwrap().commitment().unwrap().path();
    assert_eq!(ledger.erase(1, "Art. 17", at(5)).unwrap(), 3);
    assert!(!storage.paths().contains(&path));
    let log = ledger.log();
    assert_eq!(log.entry(1).unwrap(), before.entry(1).unwrap());
    let proof = log.consistency_proof(before.size()).unwrap();
    let consistent = |proof: &[Hash]| {
        merkle::is_consistent(before.size(), &before.root(), log.size(), &log.root(), proof)
    };
    assert!(consistent(&proof));
    let error = log.evidence(1).unwrap_err();
    assert!(matches!(&error, LedgerError::Erased { index: 1, reason } if reason == "Art. 17"));
    let run = log.run("one").unwrap().unwrap();
    assert_eq!((run.missing(), run.verdict()), (1, Verdict::Unknown));
    let report = verify(&storage);
    assert_eq!((&report.problems, &report.unfinished), (&Vec::new(), &Vec::new()));
    assert_eq!((report.erasures[0].entry, report.erasures[0].recorded), (1, 3));
    // Again it is the same erasure; nothing is appended.
    assert_eq!(ledger.erase(1, "once more", at(6)).unwrap(), 3);
    assert_eq!(ledger.log().size(), 4);
}

#[test]
fn an_erased_plan_is_said_to_be_erased() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 2), at(0)).unwrap();
    ledger.append_evidence(&evidence("one", 0, Verdict::Pass), at(1)).unwrap();
    ledger.erase(0, "Art. 17", at(5)).unwrap();
    assert!(matches!(ledger.log().run("one"), Err(LedgerError::Erased { index: 0, .. })));
    let report = verify(&storage);
    assert!(report.is_sound());
    assert_eq!((report.unfinished[0].missing, report.unfinished[0].checks.len()), (1, 0));
}

#[test]
fn a_payload_that_vanished_or_came_back_is_a_problem() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass], 0);
    let path = ledger.log().entry(1).unwrap().commitment().unwrap().path();
    let bytes = storage.bytes(&path);
    storage.remove(&path);
    assert!(verify(&storage).problems[0].what.contains("no entry says that it was erased"));
    assert!(
        matches!(ledger.log().evidence(1), Err(LedgerError::Corrupt { path: p, .. }) if p == path)
    );
    assert!(ledger.log().run("one").is_err());
    ledger.erase(1, "lost", at(1)).unwrap();
    assert_eq!(verify(&storage).problems, []);
    storage.set(&path, bytes);
    assert!(verify(&storage).problems[0].what.contains("it is there"));
    ledger.erase(1, "lost", at(1)).unwrap();
    assert_eq!(verify(&storage).problems, []);
}

#[test]
fn erasures_of_nothing_are_refused() {
    let storage = ledger_of(2);
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    let erased = ledger.erase(0, "r", at(1)).unwrap();
    assert!(ledger.erase(erased, "r", at(1)).is_err());
    assert!(ledger.erase(99, "r", at(1)).is_err());
    assert!(ledger.erase(1, "", at(1)).is_err());
    assert!(ledger.erase(1, "two\nlines", at(1)).is_err());
    assert_eq!(sound(&storage), 3);
}

#[test]
fn what_cannot_be_recorded_exactly_is_refused_before_anything_is_stored() {
    let storage = ledger_of(1);
    let before = storage.paths();
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    for details in [serde_json::json!({ "big": u64::MAX }), serde_json::json!([1u64 << 53])] {
        let mut found = evidence("base", 0, Verdict::Pass);
        found.outcome.details = details;
        assert!(matches!(ledger.append_evidence(&found, at(1)), Err(LedgerError::Payload(_))));
    }
    let mut long = evidence("base", 0, Verdict::Pass);
    long.controls = vec!["x".repeat(70_000)];
    assert!(matches!(ledger.append_evidence(&long, at(1)), Err(LedgerError::Entry { .. })));
    let mut twice = plan("twice", 2);
    twice.checks[1].run_key = twice.checks[0].run_key.clone();
    assert!(matches!(ledger.append_planned(&twice, at(1)), Err(LedgerError::DoubleKey(_))));
    let mut silent = Ledger::open(Arc::clone(&storage) as _, signer(), Box::new(|_| ())).unwrap();
    assert!(silent.append_planned(&plan("r", 0), at(1)).is_err());
    assert_eq!(storage.paths(), before);
}

#[test]
fn numbers_and_odd_text_in_details_read_back_the_same() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 1), at(0)).unwrap();
    let mut found = evidence("one", 0, Verdict::Pass);
    found.outcome.details = serde_json::json!({
        "float": 0.1, "third": 1.0 / 3.0, "small": 5e-324, "exact": (1u64 << 53) - 1, "minus": -7,
        "text": "\u{2028} \u{0} \" \\ ü \u{1F600}", "\u{FFFF}": [null, true], "deep": [[[[]]]],
    });
    let index = ledger.append_evidence(&found, at(1)).unwrap();
    assert_eq!(ledger.log().evidence(index).unwrap(), found);
    assert_eq!(sound(&storage), 2);
}

#[test]
fn a_subject_with_a_digest_is_named_by_it() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    let mut planned = plan("one", 1);
    planned.checks[0].subject.digest = Some(beleg_model::Digest::sha256([7; 32]));
    let mut found = evidence("one", 0, Verdict::Pass);
    found.subject = planned.checks[0].subject.clone();
    ledger.append_planned(&planned, at(0)).unwrap();
    ledger.append_evidence(&found, at(1)).unwrap();
    let path = ledger.log().entry(1).unwrap().commitment().unwrap().path();
    let stored: serde_json::Value = serde_json::from_slice(&storage.bytes(&path)).unwrap();
    let envelope = beleg_dsse::Envelope::parse(stored["envelope"].to_string().as_bytes()).unwrap();
    let statement: serde_json::Value =
        serde_json::from_slice(&envelope.unverified_payload().unwrap()).unwrap();
    assert_eq!(statement["subject"][0]["digest"]["sha256"], "07".repeat(32));
    assert_eq!(statement["predicateType"], beleg_model::PREDICATE_TYPE);
    assert_eq!(sound(&storage), 2);
}
