//! Text from outside, made fit for people to read.

/// Longest name, subject or note that is shown, in characters.
const MAX_SHOWN: usize = 200;
/// Stands for what was cut off.
pub const CUT_OFF: char = '…';

/// Decodes bytes from outside for people: lossily, without control characters (which could move
/// a terminal's cursor), cut at 200 characters.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    // Four bytes a character at most, so that a gigantic line is not decoded whole.
    let head = bytes.get(..MAX_SHOWN.saturating_mul(4)).unwrap_or(bytes);
    let decoded = String::from_utf8_lossy(head);
    let mut text: String = decoded.chars().take(MAX_SHOWN).map(harmless).collect();
    if decoded.chars().nth(MAX_SHOWN).is_some() || head.len() < bytes.len() {
        text.push(CUT_OFF);
    }
    text
}

/// Says whether a text is shown as it is, whatever its length.
#[must_use]
pub fn is_harmless(text: &str) -> bool {
    text.chars().all(|character| harmless(character) == character)
}

/// Replaces control characters and those that reorder text (Unicode 15, "Bidi_Control").
fn harmless(character: char) -> char {
    match character {
        '\u{061c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_reordering_are_made_harmless() {
        assert_eq!(shown(b"a\x1b[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(shown("x\u{202e}y".as_bytes()), "x\u{fffd}y");
        assert_eq!(shown(b"\xff"), "\u{fffd}");
    }

    #[test]
    fn a_gigantic_line_is_cut_and_says_so() {
        let text = shown(&vec![b'a'; 10_000_000]);
        assert_eq!(text.chars().count(), 201);
        assert!(text.ends_with('…'));
    }
}
