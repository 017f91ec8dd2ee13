/// Joins lines that end in `\`, takes comments out and drops what is then empty. Each line keeps
/// the number of the first physical line it began on, counted from 1.
///
/// The order is pip's: lines are joined before comments are taken out, and a line that is nothing
/// but a comment ends the joining.
pub(super) fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut begun: Option<(u32, String)> = None;
    for (number, line) in (1u32..).zip(text.lines()) {
        let is_comment = line.trim_start().starts_with('#');
        let (first, mut joined) = begun.take().unwrap_or((number, String::new()));
        if let Some(part) = line.strip_suffix('\\').filter(|_| !is_comment) {
            joined.push_str(part.trim_end_matches('\\'));
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

/// A comment begins at a `#` that stands first or after white space; `#egg=` in an address is
/// none.
fn without_comment(line: &str) -> &str {
    let mut after_space = true;
    for (at, character) in line.char_indices() {
        if character == '#' && after_space {
            return line.get(..at).unwrap_or(line);
        }
        after_space = character.is_whitespace();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

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
