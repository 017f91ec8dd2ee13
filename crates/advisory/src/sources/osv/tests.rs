#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::{read_zip, record};
use crate::sources::intake::Record;
use crate::sources::{Limits, Source, SourceError};
use crate::tests::{osv_record, zip_of};
use beleg_ecosystem::Registry;
use beleg_model::ByteCount;
use proptest::prelude::*;

const BUILT_IN: Registry = Registry::built_in();

fn good() -> String {
    osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0"), ("fixed", "1.0")])
        .to_string()
}

fn parse(bytes: &[u8]) -> Result<Record, String> {
    record::parse(bytes, BUILT_IN.find("PyPI").unwrap(), BUILT_IN)
}

fn read(bytes: &[u8]) -> Result<Source, SourceError> {
    read_zip("pypi", "PyPI", bytes, &Limits::default(), BUILT_IN)
}

fn good_zip() -> Vec<u8> {
    zip_of(&[("DEMO-2026-0001.json", good().as_bytes())])
}

/// Reads one good record and this one, and returns why this one was left out.
fn why_left_out(path: &str, text: &str) -> String {
    let zip = zip_of(&[("DEMO-2026-0001.json", good().as_bytes()), (path, text.as_bytes())]);
    let source = read(&zip).unwrap();
    assert_eq!((source.records, source.left_out.len()), (1, 1), "{path}");
    assert_eq!(source.left_out[0].what, path);
    source.left_out[0].why.clone()
}

#[test]
fn an_archive_tells_what_it_holds() {
    let source = read(&good_zip()).unwrap();
    assert_eq!((source.records, source.unaddressed, source.left_out.len()), (1, 0, 0));
    assert_eq!(source.ecosystems, ["PyPI"]);
    assert_eq!(source.newest, "2026-01-02T03:04:05Z".parse().ok());
    let input = source.input("https://example.org/PyPI/all.zip");
    assert_eq!(input.name, "advisory source pypi");
    assert_eq!(input.digest, Some(source.digest));
}

#[test]
fn unreadable_records_are_left_out_with_the_reason() {
    let path = "DEMO-2026-0002.json";
    let with = |change: fn(&mut serde_json::Value)| {
        let mut record = osv_record("DEMO-2026-0002", "PyPI", "demo", &[("introduced", "0")]);
        change(&mut record);
        record.to_string()
    };
    for (text, why) in [
        ("{".to_owned(), "EOF"),
        ("[]".to_owned(), "invalid"),
        ("{\"modified\": \"x\"}".to_owned(), "missing field `id`"),
        ("{\"id\": \"A\", \"id\": \"B\"}".to_owned(), "duplicate field `id`"),
        (format!("{} x", good()), "trailing characters"),
        (with(|it| it["schema_version"] = "2.0".into()), "schema version `2.0`"),
        (with(|it| it["id"] = "a\nb".into()), "identifier"),
        (with(|it| it["id"] = "".into()), "identifier"),
        (with(|it| it["affected"][0]["ranges"] = "all".into()), "invalid type"),
        (with(|it| it["affected"][0]["package"] = serde_json::json!({"name": "x"})), "ecosystem"),
        (with(|it| it["affected"][0]["versions"] = serde_json::json!([1.0])), "invalid type"),
        (good(), "identifier of an earlier record"),
        (format!("{{\"id\":\"A\",\"database_specific\":{}", "[".repeat(1000)), "recursion limit"),
        (" ".repeat(5 << 20), "more than the allowed 4.0 MiB"),
    ] {
        let found = why_left_out(path, &text);
        assert!(found.contains(why), "{found} instead of {why}");
    }
    assert!(why_left_out("README.txt", "hello").contains("not a JSON file"));
}

#[test]
fn an_archive_for_another_ecosystem_is_an_error_not_an_empty_source() {
    for (ecosystem, bytes) in [("crates.io", good_zip()), ("Py", good_zip()), ("PyPI", zip_of(&[]))]
    {
        let error = read_zip("osv", ecosystem, &bytes, &Limits::default(), BUILT_IN).unwrap_err();
        assert_eq!(error.code(), "empty-source", "{ecosystem}");
    }
    let error = read(&zip_of(&[("A.json", b"{")])).unwrap_err();
    assert!(error.to_string().contains("`A.json`: EOF"), "{error}");
}

#[test]
fn a_cut_archive_is_an_error() {
    let whole = good_zip();
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "cut at {end} of {}", whole.len());
    }
}

#[test]
fn two_entries_of_one_name_are_an_error() {
    // The writer refuses a doubled name, so two names are made equal afterwards.
    let mut bytes = zip_of(&[("A-1.json", good().as_bytes()), ("A-2.json", b"{}")]);
    let positions: Vec<usize> = bytes
        .windows(8)
        .enumerate()
        .filter(|(_, window)| *window == b"A-2.json")
        .map(|(position, _)| position)
        .collect();
    for position in positions {
        bytes[position.checked_add(2).unwrap()] = b'1';
    }
    assert!(matches!(read(&bytes), Err(SourceError::Doubled)));
}

#[test]
fn one_archive_after_another_is_an_error() {
    let other = osv_record("DEMO-2026-0003", "PyPI", "x", &[("introduced", "0")]).to_string();
    let other = zip_of(&[("B-1.json", other.as_bytes())]);
    let half = other.len() / 2;
    for bytes in
        [[good_zip(), other.clone()].concat(), [good_zip(), other[..half].to_vec()].concat()]
    {
        assert!(matches!(read(&bytes), Err(SourceError::SurplusData)));
    }
}

#[test]
fn a_release_s_own_archive_covers_that_release() {
    let record =
        osv_record("USN-1-1", "Ubuntu:24.04:LTS", "zlib", &[("introduced", "0")]).to_string();
    let bytes = zip_of(&[("USN-1-1.json", record.as_bytes())]);
    let source =
        read_zip("ubuntu", "Ubuntu:24.04:LTS", &bytes, &Limits::default(), BUILT_IN).unwrap();
    assert_eq!(source.ecosystems, ["Ubuntu:24.04"]);
}

#[test]
fn a_record_that_lies_about_its_size_is_left_out() {
    let text = good();
    let size = u32::try_from(text.len()).unwrap().to_le_bytes();
    for lie in [10_u32, 1_000_000, u32::MAX - 1] {
        let other = osv_record("DEMO-2026-0003", "PyPI", "x", &[("introduced", "0")]).to_string();
        let mut bytes = zip_of(&[("A-1.json", text.as_bytes()), ("A-2.json", other.as_bytes())]);
        // The first record's size in its local and its central header.
        let positions: Vec<usize> = bytes
            .windows(4)
            .enumerate()
            .filter(|(_, window)| *window == size)
            .map(|(position, _)| position)
            .collect();
        assert!(positions.len() >= 2);
        for position in positions {
            bytes[position..][..4].copy_from_slice(&lie.to_le_bytes());
        }
        let source = read(&bytes).unwrap();
        assert_eq!((source.records, source.left_out.len()), (1, 1), "{lie}");
        let why = &source.left_out[0].why;
        assert!(why.contains("claims") || why.contains("unpacked"), "{why}");
    }
}

#[test]
fn limits_hold_for_the_archive_as_a_whole() {
    let bytes = good_zip();
    for (limits, what) in [
        (Limits { archive: ByteCount(10), ..Limits::default() }, "`archive`"),
        (Limits { total: ByteCount(10), ..Limits::default() }, "`unpacked archive`"),
        (Limits { records: 0, ..Limits::default() }, "records"),
    ] {
        let error = read_zip("pypi", "PyPI", &bytes, &limits, BUILT_IN).unwrap_err();
        assert_eq!(error.code(), "source-too-large");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn damaged_content_is_left_out() {
    let text = good();
    let other = osv_record("DEMO-2026-0003", "PyPI", "x", &[("introduced", "0")]).to_string();
    let mut bytes = zip_of(&[("A-1.json", text.as_bytes()), ("A-2.json", other.as_bytes())]);
    bytes[60] ^= 0xff;
    let source = read(&bytes).unwrap();
    assert_eq!((source.records, source.left_out.len()), (1, 1));
}

proptest! {
    #[test]
    fn no_json_makes_the_reader_panic(text in "[\\[\\]{}\":,a-z0-9\\\\ ]{0,120}") {
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn no_change_of_a_record_makes_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = good().into_bytes();
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let _ = parse(&bytes);
    }

    #[test]
    fn no_version_makes_the_matching_panic(
        version in "\\PC{0,20}",
        introduced in "[0-9a-z.+!~:-]{0,12}",
        fixed in "\\PC{0,12}",
        ecosystem in prop_oneof![Just("PyPI"), Just("crates.io"), Just("Debian:12"), Just("Maven")],
    ) {
        let events = [("introduced", introduced.as_str()), ("fixed", &fixed)];
        let record = osv_record("DEMO-2026-0001", ecosystem, "demo", &events);
        let about = BUILT_IN.find(ecosystem).unwrap();
        let record = record::parse(record.to_string().as_bytes(), about, BUILT_IN).unwrap();
        let affected = &record.advisory.affected[0];
        let _ = (affected.decide(&version), affected.fixes(&version));
    }

    #[test]
    fn no_bytes_make_the_archive_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn no_change_of_an_archive_makes_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = good_zip();
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let _ = read(&bytes);
    }
}
