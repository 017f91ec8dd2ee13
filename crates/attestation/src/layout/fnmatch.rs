/// The longest pattern, in characters.
pub(super) const MAX_PATTERN: usize = 4_096;

/// How much work a layout and those in it may still cost, in steps of a comparison.
pub(super) struct Budget(u64);

/// Says that it would cost more work than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Budget {
    /// Some seconds.
    pub(super) fn new() -> Self {
        Self(500_000_000)
    }

    #[cfg(test)]
    pub(super) fn of(steps: u64) -> Self {
        Self(steps)
    }

    /// Pays for checking signatures; one costs as much as some thousand comparisons.
    pub(super) fn spend_signatures(&mut self, count: usize) -> Result<(), Exhausted> {
        let cost = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(5_000);
        self.0 = self.0.checked_sub(cost).ok_or(Exhausted)?;
        Ok(())
    }

    fn spend(&mut self) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(1).ok_or(Exhausted)?;
        Ok(())
    }
}

/// A shell-style pattern (Python's `fnmatch`, which in-toto names): `*` stands for anything,
/// also for `/`, `?` for one character, `[…]` and `[!…]` for one of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fnmatch(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Anything,
    One,
    Set { negated: bool, ranges: Vec<(char, char)> },
    Character(char),
}

impl Fnmatch {
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let characters: Vec<char> = pattern.chars().collect();
        if characters.len() > MAX_PATTERN {
            return None;
        }
        let mut tokens = Vec::new();
        let mut rest = characters.as_slice();
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            tokens.push(match first {
                '*' => Token::Anything,
                '?' => Token::One,
                '[' => match set(after) {
                    Some((token, after)) => {
                        rest = after;
                        token
                    }
                    // Without an end it is a bracket.
                    None => Token::Character('['),
                },
                other => Token::Character(*other),
            });
        }
        Some(Self(tokens))
    }

    /// Matches the whole of `text`, with one remembered `*`.
    pub(super) fn matches(&self, text: &str, budget: &mut Budget) -> Result<bool, Exhausted> {
        let mut rest = self.0.as_slice();
        let mut left = text.chars();
        let mut star = None;
        loop {
            budget.spend()?;
            let mut after_one = left.clone();
            let next = after_one.next();
            match (rest.split_first(), next) {
                (Some((Token::Anything, after)), _) => {
                    star = Some((after, left.clone()));
                    rest = after;
                }
                (Some((token, after)), Some(character)) if token.takes(character) => {
                    (rest, left) = (after, after_one);
                }
                (None, None) => return Ok(true),
                _ => {
                    // The last star takes one character more, if there is one.
                    let Some((after, mut taken)) = star else { return Ok(false) };
                    if taken.next().is_none() {
                        return Ok(false);
                    }
                    left = taken.clone();
                    rest = after;
                    star = Some((after, taken));
                }
            }
        }
    }
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Anything | Self::One => true,
            Self::Character(expected) => *expected == character,
            Self::Set { negated, ranges } => {
                let within = |(from, to): &(char, char)| (*from..=*to).contains(&character);
                ranges.iter().any(within) != *negated
            }
        }
    }
}

/// Reads a set after its opening bracket; a closing bracket right at the start is one of it.
fn set(text: &[char]) -> Option<(Token, &[char])> {
    let (negated, text) = match text {
        ['!', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let end = text.iter().skip(1).position(|character| *character == ']')?.checked_add(1)?;
    let (mut members, after) = (text.get(..end)?, text.get(end.checked_add(1)?..)?);
    let mut ranges = Vec::new();
    while let Some((first, rest)) = members.split_first() {
        match rest {
            ['-', last, rest @ ..] => {
                ranges.push((*first, *last));
                members = rest;
            }
            _ => {
                ranges.push((*first, *first));
                members = rest;
            }
        }
    }
    Some((Token::Set { negated, ranges }, after))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Fnmatch::parse(pattern).unwrap().matches(text, &mut Budget::new()).unwrap()
    }

    #[test]
    fn patterns_mean_what_they_mean_to_fnmatch() {
        for (pattern, text, expected) in [
            ("*", "a/b", true),
            ("*", "", true),
            ("a*c", "a/b/c", true),
            ("a*c", "a/b/cd", false),
            ("?", "\u{e9}", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[!]]", "]", false),
            ("[a", "[a", true),
            ("[", "[", true),
            ("[]", "[]", true),
            ("[z-a]", "m", false),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("[a-c-e]", "d", false),
            ("[a-c-e]", "-", true),
            ("[*]", "x", false),
            ("A", "a", false),
            ("", "", true),
            ("", "a", false),
            ("a\n*", "a\nb", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_made_to_cost_much_ends() {
        let glob = Fnmatch::parse(&("*".to_owned() + &"a".repeat(2_000) + "b")).unwrap();
        let text = "a".repeat(100_000);
        assert_eq!(glob.matches(&text, &mut Budget::of(1_000_000)), Err(Exhausted));
        assert!(Fnmatch::parse(&"a".repeat(MAX_PATTERN + 1)).is_none());
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_obvious_recursion(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let tokens = Fnmatch::parse(&pattern).unwrap().0;
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&pattern, &text), slowly(&tokens, &characters));
        }

        #[test]
        fn any_pattern_and_text_never_panic(pattern in any::<String>(), text in any::<String>()) {
            matches(&pattern, &text);
        }
    }

    fn slowly(tokens: &[Token], text: &[char]) -> bool {
        let Some((token, rest)) = tokens.split_first() else { return text.is_empty() };
        let one = text.split_first().filter(|(character, _)| token.takes(**character));
        if *token == Token::Anything {
            slowly(rest, text) || one.is_some_and(|(_, after)| slowly(tokens, after))
        } else {
            one.is_some_and(|(_, after)| slowly(rest, after))
        }
    }
}
