use super::matches;
use std::fmt;

/// Longest single pattern, in bytes; OpenSSH's own buffer (match.c) is as long.
const MAX_PATTERN: usize = 1_023;
/// Patterns in one list.
const MAX_PATTERNS: usize = 1_000;

/// A comma-separated list of patterns with `*`, `?` and `!` for negation (ssh_config(5),
/// "PATTERNS"). A negated match outweighs every other; a list of negations alone matches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternList {
    text: String,
    patterns: Vec<Pattern>,
}

/// Says why a text is no pattern list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing between two commas, or nothing at all.
    #[error("a pattern is empty")]
    Empty,
    /// Longer than OpenSSH allows.
    #[error("a pattern is longer than {MAX_PATTERN} bytes")]
    TooLong,
    /// More than 1,000 patterns.
    #[error("there are more than {MAX_PATTERNS} patterns")]
    TooMany,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    negated: bool,
    glob: Vec<u8>,
}

impl PatternList {
    /// Reads a list such as `*@example.org,!intern@example.org`.
    ///
    /// # Errors
    /// [`PatternError`] for an empty, too long or too large list.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut patterns = Vec::new();
        for item in text.split(',') {
            if patterns.len() >= MAX_PATTERNS {
                return Err(PatternError::TooMany);
            }
            let (negated, glob) = match item.strip_prefix('!') {
                Some(glob) => (true, glob),
                None => (false, item),
            };
            if glob.is_empty() {
                return Err(PatternError::Empty);
            }
            if glob.len() > MAX_PATTERN {
                return Err(PatternError::TooLong);
            }
            patterns.push(Pattern { negated, glob: glob.as_bytes().to_vec() });
        }
        Ok(Self { text: text.to_owned(), patterns })
    }

    /// Says whether `subject` matches; case matters, as in OpenSSH.
    #[must_use]
    pub fn matches(&self, subject: &str) -> bool {
        self.matches_by(|glob| glob_matches(glob, subject.as_bytes()))
    }

    /// Says whether an address matches, whatever the case of its letters: nobody runs two mailboxes
    /// that differ in it alone. What is negated is so in any case too.
    #[must_use]
    pub fn matches_address(&self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        self.matches_by(|glob| glob_matches(&glob.to_ascii_lowercase(), address.as_bytes()))
    }

    fn matches_by(&self, is_match: impl Fn(&[u8]) -> bool) -> bool {
        let mut matched = false;
        for pattern in &self.patterns {
            if is_match(&pattern.glob) {
                if pattern.negated {
                    return false;
                }
                matched = true;
            }
        }
        matched
    }

    /// Returns the patterns that name exactly one principal.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.text.split(',').filter(|item| !item.contains(['*', '?']) && !item.starts_with('!'))
    }
}

impl fmt::Display for PatternList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn glob_matches(glob: &[u8], subject: &[u8]) -> bool {
    matches(glob, subject, |byte| *byte == b'*', |byte, given| *byte == b'?' || byte == given)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn matches(list: &str, subject: &str) -> bool {
        PatternList::parse(list).unwrap().matches(subject)
    }

    #[test]
    fn wildcards_match_as_in_openssh() {
        assert!(matches("*@example.org", "a@example.org"));
        assert!(matches("a?@example.org", "ab@example.org"));
        assert!(matches("x,*", "anything"));
        assert!(matches("*a*b*c*", "xxaxxbxxcxx"));
        assert!(!matches("*@example.org", "a@example.org.evil.example"));
        assert!(!matches("a?@example.org", "a@example.org"));
        assert!(!matches("A@example.org", "a@example.org"));
    }

    #[test]
    fn a_negated_match_outweighs_every_other_wherever_it_stands() {
        assert!(!matches("*@example.org,!eve@example.org", "eve@example.org"));
        assert!(!matches("!eve@example.org,*@example.org", "eve@example.org"));
        assert!(matches("!eve@example.org,*@example.org", "ann@example.org"));
    }

    #[test]
    fn negations_alone_allow_nobody() {
        assert!(!matches("!eve@example.org", "ann@example.org"));
    }

    #[test]
    fn patterns_that_try_to_escape_are_plain_text() {
        for evil in ["[a-z]*@example.org", "a@example.org|.*", "a\\@example.org", ".*", "^a"] {
            assert!(!matches(evil, "a@example.org"), "{evil}");
        }
    }

    #[test]
    fn empty_long_and_many_patterns_are_refused() {
        assert_eq!(PatternList::parse(""), Err(PatternError::Empty));
        assert_eq!(PatternList::parse("a,,b"), Err(PatternError::Empty));
        assert_eq!(PatternList::parse("!"), Err(PatternError::Empty));
        assert_eq!(PatternList::parse(&"a".repeat(1_024)), Err(PatternError::TooLong));
        assert_eq!(PatternList::parse(&"a,".repeat(2_000)), Err(PatternError::TooMany));
    }

    #[test]
    fn a_pattern_made_to_backtrack_ends_soon() {
        let evil = "*a".repeat(500) + "b";
        assert!(!matches(&evil, &"a".repeat(1_000)));
    }

    proptest! {
        #[test]
        fn every_text_matches_itself_and_a_star(text in "[a-z@.]{1,40}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches("*", &text));
        }

        #[test]
        fn any_list_and_subject_never_panic(list in any::<String>(), subject in any::<String>()) {
            if let Ok(list) = PatternList::parse(&list) {
                let _ = list.matches(&subject);
            }
        }
    }
}
