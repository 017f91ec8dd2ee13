//! Text from advisories on its way to people: one line, no control characters, bounded.

/// The most characters of a summary that are kept.
pub(crate) const MAX_SUMMARY: usize = 240;
/// The most characters of a path, name or version that are shown.
pub(crate) const MAX_SHOWN: usize = 200;

/// Returns `text` on one line without control characters, cut to `limit` characters with an
/// ellipsis. Advisories are foreign text and end up on terminals.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0_usize;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
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
            line.push('…');
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

/// Returns `text` as it may stand in a message, cut to [`MAX_SHOWN`] characters.
pub(crate) fn shown(text: &str) -> String {
    one_line(text, MAX_SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

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
