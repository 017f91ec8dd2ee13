//! Files that are databases by their names alone.

/// Names that only SQLite's databases bear.
const SUFFIXES: [&str; 4] = [".sqlite", ".sqlite2", ".sqlite3", ".db3"];
/// A name that databases of other kinds bear too.
const SHARED: &str = ".db";
/// How files begin that bear the shared name and are of another kind, and where: Berkeley DB's
/// B-trees and hashes in both byte orders, GDBM, OLE (`Thumbs.db`), a ZIP, gzip.
const OTHERS: [(usize, &[u8]); 11] = [
    (12, &[0x62, 0x31, 0x05, 0x00]),
    (12, &[0x00, 0x05, 0x31, 0x62]),
    (12, &[0x61, 0x15, 0x06, 0x00]),
    (12, &[0x00, 0x06, 0x15, 0x61]),
    (0, &[0xce, 0x9a, 0x57, 0x13]),
    (0, &[0x13, 0x57, 0x9a, 0xce]),
    (0, &[0xcf, 0x9a, 0x57, 0x13]),
    (0, &[0xcd, 0x9a, 0x57, 0x13]),
    (0, &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
    (0, b"PK\x03\x04"),
    (0, &[0x1f, 0x8b]),
];

/// Says whether a file must be one of SQLite's databases by its name. One whose head was destroyed
/// begins like nothing, and would be passed over otherwise.
pub(super) fn is_database(path: &str, head: &[u8]) -> bool {
    let path = path.to_ascii_lowercase();
    let is_other = || {
        OTHERS.iter().any(|(at, magic)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
    };
    SUFFIXES.iter().any(|suffix| path.ends_with(suffix)) || (path.ends_with(SHARED) && !is_other())
}
