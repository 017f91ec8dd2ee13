use super::content::Hash;
use crate::text::is_harmless;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The largest list of digests, in bytes.
pub const MAX_CHECKSUMS_BYTES: usize = 64 << 20;
/// The most files that a list names.
pub const MAX_CHECKSUMS: usize = 1_000_000;
/// The longest line, in bytes: a name of 4,096 bytes, all escaped, and its digest.
const MAX_LINE: usize = 16 << 10;

/// A list of files and their digests, as sha256sum(1) and sha512sum(1) write it (GNU coreutils
/// manual, "cksum output modes"), with or without `--tag`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksumList {
    hash: Hash,
    digests: BTreeMap<String, Vec<u8>>,
}

/// Says why a list of digests cannot be read without doubt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChecksumListError {
    /// Too many bytes or files.
    #[error("the list is larger than {MAX_CHECKSUMS_BYTES} bytes or {MAX_CHECKSUMS} files")]
    TooLarge,
    /// No UTF-8.
    #[error("the list is no UTF-8")]
    Encoding,
    /// No file is named.
    #[error("the list names no file")]
    Empty,
    /// A line of neither form.
    #[error("line {0} is no digest and name")]
    Line(usize),
    /// A name that leads elsewhere, or that is shown badly.
    #[error("line {0} names a file outside the list's folder, or with characters that mislead")]
    Name(usize),
    /// MD5, SHA-1 and the like.
    #[error("line {0} holds a digest of MD5 or SHA-1, for which others can be made to fit")]
    Weak(usize),
    /// An algorithm other than SHA-256 and SHA-512.
    #[error("line {0} holds a digest of an algorithm other than SHA-256 and SHA-512")]
    Algorithm(usize),
    /// Another form or algorithm than in the lines before.
    #[error("line {0} is in another form, or of another algorithm, than those before it")]
    Mixed(usize),
    /// A name that was there before.
    #[error("line {0} names a file a second time")]
    Duplicate(usize),
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `HEX  NAME` or `HEX *NAME`.
    Plain,
    /// `SHA256 (NAME) = HEX`.
    Tagged,
}

impl ChecksumList {
    /// Reads a list: one algorithm, one form, each file once, no name that leads out of its
    /// folder.
    ///
    /// # Errors
    /// When a line leaves any doubt about what it says.
    pub fn parse(bytes: &[u8]) -> Result<Self, ChecksumListError> {
        if bytes.len() > MAX_CHECKSUMS_BYTES {
            return Err(ChecksumListError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ChecksumListError::Encoding)?;
        let mut digests = BTreeMap::new();
        let mut seen: Option<(Form, Hash)> = None;
        for (index, line) in text.split_terminator('\n').enumerate() {
            let number = index.saturating_add(1);
            // sha256sum takes these for comments; Fedora writes them.
            if line.starts_with('#') {
                continue;
            }
            let (form, hash, name, digest) = read_line(line, number)?;
            if *seen.get_or_insert((form, hash)) != (form, hash) {
                return Err(ChecksumListError::Mixed(number));
            }
            if digests.len() >= MAX_CHECKSUMS {
                return Err(ChecksumListError::TooLarge);
            }
            match digests.entry(name) {
                Entry::Vacant(vacant) => vacant.insert(digest),
                Entry::Occupied(_) => return Err(ChecksumListError::Duplicate(number)),
            };
        }
        let (_, hash) = seen.ok_or(ChecksumListError::Empty)?;
        Ok(Self { hash, digests })
    }

    /// Returns the names of the files, in order, without a leading `./`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.digests.keys().map(String::as_str)
    }

    pub(super) fn hash(&self) -> Hash {
        self.hash
    }

    pub(super) fn digest_of(&self, name: &str) -> Option<&[u8]> {
        let name = name.strip_prefix("./").unwrap_or(name);
        self.digests.get(name).map(Vec::as_slice)
    }

    /// Returns a name under which this digest is listed.
    pub(super) fn name_of(&self, digest: &[u8]) -> Option<&str> {
        self.digests.iter().find(|(_, listed)| *listed == digest).map(|(name, _)| name.as_str())
    }
}

fn read_line(
    line: &str,
    number: usize,
) -> Result<(Form, Hash, String, Vec<u8>), ChecksumListError> {
    let malformed = || ChecksumListError::Line(number);
    if line.len() > MAX_LINE {
        return Err(malformed());
    }
    // A leading backslash says that the name is escaped.
    let (escaped, rest) = match line.strip_prefix('\\') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (form, tag, name, hex) = match rest.split_once(" (") {
        Some((tag, rest)) if tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
            let (name, hex) = rest.rsplit_once(") = ").ok_or_else(malformed)?;
            (Form::Tagged, Some(tag), name, hex)
        }
        _ => {
            let (hex, rest) = rest.split_once(' ').ok_or_else(malformed)?;
            // A space for text, a star for binary: they differ on no system of today.
            let name = rest.strip_prefix([' ', '*']).ok_or_else(malformed)?;
            (Form::Plain, None, name, hex)
        }
    };
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    let hash = match (tag, hex.len()) {
        (None | Some("SHA256"), 64) => Hash::Sha256,
        (None | Some("SHA512"), 128) => Hash::Sha512,
        (None | Some("MD5" | "SHA1" | "RMD160"), 32 | 40) => {
            return Err(ChecksumListError::Weak(number));
        }
        (Some("SHA256" | "SHA512" | "MD5" | "SHA1"), _) => return Err(malformed()),
        (None, 56 | 96) | (Some(_), _) => return Err(ChecksumListError::Algorithm(number)),
        (None, _) => return Err(malformed()),
    };
    let name = if escaped { unescaped(name) } else { Some(name.to_owned()) };
    let name = name.filter(|name| escaped || !name.contains('\\')).ok_or_else(malformed)?;
    let name = name.strip_prefix("./").unwrap_or(&name);
    if !is_below(name) {
        return Err(ChecksumListError::Name(number));
    }
    let digest = hex::decode(hex).map_err(|_| malformed())?;
    Ok((form, hash, name.to_owned(), digest))
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
        assert!(list.digest_of("./a b").is_some());
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
            (format!("{A} a"), E::Line(1)),
            (format!("{A}  a\n\n"), E::Line(2)),
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
            (format!("{A}  a\r\n"), E::Name(1)),
            (format!("{A}  a\u{202e}b"), E::Name(1)),
            (format!("\\{A}  a\\nb"), E::Name(1)),
            (format!("{}  a", A.get(..40).unwrap()), E::Weak(1)),
            (format!("MD5 (a) = {}", A.get(..32).unwrap()), E::Weak(1)),
            (format!("BLAKE2b (a) = {b}"), E::Algorithm(1)),
            (format!("{}  a", b.get(..96).unwrap()), E::Algorithm(1)),
            (format!("{A}  a\nSHA256 (b) = {A}"), E::Mixed(2)),
            (format!("{A}  a\n{b}  b"), E::Mixed(2)),
            (format!("{A}  a\n{A}  ./a"), E::Duplicate(2)),
        ] {
            assert_eq!(ChecksumList::parse(text.as_bytes()), Err(error), "{text:?}");
        }
        assert_eq!(ChecksumList::parse(b"\xff"), Err(E::Encoding));
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
