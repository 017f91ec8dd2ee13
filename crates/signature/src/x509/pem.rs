//! PEM (RFC 7468) as openssl, gpgsm and gitsign write it: blocks between lines of text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Says why a block is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PemError {
    #[error("it is not text")]
    Text,
    #[error("a block does not end, or ends under another name")]
    End,
    #[error("a block does not hold base64")]
    Base64,
}

/// A block: its label, its bytes, and the line of its beginning, counted from 1.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) label: &'a str,
    pub(super) bytes: Result<Vec<u8>, PemError>,
    pub(super) line: u32,
}

/// Returns every block; text outside of them is left out, as every tool does.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<Block<'_>>, PemError> {
    let text = std::str::from_utf8(text).map_err(|_| PemError::Text)?;
    let mut found = Vec::new();
    let mut lines = (1u32..).zip(text.lines());
    while let Some((line, text)) = lines.next() {
        let Some(label) = label(text, BEGIN) else { continue };
        let mut body = String::new();
        let mut ended = false;
        for (_, text) in lines.by_ref() {
            if text.starts_with(DASHES) {
                ended = self::label(text, END) == Some(label);
                break;
            }
            body.push_str(text.trim());
        }
        let bytes = if ended {
            STANDARD.decode(body).map_err(|_| PemError::Base64)
        } else {
            Err(PemError::End)
        };
        found.push(Block { label, bytes, line });
    }
    Ok(found)
}

fn label<'a>(line: &'a str, kind: &str) -> Option<&'a str> {
    line.trim_end().strip_prefix(kind)?.strip_suffix(DASHES)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn blocks_are_found_between_other_text() {
        let text = "Subject: x\n-----BEGIN A-----\nAA\nEC\n-----END A-----\r\n\n\
                    -----BEGIN B-----\nAw==\n-----END B-----\n";
        let found = blocks(text.as_bytes()).unwrap();
        let found: Vec<_> = found
            .into_iter()
            .map(|block| (block.label, block.line, block.bytes.unwrap()))
            .collect();
        assert_eq!(found, [("A", 2, vec![0, 1, 2]), ("B", 7, vec![3])]);
    }

    #[test]
    fn broken_blocks_are_refused() {
        let error = |text: &str| blocks(text.as_bytes()).unwrap().remove(0).bytes.unwrap_err();
        assert_eq!(error("-----BEGIN A-----\nAAEC\n"), PemError::End);
        assert_eq!(error("-----BEGIN A-----\nAAEC\n-----END B-----\n"), PemError::End);
        assert_eq!(error("-----BEGIN A-----\nA!\n-----END A-----\n"), PemError::Base64);
        assert_eq!(blocks(b"\xff").unwrap_err(), PemError::Text);
    }
}
