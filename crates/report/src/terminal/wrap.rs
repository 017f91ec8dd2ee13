//! Lines that fit a terminal.

/// Breaks `text` into lines of at most `width` columns, at spaces where possible. There is
/// always at least one line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0_usize;
    for (position, word) in text.split(' ').enumerate() {
        let needed = columns(word);
        if position > 0 {
            if used.saturating_add(1).saturating_add(needed) <= width {
                line.push(' ');
                used = used.saturating_add(1);
            } else if used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
        }
        for c in word.chars() {
            let wide = column_count(c);
            if used.saturating_add(wide) > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used = used.saturating_add(wide);
        }
    }
    lines.push(line);
    lines
}

/// Returns how many columns a terminal needs for `text`.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(column_count).fold(0, usize::saturating_add)
}

/// Returns 0 for the common combining marks, 2 for the wide characters of East Asia and emoji
/// (Unicode Standard Annex 11), else 1. It only serves alignment, so the rare rest may be wrong.
fn column_count(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{64b}'..='\u{65f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{3099}'..='\u{309a}'
        | '\u{fe20}'..='\u{fe2f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_broken() {
        assert_eq!(wrap("a abcdefgh", 4), ["a", "abcd", "efgh"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
    }

    #[test]
    fn spaces_inside_a_line_are_kept() {
        assert_eq!(wrap("a  b", 10), ["a  b"]);
    }
}
