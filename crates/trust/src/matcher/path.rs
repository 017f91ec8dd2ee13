use super::matches;
use std::fmt;

/// Longest pattern, in bytes.
const MAX_GLOB: usize = 1_024;

/// A pattern for branches, tags and paths: `?` is one character and `*` any number of them
/// within one part between slashes; `**` as a whole part is any number of parts, also none.
/// Everything else is literal, and the whole name must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

/// Says why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// Nothing, or nothing between two slashes or at an end.
    #[error("a part of the pattern is empty")]
    Empty,
    /// Longer than any real one.
    #[error("the pattern is longer than {MAX_GLOB} bytes")]
    TooLong,
    /// `**` beside other characters, which other programs read in different ways.
    #[error("`**` does not stand alone between slashes")]
    Stars,
    /// Brackets, braces and backslashes mean something elsewhere and nothing here.
    #[error("`[`, `]`, `{{`, `}}`, `!` and `\\` are not supported")]
    Unsupported,
    /// A control character.
    #[error("the pattern holds a control character")]
    Control,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`GlobError`] for what could be read in two ways.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        if text.len() > MAX_GLOB {
            return Err(GlobError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(GlobError::Control);
        }
        if text.contains(['[', ']', '{', '}', '\\', '!']) {
            return Err(GlobError::Unsupported);
        }
        for part in text.split('/') {
            if part.is_empty() {
                return Err(GlobError::Empty);
            }
            if part.contains("**") && part != "**" {
                return Err(GlobError::Stars);
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// Says whether the whole of `name` matches; case matters.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        let pattern: Vec<&[u8]> = self.0.as_bytes().split(|byte| *byte == b'/').collect();
        let name: Vec<&[u8]> = name.split(|byte| *byte == b'/').collect();
        matches(
            &pattern,
            &name,
            |part| *part == b"**",
            |part, given| {
                matches(
                    part,
                    given,
                    |byte| *byte == b'*',
                    |byte, given| *byte == b'?' || byte == given,
                )
            },
        )
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn is(pattern: &str, name: &str) -> bool {
        Glob::parse(pattern).unwrap().matches(name.as_bytes())
    }

    #[test]
    fn a_star_stays_within_its_part_and_two_stars_do_not() {
        assert!(is("release/*", "release/1.0"));
        assert!(!is("release/*", "release/1.0/x"));
        assert!(!is("release/*", "release"));
        assert!(is("src/**", "src/a/b/c.rs"));
        assert!(is("src/**", "src"));
        assert!(is("**/c.rs", "src/a/c.rs"));
        assert!(is("**/c.rs", "c.rs"));
        assert!(is("a/**/c", "a/c"));
        assert!(is("a/**/c", "a/b/b/c"));
        assert!(is("**", "anything/at/all"));
        assert!(is("v?.*", "v1.0"));
        assert!(!is("*", "a/b"));
        assert!(!is("src/**", "srcs/a"));
        assert!(!is("a/**/c", "a/b/d"));
        assert!(!is("main", "Main"));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused_by_name() {
        for (text, error) in [
            ("", GlobError::Empty),
            ("/src", GlobError::Empty),
            ("src/", GlobError::Empty),
            ("a//b", GlobError::Empty),
            ("a**", GlobError::Stars),
            ("***", GlobError::Stars),
            ("[ab]", GlobError::Unsupported),
            ("!a", GlobError::Unsupported),
            ("a\\*", GlobError::Unsupported),
            ("a\nb", GlobError::Control),
        ] {
            assert_eq!(Glob::parse(text), Err(error), "{text}");
        }
        assert_eq!(Glob::parse(&"a".repeat(2_000)), Err(GlobError::TooLong));
    }

    #[test]
    fn a_pattern_made_to_backtrack_ends_soon() {
        let evil = "**/a/".repeat(100) + "b";
        assert!(!is(&evil, &"a/".repeat(400)));
        assert!(!is(&("*a".repeat(400) + "b"), &"a".repeat(1_000)));
    }

    proptest! {
        #[test]
        fn every_literal_name_matches_itself_alone(name in "[a-c]{1,3}(/[a-c]{1,3}){0,3}", other in "[a-c/]{1,9}") {
            prop_assert!(is(&name, &name));
            prop_assert_eq!(is(&name, &other), name == other);
            prop_assert!(is("**", &other));
        }

        #[test]
        fn any_pattern_and_name_never_panic(pattern in any::<String>(), name in any::<Vec<u8>>()) {
            if let Ok(glob) = Glob::parse(&pattern) {
                let _ = glob.matches(&name);
            }
        }
    }
}
