/// Splits options into words as Python's `shlex.split` does, by which pip goes: at white space, with
/// the quotes and backslashes of a POSIX shell. Nothing means that a quote is not closed.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, '\\') => word.get_or_insert_default().push(characters.next()?),
            (Some('"'), '\\') => {
                let escaped = characters.next_if(|next| matches!(next, '"' | '\\'));
                word.get_or_insert_default().push(escaped.unwrap_or('\\'));
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_a_shell() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("--pre \t -r  a.txt", Some(vec!["--pre", "-r", "a.txt"])),
            ("-r 'a b.txt' \"c\\\"d\\e\"", Some(vec!["-r", "a b.txt", "c\"d\\e"])),
            ("a\\ b c''", Some(vec!["a b", "c"])),
            ("''", Some(vec![""])),
            ("-r 'a", None),
            ("a\\", None),
        ] {
            let words = words(text);
            let read = words.as_ref().map(|it| it.iter().map(String::as_str).collect());
            assert_eq!(read, expected, "{text}");
        }
    }
}
