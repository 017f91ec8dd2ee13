//! How dumps end. Each is fed with all bytes and says at last whether the end was there.

/// How much of a line is kept.
const LINE: usize = 128;
/// The largest document that MongoDB stores is 16 MiB, and 16 KiB more in its own collections.
const MOST_DOCUMENT: u64 = (16 << 20) + (16 << 10);

/// What looks for one kind of end.
pub(super) enum End {
    Lines(Lines),
    Bson(Bson),
    Rdb(Rdb),
    Unknown,
}

/// What was found.
pub(super) enum Ended {
    Whole,
    /// The end is missing for certain, and why.
    Cut(String),
    /// It may be missing, and why.
    Unclear(String),
    /// Nobody here knows how such a dump ends.
    NotKnown,
}

impl End {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Lines(lines) => lines.feed(bytes),
            Self::Bson(bson) => bson.feed(bytes),
            Self::Rdb(rdb) => rdb.feed(bytes),
            Self::Unknown => {}
        }
    }

    pub(super) fn finish(self) -> Ended {
        match self {
            Self::Lines(lines) => lines.finish(),
            Self::Bson(bson) => bson.finish(),
            Self::Rdb(rdb) => rdb.finish(),
            Self::Unknown => Ended::NotKnown,
        }
    }
}

/// Text that ends with a line that begins with a mark.
pub(super) struct Lines {
    mark: &'static str,
    line: Vec<u8>,
    /// The mark has been the beginning of a line.
    came: bool,
    /// It is that of the last line that says something.
    is_last: bool,
    /// What SQLite's shell writes at the end of what it could not read.
    gave_up: bool,
}

impl Lines {
    pub(super) fn ending_with(mark: &'static str) -> Self {
        Self { mark, line: Vec::new(), came: false, is_last: false, gave_up: false }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            let room = LINE.saturating_sub(self.line.len());
            self.line.extend(part.iter().take(room));
            if parts.peek().is_some() {
                self.line();
            }
        }
    }

    fn line(&mut self) {
        let line = self.line.trim_ascii();
        // pg_dump frames its marks, and since 2025 locks psql's commands out with a token that it
        // gives back at the end.
        let says_nothing = line.is_empty() || line == b"--" || line.starts_with(b"\\unrestrict ");
        if !says_nothing {
            self.is_last = line.starts_with(self.mark.as_bytes());
            self.came |= self.is_last;
            self.gave_up = line.starts_with(b"ROLLBACK; -- due to errors");
        }
        self.line.clear();
    }

    fn finish(mut self) -> Ended {
        self.line();
        let mark = self.mark;
        if self.gave_up {
            Ended::Cut(
                "it ends with what sqlite3 writes when it cannot read the database".to_owned(),
            )
        } else if self.is_last {
            Ended::Whole
        } else if self.came {
            Ended::Unclear(format!("something follows the line `{mark}`"))
        } else {
            Ended::Cut(format!("the line `{mark}` is missing"))
        }
    }
}

/// Documents one after the other, each with its length in front and a zero at its end
/// (bsonspec.org, version 1.1).
#[derive(Default)]
pub(super) struct Bson {
    length: Vec<u8>,
    /// Bytes of the current document that are still to come.
    left: u64,
    last: u8,
    documents: u64,
    broken: bool,
}

impl Bson {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.broken {
            if self.left > 0 {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                let (part, rest) = bytes.split_at(most);
                self.last = part.last().copied().unwrap_or(self.last);
                self.left = self.left.saturating_sub(part.len() as u64);
                self.broken = self.left == 0 && self.last != 0;
                bytes = rest;
            } else {
                let wanted = 4_usize.saturating_sub(self.length.len()).min(bytes.len());
                let (part, rest) = bytes.split_at(wanted);
                self.length.extend(part);
                bytes = rest;
                self.begin();
            }
        }
    }

    /// Begins a document when its length is there.
    fn begin(&mut self) {
        let Ok(length) = <[u8; 4]>::try_from(self.length.as_slice()) else { return };
        let length = u64::from(u32::from_le_bytes(length));
        self.length.clear();
        self.broken = !(5..=MOST_DOCUMENT).contains(&length);
        self.left = length.saturating_sub(4);
        self.documents = self.documents.saturating_add(1);
    }

    fn finish(self) -> Ended {
        if self.broken && self.documents <= 1 {
            Ended::Unclear("it does not begin with a document in BSON".to_owned())
        } else if self.broken {
            Ended::Cut(format!("its document {} is none", self.documents))
        } else if self.left > 0 || !self.length.is_empty() {
            let begun = u64::from(!self.length.is_empty());
            Ended::Cut(format!(
                "it ends inside its document {}",
                self.documents.saturating_add(begun)
            ))
        } else {
            Ended::Whole
        }
    }
}

/// Since version 5 a snapshot of Redis ends with the byte `ff` and a checksum of eight bytes
/// (Redis, `rdb.c`).
#[derive(Default)]
pub(super) struct Rdb {
    version: Vec<u8>,
    tail: Vec<u8>,
}

impl Rdb {
    const TAIL: usize = 9;

    fn feed(&mut self, bytes: &[u8]) {
        let wanted = Self::TAIL.saturating_sub(self.version.len());
        self.version.extend(bytes.iter().take(wanted));
        let newest = bytes.get(bytes.len().saturating_sub(Self::TAIL)..).unwrap_or_default();
        self.tail.extend(newest);
        let old = self.tail.len().saturating_sub(Self::TAIL);
        self.tail.drain(..old);
    }

    fn finish(self) -> Ended {
        let digits = self.version.get(5..9).and_then(|it| std::str::from_utf8(it).ok());
        match digits.and_then(|digits| digits.parse::<u32>().ok()) {
            Some(5..) if self.tail.first() == Some(&0xff) => Ended::Whole,
            Some(5..) => Ended::Cut("its end mark is missing".to_owned()),
            _ => Ended::NotKnown,
        }
    }
}
