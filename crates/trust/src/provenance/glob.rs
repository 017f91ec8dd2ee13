/// The longest pattern and the longest text that are compared, in bytes.
const MAX_PATTERN: usize = 1_023;
const MAX_TEXT: usize = 8_192;

/// Says whether a text can be used as a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_PATTERN
}

/// Matches the whole of `text`. `*` stands for any bytes and `?` for one byte, none of them in
/// `barriers`, so that a pattern for one part of a URI does not reach into the next; `**` stands
/// for anything.
pub(super) fn matches(pattern: &str, text: &str, barriers: &[u8]) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    if pattern.is_empty() || pattern.len() > MAX_PATTERN || text.len() > MAX_TEXT {
        return false;
    }
    // `reached` says, for each length of a head of `text`, whether the tokens so far match it.
    let mut reached: Vec<bool> = std::iter::once(true).chain(text.iter().map(|_| false)).collect();
    let mut rest = pattern;
    while let Some((token, after)) = Token::first(rest) {
        rest = after;
        let mut previous = reached.first().copied().unwrap_or(false);
        let mut extended = previous && token.repeats();
        let mut next = vec![extended];
        for (byte, here) in text.iter().zip(reached.iter().skip(1)) {
            extended = if token.repeats() {
                *here || (extended && token.takes(*byte, barriers))
            } else {
                previous && token.takes(*byte, barriers)
            };
            next.push(extended);
            previous = *here;
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

#[derive(Clone, Copy)]
enum Token {
    Anything,
    Part,
    One,
    Byte(u8),
}

impl Token {
    fn first(pattern: &[u8]) -> Option<(Self, &[u8])> {
        match pattern {
            [] => None,
            [b'*', b'*', rest @ ..] => Some((Self::Anything, rest)),
            [b'*', rest @ ..] => Some((Self::Part, rest)),
            [b'?', rest @ ..] => Some((Self::One, rest)),
            [byte, rest @ ..] => Some((Self::Byte(*byte), rest)),
        }
    }

    fn repeats(self) -> bool {
        matches!(self, Self::Anything | Self::Part)
    }

    fn takes(self, byte: u8, barriers: &[u8]) -> bool {
        match self {
            Self::Anything => true,
            Self::Part | Self::One => !barriers.contains(&byte),
            Self::Byte(expected) => byte == expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stops_at_barriers_and_two_do_not() {
        assert!(matches("refs/tags/v*", "refs/tags/v1.2.3", b"/"));
        assert!(!matches("refs/tags/v*", "refs/tags/v1/x", b"/"));
        assert!(matches("refs/tags/**", "refs/tags/v1/x", b"/"));
        assert!(!matches("a/*.yml@refs/tags/v*", "a/x.yml@b.yml@refs/tags/v1", b"/@"));
        assert!(matches("a/*.yml@refs/tags/v*", "a/x.yml@refs/tags/v1", b"/@"));
        assert!(matches("*", "", b"/"));
        assert!(!matches("?", "", b"/"));
        assert!(!matches("?", "/", b"/"));
    }

    #[test]
    fn it_matches_the_whole_text_only() {
        assert!(!matches("main", "main2", b"/"));
        assert!(!matches("main", "xmain", b"/"));
        assert!(!matches("", "", b"/"));
        assert!(!matches("a", "A", b"/"));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_obvious_recursion(
            pattern in "[ab/*?]{1,8}", text in "[ab/]{0,8}",
        ) {
            prop_assert_eq!(
                matches(&pattern, &text, b"/"),
                slowly(pattern.as_bytes(), text.as_bytes())
            );
        }
    }

    fn slowly(pattern: &[u8], text: &[u8]) -> bool {
        let Some((token, rest)) = Token::first(pattern) else { return text.is_empty() };
        let one = text.split_first().filter(|(byte, _)| token.takes(**byte, b"/"));
        if token.repeats() {
            slowly(rest, text) || one.is_some_and(|(_, after)| slowly(pattern, after))
        } else {
            one.is_some_and(|(_, after)| slowly(rest, after))
        }
    }
}
