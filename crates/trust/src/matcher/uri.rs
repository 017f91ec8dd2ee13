use std::fmt;

/// Longest pattern, in characters.
const MAX_PATTERN: usize = 1_000;

/// What an identity, an issuer, a builder or another URI must be. For refs and paths there is
/// [`Glob`](crate::Glob).
///
/// A pattern covers the whole text. `*` stands for any characters but `/` and `@`, which separate
/// the parts of such texts; `**` for any characters at all; there are no other special
/// characters, and no regular expressions. Where `*` stops is deliberate: in
/// `…/workflows/*@refs/tags/**`, a branch that somebody named `x@refs/tags/v1` yields
/// `…/workflows/release.yml@refs/heads/x@refs/tags/v1`, which this pattern does not cover.
#[derive(Clone, PartialEq, Eq)]
pub struct Matcher(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Exact(String),
    Pattern { text: String, tokens: Vec<Token> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    WithinPart,
    Anything,
}

/// Says why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MatcherError {
    /// It matches nothing.
    #[error("the pattern is empty")]
    Empty,
    /// It is longer than 1,000 characters.
    #[error("the pattern is longer than {MAX_PATTERN} characters")]
    TooLong,
    /// A name that must be taken literally holds `*`.
    #[error("a name that is not a pattern holds `*`")]
    Asterisk,
}

impl Matcher {
    /// Demands exactly this text; `*` has no meaning in it.
    #[must_use]
    pub fn exact(text: impl Into<String>) -> Self {
        Self(Kind::Exact(text.into()))
    }

    /// Reads a pattern.
    ///
    /// # Errors
    /// [`MatcherError`] when it is empty or too long.
    pub fn pattern(text: &str) -> Result<Self, MatcherError> {
        if text.is_empty() {
            return Err(MatcherError::Empty);
        }
        let mut tokens = Vec::new();
        for (position, character) in text.chars().enumerate() {
            if position >= MAX_PATTERN {
                return Err(MatcherError::TooLong);
            }
            match (character, tokens.last_mut()) {
                ('*', Some(Token::Anything)) => {}
                ('*', Some(last @ Token::WithinPart)) => *last = Token::Anything,
                ('*', _) => tokens.push(Token::WithinPart),
                (literal, _) => tokens.push(Token::Literal(literal)),
            }
        }
        Ok(Self(Kind::Pattern { text: text.to_owned(), tokens }))
    }

    /// Says whether the whole of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Exact(exact) => exact == text,
            Kind::Pattern { tokens, .. } => covers(tokens, text),
        }
    }
}

/// Runs all ways to match side by side, so that no pattern takes exponential time.
fn covers(tokens: &[Token], text: &str) -> bool {
    // `reached[i]`: the first `i` tokens can cover what was read so far.
    let mut reached = vec![false; tokens.len().saturating_add(1)];
    reach(&mut reached, tokens, 0);
    for character in text.chars() {
        let mut next = vec![false; reached.len()];
        for (position, token) in tokens.iter().enumerate() {
            if reached.get(position) != Some(&true) {
                continue;
            }
            match token {
                Token::Literal(literal) if *literal == character => {
                    reach(&mut next, tokens, position.saturating_add(1));
                }
                Token::WithinPart if !matches!(character, '/' | '@') => {
                    reach(&mut next, tokens, position)
                }
                Token::Anything => reach(&mut next, tokens, position),
                Token::Literal(_) | Token::WithinPart => {}
            }
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

/// Marks `position`, and those behind it that tokens for no characters lead to.
fn reach(reached: &mut [bool], tokens: &[Token], mut position: usize) {
    loop {
        match reached.get_mut(position) {
            Some(mark) if !*mark => *mark = true,
            _ => return,
        }
        match tokens.get(position) {
            Some(Token::WithinPart | Token::Anything) => {
                position = position.saturating_add(1);
            }
            _ => return,
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Exact(text) | Kind::Pattern { text, .. } => f.pad(text),
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Exact(text) => write!(f, "exact({text:?})"),
            Kind::Pattern { text, .. } => write!(f, "pattern({text:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn covered(pattern: &str, text: &str) -> bool {
        Matcher::pattern(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_pattern_covers_the_whole_text() {
        assert!(covered("a*c", "abbc"));
        assert!(covered("a*c", "ac"));
        assert!(!covered("a*c", "abcd"));
        assert!(!covered("a*c", "xabc"));
        assert!(!covered("a.c", "abc"));
        assert!(covered("**", ""));
    }

    #[test]
    fn one_asterisk_stops_at_slashes_and_at_signs_and_two_do_not() {
        assert!(!covered("https://h/*/r", "https://h/a/b/r"));
        assert!(covered("https://h/**/r", "https://h/a/b/r"));
        assert!(covered("*@example.org", "ann@example.org"));
        assert!(!covered("*@example.org", "ann@evil.invalid@example.org"));
        assert!(!covered("a/*.yml@v*", "a/x.yml@b.yml@v1"));
        assert!(covered("a***c", "a/b/c"));
    }

    #[test]
    fn a_branch_named_like_a_tag_is_not_taken_for_one() {
        let pattern = "https://forge.invalid/o/r/.github/workflows/*@refs/tags/**";
        assert!(covered(
            pattern,
            "https://forge.invalid/o/r/.github/workflows/release.yml@refs/tags/v1"
        ));
        assert!(!covered(
            pattern,
            "https://forge.invalid/o/r/.github/workflows/release.yml@refs/heads/x@refs/tags/v1"
        ));
    }

    #[test]
    fn an_exact_text_has_no_special_characters() {
        assert!(!Matcher::exact("a*").matches("ab"));
        assert!(Matcher::exact("a*").matches("a*"));
    }

    #[test]
    fn an_evil_pattern_takes_linear_time_per_character() {
        let pattern = "*a".repeat(400);
        assert!(!covered(&pattern, &"a".repeat(5_000).replace('a', "ab")));
        assert_eq!(Matcher::pattern(""), Err(MatcherError::Empty));
        assert_eq!(Matcher::pattern(&"a".repeat(1_001)), Err(MatcherError::TooLong));
    }

    proptest! {
        #[test]
        fn a_text_without_asterisks_covers_itself_alone(one in "[^*]{1,20}", other in "[^*]{1,20}") {
            prop_assert!(covered(&one, &one));
            prop_assert_eq!(covered(&one, &other), one == other);
        }
    }
}
