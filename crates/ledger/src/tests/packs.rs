//! Packs: what they show, and that nothing in them can be changed.

use super::*;
use crate::Checkpoint;
use crate::pack::format::{MANIFEST, MANIFEST_TYPE, Manifest, MemberDigest, SIGNED_MANIFEST};
use crate::pack::{
    Expectation, PackError, PackReport, PackRequest, Render, RenderFault, Reports,
    checkpoint as checkpoint_of, create as create_pack, verify as verify_pack, zip,
};
use beleg_dsse::{Envelope, Verifier};
use beleg_model::RunRecord;
use std::io::{Cursor, Write};
use std::ops::Range;

/// A report that says all that matters.
struct Debugged;

impl Render for Debugged {
    fn names(&self, entry: u64) -> Vec<String> {
        vec![format!("run-{entry:06}-report.txt")]
    }

    fn write(&self, _: &str, run: &RunRecord, out: &mut dyn Write) -> Result<(), RenderFault> {
        Ok(write!(out, "{run:?}")?)
    }
}

/// An empty file of a certain name.
struct Called(&'static str);

impl Render for Called {
    fn names(&self, _: u64) -> Vec<String> {
        vec![self.0.to_owned()]
    }

    fn write(&self, _: &str, _: &RunRecord, _: &mut dyn Write) -> Result<(), RenderFault> {
        Ok(())
    }
}

fn request(from: i64, to: i64) -> PackRequest<'static> {
    PackRequest {
        from: at(from),
        to: at(to),
        tool: Tool { name: "beleg".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        since: Vec::new(),
        render: &Debugged,
    }
}

fn made(log: &Log, request: &PackRequest<'_>) -> Vec<u8> {
    create_pack(log, &signer(), request, Cursor::new(Vec::new())).unwrap().into_inner()
}

fn pack(storage: &Arc<Memory>, from: i64, to: i64) -> Vec<u8> {
    made(&read(storage), &request(from, to))
}

fn check(bytes: &[u8], key: Option<&Verifier>) -> PackReport {
    let expected = Expectation { key, render: Some(&Debugged), ..Expectation::default() };
    verify_pack(&mut Cursor::new(bytes), &expected).unwrap()
}

fn key() -> Verifier {
    signer().verifier().clone()
}

/// Three nights, ten seconds apart, each with a plan and two checks.
fn three_nights() -> Arc<Memory> {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    for (night, verdict) in [Verdict::Pass, Verdict::Fail, Verdict::Unknown].iter().enumerate() {
        let second = 10 * night as i64;
        record_run(&mut ledger, &format!("night{night}"), &[Verdict::Pass, *verdict], second);
    }
    storage
}

fn named(report: &PackReport, path: &str) -> bool {
    report.problems.iter().any(|problem| problem.path == path)
}

#[test]
fn a_pack_shows_what_was_recorded_in_its_window() {
    let report = check(&pack(&three_nights(), 10, 20), Some(&key()));
    assert_eq!(report.problems, []);
    assert_eq!((report.entries, report.reaches_end, report.key_compared), (3, false, true));
    assert_eq!((report.from, report.to), (Some(at(10)), Some(at(20))));
    assert_eq!((report.origin.as_str(), report.tree_size), (ORIGIN, 9));
    let verdicts: Vec<_> = report.checks.iter().map(|check| check.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail]);
    assert_eq!(report.checks[0].entry, 4);
    assert_eq!((report.reports.clone(), report.verdict()), (Reports::Same(1), Verdict::Fail));
    let job = &report.jobs[0];
    assert_eq!((job.name.as_str(), job.due, job.pass, job.fail), ("restore", 2, 1, 1));
    assert_eq!((report.unfinished, report.erasures), (vec![], vec![]));
}

#[test]
fn without_a_key_the_report_says_that_none_was_compared() {
    let bytes = pack(&three_nights(), 0, 100);
    let report = check(&bytes, None);
    assert!(report.is_sound() && !report.key_compared && report.reaches_end);
    assert_eq!(report.key, Some(key()));
    let other = Signer::from_seed(ORIGIN, [6; 32]).unwrap();
    let report = check(&bytes, Some(other.verifier()));
    for path in ["key.pub", "checkpoint", "manifest.dsse.json"] {
        assert!(named(&report, path), "{path}");
    }
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let storage = three_nights();
    assert_eq!(pack(&storage, 0, 100), pack(&storage, 0, 100));
}

#[test]
fn windows_of_every_kind_verify() {
    let storage = three_nights();
    for (from, to, entries) in
        [(-9, -5, 0), (-9, 100, 9), (0, 1, 1), (1, 11, 3), (2, 10, 0), (21, 22, 2), (50, 60, 0)]
    {
        let report = check(&pack(&storage, from, to), Some(&key()));
        assert_eq!(report.problems, [], "{from}..{to}");
        assert_eq!(report.entries, entries, "{from}..{to}");
        // What began before or ended after the window is not mistaken for missing.
        assert_eq!(report.unfinished, [], "{from}..{to}");
    }
    let empty = Memory::shared();
    create(&empty);
    assert!(check(&pack(&empty, 0, 10), Some(&key())).is_sound());
    let many = ledger_of(600);
    let report = check(&pack(&many, 0, 10), Some(&key()));
    assert_eq!((report.problems.len(), report.entries), (0, 600));
}

/// A pack as small as they come: one piece of evidence, its plan before, an entry after.
fn small() -> Vec<u8> {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Fail], 0);
    ledger.append_planned(&plan("next", 0), at(50)).unwrap();
    pack(&storage, 1, 10)
}

#[test]
fn a_changed_bit_anywhere_is_noticed_and_named() {
    let bytes = small();
    assert!(check(&bytes, Some(&key())).is_sound());
    let members = ranges(&bytes);
    std::thread::scope(|scope| {
        for part in 0..2 {
            let (bytes, members) = (&bytes, &members);
            scope.spawn(move || {
                let key = key();
                for at in (part..bytes.len()).step_by(2) {
                    for flip in [0x01, 0xa0] {
                        let mut changed = bytes.clone();
                        changed[at] ^= flip;
                        // The key from the pack is the weaker case.
                        let report = check(&changed, (at % 4 < 2).then_some(&key));
                        let inside = members.iter().find(|(_, range)| range.contains(&at));
                        let named = match inside {
                            Some((name, _)) => named(&report, name),
                            None => report.problems.iter().any(|problem| {
                                problem.path.starts_with("zip structure at offset")
                                    || members.iter().any(|(name, _)| *name == problem.path)
                            }),
                        };
                        assert!(named, "byte {at} ^ {flip:#x}: {:?}", report.problems);
                    }
                }
            });
        }
    });
}

#[test]
fn a_pack_cut_at_any_length_or_lengthened_is_noticed() {
    let bytes = small();
    for length in 0..bytes.len() {
        assert!(!check(&bytes[..length], Some(&key())).is_sound(), "length {length}");
    }
    for more in [&b"\0"[..], b"PK\x05\x06", &bytes] {
        let report = check(&[&bytes, more].concat(), Some(&key()));
        let place = format!("zip structure at offset {}", bytes.len());
        assert!(named(&report, &place), "{:?}", report.problems);
    }
    assert!(!check(&[b"MZ", &bytes[..]].concat(), Some(&key())).is_sound());
}

/// Returns the members' names and where their bytes stand.
fn ranges(bytes: &[u8]) -> Vec<(String, Range<usize>)> {
    let mut ranges = Vec::new();
    zip::scan(&mut &bytes[..], bytes.len() as u64, |member| {
        let start = member.offset as usize;
        ranges.push((member.name.to_owned(), start..start + member.data.len()));
    })
    .unwrap();
    ranges
}

fn members(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let take = |(name, range): (String, Range<usize>)| (name, bytes[range].to_vec());
    ranges(bytes).into_iter().map(take).collect()
}

fn archive(members: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut writer = zip::Writer::new(std::io::Cursor::new(Vec::new()));
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| zip::order(name));
    for (name, data) in members {
        writer.add(name, data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Lists the members again, if the manifest can be read, and signs it.
fn sign_again(members: &mut BTreeMap<String, Vec<u8>>) {
    let mut manifest = members.remove(MANIFEST).unwrap();
    members.remove(SIGNED_MANIFEST);
    if let Ok(mut read) = serde_json::from_slice::<Manifest>(&manifest) {
        let digest = |(name, data): (&String, &Vec<u8>)| MemberDigest {
            name: name.clone(),
            bytes: data.len() as u64,
            sha256: hex::encode(Sha256::digest(data)),
        };
        read.members = members.iter().map(digest).collect();
        manifest = beleg_dsse::canonical_json(&read).unwrap();
    }
    let envelope = Envelope::sign(MANIFEST_TYPE, &manifest, &signer());
    members.insert(MANIFEST.to_owned(), manifest);
    members.insert(SIGNED_MANIFEST.to_owned(), beleg_dsse::canonical_json(&envelope).unwrap());
}

/// Takes a pack apart, lets `change` work on its members, and puts it together again, with
/// checksums that fit.
fn rebuilt(bytes: &[u8], change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Vec<u8> {
    let mut taken = members(bytes);
    change(&mut taken);
    archive(&taken)
}

/// Signs the manifest again after `change`, with the ledger's own key: what the holder of the
/// key could hand out.
fn resigned(bytes: &[u8], change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Vec<u8> {
    rebuilt(bytes, |members| {
        change(members);
        sign_again(members);
    })
}

#[test]
fn members_that_are_changed_added_or_removed_are_named_though_the_container_is_right() {
    let bytes = pack(&three_nights(), 10, 20);
    for name in members(&bytes).into_keys() {
        let gone = rebuilt(&bytes, |members| _ = members.remove(&name));
        assert!(named(&check(&gone, Some(&key())), &name), "{name} removed");
        let longer = rebuilt(&bytes, |members| members.get_mut(&name).unwrap().push(b' '));
        assert!(named(&check(&longer, Some(&key())), &name), "{name} changed");
    }
    let more = rebuilt(&bytes, |members| _ = members.insert("more.txt".into(), vec![]));
    assert!(named(&check(&more, Some(&key())), "more.txt"));
}

#[test]
fn an_entry_left_out_by_the_key_holder_is_noticed() {
    let bytes = pack(&three_nights(), 10, 20);
    for index in [2, 3, 4, 5, 6, 8] {
        let forged = resigned(&bytes, |members| {
            let entries = members.get_mut("entries.json").unwrap();
            let mut list: serde_json::Value = serde_json::from_slice(entries).unwrap();
            list["entries"].as_array_mut().unwrap().retain(|entry| entry["index"] != index);
            *entries = beleg_dsse::canonical_json(&list).unwrap();
        });
        let report = check(&forged, Some(&key()));
        assert!(named(&report, "entries.json"), "{index}: {:?}", report.problems);
    }
}

#[test]
fn a_window_moved_by_the_key_holder_is_noticed() {
    let bytes = pack(&three_nights(), 10, 20);
    for (field, value) in [
        ("first", serde_json::json!(4)),
        ("first", serde_json::json!(2)),
        ("end", serde_json::json!(5)),
        ("end", serde_json::json!(7)),
        ("end", serde_json::json!(1_000_000)),
        ("first", serde_json::json!(7)),
        ("from", serde_json::json!(at(9))),
        ("from", serde_json::json!(at(0))),
        ("to", serde_json::json!(at(21))),
        ("to", serde_json::json!(at(10))),
        ("tree_size", serde_json::json!(8)),
        ("origin", serde_json::json!("other")),
        ("schema", serde_json::json!(1)),
    ] {
        let forged = resigned(&bytes, |members| {
            let manifest = members.get_mut("manifest.json").unwrap();
            let mut changed: serde_json::Value = serde_json::from_slice(manifest).unwrap();
            changed[field] = value.clone();
            *manifest = beleg_dsse::canonical_json(&changed).unwrap();
        });
        let report = check(&forged, Some(&key()));
        // Between two nights nothing was recorded, so an earlier begin there is just as true; but
        // the README says another one.
        assert!(!report.is_sound(), "{field} {value}: {:?}", report.problems);
    }
}

#[test]
fn missing_evidence_is_shown_as_unfinished_and_later_evidence_counts() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 3), at(0)).unwrap();
    ledger.append_evidence(&evidence("one", 0, Verdict::Pass), at(1)).unwrap();
    ledger.append_evidence(&evidence("one", 2, Verdict::Pass), at(15)).unwrap();
    let report = check(&pack(&storage, 0, 10), Some(&key()));
    assert_eq!(report.problems, []);
    assert_eq!((report.entries, report.checks.len()), (2, 2));
    assert_eq!(report.unfinished[0].missing, 1);
    assert_eq!(report.unfinished[0].checks[0].subject.name, "db1");
    // The later window shows the plan that stands before it.
    let report = check(&pack(&storage, 10, 20), Some(&key()));
    assert_eq!((report.problems.len(), report.entries, report.unfinished.len()), (0, 1, 0));
}

#[test]
fn a_run_that_the_window_cuts_in_two_is_named_and_no_pass() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    ledger.append_planned(&plan("one", 2), at(0)).unwrap();
    ledger.append_evidence(&evidence("one", 0, Verdict::Fail), at(1)).unwrap();
    ledger.append_evidence(&evidence("one", 1, Verdict::Pass), at(15)).unwrap();
    let report = check(&pack(&storage, 10, 20), Some(&key()));
    assert_eq!((report.problems.len(), report.verdict()), (0, Verdict::Unknown));
    let cut = &report.cut[0];
    assert_eq!((cut.promised, cut.absent, cut.planned), (2, 1, at(0)));
    // One of which nothing is in the window, and one that is whole, are not cut.
    for (from, to) in [(2, 10), (0, 20), (20, 30)] {
        assert_eq!(check(&pack(&storage, from, to), Some(&key())).cut, [], "{from}..{to}");
    }
}

#[test]
fn evidence_that_was_not_planned_or_comes_twice_is_a_problem() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Fail], 0);
    ledger.append_evidence(&evidence("one", 0, Verdict::Pass), at(1)).unwrap();
    ledger.append_evidence(&evidence("two", 0, Verdict::Pass), at(1)).unwrap();
    let report = check(&pack(&storage, 0, 10), Some(&key()));
    for what in ["same check as entry 1", "run `two`, not planned before"] {
        assert!(report.problems.iter().any(|problem| problem.what.contains(what)), "{what}");
    }
}

#[test]
fn an_erased_payload_is_accounted_for_even_when_erased_after_the_window() {
    let storage = three_nights();
    let mut ledger = open(Arc::clone(&storage), 2).unwrap();
    ledger.erase(4, "retention has ended", at(40)).unwrap();
    ledger.erase(3, "retention has ended", at(41)).unwrap();
    let report = check(&pack(&storage, 10, 20), Some(&key()));
    assert_eq!(report.problems, []);
    let erased: Vec<_> = report.erasures.iter().map(|e| (e.entry, e.recorded)).collect();
    assert_eq!(erased, [(3, 10), (4, 9)]);
    assert_eq!((report.checks.len(), report.unfinished.len()), (2, 0));
    // What an erased check has shown stands in its entry; it proves nothing better than unknown.
    assert_eq!((report.checks[0].subject.as_deref(), report.verdict()), (None, Verdict::Fail));
}

#[test]
fn a_damaged_or_missing_payload_is_packed_and_named() {
    let storage = three_nights();
    let log = read(&storage);
    let path = |index| log.entry(index).unwrap().commitment().unwrap().path();
    storage.remove(&path(4));
    let mut bytes = storage.bytes(&path(5));
    bytes[30] ^= 1;
    storage.set(&path(5), bytes);
    let report = check(&pack(&storage, 10, 20), Some(&key()));
    assert!(named(&report, &path(4)) && named(&report, &path(5)), "{:?}", report.problems);
    assert_eq!(report.problems.len(), 2, "the rest of the pack is whole: {:?}", report.problems);
}

#[test]
fn requests_that_cannot_be_met_are_refused() {
    let log = read(&three_nights());
    let refuse = |signer: &Signer, request: &PackRequest<'_>| {
        create_pack(&log, signer, request, Cursor::new(Vec::new())).err()
    };
    assert!(matches!(refuse(&signer(), &request(5, 5)), Some(PackError::Window { .. })));
    let other = Signer::from_seed(ORIGIN, [6; 32]).unwrap();
    assert!(matches!(refuse(&other, &request(0, 5)), Some(PackError::OtherKey(_))));
    for name in [
        "checkpoint",
        "manifest.json",
        "README.txt",
        "r/b",
        "../up",
        "",
        "payload/000000000000.jsonl",
        "ümlaut.txt",
        ".hidden",
    ] {
        let render = Called(name);
        let result = refuse(&signer(), &PackRequest { render: &render, ..request(0, 5) });
        assert!(matches!(result, Some(PackError::Name(_))), "{name}");
    }
}

#[test]
fn nothing_at_all_and_noise_are_no_packs() {
    for bytes in [&b""[..], b"PK", b"PK\x03\x04", &[0xff; 4096]] {
        assert!(!check(bytes, None).is_sound());
        assert!(!check(bytes, Some(&key())).is_sound());
    }
}

#[test]
fn an_archive_of_nothing_is_no_pack() {
    let bytes = archive(&BTreeMap::new());
    assert!(!check(&bytes, None).is_sound());
    assert!(!check(&bytes, Some(&key())).is_sound());
}

#[test]
fn a_report_or_readme_that_the_key_holder_words_otherwise_is_noticed() {
    let bytes = pack(&three_nights(), 10, 20);
    for name in ["run-000003-report.txt", "README.txt"] {
        let forged = resigned(&bytes, |members| {
            members.insert(name.to_owned(), b"everything is fine".to_vec());
        });
        assert!(named(&check(&forged, Some(&key())), name), "{name}");
    }
    let gone = resigned(&bytes, |members| _ = members.remove("run-000003-report.txt"));
    assert!(named(&check(&gone, Some(&key())), "run-000003-report.txt"));
    let more = resigned(&bytes, |members| _ = members.insert("summary.html".into(), vec![]));
    assert!(named(&check(&more, Some(&key())), "summary.html"));
}

#[test]
fn reports_of_another_build_are_said_to_be_not_compared() {
    let log = read(&three_nights());
    let tool = Tool { name: "beleg".to_owned(), version: "9.9.9".to_owned() };
    let report = check(&made(&log, &PackRequest { tool, ..request(10, 20) }), Some(&key()));
    assert_eq!((report.problems, report.reports), (vec![], Reports::OtherVersion));
    assert_eq!(report.version, "9.9.9");
}

const DAY: i64 = 86_400;

/// A run under a clock that is a year ahead between runs on three days.
fn with_a_clock_ahead() -> Arc<Memory> {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    for (name, second) in [("one", 0), ("ahead", 400 * DAY), ("two", DAY), ("three", 2 * DAY)] {
        record_run(&mut ledger, name, &[Verdict::Pass], second);
    }
    storage
}

#[test]
fn a_window_holds_all_of_its_days_though_a_clock_was_ahead_between_them() {
    let storage = with_a_clock_ahead();
    let report = check(&pack(&storage, 0, 3 * DAY), Some(&key()));
    assert_eq!(report.problems, []);
    assert_eq!((report.entries, report.checks.len(), report.jumps.len()), (8, 4, 1));
    assert_eq!(report.other_times.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [2, 3]);
    let later = check(&pack(&storage, DAY, 3 * DAY), Some(&key()));
    assert_eq!((later.problems, later.entries, later.other_times), (vec![], 4, vec![]));
    let far = check(&pack(&storage, 399 * DAY, 500 * DAY), Some(&key()));
    assert_eq!((far.problems, far.first, far.entries), (vec![], 2, 2));
}

#[test]
fn a_window_cut_short_at_a_jump_by_the_key_holder_is_noticed() {
    let bytes = pack(&with_a_clock_ahead(), 0, 3 * DAY);
    for (end, kept) in [(2, vec![0, 1, 2]), (2, vec![0, 1, 2, 3, 4, 7])] {
        let forged = resigned(&bytes, |members| {
            let list: serde_json::Value = serde_json::from_slice(&members["entries.json"]).unwrap();
            let log = read(&with_a_clock_ahead());
            let entries: Vec<_> = kept.iter().map(|at| list["entries"][*at].clone()).collect();
            let mut tiles = crate::tree::Tiles::new(log.storage.as_ref(), 8);
            let indices: Vec<u64> = kept.iter().map(|at| *at as u64).collect();
            let proof = merkle::proof_of_set(&mut tiles, &indices, 8).unwrap();
            let proof = crate::pack::format::texts(&proof);
            let list = serde_json::json!({ "entries": entries, "proof": proof });
            members.insert("entries.json".into(), beleg_dsse::canonical_json(&list).unwrap());
            let manifest = members.get_mut(MANIFEST).unwrap();
            let mut changed: serde_json::Value = serde_json::from_slice(manifest).unwrap();
            changed["end"] = serde_json::json!(end);
            *manifest = beleg_dsse::canonical_json(&changed).unwrap();
        });
        let report = check(&forged, Some(&key()));
        let window = |problem: &crate::Problem| problem.what.contains("where it should");
        assert!(report.problems.iter().any(window), "{:?}", report.problems);
    }
}

#[test]
fn a_pack_is_compared_with_earlier_ones() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass], 0);
    let first = pack(&storage, 0, 10);
    let note = checkpoint_of(&mut Cursor::new(&first)).unwrap().unwrap();
    let earlier = Checkpoint::verify(&note, &key()).unwrap();
    let other = Memory::shared();
    record_run(&mut create(&other), "other", &[Verdict::Pass, Verdict::Pass], 0);
    record_run(&mut ledger, "two", &[Verdict::Pass], 20);
    let since = |bytes: &[u8], earlier: &Checkpoint| {
        let (key, since) = (key(), vec![("last year".to_owned(), earlier.clone())]);
        let expected = Expectation { key: Some(&key), since, render: Some(&Debugged) };
        verify_pack(&mut Cursor::new(bytes), &expected).unwrap()
    };
    let request = PackRequest { since: vec![note.clone()], ..request(20, 30) };
    let shown = since(&made(&read(&storage), &request), &earlier);
    assert_eq!((shown.problems, shown.continues, shown.not_compared), (vec![], vec![2], vec![]));
    let silent = since(&pack(&storage, 20, 30), &earlier);
    assert_eq!((silent.problems, silent.not_compared), (vec![], vec!["last year".to_owned()]));
    // Put back, and forked.
    let two = read(&storage).checkpoint().clone();
    assert!(since(&first, &two).problems[0].what.contains("put back"));
    let fork = since(&pack(&other, 0, 10), &Checkpoint { size: 3, ..two.clone() });
    assert!(fork.problems[0].what.contains("two ledgers"), "{:?}", fork.problems);
    let refused = create_pack(&read(&other), &signer(), &request, Cursor::new(Vec::new()));
    assert!(matches!(refused, Err(PackError::Ledger(LedgerError::Forked(2)))));
    let log = read(&other);
    assert!(matches!(log.check_since(&two), Err(LedgerError::PutBack { had: 4, has: 3 })));
    let report = crate::verify_since(&*other, &key(), &[("kept".into(), two)]).unwrap();
    assert!(report.problems[0].what.contains("put back"), "{:?}", report.problems);
    let report = crate::verify_since(&*other, &key(), &[("kept".into(), earlier)]).unwrap();
    assert!(report.problems[0].what.contains("another root"), "{:?}", report.problems);
}

#[test]
fn a_checkpoint_that_others_have_signed_is_kept_and_packed() {
    let storage = Memory::shared();
    let mut ledger = create(&storage);
    record_run(&mut ledger, "one", &[Verdict::Pass], 0);
    let witness = Signer::from_seed("witness.example/w1", [8; 32]).unwrap();
    let mut note = storage.bytes("checkpoint");
    let line = read(&storage).checkpoint().sign(&witness);
    note.extend(line.lines().last().unwrap().bytes().chain([b'\n']));
    storage.set("checkpoint", note.clone());
    let mut ledger = open(Arc::clone(&storage), 3).unwrap();
    record_run(&mut ledger, "two", &[Verdict::Pass], 20);
    sound(&storage);
    assert_eq!(read(&storage).newest_cosigned().unwrap(), Some(note.clone()));
    assert_eq!(crate::cosigners(&note), ["witness.example/w1"]);
    let report = check(&pack(&storage, 20, 30), Some(&key()));
    assert_eq!((report.problems, report.continues), (vec![], vec![2]));
    // A kept checkpoint that another history has signed is a problem.
    let other = ledger_of(5);
    storage.set("cosigned/00000000000000000005", other.bytes("checkpoint"));
    assert!(!verify(&storage).is_sound());
}

#[test]
fn a_ledger_of_many_entries_is_packed_with_few_hashes() {
    let storage = ledger_of(5000);
    let bytes = pack(&storage, 0, 10);
    let report = check(&bytes, Some(&key()));
    assert_eq!((report.problems, report.entries), (vec![], 5000));
    let list: serde_json::Value = serde_json::from_slice(&members(&bytes)["entries.json"]).unwrap();
    assert_eq!(list["proof"].as_array().unwrap().len(), 0);
    assert!(members(&bytes).keys().filter(|name| name.starts_with("payload/")).count() < 10);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn arbitrary_members_never_panic_and_never_pass(
        edits in proptest::collection::vec((0usize..8, 0usize..4000, proptest::prelude::any::<u8>()), 1..6),
    ) {
        let good = small();
        let forged = resigned(&good, |members| {
            for (member, at, byte) in &edits {
                let count = members.len();
                let data = members.values_mut().nth(member % count).unwrap();
                let place = at % data.len();
                data[place] = *byte;
            }
        });
        let report = check(&forged, Some(&key()));
        let changed: Vec<_> = members(&forged)
            .into_iter()
            .filter(|(name, data)| members(&good).get(name) != Some(data))
            .map(|(name, _)| name)
            .filter(|name| !name.starts_with("manifest"))
            .collect();
        proptest::prop_assert!(changed.is_empty() || !report.is_sound(), "{changed:?}");
    }
}
