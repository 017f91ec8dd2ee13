//! JSON with comments and trailing commas, as editors and some tools write it.

/// Takes trailing commas and comments out of JSON as editors and some tools write it, byte by byte
/// so that every line stays where it is.
pub(super) fn without_comments(text: &str) -> String {
    let mut clean = text.as_bytes().to_vec();
    let mut at = 0;
    let mut comma = None;
    while let Some(byte) = clean.get(at).copied() {
        match (byte, clean.get(at.saturating_add(1)).copied()) {
            (b'"', _) => {
                at = end_of_string(&clean, at);
                comma = None;
                continue;
            }
            (b'/', Some(b'/')) => {
                let end = blank_until(&mut clean, at, |rest| rest.starts_with(b"\n"));
                at = end;
                continue;
            }
            (b'/', Some(b'*')) => {
                let end =
                    blank_until(&mut clean, at.saturating_add(2), |rest| rest.starts_with(b"*/"));
                let stop = end.saturating_add(2).min(clean.len());
                clean.get_mut(at..stop).into_iter().flatten().for_each(blank);
                at = stop;
                continue;
            }
            (b',', _) => comma = Some(at),
            (b']' | b'}', _) => {
                if let Some(byte) = comma.take().and_then(|comma| clean.get_mut(comma)) {
                    *byte = b' ';
                }
            }
            (byte, _) if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at = at.saturating_add(1);
    }
    String::from_utf8(clean).unwrap_or_default()
}

fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start.saturating_add(1);
    while let Some(byte) = text.get(at) {
        at = at.saturating_add(match byte {
            b'"' => return at.saturating_add(1),
            b'\\' => 2,
            _ => 1,
        });
    }
    text.len()
}

/// Makes bytes spaces, line ends excepted, up to where `is_end` says; returns that place.
fn blank_until(text: &mut [u8], start: usize, is_end: impl Fn(&[u8]) -> bool) -> usize {
    let mut at = start;
    while at < text.len() && !text.get(at..).is_some_and(&is_end) {
        text.get_mut(at).into_iter().for_each(blank);
        at = at.saturating_add(1);
    }
    at
}

fn blank(byte: &mut u8) {
    if *byte != b'\n' {
        *byte = b' ';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_last_commas_go_and_lines_stay() {
        for (text, clean) in [
            ("{\"a\": [1, 2,],}", "{\"a\": [1, 2 ] }"),
            ("{ // x\n\"a\": 1 /* y\n */ , }", "{     \n\"a\": 1     \n      }"),
            ("{\"a,]\": \"// no \\\" comment\"}", "{\"a,]\": \"// no \\\" comment\"}"),
        ] {
            assert_eq!(without_comments(text), clean);
        }
    }
}
