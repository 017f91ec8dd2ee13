#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::*;
use crate::probes::{self, ProbeResult};
use crate::testing::{Kit, run};
use beleg_model::Verdict;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What pg_dump 15.18 writes around the data, tokens and all.
const POSTGRES: &str = "--\n-- PostgreSQL database dump\n--\n\n\\restrict grW5J\n\n\
    -- Dumped from database version 15.18\n\nCOPY public.t (a, b) FROM stdin;\n1\tx\n\\.\n\n\n\
    --\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict grW5J\n\n";
/// What older versions wrote, and mariadb-dump and mysqldump.
const OTHERS: [&str; 4] = [
    "--\n-- PostgreSQL database dump\n--\n\nSELECT 1;\n\n--\n-- PostgreSQL database dump complete\n--\n\n",
    "--\n-- PostgreSQL database cluster dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n\n\
     --\n-- PostgreSQL database cluster dump complete\n--\n\n",
    "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\nINSERT INTO t VALUES (1);\n\n\
     -- Dump completed on 2026-11-21  2:00:00\n",
    "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11.11-MariaDB\n--\n\
     INSERT INTO t VALUES (1);\n-- Dump completed\n",
];

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Backs a folder up, restores it and probes what was restored.
fn probe(folder: &Path) -> Vec<ProbeResult> {
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder, None);
    let trial = kit.restore(&ciphertext, &kit.open(&created));
    let restored = trial.result.as_ref().unwrap();
    assert!(restored.differences.is_empty());
    probes::run(restored, &trial.scratch, &ProbeLimits::default(), &Watch::idle()).results
}

/// Probes one file and returns what was found.
fn examined(name: &str, bytes: &[u8]) -> Examined {
    let results = probe(folder(&[(name, bytes)]).path());
    assert_eq!(results.len(), 1, "{name}: {results:?}");
    results.into_iter().next().unwrap().examined
}

#[track_caller]
fn is(name: &str, bytes: &[u8], verdict: Verdict, looked: Looked) {
    let examined = examined(name, bytes);
    assert_eq!((examined.verdict, examined.looked), (verdict, looked), "{name}: {examined:?}");
}

#[track_caller]
fn fails(name: &str, bytes: &[u8], why: &str) {
    let examined = examined(name, bytes);
    assert_eq!(examined.verdict, Verdict::Fail, "{name}: {examined:?}");
    assert!(examined.message.contains(why), "{}", examined.message);
}

#[test]
fn a_dump_with_its_end_mark_passes_whatever_its_name() {
    for text in [POSTGRES].iter().chain(&OTHERS) {
        is("nightly", text.as_bytes(), Verdict::Pass, Looked::AtItsEnd);
    }
}

#[test]
fn a_dump_cut_anywhere_before_its_end_mark_fails() {
    for text in [POSTGRES].iter().chain(&OTHERS) {
        let end = text.rfind("omplete").unwrap();
        for cut in [80, text.len() / 2, end] {
            fails("nightly.sql", &text.as_bytes()[..cut.min(end)], "is missing");
        }
    }
}

#[test]
fn what_follows_an_end_mark_leaves_it_open() {
    let text = format!("{POSTGRES}SELECT 1;\n");
    is("a.sql", text.as_bytes(), Verdict::Unknown, Looked::Inside);
    let two = format!("{POSTGRES}{}", &POSTGRES[..100]);
    is("a.sql", two.as_bytes(), Verdict::Unknown, Looked::Inside);
}

/// Text of the mark inside a line is none.
#[test]
fn a_mark_inside_a_line_is_no_end() {
    let text = "-- MySQL dump 10.13\nINSERT INTO t VALUES ('-- Dump completed');\n";
    fails("a.sql", text.as_bytes(), "is missing");
}

#[test]
fn a_dump_of_the_real_sqlite3_is_told_from_one_that_is_cut() {
    let folder = TempDir::new().unwrap();
    let make = "CREATE TABLE t (a); INSERT INTO t VALUES ('x'), ('y');";
    run("sqlite3", &["a.db", make], folder.path());
    let dump = run("sqlite3", &["a.db", ".dump"], folder.path());
    is("a.sql", &dump, Verdict::Pass, Looked::AtItsEnd);
    fails("a.sql", &dump[..dump.len() - 9], "is missing");
    let broken = [&dump[..dump.len() - 8], b"ROLLBACK; -- due to errors\n"].concat();
    fails("a.sql", &broken, "cannot read the database");
}

#[test]
fn packed_dumps_are_looked_into_as_far_as_they_unpack() {
    let lines = "INSERT INTO t VALUES (1, 'some text that packs');\n".repeat(20_000);
    let text = POSTGRES.replace("COPY", &format!("{lines}COPY"));
    let source = folder(&[("a.sql", text.as_bytes()), ("cut.sql", &text.as_bytes()[..90_000])]);
    for (program, options, ending) in
        [("gzip", "-c", "gz"), ("zstd", "-qc", "zst"), ("xz", "-c", "xz")]
    {
        let name = format!("a.sql.{ending}");
        let packed = run(program, &[options, "a.sql"], source.path());
        is(&name, &packed, Verdict::Pass, Looked::AtItsEnd);
        for cut in [packed.len() - 1, packed.len() / 2, 20] {
            fails(&name, &packed[..cut], "does not come to its end");
        }
        let inside = run(program, &[options, "cut.sql"], source.path());
        match program {
            "xz" => is(&name, &inside, Verdict::Pass, Looked::AtItsEnd),
            _ => fails(&name, &inside, "is missing"),
        }
    }
}

#[test]
fn what_gzip_passes_over_is_no_damage() {
    let source = folder(&[("a.sql", POSTGRES.as_bytes())]);
    let packed = run("gzip", &["-c", "a.sql"], source.path());
    let (zeros, text) = ([packed.as_slice(), &[0; 512]].concat(), [&packed[..], b"text"].concat());
    for bytes in [zeros, text] {
        is("a.sql.gz", &bytes, Verdict::Pass, Looked::AtItsEnd);
    }
    let mut damaged = packed.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    fails("a.sql.gz", &damaged, "damaged");
    // Two members are one stream.
    let two = [packed.as_slice(), &run("gzip", &["-c", "a.sql"], source.path())].concat();
    is("a.sql.gz", &two, Verdict::Pass, Looked::AtItsEnd);
}

#[test]
fn a_window_that_needs_much_memory_is_no_damage() {
    let source = TempDir::new().unwrap();
    let file = fs::File::create(source.path().join("a.sql")).unwrap();
    file.set_len(200 << 20).unwrap();
    let options = ["-qc", "-1", "--long=28", "a.sql"];
    let packed = run("zstd", &options, source.path());
    is("a.sql.zst", &packed, Verdict::Unknown, Looked::Inside);
}

#[test]
fn collections_and_snapshots_are_walked_to_their_end() {
    let document = [&18_u32.to_le_bytes()[..], b"\x02a\0\x06\0\0\0hello\0", b"\0"].concat();
    assert_eq!(document.len(), 18);
    let two = [document.as_slice(), &document].concat();
    is("t.bson", &two, Verdict::Pass, Looked::AtItsEnd);
    is("t.bson", b"not a document", Verdict::Unknown, Looked::Inside);
    for cut in [35, 25, 20] {
        fails("t.bson", &two[..cut], "inside its document 2");
    }
    let snapshot = b"REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\x00\xff12345678";
    is("dump.rdb", snapshot, Verdict::Pass, Looked::AtItsEnd);
    fails("dump.rdb", &snapshot[..snapshot.len() - 1], "end mark is missing");
    is("appendonly.aof", snapshot, Verdict::Pass, Looked::Nowhere);
}

#[test]
fn what_only_its_own_database_can_read_is_seen() {
    for (name, bytes) in [
        ("a", &b"PGDMP\x01\x0e\0"[..]),
        ("archive", &[0x6d, 0xe2, 0x99, 0x81]),
        ("migrations/../a.SQL", b"CREATE TABLE t (a);"),
        ("b.sql.lz4", b"\x04\x22\x4d\x18"),
    ] {
        is(name.rsplit('/').next().unwrap(), bytes, Verdict::Pass, Looked::Nowhere);
    }
    is("a.sql", b"", Verdict::Unknown, Looked::Inside);
}

#[test]
fn other_files_are_no_dumps() {
    let folder =
        folder(&[("a.txt", b"-- a"), ("sql", b"x"), ("a.sqlx", b"x"), ("a.gz", b"\x1f\x8b\x08")]);
    assert_eq!(probe(folder.path()), []);
}
