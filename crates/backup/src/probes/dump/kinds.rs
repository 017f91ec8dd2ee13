use super::ends::{Bson, End, Lines, Rdb};

/// A kind of dump.
pub(super) struct Kind {
    /// What it is, for messages: `a dump by pg_dump`.
    pub(super) what: &'static str,
    /// The first bytes of which one stands at its beginning; without any it goes by its name.
    heads: &'static [&'static [u8]],
    form: Form,
}

/// How the end of a dump is known.
#[derive(Clone, Copy)]
enum Form {
    /// By a line, with which it begins.
    Line(&'static str),
    Bson,
    Rdb,
    NotKnown,
}

/// What the tools themselves write; the first that fits holds.
const KINDS: &[Kind] = &[
    Kind {
        what: "a dump by pg_dumpall",
        heads: &[b"--\n-- PostgreSQL database cluster dump\n"],
        form: Form::Line("-- PostgreSQL database cluster dump complete"),
    },
    Kind {
        what: "a dump by pg_dump",
        heads: &[b"--\n-- PostgreSQL database dump\n"],
        form: Form::Line("-- PostgreSQL database dump complete"),
    },
    Kind {
        what: "a dump by mysqldump or mariadb-dump",
        heads: &[
            b"-- MySQL dump ",
            b"-- MariaDB dump ",
            b"/*!999999\\- enable the sandbox mode */ \n-- MariaDB dump ",
            b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump ",
        ],
        form: Form::Line("-- Dump completed"),
    },
    Kind {
        what: "a dump by sqlite3",
        heads: &[b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"],
        form: Form::Line("COMMIT;"),
    },
    Kind {
        what: "a dump by pg_dump in its own format",
        heads: &[b"PGDMP", b"toc.dat\0"],
        form: Form::NotKnown,
    },
    Kind { what: "a snapshot of Redis", heads: &[b"REDIS0"], form: Form::Rdb },
    Kind {
        what: "an archive by mongodump",
        heads: &[&[0x6d, 0xe2, 0x99, 0x81]],
        form: Form::NotKnown,
    },
    Kind { what: "a backup of SQL Server", heads: &[b"TAPE\0\0"], form: Form::NotKnown },
];
const BSON: Kind = Kind { what: "a collection by mongodump", heads: &[], form: Form::Bson };
/// Redis writes commands after a snapshot into a file of this name.
const COMMANDS: Kind = Kind { what: "a log of Redis", heads: &[], form: Form::NotKnown };
const NAMED: Kind =
    Kind { what: "a file named like a database dump", heads: &[], form: Form::NotKnown };

/// The endings of dumps' names.
const NAMES: [&str; 8] = [".sql", ".dump", ".pgdump", ".psql", ".dmp", ".bson", ".rdb", ".ldif"];
const PACKED: [&str; 7] = [".gz", ".zst", ".xz", ".bz2", ".lz4", ".lzo", ".zip"];
/// What SQLite's own probe opens, whatever its name.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Says whether a file of this name and these first bytes looks like a database dump.
pub(super) fn is_dump(path: &str, head: &[u8]) -> bool {
    let named = || NAMES.iter().any(|ending| ends_with(unpacked_name(path), ending));
    let begins = || KINDS.iter().any(|kind| kind.begins(head));
    !head.starts_with(SQLITE) && (begins() || named())
}

/// Takes off what packing adds to a name.
pub(super) fn unpacked_name(path: &str) -> &str {
    let ending = PACKED.iter().find(|ending| ends_with(path, ending));
    let length = path.len().saturating_sub(ending.map_or(0, |ending| ending.len()));
    path.get(..length).unwrap_or(path)
}

fn ends_with(path: &str, ending: &str) -> bool {
    let start = path.len().checked_sub(ending.len());
    start.and_then(|at| path.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

impl Kind {
    pub(super) fn of(name: &str, head: &[u8]) -> &'static Self {
        match KINDS.iter().find(|kind| kind.begins(head)) {
            Some(kind) if matches!(kind.form, Form::Rdb) && ends_with(name, ".aof") => &COMMANDS,
            Some(kind) => kind,
            None if ends_with(name, ".bson") => &BSON,
            None => &NAMED,
        }
    }

    pub(super) fn end(&self) -> End {
        match self.form {
            Form::Line(mark) => End::Lines(Lines::ending_with(mark)),
            Form::Bson => End::Bson(Bson::default()),
            Form::Rdb => End::Rdb(Rdb::default()),
            Form::NotKnown => End::Unknown,
        }
    }

    fn begins(&self, head: &[u8]) -> bool {
        self.heads.iter().any(|start| head.starts_with(start))
    }
}
