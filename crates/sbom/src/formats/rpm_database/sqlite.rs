//! SQLite, as rpm 4.16 and later write it: a table `Packages` of headers.

use super::{Damage, MAX_HEADER, Take};
use crate::formats::MAX_PACKAGES;
use crate::text::shown;
use rusqlite::{Connection, MAIN_DB};

pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where the file says how it is written and read; a database in memory has no log beside it.
const LOG_AT: std::ops::Range<usize> = 18..20;

/// Gives every package's header to `take`. A log beside the file is not read.
pub(super) fn headers(bytes: &[u8], take: &mut Take<'_>) -> Result<(), Damage> {
    let damaged = |error: rusqlite::Error| {
        Damage::file(format!("SQLite cannot read it: {}", shown(&error.to_string())))
    };
    let mut copy = bytes.to_vec();
    copy.get_mut(LOG_AT).into_iter().flatten().for_each(|version| *version = 1);
    let mut database = Connection::open_in_memory().map_err(damaged)?;
    let length = copy.len();
    database.deserialize_read_exact(MAIN_DB, copy.as_slice(), length, true).map_err(damaged)?;
    drop(copy);
    // A view of that name would compute what rpm never wrote.
    let kind = "SELECT type FROM sqlite_schema WHERE name = 'Packages'";
    let kind: String = database.query_row(kind, [], |row| row.get(0)).map_err(damaged)?;
    if kind != "table" {
        return Err(Damage::file("it has no table of packages"));
    }
    let mut all = database.prepare("SELECT blob FROM Packages ORDER BY hnum").map_err(damaged)?;
    let mut rows = all.query([]).map_err(damaged)?;
    let mut left = MAX_PACKAGES;
    while let Some(row) = rows.next().map_err(damaged)? {
        let header = row.get_ref(0).map_err(damaged)?.as_blob();
        let header = header.ok().filter(|header| header.len() <= MAX_HEADER);
        take(header.ok_or_else(|| Damage::file("a package of it is no header"))?)?;
        left = left.checked_sub(1).ok_or_else(|| Damage::file("it has too many packages"))?;
    }
    Ok(())
}
