//! OpenPGP's cleartext signature framework (RFC 9580, section 7).

/// The line that begins a clear-signed text.
pub(super) const BEGIN: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";

/// A text and the armored signature behind it. The text may be in any encoding.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clearsigned<'a> {
    /// The lines as they are signed: unescaped, without white space at their ends. What is not
    /// signed is not in here.
    lines: Vec<&'a [u8]>,
    /// The armor, with nothing behind it.
    pub(super) signature: &'a [u8],
}

/// Says why bytes are no clear-signed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClearsignedError {
    #[error("it does not begin with the line of a clear-signed text")]
    Begin,
    #[error("its headers are not `Hash` alone, which could hide unsigned text")]
    Headers,
    #[error("a line that begins with a dash is not escaped")]
    Dash,
    #[error("no signature follows the text")]
    NoSignature,
}

impl<'a> Clearsigned<'a> {
    /// Takes the text and its signature apart. Text before or behind them, which would not be
    /// signed, is refused: the first here, the second by whoever reads the armor.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, ClearsignedError> {
        let mut rest = bytes.strip_prefix(BEGIN).ok_or(ClearsignedError::Begin)?;
        if !take_line(&mut rest).is_some_and(|line| line.trim_ascii_end().is_empty()) {
            return Err(ClearsignedError::Begin);
        }
        loop {
            let header = take_line(&mut rest).ok_or(ClearsignedError::Headers)?.trim_ascii_end();
            if header.is_empty() {
                break;
            }
            let hashes = header.strip_prefix(b"Hash: ").ok_or(ClearsignedError::Headers)?;
            let plain = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b',' | b' ');
            if !hashes.iter().all(plain) {
                return Err(ClearsignedError::Headers);
            }
        }
        let mut lines = Vec::new();
        loop {
            if rest.starts_with(SIGNATURE) {
                return Ok(Self { lines, signature: rest });
            }
            let line = take_line(&mut rest).ok_or(ClearsignedError::NoSignature)?;
            let line = match line.strip_prefix(b"- ") {
                Some(escaped) => escaped,
                None if line.starts_with(b"-") => return Err(ClearsignedError::Dash),
                None => line,
            };
            lines.push(without_blanks(line));
        }
    }

    /// Returns the signed text with plain line ends.
    pub(super) fn text(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| [*line, b"\n"]).collect::<Vec<_>>().concat()
    }

    /// Returns the bytes that are signed: the line end before the signature does not belong to
    /// them.
    pub(super) fn signed_bytes(&self) -> Vec<u8> {
        self.lines.join(&b"\r\n"[..])
    }
}

/// Takes a line off, without its line feed.
fn take_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, after) = rest.split_at_checked(end)?;
    *rest = after.strip_prefix(b"\n")?;
    Some(line)
}

/// Takes off what is not signed at the end of a line.
fn without_blanks(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
    line.get(..end.map_or(0, |end| end.saturating_add(1))).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_unescaped_and_stripped_as_it_was_signed() {
        let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- -dash \nx\t\r\n\n-----BEGIN PGP SIGNATURE-----\n";
        let parsed = Clearsigned::parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.text(), b"-dash\nx\n\n");
        assert_eq!(parsed.signed_bytes(), b"-dash\r\nx\r\n");
        assert_eq!(parsed.signature, b"-----BEGIN PGP SIGNATURE-----\n");
    }

    #[test]
    fn text_that_is_not_signed_cannot_be_slipped_in() {
        let begin = "-----BEGIN PGP SIGNED MESSAGE-----";
        let end = "-----BEGIN PGP SIGNATURE-----\n";
        for (text, error) in [
            (format!("x\n{begin}\n\nx\n{end}"), ClearsignedError::Begin),
            (format!("{begin} x\n\nx\n{end}"), ClearsignedError::Begin),
            (format!("{begin}\nComment: x\n\nx\n{end}"), ClearsignedError::Headers),
            (format!("{begin}\nHash: \u{b}x\n\nx\n{end}"), ClearsignedError::Headers),
            (format!("{begin}\nx\n{end}"), ClearsignedError::Headers),
            (format!("{begin}\n\n{begin}\n\nx\n{end}"), ClearsignedError::Dash),
            (format!("{begin}\n\nx\n"), ClearsignedError::NoSignature),
        ] {
            assert_eq!(Clearsigned::parse(text.as_bytes()), Err(error), "{text}");
        }
        assert_eq!(Clearsigned::parse(b"\xff"), Err(ClearsignedError::Begin));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,100}") {
            let _ = Clearsigned::parse(text.as_bytes());
            let whole = [BEGIN, b"\n\n", text.as_bytes(), b"\n", SIGNATURE].concat();
            let _ = Clearsigned::parse(&whole);
        }
    }
}
