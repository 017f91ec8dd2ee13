use super::content::Hash;
use beleg_model::text::is_harmless;
use std::collections::{BTreeMap, BTreeSet};

/// The largest list of digests, in bytes.
pub const MAX_CHECKSUMS_BYTES: usize = 64 << 20;
/// The most lines that a list has.
pub const MAX_CHECKSUMS: usize = 1_000_000;
/// The longest line, in bytes: a name of 4,096 bytes, all escaped, and its digest.
const MAX_LINE: usize = 16 << 10;

/// A list of files and their digests, as sha256sum(1) and sha512sum(1) write it (GNU coreutils
/// manual, "cksum output modes"), with or without `--tag`, and as `sha256 -r` of BSD does. A file
/// may stand in it once with each algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksumList {
    files: BTreeMap<String, Listed>,
}

/// What a list says about one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its digests by the algorithms that are compared.
    pub(super) digests: BTreeMap<Hash, Vec<u8>>,
    /// The algorithms that are not compared, by which it is listed too.
    others: BTreeSet<Other>,
}

/// An algorithm that is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    /// MD5, SHA-1 or RIPEMD-160, by the length of the digest.
    Weak(usize),
    /// Any other, by its name, or by the length of the digest.
    Unknown(String),
}

/// Says why a list of digests cannot be read without doubt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChecksumListError {
    /// Too many bytes or files.
    #[error("the list is larger than {MAX_CHECKSUMS_BYTES} bytes or {MAX_CHECKSUMS} lines")]
    TooLarge,
    /// No UTF-8.
    #[error("the list is no UTF-8")]
    Encoding,
    /// No file is named.
    #[error("the list names no file")]
    Empty,
    /// A line of no known form, or of another one than those before it.
    #[error("line {0} is no digest and name, or is written in another way than those before it")]
    Line(usize),
    /// A name that leads elsewhere, or that is shown badly.
    #[error("line {0} names a file outside the list's folder, or with characters that mislead")]
    Name(usize),
    /// A name that was there before, with the same algorithm.
    #[error("line {0} names a file a second time")]
    Duplicate(usize),
}

/// One line, read.
struct Line {
    algorithm: Result<Hash, Other>,
    name: String,
    digest: Vec<u8>,
}

impl Listed {
    /// Says whether all that it is listed by is broken: others can be made that fit.
    pub(super) fn is_weak(&self) -> bool {
        let weak = |other: &Other| matches!(other, Other::Weak(_));
        self.digests.is_empty() && self.others.iter().all(weak)
    }

    /// Adds a digest; `false` when there was one by this algorithm.
    fn add(&mut self, algorithm: Result<Hash, Other>, digest: Vec<u8>) -> bool {
        match algorithm {
            Ok(hash) => self.digests.insert(hash, digest).is_none(),
            Err(other) => self.others.insert(other),
        }
    }
}

impl ChecksumList {
    /// Reads a list: each file once by each algorithm, no name that leads out of its folder. Empty
    /// lines and comments (`#`) say nothing; lines may end as on Windows.
    ///
    /// # Errors
    /// When a line leaves any doubt about what it says.
    pub fn parse(bytes: &[u8]) -> Result<Self, ChecksumListError> {
        if bytes.len() > MAX_CHECKSUMS_BYTES {
            return Err(ChecksumListError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ChecksumListError::Encoding)?;
        let mut files: BTreeMap<String, Listed> = BTreeMap::new();
        let mut one_space = None;
        for (index, line) in text.split_terminator('\n').enumerate() {
            let number = index.saturating_add(1);
            let line = line.strip_suffix('\r').unwrap_or(line);
            // sha256sum takes these for comments; Fedora writes them.
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            if number > MAX_CHECKSUMS {
                return Err(ChecksumListError::TooLarge);
            }
            let Line { algorithm, name, digest } = read_line(line, number, &mut one_space)?;
            if !files.entry(name).or_default().add(algorithm, digest) {
                return Err(ChecksumListError::Duplicate(number));
            }
        }
        if files.is_empty() { Err(ChecksumListError::Empty) } else { Ok(Self { files }) }
    }

    /// Returns the names of the files, in order, without a leading `./`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub(super) fn listed(&self, name: &str) -> Option<&Listed> {
        self.files.get(name.strip_prefix("./").unwrap_or(name))
    }

    /// Returns a name under which a digest is listed.
    pub(super) fn name_of(&self, hash: Hash, digest: &[u8]) -> Option<&str> {
        let has = |listed: &Listed| listed.digests.get(&hash).is_some_and(|it| it == digest);
        self.files.iter().find(|(_, listed)| has(listed)).map(|(name, _)| name.as_str())
    }
}

/// Reads one line. `one_space` says how the first plain line was written: as coreutils does, lines
/// of both ways in one list are refused, for a name may begin with the space that tells them apart.
fn read_line(
    line: &str,
    number: usize,
    one_space: &mut Option<bool>,
) -> Result<Line, ChecksumListError> {
    let malformed = || ChecksumListError::Line(number);
    if line.len() > MAX_LINE {
        return Err(malformed());
    }
    // A leading backslash says that the name is escaped.
    let (escaped, rest) = match line.strip_prefix('\\') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (tag, name, hex) = match rest.split_once(" (") {
        Some((tag, rest)) if tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
            let (name, hex) = rest.rsplit_once(") = ").ok_or_else(malformed)?;
            (Some(tag), name, hex)
        }
        _ => {
            let (hex, rest) = rest.split_once([' ', '\t']).ok_or_else(malformed)?;
            // A space for text, a star for binary: they differ on no system of today.
            let (is_one, name) = match rest.strip_prefix([' ', '*']) {
                Some(name) if *one_space != Some(true) => (false, name),
                _ => (true, rest),
            };
            if *one_space.get_or_insert(is_one) != is_one {
                return Err(malformed());
            }
            (None, name, hex)
        }
    };
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    let algorithm = algorithm(tag, hex.len()).ok_or_else(malformed)?;
    let name = if escaped { unescaped(name) } else { Some(name.to_owned()) };
    let name = name.filter(|name| escaped || !name.contains('\\')).ok_or_else(malformed)?;
    let name = name.strip_prefix("./").unwrap_or(&name);
    if !is_below(name) {
        return Err(ChecksumListError::Name(number));
    }
    let digest = hex::decode(hex).map_err(|_| malformed())?;
    Ok(Line { algorithm, name: name.to_owned(), digest })
}

/// Tells the algorithm by the line's tag, or by the length of the hex digits; `None` for a digest
/// of no such length.
fn algorithm(tag: Option<&str>, length: usize) -> Option<Result<Hash, Other>> {
    Some(match (tag, length) {
        (None | Some("SHA256"), 64) => Ok(Hash::Sha256),
        (None | Some("SHA384"), 96) => Ok(Hash::Sha384),
        (None | Some("SHA512"), 128) => Ok(Hash::Sha512),
        (None | Some("MD5" | "SHA1" | "RMD160"), 32 | 40) => Err(Other::Weak(length)),
        (Some("SHA256" | "SHA384" | "SHA512" | "MD5" | "SHA1"), _) => return None,
        (Some(tag), _) => Err(Other::Unknown(tag.to_owned())),
        (None, 56) => Err(Other::Unknown(length.to_string())),
        (None, _) => return None,
    })
}

fn unescaped(name: &str) -> Option<String> {
    let mut text = String::with_capacity(name.len());
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(text)
}

/// Says whether a name stays below the list's folder and is what it seems.
fn is_below(name: &str) -> bool {
    let component = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.split('/').all(component) && is_harmless(name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn both_forms_with_marks_comments_and_escapes_are_read() {
        let plain = format!("# c\n{A}  a b\n{A} *./d/e\n\\{A}  back\\\\slash\n");
        let list = ChecksumList::parse(plain.as_bytes()).unwrap();
        assert_eq!(list.names().collect::<Vec<_>>(), ["a b", "back\\slash", "d/e"]);
        assert!(list.listed("./a b").is_some());
        let tagged = format!("SHA256 (a) = {A}\nSHA256 (b) (c) = {A}");
        let list = ChecksumList::parse(tagged.as_bytes()).unwrap();
        assert_eq!(list.names().collect::<Vec<_>>(), ["a", "b) (c"]);
    }

    #[test]
    fn whatever_leaves_a_doubt_is_refused_by_name() {
        use ChecksumListError as E;
        let b = A.repeat(2);
        for (text, error) in [
            (String::new(), E::Empty),
            ("# only\n".to_owned(), E::Empty),
            ("\n\r\n".to_owned(), E::Empty),
            (format!("{A}  a\n{A} b"), E::Line(2)),
            (format!("{A}  a\nx"), E::Line(2)),
            (format!("{A}g  a"), E::Line(1)),
            (format!("{A}  a\\b"), E::Line(1)),
            (format!("\\{A}  a\\b"), E::Line(1)),
            (format!("SHA256 (a) = {b}"), E::Line(1)),
            (format!("SHA256 (a) {A}"), E::Line(1)),
            (format!("{A}  ../a"), E::Name(1)),
            (format!("{A}  a/../b"), E::Name(1)),
            (format!("{A}  /a"), E::Name(1)),
            (format!("{A}  "), E::Name(1)),
            (format!("{A}  a//b"), E::Name(1)),
            (format!("{A}  a\r\r\n"), E::Name(1)),
            (format!("{A}  a\u{202e}b"), E::Name(1)),
            (format!("\\{A}  a\\nb"), E::Name(1)),
            (format!("{A}  a\nSHA256 (a) = {A}"), E::Duplicate(2)),
            (format!("SHA384 (a) = {A}"), E::Line(1)),
            (format!("{A}  a\n{A}  ./a"), E::Duplicate(2)),
        ] {
            assert_eq!(ChecksumList::parse(text.as_bytes()), Err(error), "{text:?}");
        }
        assert_eq!(ChecksumList::parse(b"\xff"), Err(E::Encoding));
    }

    #[test]
    fn a_file_may_be_listed_by_several_algorithms_of_which_weak_ones_alone_prove_nothing() {
        let (weak, long) = (A.get(..40).unwrap(), A.repeat(2));
        let text =
            format!("{weak}  a\r\n\r\n{A}  a\r\n{long}  a\r\nBLAKE2b (a) = {A}\n{weak} *b\n");
        let list = ChecksumList::parse(text.as_bytes()).unwrap();
        let listed = list.listed("a").unwrap();
        assert_eq!(listed.digests.keys().collect::<Vec<_>>(), [&Hash::Sha256, &Hash::Sha512]);
        assert!(!listed.is_weak() && list.listed("b").unwrap().is_weak());
        let spaced = ChecksumList::parse(format!("{A} my app\n{A}\tb").as_bytes()).unwrap();
        assert_eq!(spaced.names().collect::<Vec<_>>(), ["b", "my app"]);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
            let _ = ChecksumList::parse(text.as_bytes());
            let _ = ChecksumList::parse(format!("{A}  {text}\n\\{A} *{text}\n").as_bytes());
            let _ = ChecksumList::parse(format!("SHA256 ({text}) = {A}").as_bytes());
        }
    }
}
