//! Strings from outside, made fit to be looked at.
//!
//! A file name may hold escape sequences that move a terminal's cursor, or bidirectional
//! overrides that make one name look like another (CVE-2021-42574, "Trojan Source"). Whatever a
//! reader could not see is written as its code point, such as `<U+202E>`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns `text` with every control and invisible character written as its code point.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_visible(&mut shown, c);
    }
    Cow::Owned(shown)
}

/// Returns running text on one line: tabs and line feeds become a space, the rest as in
/// [`visible`]. What exceeds `limit` characters is left away, and how much is said.
pub(crate) fn prose(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit));
    let mut rest = text.trim().chars();
    for c in rest.by_ref().take(limit) {
        match c {
            '\n' | '\t' => shown.push(' '),
            _ => push_visible(&mut shown, c),
        }
    }
    say_rest(&mut shown, rest.count());
    shown
}

/// Returns a name, path or identifier as in [`visible`], cut as in [`prose`].
pub(crate) fn name(text: &str, limit: usize) -> String {
    let mut rest = text.chars();
    let mut shown = visible(&rest.by_ref().take(limit).collect::<String>()).into_owned();
    say_rest(&mut shown, rest.count());
    shown
}

/// Says whether a reader could not see `c`: a control character, or one that Unicode calls
/// "default ignorable" (Unicode Standard, section 5.21), which includes the bidirectional ones.
pub(crate) fn is_hidden(c: char) -> bool {
    // Most of what is looked at, and looked at once a character.
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_visible(shown: &mut String, c: char) {
    if is_hidden(c) {
        // Writing to a string cannot fail.
        let _ = write!(shown, "<U+{:04X}>", u32::from(c));
    } else {
        shown.push(c);
    }
}

fn say_rest(shown: &mut String, rest: usize) {
    if rest > 0 {
        let _ = write!(shown, " … ({rest} more characters)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_not_obeyed() {
        assert_eq!(visible("a\u{1b}[2Jb"), "a<U+001B>[2Jb");
        assert_eq!(visible("\u{9b}31m"), "<U+009B>31m");
    }

    #[test]
    fn a_bidirectional_override_is_shown() {
        assert_eq!(visible("invoice\u{202e}fdp.exe"), "invoice<U+202E>fdp.exe");
    }

    #[test]
    fn a_line_feed_in_a_name_is_shown_and_in_running_text_is_a_space() {
        assert_eq!(visible("a\nb"), "a<U+000A>b");
        assert_eq!(prose("a\nb\tc\r", 100), "a b c");
    }

    #[test]
    fn what_is_cut_is_said() {
        assert_eq!(prose("abcdef", 4), "abcd … (2 more characters)");
        assert_eq!(name("äöü", 3), "äöü");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["naïve café", "日本語", "שלום", "a\\u{1b}"] {
            assert_eq!(visible(text), text);
        }
    }
}
