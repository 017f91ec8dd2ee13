use super::certificate::Certificate;
use super::key::{Key, KeyError};
use super::options::{OptionError, Options};
use crate::{MaterialProblem, TrustSource};
use beleg_trust::KeyState;
use beleg_trust::{PatternError, PatternList};
use jiff::Timestamp;
use std::collections::HashMap;

/// Largest allowed-signers file, in bytes.
pub const MAX_ALLOWED_SIGNERS_BYTES: usize = 64 << 20;
/// Most lines of an allowed-signers file that are read; the rest is a problem.
pub const MAX_ALLOWED_SIGNERS_LINES: usize = 100_000;
/// Longest line, in bytes; an RSA key of 16,384 bits takes under 3,000.
const MAX_LINE: usize = 64 << 10;

/// Who may sign with which SSH key: an allowed-signers file (ssh-keygen(1), "ALLOWED SIGNERS").
#[derive(Debug, Default)]
pub struct AllowedSigners {
    entries: Vec<Entry>,
    /// The lines of a key, by its binary form.
    by_key: HashMap<Vec<u8>, Vec<usize>>,
}

/// One line: these principals may sign with this key.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) line: u32,
    pub(crate) principals: PatternList,
    pub(crate) options: Options,
}

impl Entry {
    /// Says whether the line counts for signatures of this purpose and time.
    pub(crate) fn holds(&self, namespace: &str, time: Timestamp) -> bool {
        let namespaces = self.options.namespaces.as_ref();
        namespaces.is_none_or(|namespaces| namespaces.matches(namespace))
            && self.options.state_at(time) == KeyState::Valid
    }
}

#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("the line is longer than {MAX_LINE} bytes")]
    TooLong,
    #[error("the line is not UTF-8 text")]
    NotText,
    #[error("a double quote is not closed")]
    OpenQuote,
    #[error("a double quote stands within the principals")]
    InnerQuote,
    #[error("a control character stands within the principals")]
    Control,
    #[error("the principals are no pattern list: {0}")]
    Principals(#[from] PatternError),
    #[error("there is no key after the principals")]
    NoKey,
    #[error("{0}")]
    Options(#[from] OptionError),
    #[error("the key cannot be read: {0}")]
    Key(KeyError),
    #[error("a certificate stands where a key belongs")]
    Certificate,
}

impl AllowedSigners {
    /// Reads the file; lines that cannot be understood become problems and allow nobody.
    pub(crate) fn parse(bytes: &[u8], problems: &mut Vec<MaterialProblem>) -> Self {
        let mut signers = Self::default();
        let mut problem = |line, message: String| {
            let source = TrustSource::AllowedSigners;
            problems.push(MaterialProblem::new(source, Some(line), message));
        };
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            if usize::try_from(number).is_ok_and(|number| number > MAX_ALLOWED_SIGNERS_LINES) {
                let limit = MAX_ALLOWED_SIGNERS_LINES;
                problem(number, format!("everything after {limit} lines was left out"));
                break;
            }
            match parse_line(line, number) {
                Ok(None) => {}
                Ok(Some((key, entry))) => signers.add(&key, entry),
                Err(error) => problem(number, error.to_string()),
            }
        }
        signers
    }

    /// Returns how many lines allow someone.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Says whether nobody is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the lines that hold `key`, in the order of the file.
    pub(crate) fn entries_of(&self, key: &Key) -> impl Iterator<Item = &Entry> {
        self.by_key
            .get(key.blob())
            .into_iter()
            .flatten()
            .filter_map(|index| self.entries.get(*index))
    }

    /// Returns every key in its binary form, and its lines.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&[u8], impl Iterator<Item = &Entry>)> {
        self.by_key.iter().map(|(key, indices)| {
            let entries = indices.iter().filter_map(|index| self.entries.get(*index));
            (key.as_slice(), entries)
        })
    }

    fn add(&mut self, key: &Key, entry: Entry) {
        self.by_key.entry(key.blob().to_vec()).or_default().push(self.entries.len());
        self.entries.push(entry);
    }
}

/// Reads one line as OpenSSH does (sshsig.c, `parse_principals_key_and_options`): principals,
/// options if what follows is no key, key type, key, comment.
fn parse_line(bytes: &[u8], line: u32) -> Result<Option<(Key, Entry)>, LineError> {
    if bytes.len() > MAX_LINE {
        return Err(LineError::TooLong);
    }
    let text = text_of(bytes).ok_or(LineError::NotText)?;
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let (principals, rest) = take_principals(text)?;
    let principals = PatternList::parse(principals)?;
    let (options, key) = match parse_key(rest) {
        Ok(key) => (Options::default(), key),
        Err(without_options) => {
            let (options, rest) = take_options(rest)?;
            // A line whose key is broken has no options to complain about.
            let options = match Options::parse(options) {
                Err(OptionError::Unknown(_)) if looks_like_key_type(options) => {
                    return Err(without_options);
                }
                options => options?,
            };
            (options, parse_key(rest)?)
        }
    };
    Ok(Some((key, Entry { line, principals, options })))
}

/// Returns a line as far as it is UTF-8 and no field is cut, without the blanks around it: a comment
/// may hold any bytes. `None` when there is nothing before them, or a NUL.
pub(super) fn text_of(bytes: &[u8]) -> Option<&str> {
    if bytes.contains(&0) {
        return None;
    }
    let is_blank = |character: char| BLANKS.contains(&character) || character == '\r';
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Some(text.trim_matches(is_blank)),
        Err(error) => error,
    };
    let text = std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?;
    let text = text.trim_start_matches(is_blank);
    if text.starts_with('#') {
        return Some(text);
    }
    let text = text.get(..text.rfind(BLANKS)?)?.trim_end_matches(is_blank);
    (!text.is_empty()).then_some(text)
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Takes the first field, which may stand in double quotes.
fn take_principals(text: &str) -> Result<(&str, &str), LineError> {
    let (field, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(LineError::OpenQuote)?,
        None => text.split_once(BLANKS).ok_or(LineError::NoKey)?,
    };
    // OpenSSH takes a quote out wherever it stands and reads on to the next, so that what it
    // makes of such a field is not what anyone sees in it.
    if field.contains('"') {
        return Err(LineError::InnerQuote);
    }
    if field.contains(char::is_control) {
        return Err(LineError::Control);
    }
    Ok((field, rest.trim_start_matches(BLANKS)))
}

/// Takes the options, which end at the first blank outside double quotes.
fn take_options(text: &str) -> Result<(&str, &str), LineError> {
    let mut quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next_if(|(_, next)| *next == '"')),
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => {
                let (options, rest) = text.split_at(at);
                return Ok((options, rest.trim_start_matches(BLANKS)));
            }
            _ => {}
        }
    }
    Err(if quoted { LineError::OpenQuote } else { LineError::NoKey })
}

fn parse_key(text: &str) -> Result<Key, LineError> {
    let mut fields = text.split(BLANKS).filter(|field| !field.is_empty());
    let (Some(kind), Some(base64)) = (fields.next(), fields.next()) else {
        return Err(LineError::NoKey);
    };
    if Certificate::is_type(kind) {
        return Err(LineError::Certificate);
    }
    Key::parse(kind, base64).map_err(LineError::Key)
}

fn looks_like_key_type(text: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    /// An Ed25519 public key in OpenSSH's form; any 32 bytes are one until it is used.
    fn key(byte: u8) -> String {
        let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
        blob.extend([byte; 32]);
        format!("ssh-ed25519 {}", STANDARD.encode(blob))
    }

    fn parse(text: &str) -> (AllowedSigners, Vec<MaterialProblem>) {
        let mut problems = Vec::new();
        (AllowedSigners::parse(text.as_bytes(), &mut problems), problems)
    }

    fn only_problem(text: &str) -> String {
        let (signers, problems) = parse(text);
        assert!(signers.is_empty());
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].message.clone()
    }

    #[test]
    fn principals_options_keys_and_comments_are_read() {
        let text = format!(
            "# who may sign\n\n  ann@example.org {a} Ann's key\n\"bob b@example.org,b@x\"\tnamespaces=\"git, \
             file\",valid-before=\"20300101Z\" {b}\r\n*@ci cert-authority {c}",
            a = key(1),
            b = key(2),
            c = key(3)
        );
        let (signers, problems) = parse(&text);
        assert_eq!(problems, []);
        assert_eq!(signers.len(), 3);
        assert_eq!(signers.entries[0].line, 3);
        assert!(signers.entries[1].principals.matches("bob b@example.org"));
        assert!(signers.entries[1].options.valid_before.is_some());
        assert!(signers.entries[2].options.cert_authority);
    }

    #[test]
    fn a_comment_may_hold_any_bytes_and_nothing_before_it_may() {
        let parse_bytes = |parts: &[&[u8]]| {
            let mut problems = Vec::new();
            (AllowedSigners::parse(&parts.concat(), &mut problems).len(), problems.len())
        };
        let k = key(1);
        let k = k.as_bytes();
        assert_eq!(parse_bytes(&[b"a@x ", k, b" J\xf6rg's\n# M\xf6nch\n#\xf6"]), (1, 0));
        assert_eq!(parse_bytes(&[b"a@x ", k, b"\xf6 x"]), (0, 1));
        assert_eq!(parse_bytes(&[b"\xf6@x ", k]), (0, 1));
        assert_eq!(parse_bytes(&[b"a@x \xf6 ", k]), (0, 1));
        assert_eq!(parse_bytes(&[b"  \xf6"]), (0, 1));
    }

    #[test]
    fn one_key_may_stand_in_many_lines() {
        let (signers, _) = parse(&format!("a@x {k}\nb@x {k}\nc@x {k}", k = key(7)));
        let key = Key::decode(signers.by_key.keys().next().unwrap()).unwrap();
        assert_eq!(signers.entries_of(&key).map(|entry| entry.line).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn an_unreadable_line_is_a_problem_with_its_number_and_the_others_count() {
        let (signers, problems) =
            parse(&format!("a@x {k}\nb@x ssh-ed25519 !!!\nc@x {k}", k = key(1)));
        assert_eq!(signers.len(), 2);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, Some(2));
        assert!(problems[0].message.starts_with("the key cannot be read"), "{problems:?}");
    }

    #[test]
    fn every_way_to_break_a_line_is_told_apart() {
        let k = key(1);
        for (line, expected) in [
            ("a@x".to_owned(), "there is no key after the principals"),
            ("a@x ssh-ed25519".to_owned(), "there is no key after the principals"),
            (format!("\"a@x {k}"), "a double quote is not closed"),
            (format!("a@x namespaces=\"git {k}"), "a double quote is not closed"),
            (format!("a@x,,b@x {k}"), "the principals are no pattern list: a pattern is empty"),
            (format!("a@x sudo {k}"), "the option `sudo` is unknown"),
            (
                format!("a@x valid-before=\"soon\" {k}"),
                "`soon` is no time of the form YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z]",
            ),
            (format!("a\0@x {k}"), "the line is not UTF-8 text"),
            (format!("{}@x {k}", "a".repeat(70_000)), "the line is longer than 65536 bytes"),
        ] {
            assert_eq!(only_problem(&line), expected);
        }
    }

    #[test]
    fn lines_beyond_the_limit_are_said_to_be_left_out() {
        let (_, problems) = parse(&"#\n".repeat(MAX_ALLOWED_SIGNERS_LINES + 5));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains("left out"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            AllowedSigners::parse(&bytes, &mut Vec::new());
        }

        #[test]
        fn a_mutated_file_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = format!("\"a b@x,!c@x\" namespaces=\"git\",valid-after=\"20200101\" {}\n", key(1)).into_bytes();
            *at.get_mut(&mut bytes) = byte;
            AllowedSigners::parse(&bytes, &mut Vec::new());
        }
    }
}
