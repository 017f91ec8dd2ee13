#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::*;
use crate::probes::{self, ProbeResult};
use crate::testing::{Kit, Trial};
use beleg_model::Verdict;
use std::fs;
use std::path::Path;

fn database(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT);
             CREATE INDEX by_text ON orders (text);
             CREATE TABLE \"odd \"\" name\" (x);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             INSERT INTO orders (text) SELECT 'order number ' || i FROM n;",
        )
        .unwrap();
    connection
}

/// Backs a folder up, restores it and probes what was restored.
fn probe(folder: &Path) -> (Vec<ProbeResult>, Trial) {
    let kit = Kit::new();
    let (ciphertext, created) = kit.backup(folder, None);
    let trial = kit.restore(&ciphertext, &kit.open(&created));
    let restored = trial.result.as_ref().unwrap();
    assert!(restored.differences.is_empty());
    let limits = ProbeLimits::default();
    let probed = probes::run(restored, &trial.scratch, &limits, &Watch::idle());
    (probed.results, trial)
}

fn only(results: Vec<ProbeResult>) -> Examined {
    assert_eq!(results.len(), 1, "{results:?}");
    results.into_iter().next().unwrap().examined
}

#[test]
fn a_sound_database_passes_and_its_rows_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    // Deeper than SQLite's own limit of 512 bytes for a path.
    let deep = folder.path().join(["d".repeat(200), "e".repeat(200), "f".repeat(200)].join("/"));
    fs::create_dir_all(&deep).unwrap();
    database(&folder.path().join("orders.db")).close().unwrap();
    fs::copy(folder.path().join("orders.db"), deep.join("no extension")).unwrap();
    fs::write(folder.path().join("not"), b"SQLite format 2").unwrap();
    let (results, trial) = probe(folder.path());
    assert_eq!(results.len(), 2);
    for result in results {
        assert_eq!(result.examined.verdict, Verdict::Pass, "{}", result.examined.message);
        assert_eq!(result.examined.facts["tables"]["orders"], 2000);
        assert_eq!(result.examined.facts["tables"]["odd \" name"], 0);
        assert_eq!(result.examined.facts["rows"], 2000);
    }
    assert!(trial.is_contained());
}

#[test]
fn no_database_means_no_result() {
    let folder = crate::testing::small_folder();
    assert!(probe(folder.path()).0.is_empty());
}

#[test]
fn a_corrupt_database_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    database(&path).close().unwrap();
    let whole = fs::read(&path).unwrap();
    let mut overwritten = whole.clone();
    overwritten[4096 * 3..4096 * 4].fill(0xaa);
    let cut = whole[..whole.len() / 2].to_vec();
    let magic_only = MAGIC.to_vec();
    let garbage = [MAGIC, &[0xff; 8000]].concat();
    for bytes in [overwritten, cut, magic_only, garbage] {
        fs::write(&path, &bytes).unwrap();
        let examined = only(probe(folder.path()).0);
        assert_eq!(examined.verdict, Verdict::Fail, "{} bytes: {}", bytes.len(), examined.message);
    }
}

#[test]
fn a_broken_index_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let connection = database(&path);
    connection
        .execute_batch(
            "PRAGMA writable_schema = ON;
             DELETE FROM sqlite_schema WHERE name = 'by_text';
             PRAGMA writable_schema = RESET;
             INSERT INTO orders (text) VALUES ('not in the index');",
        )
        .unwrap();
    connection.close().unwrap();
    let examined = only(probe(folder.path()).0);
    assert_eq!(examined.verdict, Verdict::Fail, "{}", examined.message);
}

/// The rows are only in the log: without it the database would be old, and might look corrupt.
#[test]
fn a_write_ahead_log_is_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let connection = database(&path);
    let mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    connection.execute("INSERT INTO orders (text) VALUES ('in the log')", []).unwrap();
    assert!(fs::metadata(folder.path().join("orders.db-wal")).unwrap().len() > 0);
    let examined = only(probe(folder.path()).0);
    assert_eq!(examined.verdict, Verdict::Pass, "{}", examined.message);
    assert_eq!(examined.facts["tables"]["orders"], 2001);
}

#[test]
fn a_database_in_wal_mode_without_its_log_passes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let connection = database(&path);
    let _: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
    connection.close().unwrap();
    assert!(!folder.path().join("orders.db-wal").exists());
    assert_eq!(only(probe(folder.path()).0).verdict, Verdict::Pass);
}

/// A rollback journal names a super-journal. SQLite reads that file, whatever it is, as a list of
/// further journals, and deletes it when none of them is there.
#[test]
fn a_hostile_rollback_journal_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let victim = tempfile::NamedTempFile::new().unwrap();
    fs::write(victim.path(), b"precious\0").unwrap();
    let path = folder.path().join("orders.db");
    database(&path).close().unwrap();
    let name = victim.path().to_str().unwrap().as_bytes();
    let mut journal = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    for number in [0u32, 7, 3, 512, 4096] {
        journal.extend_from_slice(&number.to_be_bytes());
    }
    journal.resize(512, 0);
    journal.extend_from_slice(&262_145u32.to_be_bytes());
    journal.extend_from_slice(name);
    journal.extend_from_slice(&(name.len() as u32).to_be_bytes());
    let sum = name.iter().fold(0u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    journal.extend_from_slice(&sum.to_be_bytes());
    journal.extend_from_slice(&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
    fs::write(folder.path().join("orders.db-journal"), &journal).unwrap();

    let examined = only(probe(folder.path()).0);
    assert_eq!(examined.verdict, Verdict::Pass, "{}", examined.message);
    assert_eq!(fs::read(victim.path()).unwrap(), b"precious\0");
}

#[test]
fn a_corrupt_database_with_a_rollback_journal_is_unknown_not_fail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    database(&path).close().unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.path().join("orders.db-journal"), b"hot").unwrap();
    let examined = only(probe(folder.path()).0);
    assert_eq!(examined.verdict, Verdict::Unknown);
    assert!(examined.message.contains("rollback journal"));
}

#[test]
fn a_hostile_schema_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let connection = database(&path);
    connection
        .execute_batch(
            "CREATE VIEW endless AS
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
             PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES
                 ('table', 'evil', 'evil', 0, 'CREATE VIRTUAL TABLE evil USING no_such_module');
             PRAGMA writable_schema = RESET;",
        )
        .unwrap();
    connection.close().unwrap();
    let examined = only(probe(folder.path()).0);
    // The module is unknown, so the check of the whole may be, but nothing ran and nothing hung.
    assert_ne!(examined.verdict, Verdict::Fail, "{}", examined.message);
}

#[test]
fn a_probe_that_is_stopped_is_unknown_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let connection = database(&folder.path().join("orders.db"));
    let stopped = inspect(&connection, 10, &AtomicBool::new(true));
    assert!(matches!(stopped, Err(Trouble::Stopped)));
    assert_eq!(judge(stopped, false).verdict, Verdict::Unknown);

    let kit = Kit::new();
    connection.close().unwrap();
    let (ciphertext, created) = kit.backup(folder.path(), None);
    let trial = kit.restore(&ciphertext, &kit.open(&created));
    let watch = Watch { cancelled: &|| true, ..Watch::idle() };
    let restored = trial.result.as_ref().unwrap();
    let probed = probes::run(restored, &trial.scratch, &ProbeLimits::default(), &watch);
    assert_eq!(only(probed.results).verdict, Verdict::Unknown);
}

#[test]
fn tables_above_the_limit_are_counted_as_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let connection = database(&folder.path().join("orders.db"));
    let found = inspect(&connection, 1, &AtomicBool::new(false)).ok().unwrap();
    assert_eq!((found.tables.len(), found.uncounted), (1, 1));
}

#[test]
fn a_check_that_takes_too_long_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = OFF;
             CREATE TABLE large (x TEXT CHECK (length(x) > 0));
             CREATE INDEX by_x ON large (x);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
             INSERT INTO large SELECT 'row ' || i FROM n;",
        )
        .unwrap();
    connection.close().unwrap();
    let seconds = std::cell::Cell::new(0);
    let clock = || {
        seconds.set(seconds.get() + 100);
        Duration::from_secs(seconds.get())
    };
    let watch = Watch { clock: &clock, ..Watch::idle() };
    let result = inspect_in_time(&path, &ProbeLimits { time: TICK, tables: 1 }, &watch).unwrap();
    assert!(matches!(result, Err(Trouble::Stopped)));
}
