//! What commits and tags have in common: header fields with continuation lines, an empty line,
//! a message.

use super::{HashAlgorithm, Identity};
use beleg_model::text::shown;
use jiff::Timestamp;

/// Longest address that is compared with principals and user ids.
const MAX_EMAIL: usize = 1_000;

/// Who claims to have made an object, and when.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) identity: Identity,
    pub(crate) time: Option<Timestamp>,
    /// The address exactly as it stands, when the line can be read in one way only.
    pub(crate) exact_email: Option<String>,
}

/// One header field with its continuation lines.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    /// The value of the first line.
    pub(crate) value: &'a [u8],
    /// All lines, with their line ends.
    pub(crate) lines: &'a [u8],
}

/// Splits a header into fields; a line that begins with a space continues the field before it.
pub(crate) fn fields(header: &[u8]) -> Vec<Field<'_>> {
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

/// Splits an object at the empty line; the header keeps its last line end.
pub(crate) fn split_message(content: &[u8]) -> (&[u8], &[u8]) {
    let at = content.windows(2).position(|pair| pair == b"\n\n");
    let (header, rest) =
        at.and_then(|at| content.split_at_checked(at.saturating_add(1))).unwrap_or((content, b""));
    (header, rest.strip_prefix(b"\n").unwrap_or(rest))
}

/// Joins a field's lines without the space that begins each continuation.
pub(crate) fn unfolded(field: &Field<'_>) -> Vec<u8> {
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
pub(crate) fn claimed(line: &[u8]) -> Claimed {
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

pub(crate) fn subject(message: &[u8]) -> String {
    let mut lines = message.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    shown(lines.find(|line| !line.is_empty()).unwrap_or_default())
}

pub(crate) fn only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

pub(crate) fn oid(hex: &[u8], algorithm: HashAlgorithm) -> Option<String> {
    let digits = match algorithm {
        HashAlgorithm::Sha1 => 40,
        HashAlgorithm::Sha256 => 64,
    };
    let lower = hex.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (lower && hex.len() == digits)
        .then(|| std::str::from_utf8(hex).ok().map(str::to_owned))
        .flatten()
}
