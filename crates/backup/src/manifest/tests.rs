#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use super::*;
use crate::testing::{Kit, small_folder};
use beleg_dsse::Signer;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// One signed manifest of the second format.
static SECOND: LazyLock<(Kit, Vec<u8>)> = LazyLock::new(|| {
    let kit = Kit::new();
    let folder = small_folder();
    let (_, created) = kit.backup(folder.path(), Some(1));
    (kit, created.manifest)
});

/// The same in the first format, as earlier versions wrote it.
static SIGNED: LazyLock<(&Kit, Vec<u8>)> = LazyLock::new(|| {
    let kit = &SECOND.0;
    let (head, lines) = parts(&SECOND.1);
    let payload = Envelope::parse(head).unwrap().unverified_payload().unwrap();
    let mut value: Value = serde_json::from_slice(&payload).unwrap();
    value["predicateType"] = json!(FIRST_PREDICATE_TYPE);
    let without_owner = |line: &[u8]| {
        let entry = Entry { owner: None, ..serde_json::from_slice(line).unwrap() };
        serde_json::to_value(entry).unwrap()
    };
    let entries = lines.trim_ascii_end().split(|byte| *byte == b'\n').map(without_owner);
    let entries: Vec<Value> = entries.collect();
    let predicate = value["predicate"].as_object_mut().unwrap();
    predicate.remove("content");
    predicate.remove("omissions");
    predicate.insert("format".to_owned(), json!(1));
    predicate.insert("leftOut".to_owned(), json!([]));
    predicate.insert("changed".to_owned(), json!([]));
    let root = Measure::of(&canonical_json(&entries).unwrap()).digest;
    predicate.insert("root".to_owned(), json!(root));
    predicate.insert("entries".to_owned(), json!(entries));
    (kit, sealed(&value))
});

/// Cuts a manifest of the second format behind its envelope.
fn parts(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes.split_at(end + 1)
}

fn sealed(value: &Value) -> Vec<u8> {
    let payload = canonical_json(value).unwrap();
    serde_json::to_vec(&Envelope::sign(PAYLOAD_TYPE, &payload, &SECOND.0.signer)).unwrap()
}

fn read(bytes: &[u8], trusted: &[Verifier]) -> Result<Manifest, ManifestError> {
    Manifest::read(bytes, trusted, tempfile::tempfile)
}

fn open(bytes: &[u8]) -> Result<Manifest, ManifestError> {
    read(bytes, &[SIGNED.0.signer.verifier().clone()])
}

/// Writes other entries, and signs the beginning that belongs to them.
fn with_lines(lines: &[u8], count: u64) -> Vec<u8> {
    let (head, _) = parts(&SECOND.1);
    let payload = Envelope::parse(head).unwrap().unverified_payload().unwrap();
    let mut value: Value = serde_json::from_slice(&payload).unwrap();
    let measure = Measure::of(lines);
    value["predicate"]["entries"] =
        json!({ "count": count, "size": measure.size, "digest": measure.digest });
    [sealed(&value).as_slice(), b"\n", lines].concat()
}

fn line(path: &str, rest: Value) -> String {
    let mut value = json!({ "path": path, "kind": "directory", "mode": 0, "modified": 0 });
    value.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    String::from_utf8(canonical_json(&value).unwrap()).unwrap() + "\n"
}

#[test]
fn the_second_format_opens_whole_and_by_its_beginning() {
    let manifest = open(&SECOND.1).unwrap();
    let trusted = [SECOND.0.signer.verifier().clone()];
    let facts = Facts::read(SECOND.1.as_slice(), &trusted).unwrap();
    assert_eq!(facts, manifest.facts);
    assert_eq!(Facts::read(parts(&SECOND.1).0, &trusted).unwrap(), facts);
    let paths: Vec<String> = manifest.entries.iter().map(|entry| entry.unwrap().path).collect();
    assert_eq!(paths, ["a", "a/one", "two"]);
    for (path, at) in paths.iter().zip(0..) {
        assert_eq!(manifest.entries.find(path, 0).unwrap(), Some(at));
    }
    assert_eq!(manifest.entries.find("b", 0).unwrap(), None);
    assert!(manifest.keeps_owners().unwrap() && !open(&SIGNED.1).unwrap().keeps_owners().unwrap());
}

#[test]
fn entries_that_are_cut_doubled_or_exchanged_are_not_those_that_were_signed() {
    let (head, lines) = parts(&SECOND.1);
    let first = lines.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for changed in [
        &lines[..first],
        &lines[..lines.len() - 1],
        &[lines, b"\n"].concat(),
        &[lines, &lines[..first]].concat(),
        &[&lines[first..], &lines[..first]].concat(),
        b"",
    ] {
        let error = open(&[head, changed].concat()).unwrap_err();
        assert!(matches!(error, ManifestError::WrongRoot), "{error}");
    }
    // The first format has nothing behind its envelope.
    let error = open(&[SIGNED.1.as_slice(), b"\n", lines].concat()).unwrap_err();
    assert!(matches!(error, ManifestError::WrongRoot), "{error}");
}

#[test]
fn signed_entries_that_do_not_follow_one_another_are_refused() {
    let folder = |path: &str| line(path, json!({}));
    let order = |lines: &[String]| open(&with_lines(lines.concat().as_bytes(), lines.len() as u64));
    for (lines, why) in [
        (vec![folder("b"), folder("a")], "order"),
        (vec![folder("a"), folder("a")], "order"),
        // The order of a walk, which is not that of the bytes.
        (vec![folder("a"), folder("a-b"), folder("a/x")], "order"),
        (vec![folder("a/b")], "folder"),
        (vec![folder("a"), folder("b"), folder("b/c/d")], "folder"),
        (vec![line("a", json!({ "kind": "hardlink", "target": "b" }))], "order"),
        (vec![line("a", json!({ "kind": "hardlink", "target": "../b" }))], "unsafe"),
        (vec![folder("../a")], "unsafe"),
        (vec![line("a", json!({ "uid": 1 }))], "malformed"),
        (vec![folder("a").replace(':', ": ")], "canonical"),
    ] {
        let found = match order(&lines).unwrap_err() {
            ManifestError::Order(_) => "order",
            ManifestError::NoFolder(_) => "folder",
            ManifestError::Unsafe { .. } => "unsafe",
            ManifestError::Malformed(_) => "malformed",
            ManifestError::NotCanonical => "canonical",
            other => panic!("{other}"),
        };
        assert_eq!(found, why, "{lines:?}");
    }
    let good = [folder("a"), folder("a/x"), folder("a-b")];
    // All is in order but the sum of sizes, which is that of other entries.
    assert!(matches!(order(&good), Err(ManifestError::WrongRoot)));
    let wrong_count = open(&with_lines(good.concat().as_bytes(), 2));
    assert!(matches!(wrong_count, Err(ManifestError::WrongRoot)));
}

#[test]
fn the_entries_of_a_large_backup_lie_in_a_file() {
    let lines: String = (0..60_000).map(|n| line(&format!("{n:0200}"), json!({}))).collect();
    assert!(lines.len() > 8 << 20);
    let (head, _) = parts(&SECOND.1);
    let payload = Envelope::parse(head).unwrap().unverified_payload().unwrap();
    let mut value: Value = serde_json::from_slice(&payload).unwrap();
    let measure = Measure::of(lines.as_bytes());
    value["predicate"]["entries"] =
        json!({ "count": 60_000, "size": measure.size, "digest": measure.digest });
    value["predicate"]["content"] = json!(0);
    let bytes = [sealed(&value).as_slice(), b"\n", lines.as_bytes()].concat();
    let manifest = open(&bytes).unwrap();
    let last = format!("{:0200}", 59_999);
    assert_eq!(manifest.entries.get(59_999).unwrap().unwrap().path, last);
    assert_eq!(manifest.entries.find(&last, 7).unwrap(), Some(59_999));
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full");
    let trusted = [SECOND.0.signer.verifier().clone()];
    let error = Manifest::read(bytes.as_slice(), &trusted, full).unwrap_err();
    assert!(matches!(error, ManifestError::Spool(_)), "{error}");
}

/// Changes the signed statement and signs it again, as someone with the key could.
fn resigned(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let payload = Envelope::parse(&SIGNED.1).unwrap().unverified_payload().unwrap();
    let mut value: Value = serde_json::from_slice(&payload).unwrap();
    change(&mut value);
    sealed(&value)
}

#[test]
fn a_manifest_opens_with_the_key_that_signed_it_and_no_other() {
    let other = Signer::generate("other").unwrap();
    let trusted = [other.verifier().clone(), SIGNED.0.signer.verifier().clone()];
    let manifest = read(&SIGNED.1, &trusted).unwrap();
    assert_eq!(manifest.facts.signer, "backup.example");
    assert_eq!(manifest.facts.entries, 3);
    assert!(matches!(read(&SIGNED.1, &trusted[..1]), Err(ManifestError::NotTrusted)));
    assert!(matches!(read(&SIGNED.1, &[]), Err(ManifestError::NoTrustedKey)));
}

#[test]
fn too_many_bytes_are_refused() {
    let bytes = vec![b' '; MAX_MANIFEST + 1];
    assert!(matches!(open(&bytes), Err(ManifestError::Envelope(EnvelopeError::TooLarge))));
}

#[test]
fn another_format_or_type_is_refused() {
    for change in [
        (|v: &mut Value| v["predicate"]["format"] = json!(2)) as fn(&mut Value),
        |v| v["predicateType"] = json!("urn:beleg:evidence:v1"),
        |v| v["_type"] = json!("https://in-toto.io/Statement/v0.1"),
    ] {
        assert!(matches!(open(&resigned(change)), Err(ManifestError::WrongType(_))));
    }
    let extra = resigned(|v| v["predicate"]["comment"] = json!(""));
    assert!(matches!(open(&extra), Err(ManifestError::Malformed(_))));
}

#[test]
fn a_subject_that_is_not_the_object_is_refused() {
    for change in [
        (|v: &mut Value| v["subject"] = json!([])) as fn(&mut Value),
        |v| v["subject"][0]["name"] = json!("other"),
        |v| v["subject"][0]["digest"]["sha256"] = json!("00"),
        |v| v["subject"][0]["digest"]["sha512"] = json!("00"),
        |v| v["predicate"]["created"] = json!("2026-11-21T02:00:01Z"),
        |v| v["predicate"]["created"] = json!("2026-11-21T02:00:00.5Z"),
    ] {
        assert!(matches!(open(&resigned(change)), Err(ManifestError::WrongSubject)));
    }
}

#[test]
fn unsafe_duplicate_and_unsorted_paths_are_refused() {
    for path in ["/etc/passwd", "../two", "a/../two", "", "two/", "./two", "t\0wo"] {
        let bytes = resigned(|v| v["predicate"]["entries"][2]["path"] = json!(path));
        let error = open(&bytes).unwrap_err();
        assert!(matches!(error, ManifestError::Unsafe { .. }), "{path}: {error}");
    }
    for path in ["a/one", "Z"] {
        let bytes = resigned(|v| v["predicate"]["entries"][2]["path"] = json!(path));
        assert!(matches!(open(&bytes), Err(ManifestError::Order(_))), "{path}");
    }
    for path in ["b/one", "a/one/x"] {
        let bytes = resigned(|v| v["predicate"]["entries"][2]["path"] = json!(path));
        assert!(matches!(open(&bytes), Err(ManifestError::NoFolder(_))), "{path}");
    }
}

#[test]
fn fields_that_do_not_fit_are_refused() {
    let entry = |change: fn(&mut Value)| resigned(|v| change(&mut v["predicate"]["entries"][2]));
    assert!(matches!(open(&entry(|e| e["mode"] = json!(0o10_000))), Err(ManifestError::Mode(_))));
    for change in [
        (|e: &mut Value| e["kind"] = json!("directory")) as fn(&mut Value),
        |e| e["kind"] = json!("fifo"),
        |e| e["target"] = json!("x"),
        |e| drop(e.as_object_mut().unwrap().remove("size")),
        |e| e["size"] = json!(-1),
    ] {
        assert!(matches!(open(&entry(change)), Err(ManifestError::Malformed(_))));
    }
    let sha512 = format!("sha512:{}", "0".repeat(128));
    let bytes = resigned(|v| v["predicate"]["entries"][2]["digest"] = json!(sha512));
    assert!(matches!(open(&bytes), Err(ManifestError::NotSha256)));
    let bytes = resigned(|v| v["predicate"]["entries"][2]["size"] = json!(8));
    assert!(matches!(open(&bytes), Err(ManifestError::WrongRoot)));
    let large = resigned(|v| v["predicate"]["ciphertext"]["size"] = json!((1u64 << 53) + 2));
    assert!(matches!(open(&large), Err(ManifestError::TooLarge | ManifestError::NotCanonical)));
}

#[test]
fn a_payload_in_another_form_is_refused() {
    let payload = Envelope::parse(&SIGNED.1).unwrap().unverified_payload().unwrap();
    let value: Value = serde_json::from_slice(&payload).unwrap();
    let pretty = serde_json::to_vec_pretty(&value).unwrap();
    let envelope = Envelope::sign(PAYLOAD_TYPE, &pretty, &SIGNED.0.signer);
    let bytes = serde_json::to_vec(&envelope).unwrap();
    assert!(matches!(open(&bytes), Err(ManifestError::NotCanonical)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_manifest(
        bytes in proptest::collection::vec(any::<u8>(), 0..512),
    ) {
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn a_changed_byte_never_changes_what_comes_out(at in any::<usize>(), with in any::<u8>()) {
        let mut bytes = SIGNED.1.clone();
        let place = at % bytes.len();
        bytes[place] = with;
        // The key hint is not signed, so a change there may pass; then all else is as it was.
        if let Ok(manifest) = open(&bytes) {
            prop_assert_eq!(manifest, open(&SIGNED.1).unwrap());
        }
        let mut bytes = SECOND.1.clone();
        let at = at % bytes.len();
        bytes[at] = with;
        if let Ok(manifest) = open(&bytes) {
            prop_assert_eq!(manifest, open(&SECOND.1).unwrap());
        }
    }
}
