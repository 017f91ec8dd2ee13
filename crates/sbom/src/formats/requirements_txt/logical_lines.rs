/// Joins lines that end in `\`, takes comments out and drops what is then empty. Each line keeps
/// the number of the first physical line it began on, counted from 1.
///
/// The order is pip's: lines are joined before comments are taken out, and a line that is nothing
/// but a comment ends the joining.
pub(super) fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut begun: Option<(u32, String)> = None;
    for (number, line) in (1u32..).zip(physical_lines(text)) {
        let is_comment = line.trim_start().starts_with('#');
        let (first, mut joined) = begun.take().unwrap_or((number, String::new()));
        if let Some(part) = line.strip_suffix('\\').filter(|_| !is_comment) {
            joined.push_str(part.trim_matches('\\'));
            begun = Some((first, joined));
            continue;
        }
        if is_comment {
            joined.push(' ');
        }
        joined.push_str(line);
        lines.push((first, joined));
    }
    lines.extend(begun);
    lines
        .into_iter()
        .map(|(number, line)| (number, without_comment(&line).trim().to_owned()))
        .filter(|(_, line)| !line.is_empty())
        .collect()
}

/// Ends lines where Python's `str.splitlines` does, by which pip goes: at more characters than
/// editors do, such as a form feed.
fn physical_lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.filter(|text| !text.is_empty())?;
        let Some((at, end)) = text.char_indices().find(|(_, c)| ends(*c)) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at_checked(at)?;
        rest = after.strip_prefix("\r\n").or_else(|| after.strip_prefix(end));
        Some(line)
    })
}

/// A comment begins at a `#` that stands first or after white space; `#egg=` in an address is
/// none.
fn without_comment(line: &str) -> &str {
    let mut after_space = true;
    for (at, character) in line.char_indices() {
        if character == '#' && after_space {
            return line.get(..at).unwrap_or(line);
        }
        // Python's `\s` knows the last of ASCII's separators too.
        after_space = character.is_whitespace() || character == '\x1f';
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_those_of_python_do() {
        let text = "a\rb\r\nc\n\nd\x0be\x0cf\x1cg\x1dh\x1ei\u{85}j\u{2028}k\u{2029}l\x1fm\n";
        let read: Vec<_> = physical_lines(text).collect();
        assert_eq!(read, ["a", "b", "c", "", "d", "e", "f", "g", "h", "i", "j", "k", "l\x1fm"]);
        let lines = logical_lines("a==1 # a note\rb==2\x0cc==3");
        let read: Vec<_> = lines.iter().map(|(at, line)| (*at, line.as_str())).collect();
        assert_eq!(read, [(1, "a==1"), (2, "b==2"), (3, "c==3")]);
    }

    #[test]
    fn lines_are_joined_and_comments_taken_out() {
        let text = "a==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11\n# all\n\nb==2 # why\n\
            c @ https://h/c#egg=c\nd==4 \\\n# ends it\ne==5\\";
        let lines = logical_lines(text);
        let read: Vec<_> = lines.iter().map(|(at, line)| (*at, line.as_str())).collect();
        assert_eq!(
            read,
            [
                (1, "a==1   --hash=sha256:00   --hash=sha256:11"),
                (6, "b==2"),
                (7, "c @ https://h/c#egg=c"),
                (8, "d==4"),
                (10, "e==5"),
            ]
        );
    }
}
