/// Bytes of a header that are looked at.
const MAX_HEADER: usize = 8 << 10;

/// One way to authorize, as a 401 offers it (RFC 9110, section 11.6.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Returns a parameter that is given exactly once.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut values = self.parameters.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

/// Reads the challenges of one header, up to the first that is malformed.
pub(super) fn read_challenges(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header.get(..MAX_HEADER).unwrap_or(header);
    if header.len() > MAX_HEADER {
        return challenges;
    }
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some((token, after)) = split_token(rest) else { return challenges };
        let Some(value) = after.strip_prefix('=') else {
            challenges.push(Challenge { scheme: token.to_owned(), parameters: Vec::new() });
            rest = after;
            continue;
        };
        let read = match value.strip_prefix('"') {
            Some(quoted) => split_quoted(quoted),
            None => split_token(value).map(|(value, after)| (value.to_owned(), after)),
        };
        let (Some((value, after)), Some(challenge)) = (read, challenges.last_mut()) else {
            return challenges;
        };
        challenge.parameters.push((token.to_owned(), value));
        rest = after;
    }
}

fn split_token(text: &str) -> Option<(&str, &str)> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !allowed(c)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(token, _)| !token.is_empty())
}

/// Reads up to the closing quote, with `\` before a character that stands for itself.
fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at.saturating_add(1)..)?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_with_their_parameters() {
        let header = r#"Basic realm="a \"b\", c", Bearer realm="https://x.invalid/t",service=s"#;
        let found = read_challenges(header);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].parameter("realm").unwrap(), r#"a "b", c"#);
        assert_eq!(found[1].scheme, "Bearer");
        assert_eq!(found[1].parameter("REALM").unwrap(), "https://x.invalid/t");
        assert_eq!(found[1].parameter("service").unwrap(), "s");
        assert_eq!(found[1].parameter("scope"), None);
    }

    #[test]
    fn malformed_challenges_end_the_reading() {
        assert_eq!(read_challenges("").len(), 0);
        assert_eq!(read_challenges("realm=\"x\"").len(), 0);
        assert_eq!(read_challenges("Bearer realm=\"open")[0].parameter("realm"), None);
        let doubled = read_challenges("Bearer realm=\"a\",realm=\"b\"");
        assert_eq!(doubled[0].parameter("realm"), None, "which of two realms is meant is open");
        assert_eq!(read_challenges(&"a ".repeat(10_000)).len(), 0);
        assert_eq!(read_challenges("Bearer ü=1").len(), 1);
    }
}
