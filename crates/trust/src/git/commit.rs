use super::{HashAlgorithm, Identity};
use crate::text::shown;
use jiff::Timestamp;

/// Largest signature header of a commit, in bytes.
pub const MAX_SIGNATURE_BYTES: usize = 1 << 20;
/// Most parents that one commit may name.
const MAX_PARENTS: usize = 10_000;
/// Longest address that is compared with principals and user ids.
const MAX_EMAIL: usize = 1_000;

/// A commit object, taken apart.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) author: Claimed,
    pub(crate) committer: Claimed,
    pub(crate) subject: String,
    pub(crate) signature: SignatureHeader,
    /// The bytes that are signed: the object without its signature headers.
    pub(crate) payload: Vec<u8>,
}

/// Who claims to have made a commit, and when.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) identity: Identity,
    pub(crate) time: Option<Timestamp>,
    /// The address exactly as it stands, when the line can be read in one way only.
    pub(crate) exact_email: Option<String>,
}

/// The signature headers of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SignatureHeader {
    None,
    One(Vec<u8>),
    /// More than one, or one that git does not define: each could be added to a signed commit
    /// afterwards, which gives it another id under the same signature.
    Ambiguous(String),
    TooLarge,
    /// None for this repository's hash, but one for the other hash.
    OtherHash,
}

/// Says why a commit's header cannot be read without doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("the header does not begin with a tree")]
    NoTree,
    #[error("a parent cannot be read")]
    Parent,
    #[error("there are more than {MAX_PARENTS} parents")]
    TooManyParents,
    #[error("a tree or parent stands where git does not read it")]
    Misplaced,
    #[error("there is not exactly one author")]
    Authors,
    #[error("there is not exactly one committer")]
    Committers,
    #[error("the header holds a zero byte")]
    Zero,
}

/// Reads the ids of a commit's parents, in hex. Git takes those directly after the tree.
pub(crate) fn parents(
    content: &[u8],
    algorithm: HashAlgorithm,
) -> Result<Vec<String>, CommitError> {
    let mut lines = content.split(|byte| *byte == b'\n');
    let tree = lines.next().and_then(|line| line.strip_prefix(b"tree "));
    if tree.and_then(|hex| oid(hex, algorithm)).is_none() {
        return Err(CommitError::NoTree);
    }
    let mut parents = Vec::new();
    for hex in lines.map_while(|line| line.strip_prefix(b"parent ")) {
        if parents.len() >= MAX_PARENTS {
            return Err(CommitError::TooManyParents);
        }
        parents.push(oid(hex, algorithm).ok_or(CommitError::Parent)?);
    }
    Ok(parents)
}

/// Returns the committer date in seconds, for ordering alone; the epoch when it cannot be read.
pub(crate) fn order_time(content: &[u8]) -> i64 {
    content
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(b"committer "))
        .and_then(|line| claimed(line).time)
        .map_or(0, Timestamp::as_second)
}

impl Commit {
    /// Takes a commit object apart.
    pub(crate) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Self, CommitError> {
        parents(content, algorithm)?;
        let (header, message) = split_message(content);
        if header.contains(&0) {
            return Err(CommitError::Zero);
        }
        let fields = fields(header);
        let values = |name: &[u8]| {
            let name = name.to_vec();
            fields.iter().filter(move |field| field.name == name).map(|field| field.value)
        };
        let author = only(values(b"author")).ok_or(CommitError::Authors)?;
        let committer = only(values(b"committer")).ok_or(CommitError::Committers)?;
        let late = |field: &&Field<'_>| matches!(field.name, b"tree" | b"parent");
        let leading = fields.iter().take_while(late).count();
        if fields.iter().skip(leading).any(|field| late(&field)) || values(b"tree").count() != 1 {
            return Err(CommitError::Misplaced);
        }
        let (payload, signature) = extract(&fields, header, content, algorithm);
        Ok(Self {
            author: claimed(author),
            committer: claimed(committer),
            subject: subject(message),
            signature,
            payload,
        })
    }
}

/// One header field with its continuation lines.
struct Field<'a> {
    name: &'a [u8],
    /// The value of the first line.
    value: &'a [u8],
    /// All lines, with their line ends.
    lines: &'a [u8],
}

/// Splits a header into fields; a line that begins with a space continues the field before it.
fn fields(header: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut rest = header;
    while !rest.is_empty() {
        let (lines, after) = rest.split_at(end_of_field(rest));
        let first = lines.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let space = first.iter().position(|byte| *byte == b' ').unwrap_or(first.len());
        let (name, value) = first.split_at(space);
        fields.push(Field { name, value: value.strip_prefix(b" ").unwrap_or(value), lines });
        rest = after;
    }
    fields
}

/// Returns the offset after the first field; at least one for bytes that are not empty.
fn end_of_field(bytes: &[u8]) -> usize {
    let mut end = 0usize;
    loop {
        let rest = bytes.get(end..).unwrap_or_default();
        let line = rest.iter().position(|byte| *byte == b'\n');
        end = line.map_or(bytes.len(), |at| end.saturating_add(at).saturating_add(1));
        if bytes.get(end) != Some(&b' ') {
            return end;
        }
    }
}

/// Splits a commit at the empty line; the header keeps its last line end.
fn split_message(content: &[u8]) -> (&[u8], &[u8]) {
    let at = content.windows(2).position(|pair| pair == b"\n\n");
    let (header, rest) =
        at.and_then(|at| content.split_at_checked(at.saturating_add(1))).unwrap_or((content, b""));
    (header, rest.strip_prefix(b"\n").unwrap_or(rest))
}

/// Removes every field whose name begins with `gpgsig`, as git does before it verifies (commit.c,
/// `parse_buffer_signed_by_header`), and returns the one for this repository's hash.
fn extract(
    fields: &[Field<'_>],
    header: &[u8],
    content: &[u8],
    algorithm: HashAlgorithm,
) -> (Vec<u8>, SignatureHeader) {
    let (own, other): (&[u8], &[u8]) = match algorithm {
        HashAlgorithm::Sha1 => (b"gpgsig", b"gpgsig-sha256"),
        HashAlgorithm::Sha256 => (b"gpgsig-sha256", b"gpgsig"),
    };
    let mut payload = Vec::with_capacity(content.len());
    let mut found = SignatureHeader::None;
    let (mut of_own, mut of_other) = (0usize, 0usize);
    for field in fields {
        if !field.name.starts_with(b"gpgsig") {
            payload.extend(field.lines);
        } else if field.name == own {
            of_own = of_own.saturating_add(1);
            found = if field.lines.len() > MAX_SIGNATURE_BYTES {
                SignatureHeader::TooLarge
            } else {
                SignatureHeader::One(unfolded(field))
            };
        } else if field.name == other {
            of_other = of_other.saturating_add(1);
        } else {
            found = SignatureHeader::Ambiguous(shown(field.name));
            break;
        }
        if of_own > 1 || of_other > 1 {
            found = SignatureHeader::Ambiguous(shown(field.name));
            break;
        }
    }
    if found == SignatureHeader::None && of_other > 0 {
        found = SignatureHeader::OtherHash;
    }
    payload.extend(content.get(header.len()..).unwrap_or_default());
    (payload, found)
}

/// Joins a field's lines without the space that begins each continuation.
fn unfolded(field: &Field<'_>) -> Vec<u8> {
    let mut lines = field.lines.split_inclusive(|byte| *byte == b'\n');
    let mut out = field.value.to_vec();
    if lines.next().is_some_and(|line| line.ends_with(b"\n")) {
        out.push(b'\n');
    }
    for line in lines {
        out.extend(line.strip_prefix(b" ").unwrap_or(line));
    }
    out
}

/// Reads `Name <address> seconds zone`.
fn claimed(line: &[u8]) -> Claimed {
    let count = |wanted: u8| line.iter().filter(|byte| **byte == wanted).count();
    let open = line.iter().position(|byte| *byte == b'<').unwrap_or(line.len());
    let (name, rest) = line.split_at(open);
    let rest = rest.strip_prefix(b"<").unwrap_or(rest);
    let close = rest.iter().position(|byte| *byte == b'>').unwrap_or(rest.len());
    let (email, rest) = rest.split_at(close);
    let after = rest.strip_prefix(b">").unwrap_or(rest);
    let time = std::str::from_utf8(after).ok().and_then(|after| {
        let (seconds, _zone) = after.trim_ascii().split_once(' ')?;
        let digits = seconds.strip_prefix('-').unwrap_or(seconds);
        let digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Timestamp::from_second(seconds.parse().ok()?).ok()).flatten()
    });
    let exact_email = std::str::from_utf8(email)
        .ok()
        .filter(|_| count(b'<') == 1 && count(b'>') == 1)
        .filter(|email| email.len() <= MAX_EMAIL && !email.chars().any(char::is_control))
        .map(str::to_owned);
    let identity = Identity { name: shown(name.trim_ascii()), email: shown(email) };
    Claimed { identity, time, exact_email }
}

fn subject(message: &[u8]) -> String {
    let mut lines = message.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    shown(lines.find(|line| !line.is_empty()).unwrap_or_default())
}

fn only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

fn oid(hex: &[u8], algorithm: HashAlgorithm) -> Option<String> {
    let digits = match algorithm {
        HashAlgorithm::Sha1 => 40,
        HashAlgorithm::Sha256 => 64,
    };
    let lower = hex.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (lower && hex.len() == digits)
        .then(|| std::str::from_utf8(hex).ok().map(str::to_owned))
        .flatten()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const ANN: &str = "Ann <ann@example.org> 1700000000 +0100";

    fn commit(middle: &str) -> String {
        format!("{TREE}author {ANN}\ncommitter {ANN}\n{middle}\nsubject\n\nbody\n")
    }

    fn parse(text: &str) -> Result<Commit, CommitError> {
        Commit::parse(text.as_bytes(), HashAlgorithm::Sha1)
    }

    fn signature(text: &str) -> SignatureHeader {
        parse(text).unwrap().signature
    }

    #[test]
    fn a_signature_is_taken_out_with_its_continuation_lines() {
        let signed = commit("gpgsig -----BEGIN X-----\n \n abc\n -----END X-----\n");
        let parsed = parse(&signed).unwrap();
        let expected = b"-----BEGIN X-----\n\nabc\n-----END X-----\n".to_vec();
        assert_eq!(parsed.signature, SignatureHeader::One(expected));
        assert_eq!(parsed.payload, commit("").into_bytes());
        assert_eq!(parsed.subject, "subject");
        assert_eq!(parsed.committer.exact_email.as_deref(), Some("ann@example.org"));
    }

    #[test]
    fn what_looks_like_a_signature_in_the_message_or_a_merged_tag_stays_signed() {
        let text = commit("mergetag object x\n gpgsig y\n\u{20}\n");
        let text = text.replace("body", "gpgsig z");
        let parsed = parse(&text).unwrap();
        assert_eq!(parsed.signature, SignatureHeader::None);
        assert_eq!(parsed.payload, text.into_bytes());
    }

    #[test]
    fn a_second_or_unknown_signature_header_is_ambiguous() {
        let duplicate = commit("gpgsig a\ngpgsig b\n");
        assert_eq!(signature(&duplicate), SignatureHeader::Ambiguous("gpgsig".to_owned()));
        let unknown = commit("gpgsig a\ngpgsig-md5 b\n");
        assert_eq!(signature(&unknown), SignatureHeader::Ambiguous("gpgsig-md5".to_owned()));
        let other_twice = commit("gpgsig-sha256 a\ngpgsig-sha256 b\n");
        assert!(matches!(signature(&other_twice), SignatureHeader::Ambiguous(_)));
    }

    #[test]
    fn the_signature_for_the_other_hash_is_stripped_and_is_no_signature_here() {
        let both = commit("gpgsig a\ngpgsig-sha256 b\n c\n");
        let parsed = parse(&both).unwrap();
        assert_eq!(parsed.signature, SignatureHeader::One(b"a\n".to_vec()));
        assert_eq!(parsed.payload, commit("").into_bytes());
        assert_eq!(signature(&commit("gpgsig-sha256 b\n")), SignatureHeader::OtherHash);
    }

    #[test]
    fn a_gigantic_signature_is_refused() {
        let text = commit(&format!("gpgsig {}\n", "a".repeat(MAX_SIGNATURE_BYTES)));
        assert_eq!(signature(&text), SignatureHeader::TooLarge);
    }

    #[test]
    fn headers_that_can_be_read_in_two_ways_are_refused_by_name() {
        let parent = format!("parent {}\n", "a".repeat(40));
        for (text, error) in [
            (String::new(), CommitError::NoTree),
            ("tree abc\n\n".to_owned(), CommitError::NoTree),
            (format!("{TREE}parent abc\n\n"), CommitError::Parent),
            (commit(&parent), CommitError::Misplaced),
            (commit(TREE), CommitError::Misplaced),
            (format!("{TREE}{TREE}author {ANN}\ncommitter {ANN}\n\n"), CommitError::Misplaced),
            (commit(&format!("author {ANN}\n")), CommitError::Authors),
            (commit(&format!("committer {ANN}\n")), CommitError::Committers),
            (format!("{TREE}author {ANN}\n\n"), CommitError::Committers),
            (commit("x \0\n"), CommitError::Zero),
        ] {
            assert_eq!(parse(&text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn an_address_that_can_be_read_in_two_ways_is_not_exact() {
        for line in [
            "Eve <eve@x> <ann@x> 1 +0000",
            "Eve eve@x 1 +0000",
            "E <a\x07@x> 1 +0000",
            "E <<a@x>> 1 +0",
        ] {
            assert_eq!(claimed(line.as_bytes()).exact_email, None, "{line}");
        }
    }

    #[test]
    fn times_out_of_range_are_no_times() {
        for seconds in ["", "+5", "soon", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(claimed(format!("A <a@x> {seconds} +0000").as_bytes()).time, None);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Commit::parse(&bytes, HashAlgorithm::Sha1);
            order_time(&bytes);
        }

        #[test]
        fn a_mutated_commit_never_panics(at in 0usize..150, byte in any::<u8>()) {
            let mut bytes = commit("gpgsig a\n b\n").into_bytes();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Commit::parse(&bytes, HashAlgorithm::Sha1);
        }

        #[test]
        fn without_a_signature_everything_is_signed(middle in "([a-f]{1,5} [a-z ]{0,9}\n){0,4}") {
            let text = commit(&middle);
            prop_assert_eq!(parse(&text).unwrap().payload, text.into_bytes());
        }
    }
}
