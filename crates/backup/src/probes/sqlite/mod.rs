mod name;

use super::{Candidate, Examined, Probe, ProbeLimits};
use crate::Watch;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The first bytes of every SQLite database (SQLite, "Database File Format", section 1.3.1).
const MAGIC: &[u8] = b"SQLite format 3\0";
/// How many problems of one database are told.
const MAX_PROBLEMS: usize = 20;
/// How much of a text that the database holds is told.
const SHOWN: usize = 200;
/// How often a running check is asked to end.
const TICK: Duration = Duration::from_millis(20);

/// Opens SQLite databases: `PRAGMA integrity_check`, then the rows of every table counted.
///
/// A write-ahead log beside the database is recovered first, as it would be after a real restore.
/// A rollback journal is not: it can name any file to be deleted (SQLite, "Rollback Journal
/// Format", super-journals). A database that fails its check and has one is `Unknown`.
///
/// The schema is not trusted: no triggers, views, virtual tables or extensions run.
pub struct Sqlite;

/// What the database says of itself.
struct Inspected {
    problems: Vec<String>,
    tables: Map<String, Value>,
    uncounted: u64,
}

enum Trouble {
    Sqlite(rusqlite::Error),
    Stopped,
}

impl Probe for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn summary(&self) -> &'static str {
        "opens SQLite databases, checks their integrity and counts their rows"
    }

    fn recognises(&self, path: &str, head: &[u8]) -> bool {
        head.starts_with(MAGIC) || name::is_database(path, head)
    }

    fn examine(
        &self,
        candidate: &Candidate<'_>,
        limits: &ProbeLimits,
        watch: &Watch<'_>,
    ) -> Examined {
        if let Ok(false) = begins_as_database(candidate) {
            return Examined::unknown(
                "the file is named like an SQLite database and does not begin like one: its head was destroyed, or it is encrypted or of another format",
            );
        }
        let placed = place(candidate).map(|(path, has_journal)| {
            let inspected = inspect_in_time(&path, limits, watch);
            (inspected, has_journal)
        });
        match placed {
            Err(error) => Examined::unknown(format!("the scratch folder failed: {error}")),
            Ok((Err(error), _)) => {
                Examined::unknown(format!("the check of the database failed: {error}"))
            }
            Ok((Ok(result), has_journal)) => judge(result, has_journal),
        }
    }
}

fn begins_as_database(candidate: &Candidate<'_>) -> io::Result<bool> {
    let mut head = [0; MAGIC.len()];
    let mut file = File::open(candidate.place("", "head")?)?;
    Ok(file.read_exact(&mut head).is_ok() && head.as_slice() == MAGIC)
}

/// Places the database with its write-ahead log and without its rollback journal, and says
/// whether there is one.
fn place(candidate: &Candidate<'_>) -> io::Result<(std::path::PathBuf, bool)> {
    let path = candidate.place("", "db")?;
    if candidate.companion("-wal")?.is_some() {
        candidate.place("-wal", "db-wal")?;
    }
    let has_journal = candidate.companion("-journal")?.is_some_and(|size| size > 0);
    Ok((path, has_journal))
}

fn judge(result: Result<Inspected, Trouble>, has_journal: bool) -> Examined {
    let broken = |message: String| {
        if has_journal {
            let why = "its rollback journal lies beside it, so it was copied inside a transaction";
            Examined::unknown(format!("{message}; {why}"))
        } else {
            Examined::fail(message)
        }
    };
    match result {
        Err(Trouble::Stopped) => {
            Examined::unknown("the check of the database did not end in time or was cancelled")
        }
        Err(Trouble::Sqlite(error)) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                broken(format!("SQLite cannot read the database: {error}"))
            }
            _ => Examined::unknown(format!("SQLite could not check the database: {error}")),
        },
        Ok(found) if found.problems.is_empty() => {
            let rows = found.tables.values().filter_map(Value::as_u64);
            let rows = rows.fold(0, u64::saturating_add);
            let message = format!(
                "the database passes its integrity check and holds {rows} rows in {} tables",
                found.tables.len()
            );
            let uncounted = found.uncounted;
            let facts =
                json!({ "rows": rows, "tables": found.tables, "tables-not-counted": uncounted });
            Examined::pass(message, facts)
        }
        Ok(found) => {
            broken(format!("the database fails its integrity check: {}", found.problems.join("; ")))
        }
    }
}

/// Lets SQLite work on a thread of its own, so that it can be interrupted from this one.
fn inspect_in_time(
    path: &Path,
    limits: &ProbeLimits,
    watch: &Watch<'_>,
) -> io::Result<Result<Inspected, Trouble>> {
    let began = (watch.clock)();
    // Read and write, because a write-ahead log is recovered into the database. It is scratch.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match Connection::open_with_flags(path, flags) {
        Ok(connection) => connection,
        Err(error) => return Ok(Err(Trouble::Sqlite(error))),
    };
    let interrupt = connection.get_interrupt_handle();
    let stop = AtomicBool::new(false);
    let tables = limits.tables;
    thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        let stop = &stop;
        thread::Builder::new().name("sqlite probe".to_owned()).spawn_scoped(scope, move || {
            let _ = send.send(inspect(&connection, tables, stop));
        })?;
        loop {
            match receive.recv_timeout(TICK) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the thread that checked it panicked"));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let taken = (watch.clock)().saturating_sub(began);
                    if (watch.cancelled)() || taken > limits.time {
                        stop.store(true, Ordering::Relaxed);
                        interrupt.interrupt();
                    }
                }
            }
        }
    })
}

fn inspect(
    connection: &Connection,
    most_tables: usize,
    stop: &AtomicBool,
) -> Result<Inspected, Trouble> {
    harden(connection).map_err(Trouble::Sqlite)?;
    let go_on = || if stop.load(Ordering::Relaxed) { Err(Trouble::Stopped) } else { Ok(()) };
    let told = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => Trouble::Stopped,
        _ => Trouble::Sqlite(error),
    };

    go_on()?;
    let problems = problems(connection).map_err(told)?;
    let mut found = Inspected { problems, tables: Map::new(), uncounted: 0 };
    if !found.problems.is_empty() {
        return Ok(found);
    }
    for name in table_names(connection).map_err(told)? {
        go_on()?;
        if found.tables.len() >= most_tables {
            found.uncounted = found.uncounted.saturating_add(1);
            continue;
        }
        let quoted = name.replace('"', "\"\"");
        let count = format!("SELECT count(*) FROM main.\"{quoted}\"");
        let rows: i64 = connection.query_row(&count, [], |row| row.get(0)).map_err(told)?;
        let rows = u64::try_from(rows).unwrap_or(0);
        found.tables.insert(name.chars().take(SHOWN).collect(), rows.into());
    }
    Ok(found)
}

/// Sets what keeps a hostile database from doing anything but be read (SQLite, "Defense Against
/// The Dark Arts"), and keeps its content out of temporary files.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn problems(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare(&format!("PRAGMA main.integrity_check({MAX_PROBLEMS})"))?;
    let mut rows = statement.query([])?;
    let mut problems = Vec::new();
    let mut is_ok = false;
    while let Some(row) = rows.next()? {
        // What SQLite says may repeat names of the database, which need not be UTF-8.
        let text = String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned();
        if text == "ok" {
            is_ok = true;
        } else {
            problems.push(text.chars().take(SHOWN).collect());
        }
    }
    if problems.is_empty() && !is_ok {
        problems.push("the check said nothing".to_owned());
    }
    Ok(problems)
}

/// Returns the tables with pages of their own: a virtual table has none, and to count it would
/// run its module.
fn table_names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT name FROM main.sqlite_schema \
         WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}

#[cfg(test)]
mod tests;
