//! Packs: what they show, and that nothing in them can be changed.

use super::*;
use crate::pack::format::{MANIFEST, MANIFEST_TYPE, Manifest, MemberDigest, SIGNED_MANIFEST};
use crate::pack::{
    PackError, PackReport, PackRequest, create as create_pack, verify as check, zip,
};
use beleg_dsse::{Envelope, Verifier};
use std::ops::Range;

fn request(from: i64, to: i64) -> PackRequest {
    PackRequest {
        from: at(from),
        to: at(to),
        tool: Tool { name: "beleg".to_owned(), version: "0.1.0".to_owned() },
        extras: vec![("report.html".to_owned(), b"<p>fine</p>".to_vec())],
    }
}

fn pack(storage: &Arc<Memory>, from: i64, to: i64) -> Vec<u8> {
    create_pack(&read(storage), &signer(), &request(from, to)).unwrap()
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
    let verdicts: Vec<_> =
        report.evidence.iter().map(|check| check.evidence.outcome.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail]);
    assert_eq!(report.evidence[0].entry, 4);
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
    let place = |member: &zip::Member<'_>| {
        let start = member.data.as_ptr() as usize - bytes.as_ptr() as usize;
        (member.name.to_owned(), start..start + member.data.len())
    };
    zip::read(bytes).0.iter().map(place).collect()
}

fn members(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let take = |(name, range): (String, Range<usize>)| (name, bytes[range].to_vec());
    ranges(bytes).into_iter().map(take).collect()
}

fn archive(members: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    zip::write(members.iter().map(|(name, data)| (name.as_str(), data.as_slice()))).unwrap()
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
    for index in [2, 3, 4, 5, 6] {
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
        ("schema", serde_json::json!(2)),
    ] {
        let forged = resigned(&bytes, |members| {
            let manifest = members.get_mut("manifest.json").unwrap();
            let mut changed: serde_json::Value = serde_json::from_slice(manifest).unwrap();
            changed[field] = value.clone();
            *manifest = beleg_dsse::canonical_json(&changed).unwrap();
        });
        let report = check(&forged, Some(&key()));
        // Between two nights nothing was recorded, so an earlier begin there is just as true.
        let true_as_well = field == "from" && value == serde_json::json!(at(9));
        assert_eq!(report.is_sound(), true_as_well, "{field} {value}: {:?}", report.problems);
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
    assert_eq!((report.entries, report.evidence.len()), (2, 2));
    assert_eq!(report.unfinished[0].missing, 1);
    assert_eq!(report.unfinished[0].checks[0].subject.name, "db1");
    // The later window shows the plan that stands before it.
    let report = check(&pack(&storage, 10, 20), Some(&key()));
    assert_eq!((report.problems.len(), report.entries, report.unfinished.len()), (0, 1, 0));
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
    assert_eq!((report.evidence.len(), report.unfinished.len()), (1, 0));
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
    assert!(named(&report, &format!("{}.json", path(4))));
    assert!(named(&report, &format!("{}.json", path(5))));
}

#[test]
fn requests_that_cannot_be_met_are_refused() {
    let log = read(&three_nights());
    let refuse = |signer: &Signer, request: &PackRequest| create_pack(&log, signer, request);
    assert!(matches!(refuse(&signer(), &request(5, 5)), Err(PackError::Window { .. })));
    let other = Signer::from_seed(ORIGIN, [6; 32]).unwrap();
    assert!(matches!(refuse(&other, &request(0, 5)), Err(PackError::OtherKey(_))));
    for name in [
        "checkpoint",
        "MANIFEST.json",
        "manifest.dsse.json",
        "readme.TXT",
        "a/b",
        "../up",
        "",
        "payload",
        "ümlaut.txt",
        ".hidden",
    ] {
        let extras = vec![(name.to_owned(), Vec::new())];
        let result = refuse(&signer(), &PackRequest { extras, ..request(0, 5) });
        assert!(matches!(result, Err(PackError::Name(_))), "{name}");
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
        // The README is for people: what the key holder writes there is his own affair.
        let changed: Vec<_> = members(&forged)
            .into_iter()
            .filter(|(name, data)| members(&good).get(name) != Some(data))
            .map(|(name, _)| name)
            .filter(|name| !name.starts_with("manifest") && name != "README.txt" && name != "report.html")
            .collect();
        proptest::prop_assert!(changed.is_empty() || !report.is_sound(), "{changed:?}");
    }
}
