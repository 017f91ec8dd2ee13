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

/// Makes a text from outside fit for people, as [`shown`] does, cut at `limit` characters.
#[must_use]
pub fn shown_within(text: &str, limit: usize) -> String {
    let mut characters = text.chars().map(harmless);
    let mut short: String = characters.by_ref().take(limit).collect();
    if characters.next().is_some() {
        short.push(CUT_OFF);
    }
    short
}

/// Returns `text` on one line without control characters, cut to `limit` characters with an
/// ellipsis. For running text: what separates words becomes one space.
#[must_use]
pub fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0_usize;
    for word in text.split(|c: char| c.is_whitespace() || harmless(c) != c) {
        if word.is_empty() {
            continue;
        }
        let gap = usize::from(!line.is_empty());
        let room = limit.saturating_sub(length).saturating_sub(gap);
        let characters = word.chars().count();
        if room == 0 || characters > room {
            if line.is_empty() {
                line.extend(word.chars().take(room));
            }
            line.push(CUT_OFF);
            return line;
        }
        if gap == 1 {
            line.push(' ');
        }
        line.push_str(word);
        length = length.saturating_add(gap).saturating_add(characters);
    }
    line.shrink_to_fit();
    line
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

    #[test]
    fn escapes_and_line_breaks_do_not_survive() {
        assert_eq!(one_line("a\x1b[31m red\r\n\tthing\0", 100), "a [31m red thing");
    }

    #[test]
    fn long_text_is_cut_at_a_word() {
        assert_eq!(one_line("one two three", 8), "one two…");
        assert_eq!(one_line("abcdefgh", 3), "abc…");
    }
}
